#!/usr/bin/env bash
# What is surprising: when a 412 (or 409, 428, 502) comes with an empty body, openapi-fetch's `error` is
#   undefined or "", so the usual `if (error)` takes a refused write for a success. A Date in the query is
#   dropped without a word.
# Software: openapi-fetch 0.17.0.
# What most people expect: `error` is set whenever the status is not 2xx; a Date goes out as its ISO text.
# What is seen: `Content-Length: 0` gives { error: undefined }, a body of no bytes without it gives {
#   error: "" }; { since: new Date(..), limit: 5 } is asked as ?&limit=5, so that "changed since" returns
#   everything.
# Who meets it: users of an API behind a proxy that refuses by itself without a body, and those who pass a
#   Date where the API says `format: date-time`.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error openapi-fetch@0.17.0 >/dev/null
cat > "$tmp/t.mjs" <<'JS'
import http from 'node:http';
import fs from 'node:fs';
import createClient from 'openapi-fetch';
console.log('openapi-fetch', JSON.parse(fs.readFileSync('node_modules/openapi-fetch/package.json')).version, 'node', process.version);
let asked;
const server = http.createServer((req, res) => { req.resume(); req.on('end', () => {
  asked = req.url;
  if (req.url.endsWith('/length-0')) { res.writeHead(412, { 'Content-Length': 0 }); return res.end(); }
  if (req.url.endsWith('/chunked')) { res.writeHead(412, { 'Transfer-Encoding': 'chunked' }); return res.end(); }
  if (req.url.endsWith('/problem')) { res.writeHead(412, { 'Content-Type': 'application/problem+json' }); return res.end('{"title":"Changed in between"}'); }
  res.setHeader('Content-Type', 'application/json'); res.end('[]'); }); });
await new Promise((r) => server.listen(0, '127.0.0.1', r));
const client = createClient({ baseUrl: `http://127.0.0.1:${server.address().port}` });
const seen = [];
const say = (line) => { console.log(line); seen.push(line); };
for (const id of ['problem', 'length-0', 'chunked']) {
  const { error, response } = await client.PATCH('/articles/{id}', { params: { path: { id } }, body: { title: 'New' } });
  say(`${response.status} with ${id}: error is ${error === undefined ? 'undefined' : JSON.stringify(error)} -> if (error) says ${error ? 'refused' : 'SAVED'}`);
}
await client.GET('/articles', { params: { query: { since: new Date('2026-05-01T10:00:00Z'), limit: 5 } } });
say(`query { since: a Date, limit: 5 } -> GET ${asked}`);
const want = ['412 with problem: error is {"title":"Changed in between"} -> if (error) says refused',
  '412 with length-0: error is undefined -> if (error) says SAVED', '412 with chunked: error is "" -> if (error) says SAVED',
  'query { since: a Date, limit: 5 } -> GET /articles?&limit=5'];
if (seen.join('\n') !== want.join('\n')) { console.error('CHANGED, expected:\n' + want.join('\n')); process.exit(1); }
console.log('AS EXPECTED: an empty refusal looks like success, and the Date is gone');
process.exit(0);
JS
cd "$tmp" && node t.mjs
