#!/usr/bin/env bash
# Surprising: Pelican accepts YAML front matter, keeps the first part of it, and prints the rest as the
#             article.
# Package:    PyPI pelican 4.12.0 with Markdown 3.11.3
# Expected:   front matter between "---" lines is read as YAML (as in Hugo, Jekyll), or the file is
#             refused.
# Seen:       a list of authors ends the metadata: the lines below it, "draft: true" too, are public text;
#             the quotes stay in the title; tags [budget, "town hall"] become the tags '[budget' and
#             '"town hall"]'.
# Who:        sites that move to Pelican or share articles with another generator: drafts go out, exit
#             code 0.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pelican==4.12.0 Markdown==3.11.3 feedparser==6.0.14

mkdir content
cat >content/budget.md <<'MD'
---
title: "Budget: the vote"
date: 2024-03-01T10:00:00+02:00
tags: [budget, "town hall"]
authors:
  - Ida Marsh
  - Tom Reed
draft: true
---

Not for publication before the vote.
MD
cat >conf.py <<'PY'
SITENAME = "Gazette"
SITEURL = "https://gazette.example"
PATH = "content"
TIMEZONE = "UTC"
AUTHOR = "Desk"
FEED_ALL_ATOM = "all.atom.xml"
PY

echo "pelican $(venv/bin/pelican --version)," \
     "Markdown $(venv/bin/python -c 'import markdown; print(markdown.__version__)')"
venv/bin/pelican -s conf.py -o out content >build.log 2>&1 || { cat build.log >&2; exit 1; }
cat >look.py <<'PY'
import re, feedparser
entry = feedparser.parse("out/all.atom.xml").entries[0]
print("title:", entry.title)
print("author:", entry.author)
print("tags:", [t.term for t in entry.tags if t.term != "misc"])
print("text:", " ".join(re.sub(r"<[^>]*>", " ", entry.content[0].value).split()))
PY
{
  grep -ciE 'warning|error' build.log | sed 's/^/warnings and errors of the build: /' || true
  venv/bin/python -W ignore look.py
} | tee seen
cat >expected <<'TXT'
warnings and errors of the build: 0
title: "Budget: the vote"
author: Desk
tags: ['[budget', '"town hall"]']
text: Ida Marsh Tom Reed draft: true Not for publication before the vote.
TXT
diff -u expected seen || { echo "CHANGED: Pelican no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the draft is in the public feed and its front matter is part of the text"
