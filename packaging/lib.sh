# What the packaging scripts share; sourced by them.
# shellcheck shell=bash
# shellcheck disable=SC2034 # what the scripts read is set here

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
packaging=$root/packaging
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)

# Archives of one commit have one time and the same file modes in them, so that they are the same bytes
# wherever they are made.
umask 022
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# inspect BINARY: sets `target` and, for a binary that is not static, `glibc`: the oldest one it runs on.
inspect() {
    local needed
    [[ $(readelf --file-header "$1") == *X86-64* ]] || die "$1 is no program for x86-64"
    needed=$(readelf --wide --version-info "$1" | sed -n 's/.*Name: GLIBC_\([0-9.]*\) .*/\1/p' | sort -uV)
    if [[ -n $needed ]]; then
        target=x86_64-unknown-linux-gnu
        glibc=${needed##*$'\n'}
    elif [[ $(readelf --wide --program-headers "$1") == *INTERP* ]]; then
        die "$1 is linked to a C library other than glibc"
    else
        target=x86_64-unknown-linux-musl
        glibc=
    fi
    [[ $("$1" --version) == "copydesk $version" ]] || die "$1 is not version $version, as Cargo.toml has it"
}

# licences DIR: the licences of the program and of everything in it, for a package.
licences() {
    install -m 644 "$root"/LICENSE "$root"/LICENSE-APACHE "$root"/LICENSE-MIT "$1"
    (cd "$root" && python3 -B "$packaging/licences.py" "$target") >"$1/THIRD-PARTY-LICENSES.txt"
}
