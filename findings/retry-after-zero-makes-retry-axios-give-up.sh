#!/usr/bin/env bash
# What is surprising: `Retry-After: 0` ("come back at once") or a date that has just passed makes
#   retry-axios not retry at all, though without the header it would have retried. The friendlier server
#   is served worse.
# Software: retry-axios 4.0.3 with axios 1.21.1, as they come (retry: 1 set).
# What most people expect: 0 and a past date mean no wait, then the retry; the header never makes it
#   fewer.
# What is seen: no header: 2 requests, 200. Retry-After: 1: 2 requests, 200. Retry-After: 0 or a past
#   date: 1 request, the 429 is thrown.
# Who meets it: users of an API that rounds the rest of a rate window down to 0, or writes the date form
#   and whose clock is a second behind the client's.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error retry-axios@4.0.3 axios@1.21.1 >/dev/null
cat > "$tmp/t.mjs" <<'JS'
import http from 'node:http';
import fs from 'node:fs';
import axios from 'axios';
import * as rax from 'retry-axios';
for (const n of ['retry-axios', 'axios']) console.log(n, JSON.parse(fs.readFileSync(`node_modules/${n}/package.json`)).version);
let asked, header;
const server = http.createServer((req, res) => {
  asked += 1;
  if (asked === 1) { res.writeHead(429, header === null ? {} : { 'Retry-After': header }); return res.end(); }
  res.setHeader('Content-Type', 'application/json'); res.end('{}');
});
await new Promise((r) => server.listen(0, '127.0.0.1', r));
const seen = [];
for (const [name, value] of [['no Retry-After', null], ['Retry-After: 1', '1'], ['Retry-After: 0', '0'],
  ['Retry-After: a date one minute ago', new Date(Date.now() - 60000).toUTCString()]]) {
  asked = 0; header = value;
  const client = axios.create({ proxy: false });
  client.defaults.raxConfig = { instance: client, retry: 1 };
  rax.attach(client);
  let end;
  try { end = (await client.get(`http://127.0.0.1:${server.address().port}/articles`)).status; } catch (e) { end = 'throws ' + e.response?.status; }
  const line = `${name}: ${asked} request(s), ends with ${end}`;
  console.log(line); seen.push(line);
}
const want = ['no Retry-After: 2 request(s), ends with 200', 'Retry-After: 1: 2 request(s), ends with 200',
  'Retry-After: 0: 1 request(s), ends with throws 429', 'Retry-After: a date one minute ago: 1 request(s), ends with throws 429'];
if (seen.join('\n') !== want.join('\n')) { console.error('CHANGED, expected:\n' + want.join('\n')); process.exit(1); }
console.log('AS EXPECTED: "at once" is taken for "never"');
process.exit(0);
JS
cd "$tmp" && node t.mjs
