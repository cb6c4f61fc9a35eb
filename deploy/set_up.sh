#!/bin/sh
# Make .venv with exactly the locked packages. Does nothing when it is there already.
set -eu
UV=uv==0.13.9

wanted=$(cat deploy/requirements.lock pyproject.toml | cksum)
if [ -x .venv/bin/partsbay ] && [ "$(cat .venv/.made-of 2>/dev/null)" = "$wanted $(pwd)" ]; then
    exit 0
fi

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
python=
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if fits "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    echo "Partsbay needs Python 3.11, 3.12 or 3.13; none was found. Install one, or name it: make PYTHON=/path/to/python3 ..." >&2
    exit 2
fi

began=$(date +%s)
echo "Setting up .venv with $("$python" --version) ..."
if [ ! -x .venv/bin/python ] || ! fits .venv/bin/python; then
    "$python" -m venv --clear .venv || {
        echo "python -m venv failed: on Debian and Ubuntu, install the package python3-venv first." >&2
        exit 2
    }
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check "$UV"
.venv/bin/python -m uv pip install --quiet --python .venv/bin/python --require-hashes -r deploy/requirements.lock
.venv/bin/python -m uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
echo "$wanted $(pwd)" > .venv/.made-of
echo "Packages installed in $(($(date +%s) - began)) s."
