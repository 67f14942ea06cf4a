#!/usr/bin/env bash
# Makes the npm package of a binary: packaging/npm.sh BINARY OUT_DIR

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[[ $# -eq 2 ]] || die "usage: $0 BINARY OUT_DIR"
binary=$(realpath -e "$1")
inspect "$binary"
mkdir -p "$2"
out=$(realpath "$2")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
install -m 755 "$binary" "$work/copydesk"
install -m 755 "$packaging/npm/copydesk.sh" "$work"
install -m 644 "$packaging"/npm/package.json "$packaging"/npm/README.md "$work"
licences "$work"
cd "$work"
npm pkg set "version=$version"
# npm refuses a package for glibc on a machine with another C library, such as Alpine's.
[[ -z $glibc ]] || npm pkg set 'libc[0]=glibc'
npm pack --loglevel=error --pack-destination "$out" >/dev/null
ls -l "$out/copydesk-$version.tgz"
