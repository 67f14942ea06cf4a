#!/usr/bin/env bash
# Surprising: asked for the author of an article by two, four feed readers name the first, the last, or
#             nobody.
# Package:    PyPI feedparser 6.0.14 and fastfeedparser 0.6.5; npm feedparser 2.6.0 and rss-parser 3.13.0
# Expected:   both names, or the same one of them everywhere: they read the same feed.
# Seen:       feedparser (Python): the second in `author`, both in `authors`; fastfeedparser: the first,
#             and only that one in `authors` too; rss-parser: the first; feedparser (npm): the first for
#             RSS, null for Atom.
# Who:        aggregators and moves between readers: shared bylines lose a reporter, or all.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error feedparser@2.6.0 rss-parser@3.13.0 xml2js@0.5.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check feedparser==6.0.14 fastfeedparser==0.6.5

cat >news.atom <<'XML'
<feed xmlns="http://www.w3.org/2005/Atom"><title>Gazette</title><id>tag:gazette.example,2024:f</id>
<updated>2024-03-01T10:00:00Z</updated><link href="https://gazette.example/"/><entry><title>Vote</title>
<id>tag:gazette.example,2024:1</id><updated>2024-03-01T10:00:00Z</updated><link href="https://gazette.example/vote"/>
<author><name>Ida Marsh</name></author><author><name>Ben Reed</name></author><summary>Tonight.</summary></entry></feed>
XML
cat >news.rss <<'XML'
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Gazette</title>
<link>https://gazette.example/</link><description>News</description><item><title>Vote</title>
<link>https://gazette.example/vote</link><dc:creator>Ida Marsh</dc:creator><dc:creator>Ben Reed</dc:creator>
<description>Tonight.</description></item></channel></rss>
XML
cat >run.py <<'PY'
import fastfeedparser, feedparser
for kind in ("atom", "rss"):
    text = open(f"news.{kind}").read()
    for module in (feedparser, fastfeedparser):
        entry = module.parse(text).entries[0]
        print(f"{kind}, {module.__name__} (Python): author {entry['author']}, "
              f"authors {[a['name'] for a in entry['authors']]}")
PY
cat >run.cjs <<'JS'
const fs = require('fs');
const FeedParser = require('feedparser');
const RssParser = require('rss-parser');
(async () => {
  for (const kind of ['atom', 'rss']) {
    const text = fs.readFileSync(`news.${kind}`, 'utf8');
    const item = (await new RssParser().parseString(text)).items[0];
    console.log(`${kind}, rss-parser: ${item.author ?? item.creator}`);
    await new Promise((done, fail) => {
      const parser = new FeedParser();
      parser.on('error', fail).on('end', done).on('readable', () => {
        for (let it = parser.read(); it; it = parser.read()) console.log(`${kind}, feedparser (npm): ${it.author}`);
      });
      parser.end(text);
    });
  }
})();
JS

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(fast)?feedparser '
npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(feedparser|rss-parser)@[0-9.]+'
{ venv/bin/python -W ignore run.py; node run.cjs; } | tee seen
cat >expected <<'TXT'
atom, feedparser (Python): author Ben Reed, authors ['Ida Marsh', 'Ben Reed']
atom, fastfeedparser (Python): author Ida Marsh, authors ['Ida Marsh']
rss, feedparser (Python): author Ben Reed, authors ['Ida Marsh', 'Ben Reed']
rss, fastfeedparser (Python): author Ida Marsh, authors ['Ida Marsh']
atom, rss-parser: Ida Marsh
atom, feedparser (npm): null
rss, rss-parser: Ida Marsh
rss, feedparser (npm): Ida Marsh
TXT
diff -u expected seen || { echo "CHANGED: the readers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: first, last or nobody, by reader"
