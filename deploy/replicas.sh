#!/usr/bin/env bash
# Several copies of the app behind nginx on one machine, until Ctrl-C:
#
#   deploy/replicas.sh [COPIES [ADDRESS]]        two copies on 127.0.0.1:8500 without more
#
# Each copy is one process that uses about one core. A workshop's rooms live in a database that all
# copies share: set FORCED_FLOW_ROOMS to a PostgreSQL address for it (see deploy/README.md).
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

# copy NUMBER PORT: one copy, started again whenever it ends.
copy() {
    local child=""
    trap 'kill "$child" 2>/dev/null; exit 0' TERM
    while :; do
        "$PYTHON" -m streamlit run deploy/serve.py --server.headless=true \
            --server.address=127.0.0.1 --server.port="$2" --server.fileWatcherType=none \
            >>"$FOLDER/copy-$1.log" 2>&1 &
        child=$!
        echo "$child" >"$FOLDER/copy-$1.pid"
        wait "$child" || true
        sleep 1
    done
}

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
    : >"$FOLDER/copy-$n.log"
    copy "$n" "$port" &
    copies+=($!)
    servers+="server 127.0.0.1:$port max_fails=1 fail_timeout=5s; "
done
# nginx's worker writes into FOLDER, so it runs as whoever started this: best an ordinary user.
user=""
[ "$(id -u)" -ne 0 ] || user="user $(id -un);"
sed -e "s|FOLDER|$FOLDER|g" -e "s|SERVERS|$servers|" -e "s|ADDRESS|$ADDRESS|" \
    -e "s|^USER$|$user|" deploy/nginx.conf >"$FOLDER/nginx.conf"
# is_ready PORT: whether a copy answers readers without delay.
is_ready() {
    "$PYTHON" -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=2)' \
        "http://127.0.0.1:$1/healthz" 2>/dev/null
}

# A copy that has to compile its kernels first takes minutes, but not ten.
for ((n = 0; n < COPIES; n++)); do
    tries=0
    until is_ready $((FIRST_PORT + n)); do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || {
            tail -n 5 "$FOLDER/copy-$n.log" >&2
            exit 1
        }
        sleep 0.5
    done
done
nginx -c "$FOLDER/nginx.conf" -p "$FOLDER" -g "daemon off;" &
proxy=$!
echo "replicas: $COPIES copies behind http://$ADDRESS"
wait "$proxy"
