#!/usr/bin/env bash
# What is surprising: with undici's cache interceptor every SECOND revalidation downloads the whole body
#   again, although nothing changed, and the headers of a 304 (here the quota) never reach the caller.
# Software: undici 7.30.2, `interceptors.cache()` as it comes.
# What most people expect: once stored, an answer with an ETag is asked for with If-None-Match for ever,
#   each 304 renews the stored headers (RFC 9111, 4.3.4), and the body travels once.
# What is seen: 200, 304, 200, 304, 200, 304: the request after a 304 carries no If-None-Match; and after
#   a 304 that says 98 requests are left the caller still reads 99.
# Who meets it: users of a JSON API with `Cache-Control: no-cache` or `max-age=0, must-revalidate` and
#   ETags, who save half of the traffic that they think, and count their quota wrongly.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error undici@7.30.2 >/dev/null
cat > "$tmp/t.js" <<'JS'
const http = require('http'), { Agent, interceptors, request } = require('undici');
(async () => {
  console.log('undici', require('undici/package.json').version, 'node', process.version);
  let failed = false;
  for (const rule of ['no-cache', 'max-age=0, must-revalidate']) {
    const log = []; let left = 100;
    const server = http.createServer((req, res) => {
      const same = req.headers['if-none-match'] === '"v1"';
      log.push(same ? 304 : 200); left -= 1;
      res.writeHead(same ? 304 : 200, { ETag: '"v1"', 'Cache-Control': rule, 'X-Quota-Left': left,
        ...(same ? {} : { 'Content-Type': 'application/json' }) });
      res.end(same ? undefined : '{"title":"A long article that never changes"}');
    });
    await new Promise((r) => server.listen(0, '127.0.0.1', r));
    const dispatcher = new Agent().compose(interceptors.cache());
    const read = [];
    for (let i = 0; i < 6; i++) {
      const res = await request(`http://127.0.0.1:${server.address().port}/articles/7`, { dispatcher });
      await res.body.text();
      read.push(res.headers['x-quota-left']);
      await new Promise((r) => setTimeout(r, 100)); // let the store settle
    }
    console.log(`Cache-Control: ${rule}`);
    console.log('  the origin answered      ', log.join(' '));
    console.log('  quota as the caller reads', read.join(' '), '(the origin said 99 98 97 96 95 94)');
    if (log.join(' ') !== '200 304 200 304 200 304' || read.join(' ') !== '99 99 97 97 95 95') failed = true;
    server.closeAllConnections(); server.close();
  }
  if (failed) { console.error('CHANGED: expected 200 304 200 304 200 304 and 99 99 97 97 95 95'); process.exit(1); }
  console.log('AS EXPECTED: each 304 makes undici forget what it had');
  process.exit(0);
})();
JS
cd "$tmp" && node t.js
