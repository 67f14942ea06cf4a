#!/usr/bin/env bash
# What is surprising: with ofetch the same call that posts an object as JSON sends, as the method QUERY, the
#   text "[object Object]" as text/plain; nothing is thrown on the client's side.
# Software: ofetch 1.5.1; ky 1.14.0 and axios 1.21.1 for comparison (npm).
# What most people expect: `body: {tag: "fair"}` is made JSON for each method that carries a body, as for
#   POST, PUT, PATCH and DELETE; axios does it for any name of a method.
# What is seen: POST {"tag":"fair"} as application/json; QUERY [object Object] as text/plain; a content type
#   set by hand changes the label, not the text.
# Who meets it: users of ofetch (Nuxt's $fetch) whose content API moves its search from POST to QUERY.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error ofetch@1.5.1 ky@1.14.0 axios@1.21.1 >/dev/null
cd "$tmp"
cat > t.mjs <<'J'
import net from 'node:net';
import { ofetch } from 'ofetch';
import ky from 'ky';
import axios from 'axios';
// a few lines of HTTP of our own, so that it makes no difference which methods Node's server knows
const server = net.createServer((socket) => {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = text.slice(0, end);
    const body = text.slice(end + 4);
    if (body.length < Number(head.match(/content-length: (\d+)/i)?.[1] ?? 0)) return;
    const answer = JSON.stringify({ method: head.split(' ')[0], type: head.match(/content-type: ([^\r;]*)/i)?.[1], body });
    socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${answer.length}\r\nConnection: close\r\n\r\n${answer}`);
  });
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const url = `http://127.0.0.1:${server.address().port}/search`;
const body = { tag: 'fair' };
const show = (name, got) => console.log(`${name}: ${got.method} ${got.body} as ${got.type}`);
for (const method of ['POST', 'QUERY']) {
  show('ofetch', await ofetch(url, { method, body }));
  show('ky', await ky(url, { method, json: body }).json());
  show('axios', (await axios.request({ url, method, data: body })).data);
}
show('ofetch, type set', await ofetch(url, { method: 'QUERY', body, headers: { 'Content-Type': 'application/json' } }));
server.close();
process.exit(0);
J
npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(ofetch|ky|axios)@[0-9.]+'
node t.mjs | tee seen
cat > expected <<'T'
ofetch: POST {"tag":"fair"} as application/json
ky: POST {"tag":"fair"} as application/json
axios: POST {"tag":"fair"} as application/json
ofetch: QUERY [object Object] as text/plain
ky: QUERY {"tag":"fair"} as application/json
axios: QUERY {"tag":"fair"} as application/json
ofetch, type set: QUERY [object Object] as application/json
T
diff -u expected seen || { echo "CHANGED: the clients no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the query is sent as [object Object]"
