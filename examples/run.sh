#!/usr/bin/env bash
# Runs the tests of all examples against a binary, each from a copy of its folder, as people use them.
#
# usage: bash examples/run.sh BINARY [WORK_DIR]
#
# Prints for each the lines of its harness (without blank lines and comments) and the seconds that its tests took.
# An example whose tools are not on this machine is skipped. Exits with 1 if one fails.
# Copies, tools and logs go to WORK_DIR, where the tools stay for the next run; by default to a folder that is removed.
# Needs timeout and pgrep; CHROMIUM is the path of a browser for Playwright, by default the `chromium` on PATH.

set -euo pipefail

readonly PYTEST=9.2.0 PLAYWRIGHT=1.65.1

binary=$(realpath -e "${1:?usage: bash examples/run.sh BINARY [WORK_DIR]}")
trap 'exit 143' TERM
if [[ -n ${2-} ]]; then
    mkdir -p "$2"
    work=$(realpath "$2")
else
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
cd "$(dirname "${BASH_SOURCE[0]}")"

# By a name of its own, a server that was left behind is known from those of other people.
ln -sf "$binary" "$work/copydesk"
export COPYDESK_BINARY=$work/copydesk CARGO_TARGET_DIR=$work/target
export CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
passed=0 failed=0 skipped=0

install_pytest() {
    [[ -x $work/python-$PYTEST/bin/pytest ]] ||
        { python3 -m venv "$work/python-$PYTEST" && "$work/python-$PYTEST/bin/pip" install "pytest==$PYTEST"; }
}

install_playwright() {
    grep -qs "\"version\": \"$PLAYWRIGHT\"" "$work/node_modules/@playwright/test/package.json" ||
        npm install --prefix "$work" --no-audit --no-fund "@playwright/test@$PLAYWRIGHT"
}

no_server_left() {
    local tries
    for ((tries = 0; tries < 20; tries++)); do
        pgrep -f "^$COPYDESK_BINARY " >/dev/null || return 0
        sleep 0.25
    done
    echo 'a server was left behind'
    return 1
}

# example NAME 'TOOL..' INSTALL 'HARNESS_FILE..' COMMAND [ARGUMENT..]
example() {
    local name=$1 tools=$2 install=$3 harness=$4 tool lines began
    shift 4
    for tool in $tools; do
        command -v "$tool" >/dev/null && continue
        echo "skipped: $name, since $tool is not on this machine"
        skipped=$((skipped + 1))
        return
    done
    "$install" >"$work/$name.log" 2>&1 || set -- false
    rm -rf "${work:?}/$name"
    cp -r "$name" "$work/$name"
    # The names are words on purpose.
    # shellcheck disable=SC2086
    lines=$(cd "$name" && cat $harness | grep -cvE '^ *($|#|//|""")')
    began=$SECONDS
    # A runner that finds no tests may call that a success, so the number is looked at as well.
    if (cd "$work/$name" && timeout --foreground 600 "$@") >>"$work/$name.log" 2>&1 &&
        grep -qE '\b3 passed|^# pass 3$|^1\.\.3$' "$work/$name.log" && no_server_left; then
        echo "passed: $name, $lines lines of harness, $((SECONDS - began)) s"
        passed=$((passed + 1))
    else
        cat "$work/$name.log"
        echo "failed: $name"
        failed=$((failed + 1))
    fi
}

example pytest python3 install_pytest conftest.py "$work/python-$PYTEST/bin/pytest"
example node node : copydesk.mjs node --test --test-reporter=tap
example playwright "node npm ${CHROMIUM:-chromium}" install_playwright 'copydesk.ts playwright.config.ts' \
    "$work/node_modules/.bin/playwright" test --reporter=list
example rust cargo : tests/copydesk/mod.rs cargo test --locked
example shell 'curl jq' : copydesk.sh ./test.sh

echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
