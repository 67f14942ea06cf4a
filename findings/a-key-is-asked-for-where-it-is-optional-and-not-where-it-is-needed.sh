#!/usr/bin/env bash
# What is surprising: the usual way to describe an API with keys (`security` once at the top, `{}` added where a
#   reader may come without one) is turned round by openapi-python-client: the public read asks for a client
#   with a token, and the delete that can't do without one takes the client that has none.
# Software: openapi-python-client 0.29.1 (attrs 26.1.0, httpx 0.28.1), read by mypy 2.4.1.
# What most people expect: an operation without a `security` of its own has that of the document (OpenAPI
#   3.1.0, OpenAPI Object); `{}` in the list makes the key optional (Security Requirement Object); a type
#   checker then finds the call that forgot its token.
# What is seen: mypy refuses the allowed call and passes the one that gets 401. Only an operation that repeats
#   the list, or says `security: []`, is right. The generator says nothing.
# Who meets it: Python users of an API with public reading and protected writing.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1 attrs==26.1.0 httpx==0.28.1 mypy==2.4.1
cat > api.yaml <<'Y'
openapi: 3.1.0
info: {title: Small news, version: "1"}
security: [{bearer: []}]
paths:
  /articles/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: readArticle
      security: [{}, {bearer: []}]
      responses: {"204": {description: anybody may read; a key shows drafts too}}
    delete:
      operationId: deleteArticle
      responses: {"204": {description: only with a key}}
    put:
      operationId: replaceArticle
      security: [{bearer: []}]
      responses: {"204": {description: only with a key, said again}}
    head:
      operationId: headArticle
      security: []
      responses: {"204": {description: never with a key}}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
Y
v/bin/openapi-python-client generate --path api.yaml --meta none --output-path news > log 2>&1
v/bin/openapi-python-client --version
v/bin/mypy --version
{
  echo "words about security in the generator's output: $(grep -ciE 'secur|auth|key' log || true)"
  for n in read delete replace head; do
    echo "$n: $(sed -n '/^def sync_detailed/,/^)/p' "news/api/default/${n}_article.py" | grep -oE 'client: [A-Za-z |]+')"
  done
} | tee seen
cat > use.py <<'P'
from news import Client
from news.api.default import delete_article, head_article, read_article, replace_article

nobody = Client(base_url="http://127.0.0.1:1")


def calls_without_a_key() -> None:
    read_article.sync_detailed("7", client=nobody)
    delete_article.sync_detailed("7", client=nobody)
    replace_article.sync_detailed("7", client=nobody)
    head_article.sync_detailed("7", client=nobody)
P
{ v/bin/mypy --strict --no-pretty --no-error-summary use.py || true; } | tee -a seen
cat > expected <<'T'
words about security in the generator's output: 0
read: client: AuthenticatedClient
delete: client: AuthenticatedClient | Client
replace: client: AuthenticatedClient
head: client: AuthenticatedClient | Client
use.py:8: error: Argument "client" to "sync_detailed" has incompatible type "Client"; expected "AuthenticatedClient"  [arg-type]
use.py:10: error: Argument "client" to "sync_detailed" has incompatible type "Client"; expected "AuthenticatedClient"  [arg-type]
T
diff -u expected seen || { echo "CHANGED: the clients are no longer made as described above" >&2; exit 1; }
echo "AS EXPECTED: the public read needs a token, the protected delete none"
