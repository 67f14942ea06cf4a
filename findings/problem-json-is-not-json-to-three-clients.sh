#!/usr/bin/env bash
# What is surprising: an error as application/problem+json (RFC 9457) loses its content in three HTTP
#   clients that read the same bytes well as application/json: the reason for the refusal never reaches
#   the program.
# Software: @octokit/request 10.0.16, wretch 2.11.1, needle 3.5.0 (npm).
# What most people expect: "+json" is JSON to every client (RFC 6839); changing errors to problem+json is
#   harmless.
# What is seen: octokit says "Unknown error" and `data` is an ArrayBuffer; wretch leaves `error.json`
#   empty; needle gives a text in place of an object.
# Who meets it: makers of a JSON API that moves its errors to RFC 9457, whose users' messages and checks
#   break.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error @octokit/request@10.0.16 wretch@2.11.1 needle@3.5.0 >/dev/null
cat > "$tmp/t.mjs" <<'JS'
import http from 'node:http';
import fs from 'node:fs';
import needle from 'needle';
import wretch from 'wretch';
import { request } from '@octokit/request';
for (const n of ['@octokit/request', 'wretch', 'needle']) console.log(n, JSON.parse(fs.readFileSync(`node_modules/${n}/package.json`)).version);
const problem = '{"title":"Changed in between","status":412,"message":"Load the article again"}';
const server = http.createServer((req, res) => {
  res.writeHead(412, { 'Content-Type': 'application/' + req.url.slice(1), 'Content-Length': problem.length }); res.end(problem);
});
await new Promise((r) => server.listen(0, '127.0.0.1', r));
const seen = [];
const say = (line) => { console.log(line); seen.push(line); };
const kind = (v) => (v instanceof ArrayBuffer ? 'an ArrayBuffer' : typeof v === 'string' ? 'a text' : v ? 'an object' : String(v));
for (const type of ['json', 'problem+json']) {
  const url = `http://127.0.0.1:${server.address().port}/${type}`;
  const octokit = await request({ method: 'GET', url }).catch((e) => e);
  say(`${type}: octokit: message "${octokit.message}", data is ${kind(octokit.response.data)}`);
  const w = await wretch(url).get().json().catch((e) => e);
  say(`${type}: wretch: error.json is ${kind(w.json)}`);
  say(`${type}: needle: body is ${kind((await needle('get', url)).body)}`);
}
const want = ['json: octokit: message "Load the article again", data is an object', 'json: wretch: error.json is an object',
  'json: needle: body is an object', 'problem+json: octokit: message "Unknown error", data is an ArrayBuffer',
  'problem+json: wretch: error.json is undefined', 'problem+json: needle: body is a text'];
if (seen.join('\n') !== want.join('\n')) { console.error('CHANGED, expected:\n' + want.join('\n')); process.exit(1); }
console.log('AS EXPECTED: only the name of the type differs, and the content is lost');
process.exit(0);
JS
cd "$tmp" && node t.mjs
