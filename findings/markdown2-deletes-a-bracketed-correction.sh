#!/usr/bin/env bash
# Surprising: markdown2 deletes a paragraph that starts with "[Correction]:", however long it is.
# Package:    PyPI markdown2 2.5.5; commonmark 0.9.2, Markdown 3.11.3 and mistune 3.1.4 compared
# Expected:   "[word]: text" defines a link only if an address follows and nothing else; a sentence is a
#             paragraph.
# Seen:       the whole notice is taken as a link definition and shown nowhere; the other three show it.
# Who:        sites that print editors' notes as [Correction]: ..., [Editor's note]: ...; the page looks
#             complete.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  markdown2==2.5.5 commonmark==0.9.2 Markdown==3.11.3 mistune==3.1.4

cat >article.md <<'MD'
The court met on Monday.

[Correction]: an earlier version of this report named the wrong judge. It was Ida Marsh.

It meets again on Friday.
MD
cat >run.py <<'PY'
import commonmark, markdown, markdown2, mistune
text = open("article.md").read()
readers = {
    "markdown2": markdown2.markdown,
    "commonmark": commonmark.commonmark,
    "Markdown": markdown.markdown,
    "mistune": mistune.html,
}
for name, render in readers.items():
    page = render(text)
    print(f"{name}: {page.count('<p>')} paragraphs, correction shown: {'wrong judge' in page}")
PY

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(markdown2|commonmark|markdown|mistune) '
venv/bin/python -W ignore run.py | tee seen
cat >expected <<'TXT'
markdown2: 2 paragraphs, correction shown: False
commonmark: 3 paragraphs, correction shown: True
Markdown: 3 paragraphs, correction shown: True
mistune: 3 paragraphs, correction shown: True
TXT
diff -u expected seen || { echo "CHANGED: the readers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the correction is not on the page"
