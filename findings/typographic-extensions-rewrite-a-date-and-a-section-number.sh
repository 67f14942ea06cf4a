#!/usr/bin/env bash
# Surprising: niceties of typography change what a legal text refers to: "3/4/2024" and "section 4(c)".
# Package:    PyPI pymdown-extensions 13.1.2 with Markdown 3.11.3; npm markdown-it 15.0.3; PyPI
#             markdown-it-py 4.3.0
# Expected:   (c) is the copyright sign where it stands alone ("(c) 2024"); dates with slashes are left
#             alone.
# Seen:       smartsymbols: "3/4/2024" is three quarters, then "/2024", while "5/4/2024" stays; "c/o" is
#             one sign; all three: section 4(c) becomes 4 + copyright sign, 4(r) becomes 4 + trade mark
#             sign, 4(p) stays.
# Who:        sites that switch on smartsymbols or "typographer" and print statutes, judgments, US dates.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error markdown-it@15.0.3 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  pymdown-extensions==13.1.2 Markdown==3.11.3 markdown-it-py==4.3.0

cat >text.md <<'MD'
Judgment of 3/4/2024 and of 5/4/2024, c/o the clerk: section 4(c), section 4(r), section 4(p).
MD
cat >run.py <<'PY'
import html, markdown
from markdown_it import MarkdownIt
text = open("text.md").read()
say = lambda name, page: print(name + ":", ascii(html.unescape(page).strip()))
say("smartsymbols", markdown.markdown(text, extensions=["pymdownx.smartsymbols"]))
say("markdown-it-py", MarkdownIt("commonmark", {"typographer": True}).enable("replacements").render(text))
PY
cat >run.mjs <<'JS'
import MarkdownIt from 'markdown-it';
import fs from 'node:fs';
const page = new MarkdownIt({ typographer: true }).render(fs.readFileSync('text.md', 'utf8')).trim();
const plain = page.replace(/[^\x00-\x7f]/g, (c) => '\\x' + c.codePointAt(0).toString(16));
console.log(`markdown-it: '${plain}'`);
JS

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(pymdown-extensions|markdown|markdown-it-py) '
echo "markdown-it $(node -p 'JSON.parse(require("fs").readFileSync("node_modules/markdown-it/package.json")).version')"
echo "In the text: $(cat text.md)"
{ venv/bin/python run.py; node run.mjs; } | tee seen
cat >expected <<'TXT'
smartsymbols: '<p>Judgment of \xbe/2024 and of 5/4/2024, \u2105 the clerk: section 4\xa9, section 4\xae, section 4(p).</p>'
markdown-it-py: '<p>Judgment of 3/4/2024 and of 5/4/2024, c/o the clerk: section 4\xa9, section 4\xae, section 4(p).</p>'
markdown-it: '<p>Judgment of 3/4/2024 and of 5/4/2024, c/o the clerk: section 4\xa9, section 4\xae, section 4(p).</p>'
TXT
diff -u expected seen || { echo "CHANGED: the extensions no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the date is a fraction and the sections are signs"
