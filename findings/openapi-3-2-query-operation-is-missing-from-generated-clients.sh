#!/usr/bin/env bash
# What is surprising: from an OpenAPI 3.2 description with a search under `query` openapi-typescript makes
#   types without it, exit code 0, not a word; orval warns of the version, says "ready" and leaves it out.
# Software: openapi-typescript 7.13.0, orval 7.13.2 (client: fetch), swagger-typescript-api 13.13.0.
# What most people expect: an operation that a generator can't handle is refused, or at least named.
# What is seen: both have listArticles only. swagger-typescript-api has the search, but of the block
#   `additionalOperations` (3.2's place for other methods) it makes a call with the made-up method
#   "ADDITIONAL OPERATIONS", which no HTTP request can have; the operation named PURGE in it is not there.
# Who meets it: makers of an API that offers the QUERY method, and the users of clients generated from it.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error openapi-typescript@7.13.0 typescript@5.9.3 \
  orval@7.13.2 @orval/core@7.13.2 @orval/fetch@7.13.2 swagger-typescript-api@13.13.0 >/dev/null
cd "$tmp"
cat > api.yaml <<'Y'
openapi: 3.2.0
info: {title: Small news, version: "1"}
paths:
  /articles:
    get:
      operationId: listArticles
      responses: {"200": {description: all}}
    query:
      operationId: searchArticles
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, properties: {tag: {type: string}}}}}
      responses: {"200": {description: found}}
    additionalOperations:
      PURGE:
        operationId: purgeArticles
        responses: {"204": {description: done}}
Y
cat > swagger.mjs <<'J'
import fs from 'node:fs';
import { generateApi } from 'swagger-typescript-api';
const { files } = await generateApi({ input: `${process.cwd()}/api.yaml`, output: false, silent: true });
fs.writeFileSync('swagger.ts', files.map((f) => f.fileContent).join('\n'));
J
npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(openapi-typescript|orval|swagger-typescript-api)@[0-9.]+' | sort -u
{
  code=0; npx --no-install openapi-typescript api.yaml > types.ts 2> types.err || code=$?
  echo "openapi-typescript: exit $code, names query or 3.2 in a message: $(grep -ciE 'query|3\.2' types.err || true)"
  code=0; npx --no-install orval --input api.yaml --output orval.ts --client fetch > orval.out 2>&1 || code=$?
  echo "orval: exit $code, warns of the version: $(grep -c 'Unsupported OpenAPI version' orval.out || true)," \
    "says ready: $(grep -c 'ready to use' orval.out || true), names the search: $(grep -ci searchArticles orval.out || true)"
  node swagger.mjs
  for made in types orval swagger; do
    echo "$made.ts: list $(grep -ciE 'listArticles' $made.ts | sed 's/^[1-9].*/yes/;s/^0$/no/')," \
      "search $(grep -ciE 'searchArticles' $made.ts | sed 's/^[1-9].*/yes/;s/^0$/no/')," \
      "purge $(grep -ciE 'purgeArticles' $made.ts | sed 's/^[1-9].*/yes/;s/^0$/no/')"
  done
  grep -oE 'method: "[^"]*"' swagger.ts
} | tee seen
cat > expected <<'T'
openapi-typescript: exit 0, names query or 3.2 in a message: 0
orval: exit 0, warns of the version: 1, says ready: 1, names the search: 0
types.ts: list yes, search no, purge no
orval.ts: list yes, search no, purge no
swagger.ts: list yes, search yes, purge no
method: "GET"
method: "QUERY"
method: "ADDITIONAL OPERATIONS"
T
diff -u expected seen || { echo "CHANGED: the generators no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the search is silently missing"
