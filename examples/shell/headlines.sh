# shellcheck shell=bash
# The client that is tested: the titles of the public articles, each with its disclaimers.

headlines() { # URL [CURL_OPTION..]
    local answer status seconds
    answer=$(curl -sS -w '\n%{http_code} %header{retry-after}' \
        "$1/v1/articles?fields=title&include=disclaimers" "${@:2}") || return
    read -r status seconds <<<"${answer##*$'\n'}"
    case $status in
        200) jq -r '.items[] | [.title, .disclaimers[].title] | join(" | ")' <<<"${answer%$'\n'*}" ;;
        503) echo "try again in $seconds s" >&2 && return 1 ;;
        *) echo "status $status" >&2 && return 1 ;;
    esac
}
