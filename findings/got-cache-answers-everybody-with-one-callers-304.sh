#!/usr/bin/env bash
# What is surprising: one caller that sends If-None-Match itself makes got's cache store the 304; from
#   then on callers who sent no condition get "304" with an empty body, without the server being asked.
# Software: got 14.6.6 with cacheable-request 13.0.19 and http-cache-semantics 4.3.0.
# What most people expect: a cache stores whole answers; a 304 for a caller's own condition is passed on,
#   and the next plain GET fetches the text.
# What is seen: GET with the caller's tag 304, then plain GET 304 with '' (the server saw one request),
#   and `.json()` on it throws for as long as max-age lasts.
# Who meets it: programs that keep tags of their own (a poller) beside code that only reads, sharing one
#   `cache: new Map()`.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  got@14.6.6 cacheable-request@13.0.19 http-cache-semantics@4.3.0 keyv@5.6.0 >/dev/null
cat > "$tmp/t.mjs" <<'JS'
import http from 'node:http';
import fs from 'node:fs';
import got from 'got';
for (const n of ['got', 'cacheable-request', 'http-cache-semantics']) {
  console.log(n, JSON.parse(fs.readFileSync(`node_modules/${n}/package.json`)).version);
}
let asked = 0;
const server = http.createServer((req, res) => {
  asked += 1;
  const same = req.headers['if-none-match'] === '"v1"';
  res.writeHead(same ? 304 : 200, { ETag: '"v1"', 'Cache-Control': 'max-age=60', 'Content-Type': 'application/json' });
  res.end(same ? undefined : '{"title":"Spring fair opens"}');
});
await new Promise((r) => server.listen(0, '127.0.0.1', r));
const url = `http://127.0.0.1:${server.address().port}/articles/7`;
const cache = new Map(), seen = [];
const say = (line) => { console.log(line); seen.push(line); };
const poll = await got(url, { cache, headers: { 'If-None-Match': '"v1"' } });
say(`poller with its own tag: ${poll.statusCode} ${JSON.stringify(poll.body)}, server asked ${asked} time(s)`);
await new Promise((r) => setTimeout(r, 200));
for (const who of ['first reader', 'second reader']) {
  const r = await got(url, { cache });
  say(`${who}, no condition: ${r.statusCode} ${JSON.stringify(r.body)}, server asked ${asked} time(s)`);
}
const direct = await got(url);
say(`without the cache: ${direct.statusCode} ${JSON.stringify(direct.body)}`);
const want = ['poller with its own tag: 304 "", server asked 1 time(s)', 'first reader, no condition: 304 "", server asked 1 time(s)',
  'second reader, no condition: 304 "", server asked 1 time(s)', 'without the cache: 200 "{\\"title\\":\\"Spring fair opens\\"}"'];
if (seen.join('\n') !== want.join('\n')) { console.error('CHANGED, expected:\n' + want.join('\n')); process.exit(1); }
console.log('AS EXPECTED: the stored 304 is given to readers who never asked for one');
process.exit(0);
JS
cd "$tmp" && node t.mjs
