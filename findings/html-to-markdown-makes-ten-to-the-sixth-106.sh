#!/usr/bin/env bash
# Surprising: three converters from HTML to Markdown write "10<sup>6</sup> voters" as "106 voters".
# Package:    npm turndown 7.2.5; PyPI html2text 2025.4.15 and markdownify 1.2.3 (with beautifulsoup4
#             4.15.0)
# Expected:   an exponent keeps its tag, gets a sign (10^6), or is at least kept apart from the number.
# Seen:       figures are joined into other figures (106, 52/3), a footnote mark joins the number before
#             it (20241); a list item with value="9" is numbered 5, so "see point 9" points nowhere; no
#             warning.
# Who:        importers that turn articles or legal texts from HTML into Markdown.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error turndown@7.2.5 @mixmark-io/domino@2.2.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  html2text==2025.4.15 markdownify==1.2.3 beautifulsoup4==4.15.0

cat >article.html <<'HTML'
<p>Some 10<sup>6</sup> voters got 5<sup>2</sup>/<sub>3</sub> pages in 2024<sup>1</sup>.</p><ol start="4"><li>Fees</li><li value="9">Appeals</li></ol>
HTML
cat >turndown.cjs <<'JS'
const Turndown = require('turndown');
console.log(new Turndown().turndown(require('fs').readFileSync('article.html', 'utf8')));
JS
cat >html2text.in.py <<'PY'
import html2text
print(html2text.html2text(open("article.html").read()))
PY
cat >markdownify.in.py <<'PY'
import markdownify
print(markdownify.markdownify(open("article.html").read()))
PY
tidy() { sed 's/  */ /g; s/^ //; /^$/d' | sed "s/^/$1: /"; }

echo "turndown $(node -p 'JSON.parse(require("fs").readFileSync("node_modules/turndown/package.json")).version')"
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(html2text|markdownify|beautifulsoup4) '
{
  node turndown.cjs | tidy turndown
  venv/bin/python html2text.in.py | tidy html2text
  venv/bin/python markdownify.in.py | tidy markdownify
} | tee seen
cat >expected <<'TXT'
turndown: Some 106 voters got 52/3 pages in 20241.
turndown: 4. Fees
turndown: 5. Appeals
html2text: Some 106 voters got 52/3 pages in 20241.
html2text: 4. Fees
html2text: 5. Appeals
markdownify: Some 106 voters got 52/3 pages in 20241.
markdownify: 4. Fees
markdownify: 5. Appeals
TXT
diff -u expected seen || { echo "CHANGED: the converters no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: 10 to the 6th is 106 and point 9 is point 5"
