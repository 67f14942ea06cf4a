#!/usr/bin/env bash
# What is surprising: read `Idempotency-Key` as the draft says (a Structured Field, RFC 9651) and a bare
#   UUID, as most clients send it, is accepted or refused by chance: it depends on its first hex digits.
# Software: structured-headers 2.1.0 (npm) and http-sf 1.5.0 (PyPI).
# What most people expect: an unquoted UUID is always valid or never.
# What is seen: those that begin with a letter parse as a Token, those that begin with a digit fail; of
#   the 16 possible first digits 6 pass. Quoted UUIDs always pass. An all-digit order number parses as a
#   number up to 15 digits and fails from 16 on.
# Who meets it: makers of an API who switch to a real parser: 5 of 8 random keys get 400, in no visible
#   pattern.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error structured-headers@2.1.0 >/dev/null
python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet --disable-pip-version-check http-sf==1.5.0
cat > "$tmp/t.mjs" <<'JS'
import fs from 'node:fs';
import { parseItem } from 'structured-headers';
for (const key of fs.readFileSync('keys', 'utf8').trim().split('\n')) {
  let kind;
  try { const [v] = parseItem(key); kind = typeof v === 'string' ? 'String' : typeof v === 'number' ? 'Number' : 'Token'; } catch { kind = 'refused'; }
  console.log(key, kind);
}
JS
cat > "$tmp/t.py" <<'PY'
import http_sf
for key in open("keys").read().split("\n")[:-1]:
    try:
        value = http_sf.parse(key.encode(), tltype="item")[0]
        kind = "Token" if isinstance(value, http_sf.Token) else "String" if isinstance(value, str) else "Number"
    except Exception:
        kind = "refused"
    print(key, kind)
PY
cd "$tmp"
for d in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do echo "${d}5d2c3de-6f0b-4d55-9a55-0c8f1b7d2a10"; done > keys
echo '"05d2c3de-6f0b-4d55-9a55-0c8f1b7d2a10"' >> keys
echo 202611270000123 >> keys   # 15 digits
echo 2026112700001234 >> keys  # 16 digits
for d in 0 1 2 3 4 5 6 7 8 9; do echo "${d}5d2c3de-6f0b-4d55-9a55-0c8f1b7d2a10 refused"; done > want
for d in a b c d e f; do echo "${d}5d2c3de-6f0b-4d55-9a55-0c8f1b7d2a10 Token"; done >> want
printf '%s\n' '"05d2c3de-6f0b-4d55-9a55-0c8f1b7d2a10" String' '202611270000123 Number' '2026112700001234 refused' >> want
node t.mjs > seen.js; v/bin/python t.py > seen.py
echo "structured-headers $(node -p 'JSON.parse(fs.readFileSync("node_modules/structured-headers/package.json")).version'), http-sf $(v/bin/python -c 'from importlib.metadata import version;print(version("http-sf"))')"
cat seen.js
for s in seen.js seen.py; do diff want "$s" || { echo "CHANGED: $s differs from what is expected" >&2; exit 1; }; done
echo "AS EXPECTED (both parsers agree): a bare UUID passes only when it begins with a letter"
