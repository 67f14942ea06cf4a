#!/usr/bin/env bash
# What is surprising: the parser made for RateLimit headers reads the form of the present IETF draft (a
#   name with r= and t=) as an object full of NaN and an invalid Date, in place of values or of
#   `undefined`.
# Software: ratelimit-header-parser 0.1.0 (npm).
# What most people expect: values, or `undefined` as for an answer without such headers, so that `if
#   (info)` tells.
# What is seen: `RateLimit: "default";r=0;t=30` (nothing left) is truthy, `remaining < 1` is false, so the
#   client goes on; the wait until `reset` is NaN, which setTimeout takes for "at once". The older form
#   `limit=100, remaining=0, reset=30` is read well.
# Who meets it: clients of an API that follows draft 8 or later of RateLimit headers.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error ratelimit-header-parser@0.1.0 >/dev/null
cat > "$tmp/t.mjs" <<'JS'
import fs from 'node:fs';
import { parseRateLimit } from 'ratelimit-header-parser';
console.log('ratelimit-header-parser', JSON.parse(fs.readFileSync('node_modules/ratelimit-header-parser/package.json')).version);
const seen = [];
for (const [name, headers] of [
  ['older form', { RateLimit: 'limit=100, remaining=0, reset=30' }],
  ['present form', { RateLimit: '"default";r=0;t=30', 'RateLimit-Policy': '"default";q=100;w=60' }],
  ['no header', {}]]) {
  const info = parseRateLimit(new Headers(headers));
  const line = `${name}: ` + (info === undefined ? 'undefined'
    : `limit ${info.limit}, remaining ${info.remaining}, wait ${Number.isNaN(info.reset - Date.now()) ? 'NaN' : 'a number'}` +
      ` -> a client that stops at remaining < 1 ${info.remaining < 1 ? 'stops' : 'GOES ON'}`);
  console.log(JSON.stringify(headers)); console.log('   ' + line); seen.push(line);
}
const want = ['older form: limit 100, remaining 0, wait a number -> a client that stops at remaining < 1 stops',
  'present form: limit NaN, remaining NaN, wait NaN -> a client that stops at remaining < 1 GOES ON', 'no header: undefined'];
if (seen.join('\n') !== want.join('\n')) { console.error('CHANGED, expected:\n' + want.join('\n')); process.exit(1); }
console.log('AS EXPECTED: the present form is taken for a limit of NaN');
JS
cd "$tmp" && node t.mjs
