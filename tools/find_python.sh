#!/bin/sh
# Prints a Python that the project can be set up with: 3.10 to 3.14, and able to make a virtual
# environment. PYTHON overrides the search. A name that exists may still not run (a pyenv shim
# without its version), so each candidate is tried.
set -u

in_range='import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))'

fits() { "$1" -c "$in_range" >/dev/null 2>&1; }
makes_venvs() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
fail() {
  echo "set-up: $*" >&2
  exit 1
}

if [ -n "${PYTHON:-}" ]; then
  fits "$PYTHON" || fail "PYTHON=$PYTHON does not run or is not Python 3.10, 3.11, 3.12, 3.13 or 3.14"
  makes_venvs "$PYTHON" || fail "$PYTHON cannot make virtual environments (Debian, Ubuntu: apt install python3-venv)"
  command -v "$PYTHON"
  exit
fi

bare=
for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python \
  "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[01234].*/bin/python; do
  fits "$candidate" || continue
  if makes_venvs "$candidate"; then
    command -v "$candidate"
    exit
  fi
  bare=${bare:-$candidate}
done
[ -z "$bare" ] || fail "$bare cannot make virtual environments (Debian, Ubuntu: apt install python3-venv)"
fail "needs Python 3.10, 3.11, 3.12, 3.13 or 3.14; install one, or name it: make PYTHON=/path/to/python"
