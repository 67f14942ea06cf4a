#!/usr/bin/env bash
# What is surprising: after a 301 requests repeats a QUERY as a QUERY, but WITHOUT the query: the body and
#   its type are gone; after a 302 requests, httpx and superagent ask with a plain GET. Each answers 200.
# Software: requests 2.34.2, httpx 0.28.1, aiohttp 3.14.5; superagent 10.4.2, axios 1.21.1 (npm).
# What most people expect: QUERY is a safe search with a body; 301 and 302 repeat it as it is (its
#   specification says so; the old way to turn a POST into a GET is not meant for it).
# What is seen: aiohttp and axios repeat it whole; the other three ask for everything, and the caller takes
#   the unfiltered list for the answer to the filter. 307 and 308 are repeated whole by all five.
# Who meets it: makers of a content API whose search moves (http to https, a slash, a new version).
set -euo pipefail
tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error superagent@10.4.2 axios@1.21.1 >/dev/null
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5
cat > server.py <<'P'
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Search(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        moved = self.path.startswith("/old/")
        text = b"" if moved else json.dumps({"asked": self.command, "for": body.replace(" ", "")}).encode()
        self.send_response(int(self.path[5:]) if moved else 200)
        if moved:
            self.send_header("Location", "/search")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    do_QUERY = do_GET = answer
    def log_message(self, *args):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Search)
print(server.server_port, file=open("port.new", "w"), flush=True)
import os
os.rename("port.new", "port")
server.serve_forever()
P
cat > t.py <<'P'
import asyncio, sys
import aiohttp, httpx, requests
base, query = sys.argv[1], {"tag": "fair"}
async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.request("QUERY", url, json=query) as response:
        return await response.json()
for status in (301, 302, 307, 308):
    url = f"{base}/old/{status}"
    for name, got in (("requests", requests.request("QUERY", url, json=query).json()),
                      ("httpx", httpx.request("QUERY", url, json=query, follow_redirects=True).json()),
                      ("aiohttp", asyncio.run(with_aiohttp(url)))):
        print(f"{status} {name}: {got['asked']} for {got['for'] or 'nothing'}")
P
cat > t.mjs <<'J'
import axios from 'axios';
import superagent from 'superagent';
const base = process.argv[2], query = { tag: 'fair' };
for (const status of [301, 302, 307, 308]) {
  const url = `${base}/old/${status}`;
  const one = (await superagent('QUERY', url).send(query)).body;
  const two = (await axios.request({ url, method: 'QUERY', data: query })).data;
  console.log(`${status} superagent: ${one.asked} for ${one.for || 'nothing'}`);
  console.log(`${status} axios: ${two.asked} for ${two.for || 'nothing'}`);
}
process.exit(0);
J
v/bin/python server.py &
for i in $(seq 100); do [ -s port ] && break; sleep 0.1; done
base="http://127.0.0.1:$(cat port)"
v/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(requests|httpx|aiohttp) '
npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(superagent|axios)@[0-9.]+'
{ v/bin/python t.py "$base"; node t.mjs "$base"; } | tee seen
cat > expected <<'T'
301 requests: QUERY for nothing
301 httpx: QUERY for {"tag":"fair"}
301 aiohttp: QUERY for {"tag":"fair"}
302 requests: GET for nothing
302 httpx: GET for nothing
302 aiohttp: QUERY for {"tag":"fair"}
307 requests: QUERY for {"tag":"fair"}
307 httpx: QUERY for {"tag":"fair"}
307 aiohttp: QUERY for {"tag":"fair"}
308 requests: QUERY for {"tag":"fair"}
308 httpx: QUERY for {"tag":"fair"}
308 aiohttp: QUERY for {"tag":"fair"}
301 superagent: GET for nothing
301 axios: QUERY for {"tag":"fair"}
302 superagent: GET for nothing
302 axios: QUERY for {"tag":"fair"}
307 superagent: QUERY for {"tag":"fair"}
307 axios: QUERY for {"tag":"fair"}
308 superagent: QUERY for {"tag":"fair"}
308 axios: QUERY for {"tag":"fair"}
T
diff -u expected seen || { echo "CHANGED: the clients no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: a moved search loses what it asked for"
