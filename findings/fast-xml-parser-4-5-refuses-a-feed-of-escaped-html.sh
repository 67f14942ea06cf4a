#!/usr/bin/env bash
# Surprising: fast-xml-parser 4.5 refuses an ordinary news feed of twenty items with "Entity expansion limit exceeded".
# Package:    npm fast-xml-parser 4.5.5 and 4.5.7, the newest 4.x, which rss-to-json 2.1.1 and feed-reader 6.1.3
#             install; 4.5.3 and 5.12.1 for comparison
# Expected:   a guard against entity bombs counts what a document declares itself; &lt; and &quot; stand in every feed
#             with escaped HTML, and each gives one character.
# Seen:       they count, and 1,000 in a document is the limit: 14 articles of six sentences. 4.5.3 and 5.12.1 read the
#             feed, 4.5.7 too if its HTML stands in CDATA. processEntities: {} lifts the limit, the default (true) does
#             not; feed-reader can hand it on (xmlParserOptions), rss-to-json has no option for it.
# Who:        readers of feeds after an update within 4.x; a feed fails on the day on which it has more to say.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error fast-xml-parser@4.5.7 \
  fxp455@npm:fast-xml-parser@4.5.5 fxp453@npm:fast-xml-parser@4.5.3 fxp5@npm:fast-xml-parser@5.12.1 \
  rss-to-json@2.1.1 axios@1.21.1 feed-reader@6.1.3 >/dev/null

cat >run.cjs <<'JS'
const fs = require('fs');
const http = require('http');

const version = (name) => JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`, 'utf8')).version;
const signs = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (html) => html.replace(/[&<>"]/g, (sign) => signs[sign]);
const cdata = (html) => `<![CDATA[${html}]]>`;
const article = (n) => `<p>The council met in <a href="https://gazette.example/hall/${n}">the hall</a>.</p>
  <p><em>Nothing</em> was decided on item ${n}, said <b>the mayor</b>; "later", said others.</p>`.repeat(3);
const feed = (count, write) => `<rss version="2.0"><channel><title>Gazette</title><link>https://gazette.example/</link>
<description>News</description>${Array.from({ length: count }, (_, n) => `<item><title>Meeting ${n}</title>
<link>https://gazette.example/${n}</link>
<description>${write(article(n))}</description></item>`).join('')}</channel></rss>`;

const read = (name, xml, options) => {
  try {
    const items = new (require(name).XMLParser)(options).parse(xml).rss.channel.item;
    const same = items[1].description === article(1).trim();
    return `${items.length} items${same ? ', the text as it was written' : ''}`;
  } catch (error) {
    return error.message;
  }
};

(async () => {
  const twenty = feed(20, escaped);
  console.log(`feed of 20: ${twenty.match(/&[a-z]+;/g).length} references, ${Math.round(twenty.length / 1000)} kB`);
  for (const name of ['fxp453', 'fxp455', 'fast-xml-parser', 'fxp5']) {
    console.log(`${version(name)}, escaped: ${read(name, twenty)}`);
    console.log(`${version(name)}, CDATA: ${read(name, feed(20, cdata))}`);
  }
  let most = 2;
  while (read('fast-xml-parser', feed(most + 1, escaped)).includes('items')) most += 1;
  console.log(`4.5.7, the longest such feed that is read: ${most} items`);
  for (const value of [true, {}]) {
    const text = read('fast-xml-parser', twenty, { processEntities: value });
    console.log(`4.5.7, processEntities ${JSON.stringify(value)}: ${text}`);
  }

  const server = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'application/rss+xml; charset=utf-8');
    response.end(feed(20, request.url === '/escaped' ? escaped : cdata));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const readers = {
    'rss-to-json': async (path) => (await require('rss-to-json').parse(url + path)).items,
    'feed-reader': async (path) => (await (await import('feed-reader')).read(url + path)).entries,
  };
  for (const [name, get] of Object.entries(readers)) {
    for (const path of ['escaped', 'CDATA']) {
      const text = await get(path).then((items) => `${items.length} items`, (error) => error.message);
      console.log(`${name}, ${path}: ${text}`);
    }
  }
  server.close();
  server.closeAllConnections();
})();
JS

for name in rss-to-json feed-reader; do
  echo "$name $(node -p 'JSON.parse(fs.readFileSync(`node_modules/${process.argv[1]}/package.json`)).version' "$name")"
done
export no_proxy=127.0.0.1
timeout 60 node run.cjs | tee seen
cat >expected <<'TXT'
feed of 20: 1440 references, 18 kB
4.5.3, escaped: 20 items, the text as it was written
4.5.3, CDATA: 20 items, the text as it was written
4.5.5, escaped: Entity expansion limit exceeded: 1008 > 1000
4.5.5, CDATA: 20 items, the text as it was written
4.5.7, escaped: Entity expansion limit exceeded: 1008 > 1000
4.5.7, CDATA: 20 items, the text as it was written
5.12.1, escaped: 20 items, the text as it was written
5.12.1, CDATA: 20 items, the text as it was written
4.5.7, the longest such feed that is read: 13 items
4.5.7, processEntities true: Entity expansion limit exceeded: 1008 > 1000
4.5.7, processEntities {}: 20 items, the text as it was written
rss-to-json, escaped: Entity expansion limit exceeded: 1008 > 1000
rss-to-json, CDATA: 20 items
feed-reader, escaped: Entity expansion limit exceeded: 1008 > 1000
feed-reader, CDATA: 20 items
TXT
diff -u expected seen || { echo "CHANGED: the feed is no longer read or refused as described above" >&2; exit 1; }
echo "CONFIRMED: a feed of twenty items with escaped HTML is refused"
