#!/usr/bin/env bash
# Surprising: rss-parser gives back the words of an Atom entry in another order, so that a sentence
#             changes sense.
# Package:    npm rss-parser 3.13.0 (with xml2js 0.5.0)
# Expected:   content of type="xhtml" comes out as it went in, or as its plain text in reading order.
# Seen:       bold words leave their places and gather at the end of the paragraph, grouped by element; a
#             paragraph below a heading moves above it; a title of type="xhtml" is an object, not a text.
# Who:        anyone who imports Atom feeds with rss-parser; nothing is reported, the HTML is still well
#             formed.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error rss-parser@3.13.0 xml2js@0.5.0 >/dev/null

cat >feed.xml <<'XML'
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title>Harbour Gazette</title><id>https://gazette.example/</id><updated>2024-03-01T10:00:00Z</updated>
  <entry>
    <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Bridge <em>not</em> closed</div></title>
    <id>https://gazette.example/bridge</id>
    <link href="https://gazette.example/bridge"/>
    <updated>2024-03-01T10:00:00Z</updated>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p><b>Ida Marsh</b> did not sign the paper, <b>Tom Reed</b> did.</p><h2>Correction</h2><p>Mr Reed signed on <i>Monday</i>.</p><h2>Sources</h2></div></content>
  </entry>
</feed>
XML

cat >run.cjs <<'JS'
const fs = require('fs');
const Parser = require('rss-parser');
(async () => {
  const feed = await new Parser().parseString(fs.readFileSync('feed.xml', 'utf8'));
  const entry = feed.items[0];
  console.log('title is a: ' + typeof entry.title);
  for (const line of entry.contentSnippet.split('\n')) console.log('text: ' + line);
})();
JS

echo "rss-parser $(node -p 'require("./node_modules/rss-parser/package.json").version')," \
     "xml2js $(node -p 'require("./node_modules/xml2js/package.json").version')"
echo "In the feed:  Ida Marsh did not sign the paper, Tom Reed did. / Correction / Mr Reed signed on Monday. / Sources"
node run.cjs | tee seen
cat >expected <<'TXT'
title is a: object
text: did not sign the paper,  did.Ida MarshTom Reed
text: Mr Reed signed on .Monday
text: Correction
text: Sources
TXT
diff -u expected seen || { echo "CHANGED: rss-parser no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the words of the entry come out in another order"
