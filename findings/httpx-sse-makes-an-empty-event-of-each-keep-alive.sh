#!/usr/bin/env bash
# Surprising: httpx-sse makes an empty event of blocks that are no events: one with only retry:, id: or event:, and,
#             once an event had an id, every comment that a server sends to keep the line open.
# Package:    PyPI httpx-sse 0.4.3 (httpx 0.28.1); npm eventsource 4.1.0 for comparison
# Expected:   what has no data is not dispatched (HTML Standard, 9.2.6), as in browsers. A retry: or an id: of its own
#             is valid; a comment line every 15 seconds or so is what the standard advises, for proxies (9.2.7).
# Seen:       data is '', so json.loads(event.data) fails at the first of them. Comments are silent as long as no
#             event has an id, so a test without ids finds nothing. eventsource gives the two articles each time.
# Who:        readers of a change feed with ids (needed to go on after a break) in a quiet hour.
set -euo pipefail

tmp=$(mktemp -d)
pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait; rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check httpx-sse==0.4.3 httpx==0.28.1
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error eventsource@4.1.0 >/dev/null

cat >server.py <<'PY'
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import os
BLOCKS = {  # one article, something that is no event, another article
    "comments-without-ids": ['data: {"slug": "vote"}', ": still here", 'data: {"slug": "fair"}'],
    "comments-with-ids": ['id: 1\ndata: {"slug": "vote"}', ": still here", 'id: 2\ndata: {"slug": "fair"}'],
    "retry": ['data: {"slug": "vote"}', "retry: 3000", 'data: {"slug": "fair"}'],
    "id": ['data: {"slug": "vote"}', "id: 5", 'data: {"slug": "fair"}'],
    "event": ['data: {"slug": "vote"}', "event: ping", 'data: {"slug": "fair"}'],
}
class Ticker(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        blocks = BLOCKS[self.path[1:]] + ["event: end\ndata: {}"]
        self.wfile.write("".join(block + "\n\n" for block in blocks).encode())
    def log_message(self, *args):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Ticker)
with open("port.new", "w") as file:
    file.write(str(server.server_port))
os.rename("port.new", "port")
server.serve_forever()
PY

cat >run.py <<'PY'
import json, sys
import httpx, httpx_sse
for path in sys.argv[2:]:
    data = []
    with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", sys.argv[1] + path) as source:
        for event in source.iter_sse():
            if event.event == "end":
                break
            data.append(event.data)
    try:
        text = "all of them JSON" if [json.loads(one) for one in data] else "no data"
    except json.JSONDecodeError as error:
        text = f"JSONDecodeError: {error.msg}"
    print(f"httpx-sse, {path}: {data}, {text}")
PY

cat >run.mjs <<'JS'
import { EventSource } from 'eventsource';
for (const path of process.argv.slice(3)) {
  const data = [];
  const source = new EventSource(process.argv[2] + path);
  for (const name of ['message', 'ping']) source.addEventListener(name, (event) => data.push(event.data));
  await new Promise((done) => source.addEventListener('end', done));
  source.close();
  console.log(`eventsource, ${path}: [${data.map((one) => `'${one}'`).join(', ')}]`);
}
JS

export no_proxy=127.0.0.1
venv/bin/python server.py & pids+=($!)
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -E '^httpx'
echo "eventsource $(node -p 'require("./node_modules/eventsource/package.json").version')"
streams=(comments-without-ids comments-with-ids retry id event)
{ timeout 60 venv/bin/python run.py "http://127.0.0.1:$(cat port)/" "${streams[@]}"
  timeout 60 node run.mjs "http://127.0.0.1:$(cat port)/" "${streams[@]}"; } | tee seen
cat >expected <<'TXT'
httpx-sse, comments-without-ids: ['{"slug": "vote"}', '{"slug": "fair"}'], all of them JSON
httpx-sse, comments-with-ids: ['{"slug": "vote"}', '', '{"slug": "fair"}'], JSONDecodeError: Expecting value
httpx-sse, retry: ['{"slug": "vote"}', '', '{"slug": "fair"}'], JSONDecodeError: Expecting value
httpx-sse, id: ['{"slug": "vote"}', '', '{"slug": "fair"}'], JSONDecodeError: Expecting value
httpx-sse, event: ['{"slug": "vote"}', '', '{"slug": "fair"}'], JSONDecodeError: Expecting value
eventsource, comments-without-ids: ['{"slug": "vote"}', '{"slug": "fair"}']
eventsource, comments-with-ids: ['{"slug": "vote"}', '{"slug": "fair"}']
eventsource, retry: ['{"slug": "vote"}', '{"slug": "fair"}']
eventsource, id: ['{"slug": "vote"}', '{"slug": "fair"}']
eventsource, event: ['{"slug": "vote"}', '{"slug": "fair"}']
TXT
diff -u expected seen || { echo "CHANGED: the streams are no longer read as described above" >&2; exit 1; }
echo "CONFIRMED: what is no event is an event without data"
