#!/usr/bin/env bash
# What is surprising: needle follows a 308 of a DELETE or PATCH with a GET without a body and reports 200:
#   the caller believes that the article is deleted or changed. 308 was made so that the method can't
#   change.
# Software: needle 3.5.0, with `follow_max: 3`; superagent 10.4.2 for comparison.
# What most people expect: 307 and 308 keep method and body (RFC 9110, 15.4.9), only 301 to 303 may turn
#   into GET.
# What is seen: DELETE -> GET -> 200; PATCH -> GET -> 200, the old If-Match still on it. superagent keeps
#   both.
# Who meets it: users of an API whose articles move (a changed slug answers 308) or that redirects to a
#   new base.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error needle@3.5.0 superagent@10.4.2 >/dev/null
cat > "$tmp/t.js" <<'JS'
const http = require('http'), fs = require('fs'), needle = require('needle'), superagent = require('superagent');
const version = (n) => JSON.parse(fs.readFileSync(`node_modules/${n}/package.json`)).version;
(async () => {
  const log = [];
  const server = http.createServer((req, res) => { let body = ''; req.on('data', (d) => { body += d; }); req.on('end', () => {
    log.push(`${req.method} ${req.url}${body ? ' ' + body : ''}`);
    if (req.url === '/articles/old-slug') { res.writeHead(308, { Location: '/articles/new-slug' }); return res.end(); }
    res.setHeader('Content-Type', 'application/json'); res.end('{"title":"Spring fair opens"}'); }); });
  await new Promise((r) => server.listen(0, '127.0.0.1', r));
  const url = `http://127.0.0.1:${server.address().port}/articles/old-slug`, patch = { title: 'New' }, seen = [];
  const run = async (name, call) => {
    log.length = 0;
    const status = await call();
    const line = `${name}: ${log.join(' -> ')} = ${status}`;
    console.log(line); seen.push(line);
  };
  console.log('needle', version('needle'), 'superagent', version('superagent'));
  await run('needle delete', async () => (await needle('delete', url, null, { follow_max: 3 })).statusCode);
  await run('needle patch', async () => (await needle('patch', url, patch, { json: true, follow_max: 3 })).statusCode);
  await run('superagent delete', async () => (await superagent.delete(url)).status);
  await run('superagent patch', async () => (await superagent.patch(url).send(patch)).status);
  const want = ['needle delete: DELETE /articles/old-slug -> GET /articles/new-slug = 200',
    'needle patch: PATCH /articles/old-slug {"title":"New"} -> GET /articles/new-slug = 200',
    'superagent delete: DELETE /articles/old-slug -> DELETE /articles/new-slug = 200',
    'superagent patch: PATCH /articles/old-slug {"title":"New"} -> PATCH /articles/new-slug {"title":"New"} = 200'];
  if (seen.join('\n') !== want.join('\n')) { console.error('CHANGED, expected:\n' + want.join('\n')); process.exit(1); }
  console.log('AS EXPECTED: needle reports 200 for a delete that never happened');
  process.exit(0);
})();
JS
cd "$tmp" && node t.js
