#!/usr/bin/env bash
# What is surprising: requests-cache takes `?sort=section&sort=title` and `?sort=title&sort=section` for
#   the same request: the second gets the order of the first. A flag without a value (`?drafts`,
#   `?drafts=`) differs by its `=`: the second form gets the answer of no flag at all.
# Software: requests-cache 1.3.3 with requests 2.34.2, cache_control=True.
# What most people expect: the order of different names may be evened out, but not that of values of one
#   name, and an empty value is still a parameter.
# What is seen: two of four requests never reach the server and get another one's answer.
# Who meets it: users of a content API whose lists take several sort keys, or filters with an empty value.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet --disable-pip-version-check requests-cache==1.3.3 requests==2.34.2 urllib3==2.8.0 url-normalize==3.1.0
cat > "$tmp/t.py" <<'PY'
import http.server, sys, threading
from importlib.metadata import version
import requests, requests_cache
class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def do_GET(self):
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Cache-Control", "max-age=60")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = "http://127.0.0.1:%d" % server.server_address[1]
print("requests-cache", version("requests-cache"), "requests", version("requests"))
session, seen = requests_cache.CachedSession(backend="memory", cache_control=True), {}
for path in ("/a?sort=section&sort=title", "/a?sort=title&sort=section", "/b", "/b?drafts", "/b?drafts="):
    assert requests.get(base + path).text == path  # without the cache
    seen[path] = session.get(base + path).text
    print(f"asked {path}: got the answer for {seen[path]}" + ("" if seen[path] == path else "   <- another one"))
want = {"/a?sort=section&sort=title": "/a?sort=section&sort=title", "/a?sort=title&sort=section": "/a?sort=section&sort=title",
        "/b": "/b", "/b?drafts": "/b?drafts", "/b?drafts=": "/b"}
if seen != want:
    sys.exit(f"CHANGED: expected {want}")
print("AS EXPECTED: different requests share one entry")
PY
"$tmp/v/bin/python" "$tmp/t.py"
