"""Looks for known weaknesses in what is written here and in what is installed for it.

Run by `make audit`, with the names of the parts that are wanted, or all:

- `environments`: checkov reads the Terraform JSON in cdktf.out;
- `pipelines`: zizmor and check-jsonschema read the workflows, here and of `secured-functions init`;
- `python`: pip-audit asks about every Python package that is locked;
- `node`: npm asks about every Node package that is locked.

The exit status is 1 if there is something to do, and 2 if a part could not be done: then nothing
is known about it.
"""

from __future__ import annotations

import argparse
import sys

from tools import audit_environments, audit_packages, audit_pipelines
from tools.audit_programs import AuditError

PARTS = {
    "environments": audit_environments.audit,
    "pipelines": audit_pipelines.audit,
    "python": audit_packages.audit_python,
    "node": audit_packages.audit_node,
}


def main(arguments: list[str] | None = None) -> int:
    """Audit the parts, each whatever becomes of the others, and print what is not in order."""
    parser = argparse.ArgumentParser(prog="audit", description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    wanted = parser.parse_args(arguments).parts or list(PARTS)
    if unknown := set(wanted) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    status = 0
    for part in wanted:
        try:
            audited = PARTS[part]()
        except AuditError as error:
            print(f"audit: {part}: {error}", file=sys.stderr)
            status = 2
            continue
        for problem in audited.problems:
            print(f"audit: {part}: {problem}")
        if audited.problems:
            status = max(status, 1)
        else:
            print(f"audit: {part}: {audited.summary}")
    return status


if __name__ == "__main__":
    sys.exit(main())
