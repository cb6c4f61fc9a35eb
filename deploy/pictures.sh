#!/bin/sh
# Take the pictures of the README from the newest report and from the running UI. Wants a finished make run.
set -eu
port=3911
reports=${PARTSBAY_HOME:-.partsbay}/reports
.venv/bin/python -m deploy.screenshots report "$reports/replenishment-latest.html" deploy/pictures/report.png --height 1100
.venv/bin/partsbay ui --port $port >/dev/null 2>&1 &
ui=$!
trap 'kill -TERM $ui; wait $ui || true' EXIT
for _ in $(seq 120); do
    if .venv/bin/python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/server_info')" 2>/dev/null; then
        break
    fi
    sleep 1
done
.venv/bin/python -m deploy.screenshots dagster "http://127.0.0.1:$port/asset-groups~" deploy/pictures/asset-graph.png
