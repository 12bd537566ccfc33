"""Lets the linters of pipelines read the workflows of this project and those that init writes.

The tests do it, for both at once; this installs what they would otherwise be skipped without.
"""

from __future__ import annotations

import re
import sys

from tools.audit_programs import Audited, install, run, said

TESTS = "tests/init/test_pipelines.py"


def audit() -> Audited:
    """Run the tests with the linters.

    Raises:
        AuditError: If the linters cannot be installed.
    """
    install("audit")
    done = run(sys.executable, "-m", "pytest", "--quiet", TESTS)
    if done.returncode:
        return Audited([f"{TESTS} fails\n{said(done)}"], "")
    # What is skipped nobody should take for read.
    skipped = re.findall(r"^SKIPPED.*?: (.+)$", done.stdout, re.MULTILINE)
    return Audited([], "; ".join([done.stdout.splitlines()[-1], *dict.fromkeys(skipped)]))
