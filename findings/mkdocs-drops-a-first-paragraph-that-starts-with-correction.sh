#!/usr/bin/env bash
# Surprising: a page that opens with "Correction: ..." is published without that paragraph.
# Package:    PyPI mkdocs 1.6.1, and Markdown 3.11.3 with its "meta" extension (which Pelican switches on)
# Expected:   metadata needs "---" lines or a setting; a sentence at the top of a page is text.
# Seen:       any first line of the form "Word: text" is taken as metadata and never shown, with its
#             indented continuation and the lines below it up to the blank line; the build says nothing.
# Who:        newsrooms that put "Correction:", "Update:", "Note:" or "Advertisement:" above the text.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check mkdocs==1.6.1 Markdown==3.11.3

mkdir docs theme
printf 'site_name: Gazette\ntheme:\n  name: null\n  custom_dir: theme\n' >mkdocs.yml
printf 'shown: {{ page.content }}' >theme/main.html
cat >docs/colon.md <<'MD'
Correction: an earlier version of this report named the wrong judge.

The court met on Monday.
MD
cat >docs/two-words.md <<'MD'
A correction: an earlier version of this report named the wrong judge.

The court met on Monday.
MD

venv/bin/mkdocs --version | sed 's/ from .*//'
venv/bin/python -c 'import markdown; print("Markdown", markdown.__version__)'
venv/bin/mkdocs build --quiet --strict --no-directory-urls 2>build.log || { cat build.log >&2; exit 1; }
{
  echo "messages of the build: $(wc -l <build.log)"
  for page in colon two-words; do
    echo "mkdocs $page $(tr -d '\n' <site/$page.html)"
    venv/bin/python - "$page" <<'PY'
import sys, markdown
text = open(f"docs/{sys.argv[1]}.md").read()
print("Markdown meta", sys.argv[1], "shown:", markdown.markdown(text, extensions=["meta"]).replace("\n", ""))
PY
  done
} | tee seen
cat >expected <<'TXT'
messages of the build: 0
mkdocs colon shown: <p>The court met on Monday.</p>
Markdown meta colon shown: <p>The court met on Monday.</p>
mkdocs two-words shown: <p>A correction: an earlier version of this report named the wrong judge.</p><p>The court met on Monday.</p>
Markdown meta two-words shown: <p>A correction: an earlier version of this report named the wrong judge.</p><p>The court met on Monday.</p>
TXT
diff -u expected seen || { echo "CHANGED: the first paragraph is no longer treated as described above" >&2; exit 1; }
echo "CONFIRMED: the paragraph that starts with one word and a colon is not on the page"
