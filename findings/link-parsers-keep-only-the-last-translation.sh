#!/usr/bin/env bash
# Surprising: of an article's three translations in a Link header, two link parsers keep only the last one;
#             beside a long cursor (over 2000 characters) parse-link-header drops all links and says null.
# Package:    npm parse-link-header 2.0.0, li 1.3.0; http-link-header 1.1.4, linkheader-parser 0.1.2 compared
# Expected:   several links of one relation are a list (RFC 8288 allows any number of them).
# Seen:       rel="alternate" with hreflang de, fr, uk: the first two give uk only, silently; the other two
#             give all three. With the cursor parse-link-header gives null, as for no header at all: a
#             crawler believes that this was the last page; the other three read it.
# Who:        readers of a multilingual content API, or of one with cursors, through these two.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  parse-link-header@2.0.0 li@1.3.0 http-link-header@1.1.4 linkheader-parser@0.1.2 >/dev/null

cat >run.cjs <<'JS'
const one = require('parse-link-header');
const two = require('li');
const three = require('http-link-header');
const four = require('linkheader-parser');
const list = (value) => (value === undefined || value === null ? [] : [].concat(value));
const readers = {
  'parse-link-header': (header, rel) => list(one(header)?.[rel]).map((link) => link.url),
  li: (header, rel) => list(two.parse(header)[rel]),
  'http-link-header': (header, rel) => three.parse(header).rel(rel).map((link) => link.uri),
  'linkheader-parser': (header, rel) => list((four.parse ?? four.default ?? four)(header)[rel]).map((link) => link.href),
};
const base = 'https://api.example/articles';
const languages = ['de', 'fr', 'uk'].map((l) => `<${base}/7?lang=${l}>; rel="alternate"; hreflang="${l}"`).join(', ');
const cursor = (n) => `<${base}?after=${'x'.repeat(n)}>; rel="next"`;
for (const [name, read] of Object.entries(readers)) {
  console.log(`${name}: alternates ${read(languages, 'alternate').map((u) => u.split('=')[1])}; next page: ` +
              `with a cursor of 1900 ${read(cursor(1900), 'next').length}, of 2100 ${read(cursor(2100), 'next').length}`);
}
console.log(`parse-link-header on the long one: ${one(cursor(2100))}`);
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(parse-link-header|li|http-link-header|linkheader-parser)@[0-9.]+'
node run.cjs | tee seen
cat >expected <<'TXT'
parse-link-header: alternates uk; next page: with a cursor of 1900 1, of 2100 0
li: alternates uk; next page: with a cursor of 1900 1, of 2100 1
http-link-header: alternates de,fr,uk; next page: with a cursor of 1900 1, of 2100 1
linkheader-parser: alternates de,fr,uk; next page: with a cursor of 1900 1, of 2100 1
parse-link-header on the long one: null
TXT
diff -u expected seen || { echo "CHANGED: the parsers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: only the last translation is left"
