"""Takes the package index out of Pipfile.lock, so that it installs from whatever index pip uses.

pipenv writes the index back at each `lock`; `make lock` calls this after it.
"""

import json
from pathlib import Path

path = Path(__file__).parent.parent / "Pipfile.lock"
lock = json.loads(path.read_text())
lock["_meta"]["sources"] = []
for category, packages in lock.items():
    if category != "_meta":
        for package in packages.values():
            package.pop("index", None)
path.write_text(json.dumps(lock, indent=4) + "\n")
