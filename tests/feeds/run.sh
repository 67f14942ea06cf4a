#!/usr/bin/env bash
# Reads the feeds of a running server with the libraries that people read feeds with.
#
# usage: bash tests/feeds/run.sh BASE_URL KEY [WORK_DIR]
#
# KEY needs every scope. Makes two articles with a table and two disclaimers each, one of them licensed, and leaves
# them there. The readers go to WORK_DIR, where they stay for the next run; by default to a folder that is removed.
# Needs curl. A reader whose tools are not on this machine is skipped by name.

set -euo pipefail

readonly FEEDPARSER=6.0.14 RSS_PARSER=3.13.0

[[ $# -ge 2 ]] || { echo "usage: $0 BASE_URL KEY [WORK_DIR]" >&2 && exit 2; }
base=${1%/} key=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 143' TERM
if [[ -n ${3-} ]]; then
    mkdir -p "$3"
    work=$(realpath "$3")
else
    work=$scratch
fi
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
failed=0

# send METHOD PATH [JSON]: prints the answer.
send() {
    local answer
    answer=$(curl --silent --show-error --fail-with-body --max-time 10 --request "$1" \
        -H "Authorization: Bearer $key" ${3+-H 'Content-Type: application/json' --data "$3"} "$base$2") || {
        echo "$1 $2 was refused: $answer" >&2
        return 1
    }
    printf '%s' "$answer"
}

# The id in the answer on the standard input: the first of its members.
id_of() {
    grep -oE '"id":"[0-9a-f-]{36}"' | head -n 1 | cut -d '"' -f 4
}

# The names are words that no other run has taken.
mark=$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
before_text="From an agency, $mark: not edited here."
after_text="هذا ليس نصيحة قانونية $mark."
before=$(send POST /v1/disclaimers "{\"key\":\"agency-$mark\",\"title\":\"Agency\",\"kind\":\"provider\",
    \"placement\":\"before\",\"body\":\"$before_text\"}" | id_of)
after=$(send POST /v1/disclaimers "{\"key\":\"advice-$mark\",\"title\":\"تنبيه\",\"kind\":\"legal\",
    \"language\":\"ar\",\"body\":\"$after_text\"}" | id_of)

# article ACCESS: prints its id.
article() {
    local id text
    text="<p>متن</p><table><tr><th>Gauge</th></tr><tr><td>cell $mark</td></tr></table>"
    text+="<p lang=\\\"en\\\" dir=\\\"ltr\\\">In English $mark</p>"
    id=$(send POST /v1/articles "{\"title\":\"سیل $mark $1\",\"state\":\"published\",
        \"language\":\"fa\",\"access\":\"$1\",\"published_at\":\"2026-01-09T17:30:00Z\",
        \"summary\":\"خلاصه $mark\",\"dateline\":\"DELTA\",\"section\":\"city\",\"tags\":[\"river-$mark\"],
        \"authors\":[{\"name\":\"Ada Marsh\"},{\"name\":\"Ben Ito\"}],
        \"source\":{\"name\":\"Valley Wire\",\"url\":\"https://wire.example/$mark\"},
        \"image\":{\"url\":\"https://img.example/river.jpg\",\"alt\":\"The river\",\"credit\":\"C. Lund\"},
        \"body_format\":\"html\",\"body\":\"$text\"}" | id_of)
    send PUT "/v1/articles/$id/disclaimers/$before" >/dev/null
    send PUT "/v1/articles/$id/disclaimers/$after" >/dev/null
    printf '%s' "$id"
}

whole=$(article public)
teaser=$(article restricted)
cat >"$scratch/expected.json" <<JSON
{
  "query": "tag=river-$mark", "whole": "urn:uuid:$whole", "teaser": "urn:uuid:$teaser",
  "titles": {"whole": "سیل $mark public", "teaser": "سیل $mark restricted"},
  "before": "$before_text", "after": "$after_text", "summary": "خلاصه $mark",
  "cell": "cell $mark", "inner": "In English $mark", "dateline": "DELTA", "language": "fa",
  "published": "2026-01-09T17:30:00",
  "authors": ["Ada Marsh", "Ben Ito"], "tags": ["city", "river-$mark"], "source": "Valley Wire",
  "image": "https://img.example/river.jpg"
}
JSON

# has READER TOOL..: false, and says so, if a tool of the reader is not on this machine.
has() {
    local reader=$1 tool
    shift
    for tool in "$@"; do
        command -v "$tool" >/dev/null && continue
        echo "SKIPPED: $reader, since $tool is not on this machine"
        return 1
    done
}

if has feedparser python3; then
    venv=$work/feedparser-$FEEDPARSER
    if [[ ! -f $venv/ready ]]; then
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check "feedparser==$FEEDPARSER"
        : >"$venv/ready"
    fi
    "$venv/bin/python" -B "$here/readers.py" "$base" "$scratch/expected.json" || failed=1
fi
if has rss-parser node npm; then
    grep -qs "\"version\": \"$RSS_PARSER\"" "$work/node_modules/rss-parser/package.json" ||
        npm install --prefix "$work" --no-audit --no-fund --no-update-notifier --loglevel=error \
            "rss-parser@$RSS_PARSER" >/dev/null
    NODE_TOOLS=$work node "$here/readers.mjs" "$base" "$scratch/expected.json" || failed=1
fi
exit "$failed"
