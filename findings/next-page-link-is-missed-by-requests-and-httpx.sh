#!/usr/bin/env bash
# What is surprising: `response.links["next"]` of requests and of httpx is wrong or missing for ordinary
#   Link headers, so a crawler that follows pages reads page 1 for ever, or stops after it and believes
#   that it has all.
# Software: requests 2.34.2, httpx 0.28.1; for comparison aiohttp 3.14.5.
# What most people expect: RFC 8288 is simple enough: the target stands in <>, rel may hold several words.
# What is seen: a semicolon inside the <address> cuts it: `?topic=fair;city&page=2` becomes `?topic=fair`,
#   which is page 1 again, without end; `?page=2;short` loses its rel. A semicolon in a title before rel
#   does too. And rel="next last" (page 1 of 2) is one key named "next last"; aiohttp is right but for
#   this one.
# Who meets it: makers of an API with `;` in a filter, a cursor or a title, or that joins rels; their
#   users.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5
cat > "$tmp/t.py" <<'PY'
import asyncio, http.server, sys, threading
from importlib.metadata import version
import aiohttp, httpx, requests
LINK = {
    "/plain": '</plain?page=2>; rel="next"',
    "/semicolon": '</semicolon?topic=fair;city&page=2>; rel="next"',
    "/semicolon-last": '</semicolon-last?page=2;short>; rel="next"',
    "/joined": '</joined?page=2>; rel="next last"',
    "/param-before": '</param-before?page=2>; title="Page 2; older"; rel="next"',
}
class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def do_GET(self):
        path, _, query = self.path.partition("?")
        self.send_response(200)
        if "page=2" not in query:
            self.send_header("Link", LINK[path])
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = "http://127.0.0.1:%d" % server.server_address[1]
def pages(get, start):
    url, n = base + start, 0
    while url and n < 5:
        links = get(url).links
        n += 1
        url = links["next"]["url"] if "next" in links else None
        url = base + url if url else None
    return n
async def pages_aiohttp(start):
    url, n = base + start, 0
    async with aiohttp.ClientSession() as session:
        while url and n < 5:
            async with session.get(url) as response:
                n += 1
                nxt = response.links.get("next")
                url = nxt["url"] if nxt else None
    return n
seen = {}
for start, header in LINK.items():
    row = {"requests": pages(requests.get, start), "httpx": pages(httpx.get, start), "aiohttp": asyncio.run(pages_aiohttp(start))}
    seen[start] = tuple(row.values())
    print(f"Link: {header}\n   reads of the 2 pages (stopped at 5): " + ", ".join(f"{k} {version(k)}: {v}" for k, v in row.items()))
want = {"/plain": (2, 2, 2), "/semicolon": (5, 5, 2), "/semicolon-last": (1, 1, 2), "/joined": (1, 1, 1), "/param-before": (1, 1, 2)}
if seen != want:
    sys.exit(f"CHANGED: expected {want}, saw {seen}")
print("AS EXPECTED: page 2 is never found, and once page 1 is read without end")
PY
"$tmp/v/bin/python" "$tmp/t.py"
