#!/usr/bin/env bash
# What is surprising: a list parameter described with `style: form, explode: false` has one spelling,
#   ?tag=a,b. Six of eight clients made from that description send ?tag=a&tag=b or ?tag[]=a&tag[]=b, all
#   without a word. orval even lists the parameter by name as one to explode.
# Software: openapi-fetch 0.17.0, swagger-typescript-api 13.13.0, openapi-typescript-codegen 0.31.0, orval
#   7.13.2 (client: fetch), openapi-zod-client 1.18.3 with @zodios/core 10.9.6 and axios 1.13.0,
#   openapi-python-client 0.29.1, against @hey-api/openapi-ts 0.99.0 and oazapfts 7.5.0.
# What most people expect: the description says how a list is written, so the generated client writes it so.
# What is seen: tag=budget&tag=court from the first four and openapi-python-client; tag[]=budget&tag[]=court,
#   another parameter, from openapi-zod-client; only @hey-api/openapi-ts and oazapfts send tag=budget,court.
#   A server that reads one value then takes the first or the last tag only, or answers 400.
# Who meets it: makers of an API with lists in the query (fields, tags, ids) and every user of its clients.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1 httpx==0.28.1
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error openapi-fetch@0.17.0 swagger-typescript-api@13.13.0 \
  openapi-typescript-codegen@0.31.0 orval@7.13.2 @orval/core@7.13.2 @orval/fetch@7.13.2 openapi-zod-client@1.18.3 \
  @zodios/core@10.9.6 zod@3.25.76 axios@1.13.0 @hey-api/openapi-ts@0.99.0 oazapfts@7.5.0 @oazapfts/runtime@1.2.0 \
  typescript@5.9.3 esbuild@0.25.12 >/dev/null
cat > api.yaml <<'Y'
openapi: 3.1.0
info: {title: Small news, version: "1"}
servers: [{url: "http://127.0.0.1"}]
paths:
  /articles:
    get:
      operationId: listArticles
      parameters:
        - {name: tag, in: query, style: form, explode: false, schema: {type: array, items: {type: string}}}
      responses: {"200": {description: found, content: {application/json: {schema: {type: array, items: {type: string}}}}}}
Y
bin=node_modules/.bin
$bin/swagger-typescript-api generate -p api.yaml -o . -n sta.ts > sta.log 2>&1
$bin/openapi -i api.yaml -o otc -c fetch > otc.log 2>&1
$bin/openapi-zod-client api.yaml -o zod.ts > zod.log 2>&1
$bin/openapi-ts -i api.yaml -o hey -c @hey-api/client-fetch > hey.log 2>&1
$bin/oazapfts api.yaml oaz.ts > oaz.log 2>&1
echo 'module.exports = { a: { input: "./api.yaml", output: { target: "./orv.ts", client: "fetch" } } };' > orval.config.cjs
$bin/orval --config orval.config.cjs > orv.log 2>&1
echo 'post_hooks: []' > c.yaml
v/bin/openapi-python-client generate --path api.yaml --output-path client --meta none --config c.yaml > opc.log 2>&1
for made in sta zod oaz orv otc/index hey/index; do
  $bin/esbuild $made.ts --bundle --packages=external --platform=node --format=esm --log-level=error --outfile="out/${made%/index}.mjs"
done
cat > opc.py <<'PY'
import sys
from client import Client
from client.api.default import list_articles
list_articles.sync_detailed(client=Client(base_url=sys.argv[1]), tag=["budget", "court"])
PY
cat > t.mjs <<'JS'
import http from 'node:http';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import createClient from 'openapi-fetch';
const run = promisify(execFile);
let asked;
const server = http.createServer((req, res) => { asked = req.url; res.setHeader('Content-Type', 'application/json'); res.end('[]'); });
await new Promise((r) => server.listen(0, '127.0.0.1', r));
const base = `http://127.0.0.1:${server.address().port}`, tag = ['budget', 'court'];
const version = (n) => JSON.parse(fs.readFileSync(`node_modules/${n}/package.json`)).version;
const clients = {
  'openapi-fetch': () => createClient({ baseUrl: base }).GET('/articles', { params: { query: { tag } } }),
  'swagger-typescript-api': async () => { const { Api } = await import('./out/sta.mjs'); await new Api({ baseUrl: base }).articles.listArticles({ tag }); },
  'openapi-typescript-codegen': async () => { const m = await import('./out/otc.mjs'); m.OpenAPI.BASE = base; await m.DefaultService.listArticles(tag); },
  orval: async () => {
    const { listArticles } = await import('./out/orv.mjs');
    const plain = globalThis.fetch;
    globalThis.fetch = (u, o) => plain(new URL(u.replace(/^http:\/\/127\.0\.0\.1(?=\/)/, ''), base), o);
    await listArticles({ tag });
    globalThis.fetch = plain;
  },
  'openapi-zod-client': async () => { const { createApiClient } = await import('./out/zod.mjs'); await createApiClient(base).listArticles({ queries: { tag } }); },
  'openapi-python-client': () => run('v/bin/python', ['opc.py', base]),
  '@hey-api/openapi-ts': async () => { const m = await import('./out/hey.mjs'); await m.listArticles({ baseUrl: base, query: { tag } }); },
  oazapfts: async () => { const m = await import('./out/oaz.mjs'); m.defaults.baseUrl = base; await m.listArticles({ tag }); },
};
const seen = {};
for (const n in clients) {
  asked = '(nothing)';
  await clients[n]();
  seen[n] = decodeURIComponent(asked);
  console.log(`${n} ${n === 'openapi-python-client' ? process.argv[2] : version(n)}: GET ${asked}`);
}
const orvalList = /explodeParameters = (\[[^\]]*\])/.exec(fs.readFileSync('orv.ts', 'utf8'))?.[1];
console.log(`orval's own code: explodeParameters = ${orvalList}`);
const twice = '/articles?tag=budget&tag=court', once = '/articles?tag=budget,court';
const want = { 'openapi-fetch': twice, 'swagger-typescript-api': twice, 'openapi-typescript-codegen': twice, orval: twice,
  'openapi-zod-client': '/articles?tag[]=budget&tag[]=court', 'openapi-python-client': twice, '@hey-api/openapi-ts': once, oazapfts: once };
for (const n in want) if (seen[n] !== want[n]) { console.error(`CHANGED: ${n} asked ${seen[n]}, expected ${want[n]}`); process.exit(1); }
if (orvalList !== '["tag"]') { console.error('CHANGED: orval no longer lists tag as one to explode'); process.exit(1); }
console.log('AS EXPECTED: two of eight send the one value that is described');
process.exit(0);
JS
node t.mjs "$(v/bin/python -c 'from importlib.metadata import version; print(version("openapi-python-client"))')"
