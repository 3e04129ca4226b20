#!/usr/bin/env bash
# Several copies of the app behind nginx on one machine, until Ctrl-C:
#
#   deploy/replicas.sh [COPIES [ADDRESS]]        two copies on 127.0.0.1:8500 without more
#
# Each copy is one process that uses about one core. A workshop's rooms live in a database that all
# copies share: set FORCED_FLOW_DATABASE to a PostgreSQL address for it (see deploy/README.md).
# FOLDER holds what nginx writes, and the secret that signs the readers' cookies.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

COPIES=${1:-2}
ADDRESS=${2:-127.0.0.1:8500}
FOLDER=${FOLDER:-$PWD/build/replicas}
FIRST_PORT=${FIRST_PORT:-8600}
PYTHON=${PYTHON_IN:-.venv/bin/python}

command -v nginx >/dev/null || {
    echo "replicas: nginx is missing; as an administrator: apt-get install nginx-light" >&2
    exit 1
}
mkdir -p "$FOLDER"
FOLDER=$(cd "$FOLDER" && pwd)
# All copies sign cookies alike, so that a reader who is handed on stays the same reader.
[ -s "$FOLDER/secret" ] || (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$FOLDER/secret")
STREAMLIT_SERVER_COOKIE_SECRET=$(cat "$FOLDER/secret")
export STREAMLIT_SERVER_COOKIE_SECRET

copies=()
stop() {
    [ ! -f "$FOLDER/nginx.pid" ] || kill "$(cat "$FOLDER/nginx.pid")" 2>/dev/null || true
    kill "${copies[@]}" 2>/dev/null || true
    wait
}
trap stop EXIT
trap 'exit 0' INT TERM

servers=""
for ((n = 0; n < COPIES; n++)); do
    port=$((FIRST_PORT + n))
    "$PYTHON" -m streamlit run deploy/serve.py --server.headless=true \
        --server.address=127.0.0.1 --server.port="$port" --server.fileWatcherType=none \
        >"$FOLDER/copy-$n.log" 2>&1 &
    copies+=($!)
    echo $! >"$FOLDER/copy-$n.pid"
    servers+="server 127.0.0.1:$port max_fails=1 fail_timeout=5s; "
done
sed -e "s|FOLDER|$FOLDER|g" -e "s|SERVERS|$servers|" -e "s|ADDRESS|$ADDRESS|" \
    deploy/nginx.conf >"$FOLDER/nginx.conf"
for ((n = 0; n < COPIES; n++)); do
    until "$PYTHON" - "http://127.0.0.1:$((FIRST_PORT + n))/healthz" <<'PYTHON' 2>/dev/null; do
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=2)
PYTHON
        kill -0 "${copies[n]}" 2>/dev/null || {
            tail -n 5 "$FOLDER/copy-$n.log" >&2
            exit 1
        }
        sleep 0.5
    done
done
nginx -c "$FOLDER/nginx.conf" -p "$FOLDER" -g "daemon off;" &
copies+=($!)
echo "replicas: $COPIES copies behind http://$ADDRESS"
wait -n
echo "replicas: a process has ended; see the logs in $FOLDER" >&2
wait "${copies[-1]}"  # one copy may die: nginx hands its readers to the others
