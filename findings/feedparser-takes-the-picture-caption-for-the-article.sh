#!/usr/bin/env bash
# Surprising: in feedparser the caption of a picture becomes the content of the article.
# Package:    PyPI feedparser 6.0.14; npm feedsmith 3.0.1 and rss-parser 3.13.0 for comparison
# Expected:   media:description inside media:content belongs to the picture; the article keeps its own
#             text.
# Seen:       entry.content[0] is the caption (description: only a summary then); before content:encoded
#             it comes first, and readers take [0]; without any description the caption is the summary.
# Who:        importers of RSS with pictures (Media RSS) that read content[0] and fall back to summary.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  feedsmith@3.0.1 fast-xml-parser@5.11.2 rss-parser@3.13.0 xml2js@0.5.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check feedparser==6.0.14

cat >feed.xml <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>Gazette</title><link>https://gazette.example/</link><description>News</description>
<item><title>1 description only</title><description>ARTICLE</description>
  <media:content url="https://gazette.example/1.jpg"><media:description>CAPTION</media:description></media:content></item>
<item><title>2 picture first</title><description>SUMMARY</description>
  <media:content url="https://gazette.example/2.jpg"><media:description>CAPTION</media:description></media:content>
  <content:encoded>ARTICLE</content:encoded></item>
<item><title>3 picture last</title><description>SUMMARY</description><content:encoded>ARTICLE</content:encoded>
  <media:content url="https://gazette.example/3.jpg"><media:description>CAPTION</media:description></media:content></item>
<item><title>4 no text</title>
  <media:content url="https://gazette.example/4.jpg"><media:description>CAPTION</media:description></media:content></item>
</channel></rss>
XML
cat >run.py <<'PY'
import feedparser
for e in feedparser.parse("feed.xml").entries:
    print(f"feedparser {e.title}: content {[c.value for c in e.get('content', [])]} summary {e.get('summary')}")
PY
cat >run.mjs <<'JS'
import fs from 'node:fs';
import Parser from 'rss-parser';
import { parseRssFeed } from 'feedsmith';
const text = fs.readFileSync('feed.xml', 'utf8');
for (const e of parseRssFeed(text).items)
  console.log(`feedsmith ${e.title}: content ${e.content?.encoded} description ${e.description}`);
for (const e of (await new Parser().parseString(text)).items)
  console.log(`rss-parser ${e.title}: content:encoded ${e['content:encoded']} content ${e.content}`);
JS

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -i '^feedparser '
for p in feedsmith rss-parser; do
  echo "$p $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$p/package.json')).version")"
done
{ venv/bin/python -W ignore run.py; node run.mjs; } | tee seen
cat >expected <<'TXT'
feedparser 1 description only: content ['CAPTION'] summary ARTICLE
feedparser 2 picture first: content ['CAPTION', 'ARTICLE'] summary SUMMARY
feedparser 3 picture last: content ['ARTICLE'] summary SUMMARY
feedparser 4 no text: content [] summary CAPTION
feedsmith 1 description only: content undefined description ARTICLE
feedsmith 2 picture first: content ARTICLE description SUMMARY
feedsmith 3 picture last: content ARTICLE description SUMMARY
feedsmith 4 no text: content undefined description undefined
rss-parser 1 description only: content:encoded undefined content ARTICLE
rss-parser 2 picture first: content:encoded ARTICLE content SUMMARY
rss-parser 3 picture last: content:encoded ARTICLE content SUMMARY
rss-parser 4 no text: content:encoded undefined content undefined
TXT
diff -u expected seen || { echo "CHANGED: the readers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the caption stands where the article is expected"
