# shellcheck shell=bash
# Runs tests that are functions, and prints TAP.

same() { # GOT WANTED
    [[ $1 == "$2" ]] || { printf '# got: %s\n# wanted: %s\n' "$1" "$2" && return 1; }
}

run_tests() { # runs each function whose name begins with test_
    local name number=0 failed=0
    for name in $(compgen -A function test_); do
        number=$((number + 1))
        if control reset '{}' && "$name"; then
            echo "ok $number - $name"
        else
            echo "not ok $number - $name"
            failed=1
        fi
    done
    echo "1..$number"
    return $failed
}
