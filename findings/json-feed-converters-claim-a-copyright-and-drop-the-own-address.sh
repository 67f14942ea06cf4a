#!/usr/bin/env bash
# Surprising: made into RSS or Atom, a JSON Feed without any word on rights gets "(c) this year, author";
#             RSS also gets the language en-us, and an item that comments another page loses its own
#             address.
# Package:    npm jsonfeed-to-rss 3.0.8, jsonfeed-to-atom 1.2.5
# Expected:   a converter writes what the feed says: `url` is the article, `external_url` the page that it
#             is about; nothing on rights or language if the feed has nothing. Version 1.1 is read.
# Seen:       the sign with the year of the run over texts of any year; <link> is the other page, the own
#             url is nowhere in the RSS; version 1.1 (of 2020) is refused by both.
# Who:        papers in other languages, or with open licences, that offer RSS beside their JSON Feed.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error jsonfeed-to-rss@3.0.8 jsonfeed-to-atom@1.2.5 >/dev/null

cat >run.mjs <<'JS'
import toRss from 'jsonfeed-to-rss';
import toAtom from 'jsonfeed-to-atom';
const feed = (version) => ({ version, title: 'Tageblatt', description: 'Nachrichten', home_page_url: 'https://blatt.example/',
  feed_url: 'https://blatt.example/feed.json', author: { name: 'Ida Marsh' }, items: [{ id: '1', title: 'Wahl',
    url: 'https://blatt.example/wahl', external_url: 'https://other.example/vote', content_text: 'Heute.',
    date_published: '2012-03-01T10:00:00Z' }] });
const year = String(new Date().getUTCFullYear());
for (const [name, convert] of [['jsonfeed-to-rss', toRss], ['jsonfeed-to-atom', toAtom]]) {
  const xml = convert(feed('https://jsonfeed.org/version/1'));
  const rights = xml.match(/<(?:copyright|rights)>([^<]*)/)?.[1].replace('\u00a9', '(c)').replace(year, 'THIS-YEAR');
  console.log(`${name}: rights "${rights}", language ${xml.match(/<language>([^<]*)/)?.[1] ?? 'none'}`);
  const entry = xml.slice(xml.search(/<(?:item|entry)>/));
  console.log(`${name}: address ${entry.match(/<link>([^<]*)/)?.[1] ?? entry.match(/rel="alternate" href="([^"]*)/)[1]}, ` +
              `own address in the item: ${entry.includes('https://blatt.example/wahl')}`);
  try {
    convert(feed('https://jsonfeed.org/version/1.1'));
    console.log(`${name}: 1.1 read`);
  } catch (error) {
    console.log(`${name}: 1.1 refused`);
  }
}
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE ' jsonfeed-to-(rss|atom)@[0-9.]+'
node run.mjs | tee seen
cat >expected <<'TXT'
jsonfeed-to-rss: rights "(c) THIS-YEAR Ida Marsh", language en-us
jsonfeed-to-rss: address https://other.example/vote, own address in the item: false
jsonfeed-to-rss: 1.1 refused
jsonfeed-to-atom: rights "(c) THIS-YEAR Ida Marsh", language none
jsonfeed-to-atom: address https://other.example/vote, own address in the item: true
jsonfeed-to-atom: 1.1 refused
TXT
diff -u expected seen || { echo "CHANGED: the converters no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: rights and a language are made up, the own address is dropped"
