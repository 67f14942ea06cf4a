#!/usr/bin/env bash
# Surprising: tidying language tags first makes the match worse, and "language unknown" becomes English.
# Package:    npm bcp-47-normalize 2.3.0 and bcp-47-match 2.0.3 (the first depends on the second)
# Expected:   zh-Hant-HK finds zh-Hant (RFC 4647 lookup drops parts from the end); normal forms match at
#             least as well as raw ones; "und" (undetermined) stays "und"; pt-BR stays a Brazilian text.
# Seen:       lookup gives plain zh if the site lists it before zh-Hant; normalised to zh-HK it gives
#             plain zh in any order, whether the site's list is normalised or not; und -> en, und-Cyrl ->
#             ru, pt-BR -> pt.
# Who:        APIs that store the language of an article and choose among versions with these two.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  bcp-47-normalize@2.3.0 bcp-47-match@2.0.3 bcp-47@2.1.2 >/dev/null

cat >run.mjs <<'JS'
import { bcp47Normalize as normalize } from 'bcp-47-normalize';
import { lookup } from 'bcp-47-match';
const asked = 'zh-Hant-HK';
for (const there of [['zh-Hant', 'zh', 'en'], ['zh', 'zh-Hant', 'en']]) {
  console.log(`${asked} among ${there}: raw ${lookup(there, asked)}, asked normalised ${lookup(there, normalize(asked))}, ` +
              `both normalised ${lookup(there.map((t) => normalize(t)), normalize(asked))}`);
}
for (const tag of ['zh-Hant-HK', 'zh-Hant', 'und', 'und-Cyrl', 'pt-BR', 'pt-PT', 'en-US', 'en-GB']) {
  console.log(`${tag} -> ${normalize(tag)}`);
}
JS

for p in bcp-47-normalize bcp-47-match bcp-47; do
  echo "$p $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$p/package.json')).version")"
done
node run.mjs | tee seen
cat >expected <<'TXT'
zh-Hant-HK among zh-Hant,zh,en: raw zh-Hant, asked normalised zh, both normalised zh
zh-Hant-HK among zh,zh-Hant,en: raw zh, asked normalised zh, both normalised zh
zh-Hant-HK -> zh-HK
zh-Hant -> zh-TW
und -> en
und-Cyrl -> ru
pt-BR -> pt
pt-PT -> pt-PT
en-US -> en
en-GB -> en-GB
TXT
diff -u expected seen || { echo "CHANGED: the packages no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the nearer version is passed over and the unknown language is English"
