#!/usr/bin/env bash
# Surprising: two feed readers give the time of the last change under the name of the publication date: a
#             corrected typing error makes an article of 2019 today's news.
# Package:    npm @extractus/feed-extractor 8.0.3 (`published`), htmlparser2 12.0.0 (`pubDate`); rss-parser
#             3.13.0 and feedsmith 3.0.1 for comparison
# Expected:   Atom has both times; "published" is <published>, as rss-parser and feedsmith have it.
# Seen:       both give <updated> (2024), whichever stands first; for JSON Feed, where the two times have
#             names as clear, feed-extractor gives date_published (2019).
# Who:        aggregators that sort by date or take only what is new: old articles come back as news.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  @extractus/feed-extractor@8.0.3 htmlparser2@12.0.0 rss-parser@3.13.0 xml2js@0.5.0 feedsmith@3.0.1 fast-xml-parser@5.11.2 >/dev/null

cat >run.mjs <<'JS'
import { extractFromJson, extractFromXml } from '@extractus/feed-extractor';
import { parseFeed } from 'htmlparser2';
import RssParser from 'rss-parser';
import { parseAtomFeed } from 'feedsmith';
const day = (value) => new Date(value).toISOString().slice(0, 10);
const times = ['<published>2019-05-02T08:00:00Z</published>', '<updated>2024-03-01T10:00:00Z</updated>'];
for (const [name, order] of [['published first', times], ['updated first', [...times].reverse()]]) {
  const xml = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Gazette</title>
<id>tag:gazette.example,2024:f</id><updated>2024-03-01T10:00:00Z</updated><entry><title>Vote</title>
<id>tag:gazette.example,2019:1</id>${order.join('')}<link href="https://gazette.example/vote"/></entry></feed>`;
  console.log(`Atom, ${name}: feed-extractor published ${day(extractFromXml(xml).entries[0].published)}, ` +
              `htmlparser2 pubDate ${day(parseFeed(xml).items[0].pubDate)}, ` +
              `rss-parser pubDate ${day((await new RssParser().parseString(xml)).items[0].pubDate)}, ` +
              `feedsmith published ${day(parseAtomFeed(xml).entries[0].published)}`);
}
const json = { version: 'https://jsonfeed.org/version/1.1', title: 'Gazette', items: [{ id: '1', title: 'Vote',
  url: 'https://gazette.example/vote', content_text: 'Tonight.', date_published: '2019-05-02T08:00:00Z',
  date_modified: '2024-03-01T10:00:00Z' }] };
console.log(`JSON Feed: feed-extractor published ${day(extractFromJson(json).entries[0].published)}`);
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(feed-extractor|htmlparser2|rss-parser|feedsmith)@[0-9.]+'
node run.mjs | tee seen
cat >expected <<'TXT'
Atom, published first: feed-extractor published 2024-03-01, htmlparser2 pubDate 2024-03-01, rss-parser pubDate 2019-05-02, feedsmith published 2019-05-02
Atom, updated first: feed-extractor published 2024-03-01, htmlparser2 pubDate 2024-03-01, rss-parser pubDate 2019-05-02, feedsmith published 2019-05-02
JSON Feed: feed-extractor published 2019-05-02
TXT
diff -u expected seen || { echo "CHANGED: the readers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the time of the change is called the publication date"
