#!/usr/bin/env bash
# What is surprising: two Python clients for Server-Sent Events give half of a headline that was broken by hand for
#   print: of "Storm level 3" / "200 homes dark" the second line is lost, and the event counts as complete.
# Software: sseclient 0.0.27 and aiosseclient 0.1.8 (PyPI); sseclient-py 1.9.0, httpx-sse 0.4.3, requests-sse 0.5.3
#   and aiohttp-sse-client 0.2.1 for comparison.
# What most people expect: an event's lines end with CR, LF or both (HTML Standard, 9.2.5); U+2028, the forced line
#   break of page layout programs, is a sign of the text like any other.
# What is seen: both cut the event at U+2028; the rest is a line with an unknown field name, which a client has to
#   ignore. aiosseclient writes a warning to the log, sseclient nothing. The other four give the whole text.
# Who meets it: a live ticker of headlines and updates that are sent as plain text.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
# sseclient and sseclient-py are both imported as sseclient, so each has its own environment.
python3 -m venv v
python3 -m venv w
v/bin/pip install --quiet --disable-pip-version-check sseclient==0.0.27 aiosseclient==0.1.8 httpx-sse==0.4.3 requests-sse==0.5.3 \
  aiohttp-sse-client==0.2.1 httpx==0.28.1 requests==2.34.2 aiohttp==3.14.5
w/bin/pip install --quiet --disable-pip-version-check sseclient-py==1.9.0 requests==2.34.2
cat > t.py <<'P'
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
import asyncio, sys, threading
import requests

EVENTS = "data: Storm level 3\u2028200 homes dark\n\ndata: Fair opens\n\n".encode()

class Ticker(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        self.wfile.write(EVENTS)
    def log_message(self, *args):
        pass

server = HTTPServer(("127.0.0.1", 0), Ticker)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"

def of_sseclient():
    import sseclient
    return [next(client).data for client in [sseclient.SSEClient(url)] for _ in "12"]

def of_sseclient_py():
    import sseclient
    return [e.data for e in sseclient.SSEClient(requests.get(url, stream=True)).events()]

async def of_aiosseclient():
    from aiosseclient import aiosseclient
    events = aiosseclient(url)
    return [(await anext(events)).data for _ in "12"]

def of_httpx_sse():
    import httpx, httpx_sse
    with httpx.Client(trust_env=False) as client, httpx_sse.connect_sse(client, "GET", url) as source:
        return [e.data for e in source.iter_sse()]

def of_requests_sse():
    import requests_sse
    with requests_sse.EventSource(url) as source:
        events = iter(source)
        return [next(events).data for _ in "12"]

async def of_aiohttp_sse_client():
    from aiohttp_sse_client.client import EventSource
    async with EventSource(url) as source:
        return [(await anext(source)).data for _ in "12"]

for name in sys.argv[1:]:
    print(name, version(name), file=sys.stderr)
    found = globals()["of_" + name.replace("-", "_")]()
    print(f"{name}: {ascii(asyncio.run(found) if asyncio.iscoroutine(found) else found)}", flush=True)
server.shutdown()
P
export no_proxy=127.0.0.1
{ timeout 60 v/bin/python t.py sseclient aiosseclient httpx-sse requests-sse aiohttp-sse-client; timeout 60 w/bin/python t.py sseclient-py; } | tee seen
cat > expected <<'T'
sseclient: ['Storm level 3', 'Fair opens']
aiosseclient: ['Storm level 3', 'Fair opens']
httpx-sse: ['Storm level 3\u2028200 homes dark', 'Fair opens']
requests-sse: ['Storm level 3\u2028200 homes dark', 'Fair opens']
aiohttp-sse-client: ['Storm level 3\u2028200 homes dark', 'Fair opens']
sseclient-py: ['Storm level 3\u2028200 homes dark', 'Fair opens']
T
diff -u expected seen || { echo "CHANGED: the events are no longer read as described above" >&2; exit 1; }
echo "AS EXPECTED: two of six clients lose the homes"
