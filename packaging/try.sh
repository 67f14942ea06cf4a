#!/usr/bin/env bash
# Makes every package of a binary in a temporary folder, installs each and runs it: packaging/try.sh BINARY
#
# Nothing is installed on the machine. Needs curl, npm 10 or newer, and Python with venv and pip.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[[ $# -eq 1 ]] || die "usage: $0 BINARY"
binary=$(realpath -e "$1")
inspect "$binary"
work=$(mktemp -d)
server=

# What runs from the temporary folder: packages are installed there, and npx unpacks there.
running() {
    find /proc/[0-9]*/exe -lname "$work/*" 2>/dev/null | cut -d / -f 3
}

on_exit() {
    local left
    left=$(running) || true
    # shellcheck disable=SC2086 # one word for each process
    [[ -z $server$left ]] || kill -KILL $server $left 2>/dev/null || true
    rm -rf "$work"
}
trap on_exit EXIT

# A developer's own settings must not decide what is tried; and a .env is looked for in the current folder.
unset DATABASE_URL "${!COPYDESK_@}"
export RUST_LOG=warn npm_config_cache=$work/npm-cache npm_config_update_notifier=false
cd "$work"

# wait_until COMMAND..: for 20 seconds at most.
wait_until() {
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        if "$@"; then return; fi
        sleep 0.1
    done
    return 1
}
has_address() { IFS= read -r base <out.txt; }
has_ended() { ! kill -0 "$server" 2>/dev/null; }
is_gone() { [[ -z $(running) ]]; }

# try NAME STATUSES COMMAND..: the command's version and exit code; then a server, which SIGTERM ends.
try() {
    local name=$1 statuses=$2 status=0
    shift 2
    [[ $("$@" --version) == "copydesk $version" ]] || die "$name: --version is not copydesk $version"
    "$@" --no-such-flag 2>/dev/null || status=$?
    [[ $status -eq 2 ]] || die "$name: a wrong command line is exit code $status, not 2"

    : >out.txt
    "$@" --ephemeral --listen 127.0.0.1:0 --admin-key test >out.txt 2>err.txt &
    server=$!
    wait_until has_address || die "$name: no first line: $(<err.txt)"
    curl --silent --show-error --fail --max-time 10 "$base/healthz" >/dev/null || die "$name: no answer at $base"
    kill -TERM "$server"
    wait_until has_ended || die "$name: still running 20 s after SIGTERM"
    status=0
    wait "$server" || status=$?
    server=
    [[ " $statuses " == *" $status "* ]] || die "$name: after SIGTERM the exit code is $status"
    wait_until is_gone || die "$name: a process was left behind: $(running)"
    printf 'ok: %s: version, exit code, server, SIGTERM\n' "$name"
}

same() {
    cmp "$binary" "$1" || die "$1 is not the binary that was packed"
}

"$packaging/release.sh" --binary "$binary" packages >/dev/null
"$packaging/npm.sh" "$binary" packages >/dev/null
"$packaging/wheel.sh" "$binary" packages >/dev/null

(cd packages && sha256sum --check --quiet SHA256SUMS)
tar --extract --gzip --file "packages/copydesk-$version-$target.tar.gz"
same "copydesk-$version-$target/copydesk"
try 'archive' 0 "copydesk-$version-$target/copydesk"

npm install --loglevel=error --offline --no-audit --no-fund --prefix npm "./packages/copydesk-$version.tgz" >/dev/null
same npm/node_modules/copydesk/copydesk
try 'npm install' 0 npm/node_modules/.bin/copydesk
# npx is ended by the signal itself, or hands on the server's 0: that depends on the machine's sh.
try 'npx' '0 143' npx --yes --offline "./packages/copydesk-$version.tgz"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-index packages/*.whl
same venv/bin/copydesk
try 'pip install' 0 venv/bin/copydesk

printf 'sizes in bytes:\n'
stat --format '%12s  %n' "$binary" packages/*
