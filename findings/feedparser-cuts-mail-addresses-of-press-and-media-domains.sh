#!/usr/bin/env bash
# Surprising: feedparser cuts the author's mail address after four letters of its last part; the rest of
#             the address becomes the beginning of the author's name.
# Package:    PyPI feedparser 6.0.14; fastfeedparser 0.6.5 for comparison (it keeps the text as it is)
# Expected:   "ida@gazette.press (Ida Marsh)", the form that RSS 2.0 asks for, is Ida Marsh at that
#             address.
# Seen:       name "s (Ida Marsh", mail "ida@gazette.pres"; .media, .berlin, .today and .agency likewise;
#             .org and .news are right, so tests with short domains pass.
# Who:        importers of RSS from papers with a newer domain: bylines on the site and author pages.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check feedparser==6.0.14 fastfeedparser==0.6.5

cat >run.py <<'PY'
import fastfeedparser, feedparser
FEED = """<rss version="2.0"><channel><title>Gazette</title><link>https://gazette.example/</link>
<description>News</description><item><title>Vote</title><link>https://gazette.example/vote</link>
<author>%s</author></item></channel></rss>"""
for domain in ("org", "news", "press", "media", "today", "berlin", "agency"):
    byline = f"ida@gazette.{domain} (Ida Marsh)"
    author = feedparser.parse(FEED % byline).entries[0].author_detail
    kept = fastfeedparser.parse(FEED % byline).entries[0].author == byline
    print(f"{byline}: name {author.name!r}, mail {author.email!r}; fastfeedparser keeps the text: {kept}")
PY

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(fast)?feedparser '
venv/bin/python -W ignore run.py | tee seen
cat >expected <<'TXT'
ida@gazette.org (Ida Marsh): name 'Ida Marsh', mail 'ida@gazette.org'; fastfeedparser keeps the text: True
ida@gazette.news (Ida Marsh): name 'Ida Marsh', mail 'ida@gazette.news'; fastfeedparser keeps the text: True
ida@gazette.press (Ida Marsh): name 's (Ida Marsh', mail 'ida@gazette.pres'; fastfeedparser keeps the text: True
ida@gazette.media (Ida Marsh): name 'a (Ida Marsh', mail 'ida@gazette.medi'; fastfeedparser keeps the text: True
ida@gazette.today (Ida Marsh): name 'y (Ida Marsh', mail 'ida@gazette.toda'; fastfeedparser keeps the text: True
ida@gazette.berlin (Ida Marsh): name 'in (Ida Marsh', mail 'ida@gazette.berl'; fastfeedparser keeps the text: True
ida@gazette.agency (Ida Marsh): name 'cy (Ida Marsh', mail 'ida@gazette.agen'; fastfeedparser keeps the text: True
TXT
diff -u expected seen || { echo "CHANGED: feedparser no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the address is cut after four letters and the rest is called a name"
