#!/usr/bin/env bash
# What is surprising: told `Retry-After: 3600`, undici's retry interceptor comes back after 30 seconds and
#   ofetch at once; each uses up its retries while the server still refuses.
# Software: undici 7.30.2 (interceptors.retry, defaults), ofetch 1.5.1 (retry: 1); got 14.6.6 for
#   comparison.
# What most people expect: a client that retries on 429 by itself waits as long as it was told, or gives
#   up.
# What is seen: undici asks its timer for 30000 ms (its maxTimeout cuts the server's word), ofetch for
#   none; got for 3600000.
# Who meets it: an API with a rate limit or a maintenance window: the clients that "honour 429" hammer on.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error undici@7.30.2 ofetch@1.5.1 got@14.6.6 >/dev/null
cat > "$tmp/t.mjs" <<'JS'
import http from 'node:http';
import fs from 'node:fs';
// the timer is replaced before the clients are loaded: waits are noted and cut to 1 ms, so that nothing really waits
const real = globalThis.setTimeout;
let asked = 0, waits = [];
globalThis.setTimeout = (f, ms, ...rest) => {
  if (asked === 1 && (ms === 30000 || ms >= 3000000)) { waits.push(ms); ms = 1; }
  return real(f, ms, ...rest);
};
const { Agent, interceptors, request } = (await import('undici')).default;
const { ofetch } = await import('ofetch');
const { default: got } = await import('got');
const server = http.createServer((req, res) => {
  asked += 1;
  if (asked === 1) { res.writeHead(429, { 'Retry-After': '3600' }); return res.end(); }
  res.setHeader('Content-Type', 'application/json'); res.end('{}');
});
await new Promise((r) => server.listen(0, '127.0.0.1', r));
const url = `http://127.0.0.1:${server.address().port}/articles`, seen = [];
for (const [name, call] of [
  ['undici', () => request(url, { dispatcher: new Agent().compose(interceptors.retry()) }).then((r) => r.statusCode)],
  ['ofetch', () => ofetch(url, { retry: 1 }).then(() => 200)],
  ['got', () => got(url, { retry: { limit: 1 } }).then((r) => r.statusCode)]]) {
  asked = 0; waits = [];
  const status = await call();
  const version = JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`)).version;
  console.log(`${name} ${version}: told to wait 3600 s, asks its timer for ${waits.length ? waits.map((w) => w / 1000 + ' s').join(', ') : 'no long wait'}; requests ${asked}, then ${status}`);
  seen.push(`${name} ${waits.join(',')} ${asked} ${status}`);
}
const want = ['undici 30000 2 200', 'ofetch  2 200', 'got 3600000 2 200'];
if (seen.join('\n') !== want.join('\n')) { console.error('CHANGED, expected:', want, 'saw', seen); process.exit(1); }
console.log('AS EXPECTED: only got waits as it was told');
process.exit(0);
JS
cd "$tmp" && node t.mjs
