#!/usr/bin/env bash
# Surprising: htmlparser2's parseFeed gives the first link it finds inside an Atom entry: the address for
#             editing, the feed itself, the comments, or the front page of another paper.
# Package:    npm htmlparser2 12.0.0 (domutils below it), @extractus/feed-extractor 8.0.3; rss-parser
#             3.13.0 compared
# Expected:   the article's address is the link with rel="alternate" or without rel (RFC 4287, 4.2.7.2).
# Seen:       rel="edit" or "replies" first: both give that one (in htmlparser2 the feed's link is the feed
#             itself, too); an entry taken over with <source>: htmlparser2 gives the source's front page;
#             rss-parser is right.
# Who:        readers of Atom feeds from AtomPub systems, with comments per entry, or from aggregators.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  htmlparser2@12.0.0 @extractus/feed-extractor@8.0.3 rss-parser@3.13.0 xml2js@0.5.0 >/dev/null

cat >run.mjs <<'JS'
import { parseFeed } from 'htmlparser2';
import { extractFromXml } from '@extractus/feed-extractor';
import RssParser from 'rss-parser';
const article = '<link rel="alternate" href="https://gazette.example/vote"/>';
const source = '<source><id>tag:hub.example,2024:h</id><title>Hub</title><updated>2024-03-01T09:00:00Z</updated>' +
               '<link href="https://hub.example/"/></source>';
const feed = (links) => `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Gazette</title>
<id>tag:gazette.example,2024:f</id><updated>2024-03-01T10:00:00Z</updated>
<link rel="self" href="https://gazette.example/feed"/><link href="https://gazette.example/"/>
<entry>${links}<title>Vote</title><id>tag:gazette.example,2024:1</id><updated>2024-03-01T10:00:00Z</updated></entry></feed>`;
for (const [name, links] of [
  ['article first', article + '<link rel="edit" href="https://gazette.example/edit/1"/>'],
  ['edit first', '<link rel="edit" href="https://gazette.example/edit/1"/>' + article],
  ['replies first', '<link rel="replies" href="https://gazette.example/vote/comments"/>' + article],
  ['source first', source + article],
]) {
  const xml = feed(links);
  const html = parseFeed(xml);
  console.log(`${name}: htmlparser2 ${html.items[0].link} (feed: ${html.link}), ` +
              `feed-extractor ${extractFromXml(xml).entries[0].link}, ` +
              `rss-parser ${(await new RssParser().parseString(xml)).items[0].link}`);
}
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(htmlparser2|feed-extractor|rss-parser)@[0-9.]+'
node run.mjs | tee seen
cat >expected <<'TXT'
article first: htmlparser2 https://gazette.example/vote (feed: https://gazette.example/feed), feed-extractor https://gazette.example/vote, rss-parser https://gazette.example/vote
edit first: htmlparser2 https://gazette.example/edit/1 (feed: https://gazette.example/feed), feed-extractor https://gazette.example/edit/1, rss-parser https://gazette.example/vote
replies first: htmlparser2 https://gazette.example/vote/comments (feed: https://gazette.example/feed), feed-extractor https://gazette.example/vote/comments, rss-parser https://gazette.example/vote
source first: htmlparser2 https://hub.example/ (feed: https://gazette.example/feed), feed-extractor https://gazette.example/vote, rss-parser https://gazette.example/vote
TXT
diff -u expected seen || { echo "CHANGED: the readers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the first link wins, whatever its rel and whosever it is"
