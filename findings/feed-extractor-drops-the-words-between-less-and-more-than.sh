#!/usr/bin/env bash
# Surprising: feed-extractor deletes what stands between a "less than" and a "more than" sign of a summary,
#             and in a paragraph all that follows a "less than": two figures become one, of another place.
# Package:    npm @extractus/feed-extractor 8.0.3; rss-parser 3.13.0 for comparison
# Expected:   properly escaped signs come out as signs: Atom type="text" is no HTML, and in HTML "&lt;" is
#             a sign, not a tag.
# Seen:       "Turnout < 40 % in the north, > 60 % in the south" is read as "Turnout 60 % in the south",
#             "Inflation < 3 % for the first time" as a <p> as "Inflation", as Atom text in full; rss-parser
#             keeps all words.
# Who:        readers and aggregators that show the summaries of business, science or election news.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  @extractus/feed-extractor@8.0.3 rss-parser@3.13.0 xml2js@0.5.0 >/dev/null

cat >run.mjs <<'JS'
import { extractFromXml } from '@extractus/feed-extractor';
import RssParser from 'rss-parser';
const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const atom = (text) => `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Gazette</title>
<id>tag:gazette.example,2024:f</id><updated>2024-03-01T10:00:00Z</updated><entry><title>Figures</title>
<id>tag:gazette.example,2024:1</id><updated>2024-03-01T10:00:00Z</updated><link href="https://gazette.example/1"/>
<summary type="text">${escape(text)}</summary></entry></feed>`;
const rss = (text) => `<?xml version="1.0"?><rss version="2.0"><channel><title>Gazette</title>
<link>https://gazette.example/</link><description>News</description><item><title>Figures</title>
<link>https://gazette.example/1</link><description>${escape(`<p>${escape(text)}</p>`)}</description></item></channel></rss>`;
for (const text of ['Turnout < 40 % in the north, > 60 % in the south', 'Inflation < 3 % for the first time']) {
  for (const [name, xml] of [['Atom text', atom(text)], ['RSS paragraph', rss(text)]]) {
    const one = extractFromXml(xml).entries[0].description.replace(/\s+/g, ' ');
    const item = (await new RssParser().parseString(xml)).items[0];
    const other = (item.summary ?? item.contentSnippet).replace(/\s+/g, ' ');
    console.log(`${name}: feed-extractor "${one}", rss-parser "${other}"`);
  }
}
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(feed-extractor|rss-parser)@[0-9.]+'
node run.mjs | tee seen
cat >expected <<'TXT'
Atom text: feed-extractor "Turnout 60 % in the south", rss-parser "Turnout < 40 % in the north, > 60 % in the south"
RSS paragraph: feed-extractor "Turnout 60 % in the south", rss-parser "Turnout < 40 % in the north, > 60 % in the south"
Atom text: feed-extractor "Inflation < 3 % for the first time", rss-parser "Inflation < 3 % for the first time"
RSS paragraph: feed-extractor "Inflation", rss-parser "Inflation < 3 % for the first time"
TXT
diff -u expected seen || { echo "CHANGED: feed-extractor no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the words between the signs, or after one in a paragraph, are gone"
