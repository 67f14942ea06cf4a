#!/usr/bin/env bash
# Surprising: two RSS writers take a time with a zone, drop the zone and write "GMT" behind the local
#             hour.
# Package:    PyPI PyRSS2Gen 1.1 and rfeed 1.1.1; read back with feedparser 6.0.14; feedgen 1.0.0 for
#             comparison
# Expected:   10:00 at UTC+02:00 is written as 08:00 GMT or as 10:00 +0200.
# Seen:       "10:00:00 GMT": the article is two hours late for readers; with a western zone it is hours
#             early.
# Who:        newsrooms outside GMT that give aware datetimes; embargoes and "newest first" are off by the
#             offset.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  PyRSS2Gen==1.1 rfeed==1.1.1 feedgen==1.0.0 feedparser==6.0.14

cat >run.py <<'PY'
import calendar, datetime as dt
import feedparser, PyRSS2Gen, rfeed
from feedgen.feed import FeedGenerator

SITE = "https://gazette.example/"

def with_pyrss2gen(when):
    item = PyRSS2Gen.RSSItem(title="Vote", link=SITE + "vote", pubDate=when)
    return PyRSS2Gen.RSS2(title="G", link=SITE, description="d", items=[item]).to_xml("utf-8")

def with_rfeed(when):
    item = rfeed.Item(title="Vote", link=SITE + "vote", pubDate=when)
    return rfeed.Feed(title="G", link=SITE, description="d", items=[item]).rss()

def with_feedgen(when):
    feed = FeedGenerator()
    feed.title("G"); feed.link(href=SITE); feed.description("d")
    entry = feed.add_entry()
    entry.title("Vote"); entry.link(href=SITE + "vote"); entry.published(when)
    return feed.rss_str().decode()

for hours in (2, -5):
    when = dt.datetime(2024, 3, 1, 10, tzinfo=dt.timezone(dt.timedelta(hours=hours)))
    for name, write in (("PyRSS2Gen", with_pyrss2gen), ("rfeed", with_rfeed), ("feedgen", with_feedgen)):
        entry = feedparser.parse(write(when)).entries[0]
        shift = (calendar.timegm(entry.published_parsed) - when.timestamp()) / 3600
        print(f"{when.isoformat()} {name}: {entry.published} (read {shift:+.0f} h)")
PY

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(pyrss2gen|rfeed|feedgen|feedparser) '
venv/bin/python -W ignore run.py | tee seen
cat >expected <<'TXT'
2024-03-01T10:00:00+02:00 PyRSS2Gen: Fri, 01 Mar 2024 10:00:00 GMT (read +2 h)
2024-03-01T10:00:00+02:00 rfeed: Fri, 01 Mar 2024 10:00:00 GMT (read +2 h)
2024-03-01T10:00:00+02:00 feedgen: Fri, 01 Mar 2024 10:00:00 +0200 (read +0 h)
2024-03-01T10:00:00-05:00 PyRSS2Gen: Fri, 01 Mar 2024 10:00:00 GMT (read -5 h)
2024-03-01T10:00:00-05:00 rfeed: Fri, 01 Mar 2024 10:00:00 GMT (read -5 h)
2024-03-01T10:00:00-05:00 feedgen: Fri, 01 Mar 2024 10:00:00 -0500 (read +0 h)
TXT
diff -u expected seen || { echo "CHANGED: the writers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the zone is dropped and the local hour is called GMT"
