#!/usr/bin/env bash
# What is surprising: `default: draft` on an optional property of a merge patch makes a generated Python
#   client SEND it: a patch of only the title also sets state to "draft" and takes a published article
#   offline. The TypeScript generator makes the same optional property required, so a title-only patch
#   won't compile.
# Software: openapi-python-client 0.29.1; openapi-typescript 7.13.0 with typescript 5.9.3.
# What most people expect: "default" says what the server takes when it is left out; leaving it out stays
#   possible.
# What is seen: body {"title": .., "state": "draft"}; and TS2741, property 'state' is missing.
# Who meets it: makers of an API who reuse a property schema (with its default) in the schema for PATCH,
#   and every editor who works through a generated client.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet --disable-pip-version-check openapi-python-client==0.29.1 httpx==0.28.1
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error openapi-typescript@7.13.0 typescript@5.9.3 >/dev/null
cat > "$tmp/api.yaml" <<'Y'
openapi: 3.1.0
info: {title: Small news, version: "1"}
paths:
  /articles/{id}:
    patch:
      operationId: patchArticle
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody:
        required: true
        content: {application/merge-patch+json: {schema: {$ref: "#/components/schemas/ArticlePatch"}}}
      responses: {"204": {description: done}}
components:
  schemas:
    ArticlePatch:
      type: object
      properties:
        title: {type: string}
        state: {type: string, enum: [draft, published], default: draft}
Y
cd "$tmp"
echo 'post_hooks: []' > c.yaml
v/bin/openapi-python-client generate --path api.yaml --output-path client --meta none --config c.yaml >/dev/null
cat > t.py <<'PY'
import http.server, json, sys, threading
from importlib.metadata import version
got = []
class Origin(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def do_PATCH(self):
        got.append((self.headers["Content-Type"], json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(204); self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Origin)
threading.Thread(target=server.serve_forever, daemon=True).start()
from client import Client
from client.api.default import patch_article
from client.models import ArticlePatch
patch_article.sync_detailed("7", client=Client(base_url="http://127.0.0.1:%d" % server.server_address[1]),
                            body=ArticlePatch(title="New title"))
print("openapi-python-client", version("openapi-python-client"), "ArticlePatch(title='New title') sends", json.dumps(got[0][1]), "as", got[0][0])
if got != [("application/merge-patch+json", {"title": "New title", "state": "draft"})]:
    sys.exit("CHANGED: expected the default to be sent")
PY
v/bin/python t.py
node_modules/.bin/openapi-typescript api.yaml -o api.ts >/dev/null 2>&1
echo 'import type { components } from "./api";
export const patch: components["schemas"]["ArticlePatch"] = { title: "New title" };' > use.ts
echo "openapi-typescript $(node -p 'require("./node_modules/openapi-typescript/package.json").version'), typescript $(node -p 'require("./node_modules/typescript/package.json").version'): { title: 'New title' } as ArticlePatch:"
node_modules/.bin/tsc --noEmit --strict use.ts > tsc.out || true
cat tsc.out
grep -q "TS2741: Property 'state' is missing" tsc.out || { echo "CHANGED: expected TS2741 for the property with a default" >&2; exit 1; }
echo "AS EXPECTED: the default is sent by one client and demanded by the other"
