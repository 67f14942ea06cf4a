#!/usr/bin/env bash
# What is surprising: Prism is asked to play the error (`Prefer: code=410`) and answers 200 with a made-up
#   article, when the client accepts application/json only, as most JSON clients say. The error test tests
#   the good case.
# Software: @stoplight/prism-cli 5.14.2 (prism-http 5.12.0, prism-http-server 5.12.2).
# What most people expect: Prefer: code=410 gives 410 with the problem that the document describes (or an
#   error of Prism's); the base path of `servers` belongs to the address; HEAD works where GET does.
# What is seen: 410 with no Accept or */*; 200 with Accept: application/json; with Accept:
#   application/problem+json and no Prefer 406. /v1/articles/7 is 404, /articles/7 is 200, though the
#   server is .../v1. HEAD is 405.
# Who meets it: makers of a client against an OpenAPI document whose errors are application/problem+json.
set -euo pipefail
tmp=$(mktemp -d)
pids=()
cleanup() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$tmp"; }
trap cleanup EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error @stoplight/prism-cli@5.14.2 @stoplight/prism-http@5.12.0 \
  @stoplight/prism-http-server@5.12.2 >/dev/null
cat > "$tmp/api.yaml" <<'Y'
openapi: 3.1.0
info: {title: Small news, version: "1"}
servers: [{url: "http://127.0.0.1:4010/v1"}]
paths:
  /articles/{id}:
    get:
      operationId: getArticle
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200": {description: ok, content: {application/json: {example: {title: Spring fair opens}}}}
        "410": {description: gone, content: {application/problem+json: {example: {title: Withdrawn, status: 410}}}}
Y
cd "$tmp"
port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
node node_modules/@stoplight/prism-cli/dist/index.js mock -h 127.0.0.1 -p "$port" api.yaml > log 2>&1 & pids+=($!)
for _ in $(seq 300); do grep -q 'is listening' log && break; sleep 0.2; done
for n in prism-cli prism-http prism-http-server; do echo "@stoplight/$n $(node -p "JSON.parse(fs.readFileSync('node_modules/@stoplight/$n/package.json')).version")"; done
cat > t.mjs <<'JS'
import http from 'node:http';
const ask = (method, path, headers) => new Promise((ok, no) => http.request({ host: '127.0.0.1', port: process.argv[2], method, path, headers }, (res) => {
  let b = ''; res.on('data', (d) => { b += d; }); res.on('end', () => ok(`${res.statusCode} ${b ? JSON.parse(b).title : ''}`.trim())); }).on('error', no).end());
const seen = [];
for (const [what, ...call] of [
  ['Prefer: code=410, no Accept', 'GET', '/articles/7', { Prefer: 'code=410' }],
  ['Prefer: code=410, Accept: */*', 'GET', '/articles/7', { Prefer: 'code=410', Accept: '*/*' }],
  ['Prefer: code=410, Accept: application/json', 'GET', '/articles/7', { Prefer: 'code=410', Accept: 'application/json' }],
  ['Prefer: code=410, Accept: application/json, application/problem+json', 'GET', '/articles/7', { Prefer: 'code=410', Accept: 'application/json, application/problem+json' }],
  ['Accept: application/problem+json', 'GET', '/articles/7', { Accept: 'application/problem+json' }],
  ['with the base path of servers', 'GET', '/v1/articles/7', {}],
  ['HEAD', 'HEAD', '/articles/7', {}]]) {
  const line = `${what} -> ${await ask(...call)}`;
  console.log(line); seen.push(line.split(' -> ')[1].split(' ')[0]);
}
const want = '410 410 200 410 406 404 405';
if (seen.join(' ') !== want) { console.error('CHANGED: expected', want, 'saw', seen.join(' ')); process.exit(1); }
console.log('AS EXPECTED: a client that accepts JSON never meets the error that it asked for');
JS
node t.mjs "$port" || { tail -5 log; exit 1; }
