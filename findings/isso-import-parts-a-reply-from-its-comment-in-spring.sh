#!/usr/bin/env bash
# Surprising: Isso's imports read the times of an export, which are in UTC, as the local time of the machine: in most
#             of Europe each comment of Disqus or WordPress becomes one or two hours older, and in the night when the
#             clocks go forward an answer of Disqus comes before what it answers and loses its place below it.
# Package:    PyPI isso 0.14.0 (mistune 3.4.0, Werkzeug 3.1.9)
# Expected:   "createdAt" with a Z, and WordPress' "comment_date_gmt", are the same moment on every machine; an answer
#             with <parent> stays an answer.
# Seen:       right with TZ=UTC only; with the time zone of Berlin 09:00Z of July is 07:00Z. Of 02:30Z and its answer
#             of 03:10Z on 31 March 2024 (the hour after 02:00 local time does not exist that day) the answer of Disqus
#             is imported first and without a parent, so readers see two comments; that of WordPress is 20 minutes
#             older than its comment. The Atom feed of the page writes local time and a Z, and so does not agree with
#             the JSON. Nothing is reported.
# Who:        sites that import on a machine that is not set to UTC; a second import elsewhere gives other times.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check isso==0.14.0 mistune==3.4.0 Werkzeug==3.1.9

cat >make.py <<'PY'
ROWS = [(101, "Ann", "2024-03-31", "02:30:00", None), (102, "Ben", "2024-03-31", "03:10:00", 101),
        (103, "Dee", "2024-07-01", "09:00:00", None)]
POST = """<post dsq:id="%d"><id/><message>Noted.</message><createdAt>%sT%sZ</createdAt><isDeleted>false</isDeleted>
<isSpam>false</isSpam><author><name>%s</name><isAnonymous>true</isAnonymous></author><thread dsq:id="11"/>%s</post>"""
with open("disqus.xml", "w") as out:
    print('<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com" '
          'xmlns:dsq="http://disqus.com/disqus-internals">\n<thread dsq:id="11"><id>vote</id><forum>gazette</forum>'
          '<link>https://gazette.example/vote</link><title>The vote</title><message/>'
          '<createdAt>2024-03-30T08:00:00Z</createdAt><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>',
          file=out)
    for number, name, day, time, parent in ROWS:
        print(POST % (number, day, time, name, f'<parent dsq:id="{parent}"/>' if parent else ""), file=out)
    print("</disqus>", file=out)
COMMENT = """<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author>%s</wp:comment_author>
<wp:comment_author_email>reader@gazette.example</wp:comment_author_email><wp:comment_author_url/>
<wp:comment_author_IP>192.0.2.7</wp:comment_author_IP><wp:comment_date_gmt>%s %s</wp:comment_date_gmt>
<wp:comment_content>Noted.</wp:comment_content><wp:comment_approved>1</wp:comment_approved>
<wp:comment_type>comment</wp:comment_type><wp:comment_parent>%d</wp:comment_parent></wp:comment>"""
with open("wordpress.xml", "w") as out:
    print('<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/">\n'
          '<channel><title>Gazette</title><item><title>The vote</title><link>https://gazette.example/vote</link>',
          file=out)
    for number, name, day, time, parent in ROWS:
        print(COMMENT % (number, name, day, time, parent or 0), file=out)
    print("</item></channel></rss>", file=out)
PY
cat >ask.py <<'PY'
import sys
from datetime import datetime, timezone
from xml.etree import ElementTree
from werkzeug.test import Client
from werkzeug.wrappers import Response
from isso import config, make_app

client = Client(make_app(config.load(config.default_file(), sys.argv[1])), Response)
feed = ElementTree.fromstring(client.get("/feed?uri=/vote").data)
stamps = {entry.find("{*}author/{*}name").text: entry.find("{*}updated").text for entry in feed.findall("{*}entry")}
for reply in client.get("/?uri=/vote").get_json()["replies"]:
    for comment, place in ((reply, "comment"), *((answer, "  answer") for answer in reply["replies"])):
        moment = datetime.fromtimestamp(comment["created"], timezone.utc)
        print(f"  {place} of {comment['author']} at {moment:%d %b %H:%M}Z, in the feed {stamps[comment['author']]}")
PY

echo "isso $(venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -E '^isso ' | grep -oE '[0-9.]+')"
venv/bin/python make.py
# the rules of Berlin, written out, so that no time zone database is needed
berlin='CET-1CEST,M3.5.0,M10.5.0/3'
for zone in UTC Berlin; do
  [ $zone = UTC ] && export TZ=UTC || export TZ=$berlin
  for kind in disqus wordpress; do
    name=$kind-$zone
    printf '[general]\ndbpath = %s/%s.db\nhost = https://gazette.example/\n[rss]\nbase = https://gazette.example\n' \
      "$tmp" "$name" >"$name.conf"
    options=(-t "$kind")
    [ $kind = wordpress ] || options+=(--empty-id)
    venv/bin/isso -c "$name.conf" import "${options[@]}" "$kind.xml" >"$name.log" 2>&1 || { cat "$name.log" >&2; exit 1; }
    echo "$kind, machine in $zone:"
    venv/bin/python ask.py "$name.conf" 2>/dev/null
  done
done | tee seen
cat >expected <<'TXT'
disqus, machine in UTC:
  comment of Ann at 31 Mar 02:30Z, in the feed 2024-03-31T02:30:00Z
    answer of Ben at 31 Mar 03:10Z, in the feed 2024-03-31T03:10:00Z
  comment of Dee at 01 Jul 09:00Z, in the feed 2024-07-01T09:00:00Z
wordpress, machine in UTC:
  comment of Ann at 31 Mar 02:30Z, in the feed 2024-03-31T02:30:00Z
    answer of Ben at 31 Mar 03:10Z, in the feed 2024-03-31T03:10:00Z
  comment of Dee at 01 Jul 09:00Z, in the feed 2024-07-01T09:00:00Z
disqus, machine in Berlin:
  comment of Ben at 31 Mar 01:10Z, in the feed 2024-03-31T03:10:00Z
  comment of Ann at 31 Mar 01:30Z, in the feed 2024-03-31T03:30:00Z
  comment of Dee at 01 Jul 07:00Z, in the feed 2024-07-01T09:00:00Z
wordpress, machine in Berlin:
  comment of Ann at 31 Mar 01:30Z, in the feed 2024-03-31T03:30:00Z
    answer of Ben at 31 Mar 01:10Z, in the feed 2024-03-31T03:10:00Z
  comment of Dee at 01 Jul 07:00Z, in the feed 2024-07-01T09:00:00Z
TXT
diff -u expected seen || { echo "CHANGED: Isso's import no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the times are those of the machine, and an answer is no longer one"
