#!/usr/bin/env bash
# What is surprising: add live updates over WebSocket to a Node JSON API, on a path of their own, and
#   ordinary REST calls of clients that offer HTTP/2 (`Upgrade: h2c`) begin to fail: GET 400, PATCH 405.
# Software: ws 8.23.0 on Node's own http server (any Node that ws supports; the version is printed).
# What most people expect: `path: '/live'` limits the WebSocket server to /live; the offer is ignored.
# What is seen: Node hands every request that has an Upgrade header to ws, which answers "400 Invalid
#   Upgrade header" / "405 Invalid HTTP method" as text/html for ALL paths. The same API without ws
#   answers 200.
# Who meets it: users of `curl --http2` or of a client that offers h2c by default on plain http, and the
#   API's maker, who sees nothing in the log of the application.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error ws@8.23.0 >/dev/null
cat > "$tmp/t.js" <<'JS'
const http = require('http'), net = require('net');
const { WebSocketServer } = require('ws');
const api = () => http.createServer((req, res) => {
  let body = '';
  req.on('data', (d) => { body += d; });
  req.on('end', () => { res.setHeader('Content-Type', 'application/json'); res.setHeader('Connection', 'close');
    res.end(JSON.stringify({ method: req.method, body })); });
});
const ask = (port, method, offer) => new Promise((ok, no) => {
  const body = method === 'PATCH' ? '{"title":"New"}' : '';
  const s = net.connect(port, '127.0.0.1', () => s.write(`${method} /articles/7 HTTP/1.1\r\nHost: localhost\r\n` +
    (offer ? 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n' : '') +
    (body ? `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` : '') + `\r\n${body}`));
  let out = '';
  const done = () => { s.destroy(); const [head, rest] = out.split('\r\n\r\n');
    ok(head.split('\r\n')[0] + ' | ' + /content-type: ([^\r;]*)/i.exec(head)[1] + ' | ' + rest.replace(/^\w+\r\n/, '').trim()); };
  s.on('data', (d) => { out += d; if (/\r\n\r\n[^]*(\}|header|method)/.test(out)) done(); });
  s.on('error', no);
});
(async () => {
  console.log('ws', require('ws/package.json').version, 'node', process.version);
  const seen = [];
  for (const live of [false, true]) {
    const server = api();
    if (live) new WebSocketServer({ server, path: '/live' });
    await new Promise((r) => server.listen(0, '127.0.0.1', r));
    for (const method of ['GET', 'PATCH']) for (const offer of [false, true]) {
      const line = `${live ? 'ws at /live' : 'no ws'}; ${method} /articles/7 ${offer ? 'offering h2c' : 'plain'} -> ` +
        await ask(server.address().port, method, offer);
      console.log(line); seen.push(line.replace(/^.* -> HTTP\/1.1 (\d+).*$/, '$1'));
    }
    server.closeAllConnections(); server.close();
  }
  const want = '200 200 200 200 200 400 200 405';
  if (seen.join(' ') !== want) { console.error('CHANGED: expected statuses', want, 'saw', seen.join(' ')); process.exit(1); }
  console.log('AS EXPECTED: with ws on the port, a request that offers h2c never reaches the API');
  process.exit(0);
})();
JS
cd "$tmp" && node t.js
