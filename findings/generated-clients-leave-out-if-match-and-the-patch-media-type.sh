#!/usr/bin/env bash
# What is surprising: one OpenAPI 3.1 operation, PATCH with a REQUIRED If-Match header and the single
#   media type application/merge-patch+json. Four TypeScript clients call it; none sends both.
# Software: swagger-typescript-api 13.13.0, orval 7.13.2 (client: fetch), oazapfts 7.5.0 with
#   @oazapfts/runtime 1.2.0, openapi-fetch 0.17.0.
# What most people expect: a required header is an argument, and the only media type is the one that is
#   sent.
# What is seen: swagger-typescript-api has no place for If-Match and sends application/json; orval sends
#   the right type but has no place for If-Match; oazapfts and openapi-fetch send the header, but as
#   application/json.
# Who meets it: makers of an API that answers 428 without a tag or 415 to a plain application/json patch.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error swagger-typescript-api@13.13.0 orval@7.13.2 \
  @orval/core@7.13.2 @orval/fetch@7.13.2 oazapfts@7.5.0 @oazapfts/runtime@1.2.0 openapi-fetch@0.17.0 typescript@5.9.3 >/dev/null
cd "$tmp"
cat > api.yaml <<'Y'
openapi: 3.1.0
info: {title: Small news, version: "1"}
servers: [{url: "http://127.0.0.1"}]
paths:
  /articles/{id}:
    patch:
      operationId: patchArticle
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: If-Match, in: header, required: true, schema: {type: string}}
      requestBody:
        required: true
        content: {application/merge-patch+json: {schema: {$ref: "#/components/schemas/ArticlePatch"}}}
      responses:
        "200": {description: done, content: {application/json: {schema: {$ref: "#/components/schemas/ArticlePatch"}}}}
components:
  schemas:
    ArticlePatch: {type: object, properties: {title: {type: string}}}
Y
node_modules/.bin/swagger-typescript-api generate -p api.yaml -o . -n sta.ts >/dev/null 2>&1
node_modules/.bin/oazapfts api.yaml oaz.ts >/dev/null 2>&1
echo 'module.exports = { a: { input: "./api.yaml", output: { target: "./orv.ts", client: "fetch" } } };' > orval.config.cjs
node_modules/.bin/orval --config orval.config.cjs >/dev/null 2>&1
echo '{"type":"module","private":true}' > package.json
node_modules/.bin/tsc --target es2022 --module esnext --moduleResolution bundler --skipLibCheck --outDir out sta.ts oaz.ts orv.ts > tsc.out || true
echo '{"type":"module"}' > out/package.json
cat > t.mjs <<'JS'
import http from 'node:http';
import fs from 'node:fs';
let got;
const server = http.createServer((req, res) => { req.resume(); req.on('end', () => {
  got = `if-match: ${req.headers['if-match'] ?? '(none)'}, content-type: ${req.headers['content-type']}`;
  res.setHeader('Content-Type', 'application/json'); res.end('{}'); }); });
await new Promise((r) => server.listen(0, '127.0.0.1', r));
const base = `http://127.0.0.1:${server.address().port}`;
const version = (n) => JSON.parse(fs.readFileSync(`node_modules/${n}/package.json`)).version;
const tag = '"v1"', patch = { title: 'New title' };
const seen = {};
const say = (n, how) => { seen[n] = got; console.log(`${n} ${version(n)}\n  generated call: ${how}\n  sent: ${got}`); };
const signature = (file, re) => re.exec(fs.readFileSync(file, 'utf8'))[1].replace(/\s+/g, ' ').trim();

const { Api } = await import('./out/sta.js');
await new Api({ baseUrl: base }).articles.patchArticle('7', patch);
say('swagger-typescript-api', `patchArticle(${signature('sta.ts', /patchArticle: \(([^)]*)\)/)})`);

const { patchArticle: orv } = await import('./out/orv.js');
const plain = globalThis.fetch;
globalThis.fetch = (u, o) => plain(new URL(u.replace(/^http:\/\/127\.0\.0\.1(?=\/)/, ''), base), o);
await orv('7', patch);
globalThis.fetch = plain;
say('orval', `patchArticle(${signature('orv.ts', /patchArticle = async \(([^)]*)\)/)})`);

const oaz = await import('./out/oaz.js');
oaz.defaults.baseUrl = base;
await oaz.patchArticle('7', tag, patch);
console.log('@oazapfts/runtime', version('@oazapfts/runtime'));
say('oazapfts', `patchArticle(${signature('oaz.ts', /function patchArticle\(([^)]*)\)/)})`);

const { default: createClient } = await import('openapi-fetch');
await createClient({ baseUrl: base }).PATCH('/articles/{id}', { params: { path: { id: '7' }, header: { 'If-Match': tag } }, body: patch });
say('openapi-fetch', "PATCH('/articles/{id}', { params: { path, header }, body })");

const want = { 'swagger-typescript-api': 'if-match: (none), content-type: application/json',
  orval: 'if-match: (none), content-type: application/merge-patch+json',
  oazapfts: 'if-match: "v1", content-type: application/json', 'openapi-fetch': 'if-match: "v1", content-type: application/json' };
for (const n in want) if (seen[n] !== want[n]) { console.error(`CHANGED: ${n} sent ${seen[n]}, expected ${want[n]}`); process.exit(1); }
console.log('AS EXPECTED: none of the four sends both');
process.exit(0);
JS
node t.mjs || { cat tsc.out; exit 1; }
