#!/usr/bin/env bash
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/copydesk.sh"
source "$(dirname "$0")/headlines.sh"
source "$(dirname "$0")/tap.sh"

test_reads_what_the_fixtures_hold() {
    same "$(headlines "$url")" 'Flood warning | Agency report'
}

test_says_when_to_try_again() {
    same "$(headlines "$url" -H 'Prefer: code=503' 2>&1)" 'try again in 1 s'
}

test_shows_a_scheduled_article_in_time() {
    control clock '{"set": "2026-01-02T06:00:00Z"}'
    same "$(headlines "$url")" $'Mayor resigns\nFlood warning | Agency report'
}

run_tests
