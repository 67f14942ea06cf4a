#!/usr/bin/env bash
# Surprising: the npm package feed writes the audio version of an article, given as audio/mpeg, into Atom
#             as type="image/mp3"; a picture whose address has no ending gets type="image//photos/1234".
# Package:    npm feed 6.0.0; read back with rss-parser 3.13.0 and feedsmith 3.0.1
# Expected:   the type that was given is written, as in the RSS of the same object; the same item is the
#             same in RSS, Atom and JSON Feed.
# Seen:       RSS audio/mpeg, Atom image/mp3 (read back as such), JSON Feed no attachment at all; a .jpg is
#             image/jpg, which is no registered type; JSON Feed names the first of two authors only.
# Who:        sites that offer all three feeds from one object: audio is missing or shown as a picture.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  feed@6.0.0 rss-parser@3.13.0 xml2js@0.5.0 feedsmith@3.0.1 fast-xml-parser@5.11.2 >/dev/null

cat >run.mjs <<'JS'
import { Feed } from 'feed';
import RssParser from 'rss-parser';
import { parseAtomFeed, parseRssFeed } from 'feedsmith';
const site = 'https://gazette.example/';
const when = new Date('2024-03-01T10:00:00Z');
const make = (more) => {
  const feed = new Feed({ title: 'Gazette', id: site, link: site, description: 'News', copyright: 'Gazette', updated: when });
  feed.addItem({ title: 'Vote', id: `${site}vote`, link: `${site}vote`, date: when,
                 author: [{ name: 'Ida Marsh' }, { name: 'Ben Reed' }], ...more });
  return feed;
};
const spoken = make({ enclosure: { url: `${site}vote.mp3`, type: 'audio/mpeg', length: 10 } });
console.log(`audio/mpeg: RSS ${parseRssFeed(spoken.rss2()).items[0].enclosures[0].type}, ` +
            `Atom ${parseAtomFeed(spoken.atom1()).entries[0].links.find((l) => l.rel === 'enclosure').type}, ` +
            `JSON Feed ${JSON.parse(spoken.json1()).items[0].attachments ?? 'none'}`);
const item = JSON.parse(spoken.json1()).items[0];
console.log(`authors: Atom ${parseAtomFeed(spoken.atom1()).entries[0].authors.map((a) => a.name).join(' + ')}, ` +
            `JSON Feed ${[item.author, ...(item.authors ?? [])].filter(Boolean).map((a) => a.name).join(' + ')}`);
for (const image of [`${site}vote.jpg`, `${site}photos/1234`]) {
  const xml = make({ image }).rss2();
  console.log(`${image}: ${(await new RssParser().parseString(xml)).items[0].enclosure.type}`);
}
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE ' (feed|rss-parser|feedsmith)@[0-9.]+'
node run.mjs | tee seen
cat >expected <<'TXT'
audio/mpeg: RSS audio/mpeg, Atom image/mp3, JSON Feed none
authors: Atom Ida Marsh + Ben Reed, JSON Feed Ida Marsh
https://gazette.example/vote.jpg: image/jpg
https://gazette.example/photos/1234: image//photos/1234
TXT
diff -u expected seen || { echo "CHANGED: feed no longer writes as described above" >&2; exit 1; }
echo "CONFIRMED: audio is called a picture in Atom"
