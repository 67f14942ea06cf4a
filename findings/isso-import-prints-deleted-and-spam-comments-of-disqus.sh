#!/usr/bin/env bash
# Surprising: Isso's import of a Disqus export answers readers with the words and the name of a deleted comment, puts
#             a spam comment among the accepted ones, and gathers the comments of all articles on one page where the
#             articles' addresses differ behind the "?".
# Package:    PyPI isso 0.14.0 (mistune 3.4.0, Werkzeug 3.1.9); of its settings only dbpath, host, reply-to-self and
#             the base of the feed are set
# Expected:   a comment with <isDeleted> is imported as if deleted in Isso: empty, without a name; one with <isSpam>
#             is left out or waits for a moderator; each <thread> goes to the page of its <link>, with the query too,
#             as in Isso's import of a WordPress export.
# Seen:       the deleted comment (kept because somebody answered it) has mode 4, but its text and author are in the
#             public answer and in the Atom feed of the page; Isso's own script leaves out the text, not the name. The
#             spam has mode 1. /?p=11 and /?p=12 have no comments, both threads are at "/". What Disqus exports as
#             <p>..</p> is shown with its tags as text, since Isso escapes HTML by default. Nothing is reported.
# Who:        papers that leave Disqus: what moderators took away is back, below another article.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

export TZ=UTC
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check isso==0.14.0 mistune==3.4.0 Werkzeug==3.1.9

cat >make.py <<'PY'
THREAD = """<thread dsq:id="%s"><id>%s</id><forum>gazette</forum><category dsq:id="1"/><link>%s</link><title>%s</title>
<message/><createdAt>2024-03-04T08:00:00Z</createdAt><author><name>Desk</name><isAnonymous>false</isAnonymous>
<username>desk</username></author><isClosed>%s</isClosed><isDeleted>false</isDeleted></thread>"""
POST = """<post dsq:id="%s"><id/><message><![CDATA[<p>%s</p>]]></message><createdAt>2024-03-04T%s:00Z</createdAt>
<isDeleted>%s</isDeleted><isSpam>%s</isSpam><author><name>%s</name><isAnonymous>true</isAnonymous></author>
<thread dsq:id="%s"/>%s</post>"""
with open("disqus.xml", "w") as out:
    print('<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com" '
          'xmlns:dsq="http://disqus.com/disqus-internals">\n<category dsq:id="1"><forum>gazette</forum>'
          '<title>General</title><isDefault>true</isDefault></category>', file=out)
    print(THREAD % (11, "vote", "https://gazette.example/?p=11", "The vote", "false"), file=out)
    print(THREAD % (12, "bridge", "https://gazette.example/?p=12", "The bridge", "true"), file=out)
    print(POST % (101, "Count again.", "09:00", "false", "false", "Ann", 11, ""), file=out)
    print(POST % (102, "Cheap watches.", "09:10", "false", "true", "Watch Shop", 11, ""), file=out)
    print(POST % (103, "The mayor stole it.", "09:20", "true", "false", "Cal", 12, ""), file=out)
    print(POST % (104, "Please stay fair.", "09:30", "false", "false", "Dee", 12, '<parent dsq:id="103"/>'), file=out)
    print("</disqus>", file=out)
PY
cat >ask.py <<'PY'
import json, sys
from urllib.parse import quote
from xml.etree import ElementTree
from werkzeug.test import Client
from werkzeug.wrappers import Response
from isso import config, make_app

client = Client(make_app(config.load(config.default_file(), sys.argv[1])), Response)

def show(page):
    replies = client.get("/?uri=" + quote(page, safe="")).get_json()["replies"]
    print(f"page {page}: {len(replies)} comments with their replies")
    for reply in replies:
        for comment in (reply, *reply["replies"]):
            print(f"  mode {comment['mode']} by {comment['author']}: {comment['text']}")

if sys.argv[1] == "own.conf":
    head = {"Origin": "https://gazette.example", "Content-Type": "application/json"}
    for text, author, parent in (("The mayor stole it.", "Cal", None), ("Please stay fair.", "Dee", 1)):
        body = json.dumps({"text": text, "author": author, "title": "The bridge", "parent": parent})
        assert client.post("/new?uri=/own", headers=head, data=body).status_code == 201
    assert client.delete("/id/1", headers=head).status_code == 200
for page in sys.argv[2:]:
    show(page)
feed = ElementTree.fromstring(client.get("/feed?uri=" + quote(sys.argv[-1], safe="")).data)
for entry in sorted(feed.findall("{*}entry"), key=lambda entry: entry.find("{*}id").text):
    print(f"  feed by {entry.find('{*}author/{*}name').text}: {entry.find('{*}content').text}")
PY
for name in disqus own; do
  printf '[general]\ndbpath = %s/%s.db\nhost = https://gazette.example/\n[guard]\nreply-to-self = true\n' \
    "$tmp" "$name" >"$name.conf"
  printf '[rss]\nbase = https://gazette.example\n' >>"$name.conf"
done

echo "isso $(venv/bin/isso --version 2>/dev/null | grep -oE '[0-9.]+' | head -1)"
venv/bin/python make.py
venv/bin/isso -c disqus.conf import -t disqus --empty-id disqus.xml >import.log 2>&1 || { cat import.log >&2; exit 1; }
{
  grep -ciE 'deleted|spam|orphan|closed|mayor|watch' import.log | sed 's/^/lines of the import about it: /' || true
  echo "imported:"
  venv/bin/python ask.py disqus.conf '/?p=11' '/?p=12' / 2>/dev/null
  echo "deleted in Isso itself:"
  venv/bin/python ask.py own.conf /own 2>/dev/null
} | tee seen
cat >expected <<'TXT'
lines of the import about it: 0
imported:
page /?p=11: 0 comments with their replies
page /?p=12: 0 comments with their replies
page /: 3 comments with their replies
  mode 1 by Ann: <p>&lt;p&gt;Count again.&lt;/p&gt;</p>
  mode 1 by Watch Shop: <p>&lt;p&gt;Cheap watches.&lt;/p&gt;</p>
  mode 4 by Cal: <p>&lt;p&gt;The mayor stole it.&lt;/p&gt;</p>
  mode 1 by Dee: <p>&lt;p&gt;Please stay fair.&lt;/p&gt;</p>
  feed by Ann: <p>&lt;p&gt;Count again.&lt;/p&gt;</p>
  feed by Watch Shop: <p>&lt;p&gt;Cheap watches.&lt;/p&gt;</p>
  feed by Cal: <p>&lt;p&gt;The mayor stole it.&lt;/p&gt;</p>
  feed by Dee: <p>&lt;p&gt;Please stay fair.&lt;/p&gt;</p>
deleted in Isso itself:
page /own: 1 comments with their replies
  mode 4 by None: <p></p>
  mode 1 by Dee: <p>Please stay fair.</p>
  feed by None: <p></p>
  feed by Dee: <p>Please stay fair.</p>
TXT
diff -u expected seen || { echo "CHANGED: Isso's import no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: deleted and spam comments are given to readers, all of one page"
