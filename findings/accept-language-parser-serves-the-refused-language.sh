#!/usr/bin/env bash
# Surprising: accept-language-parser answers with a language that the reader ruled out (q=0).
# Package:    npm accept-language-parser 1.5.0; negotiator 1.1.0 for comparison
# Expected:   q=0 means "not this one"; a blank after the semicolon ("de; q=0.9") changes nothing.
# Seen:       pick() takes the q=0 language when only that one is there; with blanks every weight is 1 and
#             "q" itself counts as a language, so the first one named wins, the least wanted one too.
# Who:        sites in several languages that choose the version of an article from the header.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  accept-language-parser@1.5.0 negotiator@1.1.0 >/dev/null

cat >run.cjs <<'JS'
const parser = require('accept-language-parser');
const Negotiator = require('negotiator');
const cases = [
  ['fr, de;q=0', ['de']],
  ['fr, *;q=0.5, de;q=0', ['de', 'en']],
  ['en;q=0.3, de;q=0.9', ['de', 'en']],
  ['en; q=0.3, de; q=0.9', ['de', 'en']],
];
for (const [header, there] of cases) {
  const read = parser.parse(header).map((l) => `${l.code}=${l.quality}`).join(' ');
  const other = new Negotiator({ headers: { 'accept-language': header } }).language(there);
  console.log(`"${header}" of ${there}: accept-language-parser ${parser.pick(there, header)} (${read}), ` +
              `negotiator ${other ?? 'none'}`);
}
JS

for p in accept-language-parser negotiator; do
  echo "$p $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$p/package.json')).version")"
done
node run.cjs | tee seen
cat >expected <<'TXT'
"fr, de;q=0" of de: accept-language-parser de (fr=1 de=0), negotiator none
"fr, *;q=0.5, de;q=0" of de,en: accept-language-parser de (fr=1 *=0.5 de=0), negotiator en
"en;q=0.3, de;q=0.9" of de,en: accept-language-parser de (de=0.9 en=0.3), negotiator de
"en; q=0.3, de; q=0.9" of de,en: accept-language-parser en (en=1 q=1 de=1 q=1), negotiator de
TXT
diff -u expected seen || { echo "CHANGED: the parsers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the refused language is served, and blanks wipe out the weights"
