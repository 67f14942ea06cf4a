#!/usr/bin/env bash
# Makes what a release consists of: an archive with the binary, its SBOM, and checksums of both.
#
#     packaging/release.sh [--binary PATH] [OUT_DIR]      (target/release-files if none is given)
#
# Without --binary it builds one: static (musl) if the machine can, else for glibc. What static needs:
#     rustup target add x86_64-unknown-linux-musl; apt-get install musl-tools

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Sets `binary`.
build() {
    local triple=x86_64-unknown-linux-gnu
    # rustup takes the toolchain that the project names, and cargo the settings of .cargo, by the current folder.
    cd "$root"
    if command -v musl-gcc >/dev/null && [[ -d $(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-musl ]]; then
        triple=x86_64-unknown-linux-musl
    fi
    # Messages of the program name source files: by their place in the project, not on the machine that builds.
    cargo build --release --locked --target "$triple" --target-dir "$root/target" --config "build.rustflags=[
        '--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo', '--remap-path-prefix=$root=/copydesk']"
    binary=$root/target/$triple/release/copydesk
}

binary=
if [[ ${1-} == --binary ]]; then
    binary=$(realpath -e "${2-}")
    shift 2
fi
[[ $# -le 1 && ${1-} != -* ]] || die "usage: $0 [--binary PATH] [OUT_DIR]"
out=${1:-$root/target/release-files}
mkdir -p "$out"
out=$(realpath "$out")

[[ -n $binary ]] || build
inspect "$binary"

needs='whatever its C library'
if [[ -n $glibc ]]; then
    libraries=$(readelf --dynamic --wide "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | paste -sd ' ')
    needs="with glibc $glibc or newer (\`ldd --version\`) and the libraries $libraries"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
name=copydesk-$version-$target
mkdir "$work/$name"
install -m 755 "$binary" "$work/$name/copydesk"
install -m 644 "$root/README.md" "$root/CHANGELOG.md" "$root/openapi/openapi.json" "$work/$name"
licences "$work/$name"
sed -e "s|@VERSION@|$version|" -e "s|@TARGET@|$target|" -e "s|@NEEDS@|$needs|" "$packaging/INSTALL.txt" \
    >"$work/$name/INSTALL.txt"

tar --create --directory "$work" --format=gnu --sort=name --owner=0 --group=0 --numeric-owner \
    --mtime="@$SOURCE_DATE_EPOCH" "$name" | gzip --no-name >"$out/$name.tar.gz"
(cd "$root" && python3 -B "$packaging/sbom.py" "$target" "$binary") >"$out/$name.cdx.json"
cd "$out"
sha256sum "$name.tar.gz" "$name.cdx.json" >SHA256SUMS
ls -l "$name.tar.gz" "$name.cdx.json" SHA256SUMS
