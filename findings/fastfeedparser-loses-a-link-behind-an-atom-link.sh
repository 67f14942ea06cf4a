#!/usr/bin/env bash
# Surprising: in fastfeedparser an RSS item has no link at all if an atom:link stands before its <link>; a
#             title of type="xhtml" is empty.
# Package:    PyPI fastfeedparser 0.6.5; feedparser 6.0.14 for comparison
# Expected:   <link> is the address of the article wherever it stands in the item (RSS 2.0 has no order);
#             an Atom title may be marked up.
# Seen:       `link` is missing after atom:link rel="related" or "replies" (comments), right before it;
#             "H2O in town" with a lowered 2 is ''; nothing is reported, other items of the feed look
#             right.
# Who:        readers of feeds that offer comments or related articles per item, or italics in titles.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check fastfeedparser==0.6.5 feedparser==6.0.14

cat >run.py <<'PY'
import fastfeedparser, feedparser
RSS = """<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Gazette</title>
<link>https://gazette.example/</link><description>News</description><item><title>Vote</title>%s
<guid isPermaLink="false">vote-1</guid></item></channel></rss>"""
LINK = "<link>https://gazette.example/vote</link>"
for rel in ("related", "replies"):
    other = f'<atom:link rel="{rel}" href="https://gazette.example/{rel}"/>'
    for name, parts in ((f"{rel}, then link", other + LINK), (f"link, then {rel}", LINK + other)):
        fast, full = fastfeedparser.parse(RSS % parts).entries[0], feedparser.parse(RSS % parts).entries[0]
        print(f"{name}: fastfeedparser {fast.get('link')}, feedparser {full.get('link')}")
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Gazette</title><id>tag:gazette.example,2024:f</id>
<updated>2024-03-01T10:00:00Z</updated><entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">H<sub>2</sub>O
in town</div></title><id>tag:gazette.example,2024:1</id><updated>2024-03-01T10:00:00Z</updated>
<link href="https://gazette.example/water"/></entry></feed>"""
print(f"xhtml title: fastfeedparser {fastfeedparser.parse(ATOM).entries[0].title!r}, "
      f"feedparser {' '.join(feedparser.parse(ATOM).entries[0].title.split())!r}")
PY

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(fast)?feedparser '
venv/bin/python -W ignore run.py | tee seen
cat >expected <<'TXT'
related, then link: fastfeedparser None, feedparser https://gazette.example/vote
link, then related: fastfeedparser https://gazette.example/vote, feedparser https://gazette.example/vote
replies, then link: fastfeedparser None, feedparser https://gazette.example/vote
link, then replies: fastfeedparser https://gazette.example/vote, feedparser https://gazette.example/vote
xhtml title: fastfeedparser '', feedparser 'H<sub>2</sub>O in town'
TXT
diff -u expected seen || { echo "CHANGED: fastfeedparser no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the link behind an atom:link and the marked-up title are lost"
