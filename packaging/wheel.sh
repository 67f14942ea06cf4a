#!/usr/bin/env bash
# Makes the Python wheel of a binary: packaging/wheel.sh BINARY OUT_DIR
#
# The binary is a script of the wheel, which pip puts into the environment's bin folder as it is.

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
# In a folder without a `packaging`, which is also a module of Python's.
cd "$work"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target tools \
    wheel==0.48.0 packaging==26.4
export PYTHONPATH=$work/tools
# What is 1.0.0-rc.1 to Cargo is 1.0.0rc1 to Python.
python_version=$(python3 -c 'import packaging.version, sys; print(packaging.version.Version(sys.argv[1]))' "$version")

# A static binary runs with either C library.
platforms=(manylinux_2_17_x86_64 musllinux_1_1_x86_64)
[[ -z $glibc ]] || platforms=("manylinux_${glibc/./_}_x86_64")

wheel=$work/wheel
info=$wheel/copydesk-$python_version.dist-info
scripts=$wheel/copydesk-$python_version.data/scripts
mkdir -p "$info/licenses" "$scripts"
install -m 755 "$binary" "$scripts/copydesk"
sed "s/@VERSION@/$python_version/" "$packaging/wheel/METADATA" >"$info/METADATA"
{
    printf 'Wheel-Version: 1.0\nGenerator: copydesk packaging\nRoot-Is-Purelib: false\n'
    printf 'Tag: py3-none-%s\n' "${platforms[@]}"
} >"$info/WHEEL"
licences "$info/licenses"
python3 -m wheel pack "$wheel" --dest-dir "$out"
ls -l "$out/copydesk-$python_version"-*.whl
