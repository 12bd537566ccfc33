"""Analyse a folder of synthesized stacks, and say how many resources it has and what that took."""

import json
import sys
import time

from constructs_lib.access import analyse, read_terraform

start = time.perf_counter()
configuration = read_terraform(sys.argv[1])
analysis = analyse(configuration)
seconds = time.perf_counter() - start
if analysis.findings:
    raise SystemExit(f"{len(analysis.findings)} findings in what the library makes")
print(json.dumps({"resources": len(configuration.resources), "seconds": round(seconds, 3)}))
