# shellcheck shell=bash
# Source this: it starts Copydesk and sets `url`.

# With an environment of its own, since the one of your project must not decide what is tested.
# It stops once its input is closed: when your script ends, in whatever way it does.
coproc COPYDESK {
    cd "$(dirname "${BASH_SOURCE[0]}")" || exit
    exec env -i PATH="$PATH" RUST_LOG=warn "${COPYDESK_BINARY:-copydesk}" --ephemeral --test --watch-stdin \
        --listen 127.0.0.1:0 --admin-key test --fixtures fixtures.jsonl --clock 2026-01-01T00:00:00Z --seed 7
}
trap 'eval "exec ${COPYDESK[1]}>&-"; wait' EXIT
read -r url <&"${COPYDESK[0]}" || { echo 'copydesk did not start' >&2 && exit 1; }

control() { # OPERATION JSON
    curl -sS --fail-with-body -o /dev/null "$url/v1/test/$1" -H 'Authorization: Bearer test' \
        -H 'Content-Type: application/json' -d "$2"
}
