#!/bin/sh
# The tests of accessibility need axe-core, a package of npm; fetch it once, say how where that is not possible.
set -u
VERSION=4.14.1
wanted=.venv/axe-core-$VERSION/axe.min.js
if [ -f "$wanted" ]; then
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if command -v npm >/dev/null 2>&1 && npm pack --silent --pack-destination "$folder" "axe-core@$VERSION" >/dev/null \
    && tar -xzf "$folder/axe-core-$VERSION.tgz" -C "$folder" package/axe.min.js; then
    mkdir -p "$(dirname "$wanted")" && mv "$folder/package/axe.min.js" "$wanted" && exit 0
fi
echo "axe-core is missing, so the tests of accessibility will be skipped. They need npm: sudo apt-get install npm"
