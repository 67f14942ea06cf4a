#!/usr/bin/env bash
# What is surprising: got's cache gives the answer for one query to another. A search for "C++" gets the
#   stored answer for "C  " (plus signs and blanks are one to it), and parameters that begin with utm_ do
#   not count.
# Software: got 14.6.6 with cacheable-request 13.0.19 and normalize-url 8.1.1.
# What most people expect: two addresses that differ in their query are two entries (RFC 9111: the target
#   URI).
# What is seen: `?q=C%2B%2B` after `?q=C++` (blanks) is a hit; `?utm_source=web` and no query at all get
#   what was stored for `?utm_source=mail`; so does a path with a doubled slash.
# Who meets it: readers of a search or a statistics endpoint of a content API through got with `cache`.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  got@14.6.6 cacheable-request@13.0.19 normalize-url@8.1.1 http-cache-semantics@4.3.0 keyv@5.6.0 >/dev/null
cat > "$tmp/t.mjs" <<'JS'
import http from 'node:http';
import fs from 'node:fs';
import got from 'got';
for (const n of ['got', 'cacheable-request', 'normalize-url']) {
  console.log(n, JSON.parse(fs.readFileSync(`node_modules/${n}/package.json`)).version);
}
const server = http.createServer((req, res) => {
  res.writeHead(200, { 'Cache-Control': 'max-age=60', 'Content-Type': 'application/json' });
  res.end(JSON.stringify({ answer_for: req.url }));
});
await new Promise((r) => server.listen(0, '127.0.0.1', r));
const base = `http://127.0.0.1:${server.address().port}`;
const cache = new Map(), seen = {};
const paths = ['/search?q=C++', '/search?q=C%2B%2B', '/search?q=C%20%20', '/clicks?utm_source=mail', '/clicks?utm_source=web',
  '/clicks', '//clicks', '/search?q=a&q=b', '/search?q=b&q=a'];
for (const p of paths) {
  const before = (await got(base + p).json()).answer_for; // without a cache
  const through = (await got(base + p, { cache }).json()).answer_for;
  await new Promise((r) => setTimeout(r, 100));
  seen[p] = through;
  console.log(`${p.padEnd(26)} the server alone: ${before.padEnd(26)} through the cache: ${through}${before === through ? '' : '   <- another one'}`);
}
const want = { '/search?q=C++': '/search?q=C++', '/search?q=C%2B%2B': '/search?q=C++', '/search?q=C%20%20': '/search?q=C++',
  '/clicks?utm_source=mail': '/clicks?utm_source=mail', '/clicks?utm_source=web': '/clicks?utm_source=mail',
  '/clicks': '/clicks?utm_source=mail', '//clicks': '/clicks?utm_source=mail', '/search?q=a&q=b': '/search?q=a&q=b', '/search?q=b&q=a': '/search?q=b&q=a' };
for (const p of paths) if (seen[p] !== want[p]) { console.error(`CHANGED: ${p} gave ${seen[p]}, expected ${want[p]}`); process.exit(1); }
console.log('AS EXPECTED: different queries share one entry');
process.exit(0);
JS
cd "$tmp" && node t.mjs
