#!/usr/bin/env bash
# Surprising: Hexo's front-matter reader needs no opening line: text above any underlined heading may be
#             metadata.
# Package:    npm hexo-front-matter 5.0.0 (which brings yaml 2.7.1); gray-matter 4.0.3 and front-matter
#             4.0.2 (js-yaml 3.15.2) for comparison
# Expected:   a file that does not begin with "---" has no front matter; its first line is a Markdown
#             heading.
# Seen:       "Correction: the judge was Ida Marsh" + "---" is gone from the text and is now a field
#             "Correction"; a heading without a colon stays, so most files of a site look right.
# Who:        anyone who reads plain Markdown articles with it: notices, "Update:", "Opinion:" headings
#             vanish.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  hexo-front-matter@5.0.0 js-yaml@3.15.2 gray-matter@4.0.3 front-matter@4.0.2 >/dev/null

cat >run.cjs <<'JS'
const hexo = require('hexo-front-matter');
const gray = require('gray-matter');
const fm = require('front-matter');
const articles = {
  'with a colon': 'Correction: the judge was Ida Marsh\n---\n\nThe court met on Monday.\n',
  'without': 'A correction\n---\n\nThe court met on Monday.\n',
};
for (const [name, text] of Object.entries(articles)) {
  const { _content, ...data } = hexo.parse(text);
  const g = gray(text, {});
  const f = fm(text);
  console.log(`${name} | hexo-front-matter: ${JSON.stringify(data)} ${JSON.stringify(_content)}`);
  console.log(`${name} | gray-matter: ${JSON.stringify(g.data)} text whole: ${g.content === text}`);
  console.log(`${name} | front-matter: ${JSON.stringify(f.attributes)} text whole: ${f.body === text}`);
}
JS

for p in hexo-front-matter gray-matter front-matter; do
  echo "$p $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$p/package.json')).version")"
done
node run.cjs | tee seen
cat >expected <<'TXT'
with a colon | hexo-front-matter: {"Correction":"the judge was Ida Marsh"} "\nThe court met on Monday.\n"
with a colon | gray-matter: {} text whole: true
with a colon | front-matter: {} text whole: true
without | hexo-front-matter: {} "A correction\n---\n\nThe court met on Monday.\n"
without | gray-matter: {} text whole: true
without | front-matter: {} text whole: true
TXT
diff -u expected seen || { echo "CHANGED: the readers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the heading with a colon became metadata and left the text"
