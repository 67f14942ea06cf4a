#!/usr/bin/env bash
# Makes the Debian package of a binary: packaging/deb.sh [--binary PATH] [OUT_DIR]     (target/release-files if none)
#
# Without --binary it takes the static one that release.sh has built. dpkg-deb makes the package, and not cargo-deb:
# that is another tool to build and to pin, and it would build the binary once more. Here the package has the very
# bytes of the archive, and with one commit and one dpkg-deb it is the same file wherever it is made.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

binary=$root/target/x86_64-unknown-linux-musl/release/copydesk
if [[ ${1-} == --binary ]]; then
    binary=${2-}
    shift 2
fi
[[ $# -le 1 && ${1-} != -* ]] || die "usage: $0 [--binary PATH] [OUT_DIR]"
binary=$(realpath -e "$binary") || die 'there is no such binary; packaging/release.sh builds one'
out=${1:-$root/target/release-files}
inspect "$binary"
mkdir -p "$out"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
package=$work/package
doc=$package/usr/share/doc/copydesk
# To dpkg, 1.0.0~rc.1 is older than 1.0.0.
deb_version=${version/-/\~}-1

# put MODE FILE PATH: a file of the package; a folder that is missing is made.
put() {
    install -D -m "$1" "$2" "$package/$3"
}

put 755 "$binary" usr/bin/copydesk
put 644 "$packaging/systemd/copydesk.service" lib/systemd/system/copydesk.service
put 644 "$packaging/systemd/copydesk.env" etc/copydesk/copydesk.env
ln -s copydesk.env "$package/etc/copydesk/.env"

completions() {
    "$binary" completions "$1" >"$work/$1"
    put 644 "$work/$1" "$2"
}
completions bash usr/share/bash-completion/completions/copydesk
completions zsh usr/share/zsh/vendor-completions/_copydesk
completions fish usr/share/fish/vendor_completions.d/copydesk.fish
"$binary" man >"$work/copydesk.1"
put 644 "$work/copydesk.1" usr/share/man/man1/copydesk.1

put 644 "$root/README.md" usr/share/doc/copydesk/README.md
put 644 "$root/openapi/openapi.json" usr/share/doc/copydesk/openapi.json
put 644 "$root/.env.example" usr/share/doc/copydesk/examples/env.example
for proxy in nginx.conf Caddyfile haproxy.cfg varnish.vcl; do
    put 644 "$packaging/proxies/$proxy" "usr/share/doc/copydesk/examples/$proxy"
done
put 644 "$root/CHANGELOG.md" usr/share/doc/copydesk/changelog
printf 'copydesk (%s) unstable; urgency=medium\n\n  * What has changed: changelog.gz.\n\n -- %s  %s\n' "$deb_version" \
    "$(sed -n 's/^Maintainer: //p' "$packaging/debian/control")" \
    "$(date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")" >"$doc/changelog.Debian"
mkdir "$work/licences"
licences "$work/licences"
put 644 "$work/licences/THIRD-PARTY-LICENSES.txt" usr/share/doc/copydesk/THIRD-PARTY-LICENSES.txt
# Debian has the text of the Apache licence.
sed -e "/@MIT@/{
    r $root/LICENSE-MIT
    d
}" "$packaging/debian/copyright" >"$doc/copyright"
gzip --best --no-name "$doc"/{changelog,changelog.Debian,THIRD-PARTY-LICENSES.txt} \
    "$package/usr/share/man/man1/copydesk.1"

mkdir "$package/DEBIAN"
install -m 755 "$packaging"/debian/{config,postinst,prerm,postrm} "$package/DEBIAN"
install -m 644 "$packaging/debian/templates" "$package/DEBIAN"
printf '/etc/copydesk/copydesk.env\n' >"$package/DEBIAN/conffiles"
libraries=
[[ -z $glibc ]] || libraries=", libc6 (>= $glibc), libgcc-s1"
sed -e "s/@VERSION@/$deb_version/" -e "s/@LIBRARIES@/$libraries/" \
    -e "s/@SIZE@/$(du --summarize --apparent-size --block-size=1024 "$package" | cut -f 1)/" \
    "$packaging/debian/control" >"$package/DEBIAN/control"
(cd "$package" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) >"$work/md5sums"
install -m 644 "$work/md5sums" "$package/DEBIAN"

dpkg-deb --root-owner-group -Zxz --build "$package" "$out/copydesk_${deb_version}_amd64.deb" >/dev/null
ls -l "$out/copydesk_${deb_version}_amd64.deb"
