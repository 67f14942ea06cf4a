#!/usr/bin/env bash
# Surprising: an article whose front matter is broken is refused once; the second reading of it succeeds,
#             empty.
# Package:    npm gray-matter 4.0.3 (with js-yaml 3.15.2 below it)
# Expected:   the same text gives the same error each time.
# Seen:       the 2nd call returns without an error, with no data at all and the front matter in the text;
#             "draft: true" is then missing. Giving any options, even {}, makes it refuse each time.
# Who:        importers that try again after an error, watch a folder, or check in one pass and load in
#             the next.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error gray-matter@4.0.3 js-yaml@3.15.2 >/dev/null

cat >run.cjs <<'JS'
const matter = require('gray-matter');
const article = '---\ntitle: "Council votes\ndraft: true\n---\nThe vote is tonight.\n';   // a quote is not closed
function read(label, ...options) {
  try {
    const file = matter(article, ...options);
    console.log(`${label}: accepted, data ${JSON.stringify(file.data)}, draft ${file.data.draft}, ` +
                `front matter in the text: ${file.content.includes('draft: true')}`);
  } catch (error) {
    console.log(`${label}: refused (${error.name})`);
  }
}
read('1st reading');
read('2nd reading');
read('3rd reading');
read('with options {}', {});
read('with options {} again', {});
JS

echo "gray-matter $(node -p 'require("./node_modules/gray-matter/package.json").version')," \
     "js-yaml $(node -p 'require("./node_modules/js-yaml/package.json").version')"
node run.cjs | tee seen
cat >expected <<'TXT'
1st reading: refused (YAMLException)
2nd reading: accepted, data {}, draft undefined, front matter in the text: true
3rd reading: accepted, data {}, draft undefined, front matter in the text: true
with options {}: refused (YAMLException)
with options {} again: refused (YAMLException)
TXT
diff -u expected seen || { echo "CHANGED: gray-matter no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the broken front matter is refused once and accepted from then on"
