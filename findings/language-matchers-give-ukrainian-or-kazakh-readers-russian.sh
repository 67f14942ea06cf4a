#!/usr/bin/env bash
# Surprising: two matchers built on the same public distances send readers to different languages,
#             unasked.
# Package:    PyPI langcodes 3.5.1; npm @formatjs/intl-localematcher 0.10.1
# Expected:   a reader who asks for one language that is not there gets the site's default (English here).
# Seen:       langcodes: Ukrainian -> Russian, Afrikaans -> Dutch; formatjs: Kazakh -> Russian; both:
#             Belarusian -> Russian, Catalan -> Spanish, Indonesian -> Malay; Polish -> the default, as
#             expected.
# Who:        content APIs that pick a translation: another answer per library, and a touchy one in
#             places.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error @formatjs/intl-localematcher@0.10.1 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check langcodes==3.5.1

cat >cases.txt <<'TXT'
uk en ru
kk en ru
be en ru
af en nl
id en ms
ca en es
pl en ru
TXT
cat >run.py <<'PY'
import langcodes
for line in open("cases.txt"):
    wanted, *there = line.split()
    best = langcodes.closest_supported_match(wanted, there) or there[0]
    print(f"langcodes: asked {wanted}, there are {'+'.join(there)}, default {there[0]}: {best}")
PY
cat >run.mjs <<'JS'
import fs from 'node:fs';
import { match } from '@formatjs/intl-localematcher';
for (const line of fs.readFileSync('cases.txt', 'utf8').trim().split('\n')) {
  const [wanted, ...there] = line.split(' ');
  const best = match([wanted], there, there[0]);
  console.log(`formatjs: asked ${wanted}, there are ${there.join('+')}, default ${there[0]}: ${best}`);
}
JS

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -i '^langcodes '
echo "@formatjs/intl-localematcher" \
  "$(node -p 'JSON.parse(require("fs").readFileSync("node_modules/@formatjs/intl-localematcher/package.json")).version')"
{ venv/bin/python run.py; node run.mjs; } | tee seen
cat >expected <<'TXT'
langcodes: asked uk, there are en+ru, default en: ru
langcodes: asked kk, there are en+ru, default en: en
langcodes: asked be, there are en+ru, default en: ru
langcodes: asked af, there are en+nl, default en: nl
langcodes: asked id, there are en+ms, default en: ms
langcodes: asked ca, there are en+es, default en: es
langcodes: asked pl, there are en+ru, default en: en
formatjs: asked uk, there are en+ru, default en: en
formatjs: asked kk, there are en+ru, default en: ru
formatjs: asked be, there are en+ru, default en: ru
formatjs: asked af, there are en+nl, default en: en
formatjs: asked id, there are en+ms, default en: ms
formatjs: asked ca, there are en+es, default en: es
formatjs: asked pl, there are en+ru, default en: en
TXT
diff -u expected seen || { echo "CHANGED: the matchers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: readers get a language that they did not ask for, another one per library"
