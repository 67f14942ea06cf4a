#!/usr/bin/env bash
# What is surprising: three Python HTTP caches keep an answer for its whole max-age, though its `Age`
#   header says that it lay in a proxy for longer than that already. Behind a shared cache the text gets
#   old twice.
# Software: hishel 2.0.0 (with rfc=True), CacheControl 0.14.4, requests-cache 1.3.3 (with
#   cache_control=True).
# What most people expect: max-age=60 with Age: 100 is stale on arrival (RFC 9111, 4.2.3): ask again.
# What is seen: each answers the second GET from its store; the server is asked once. The control,
#   max-age=0, is asked for twice by all three, so they do read the header beside it.
# Who meets it: readers of a content API behind Varnish, Squid or a CDN, who count on max-age as the
#   limit.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet --disable-pip-version-check hishel==2.0.0 httpx==0.28.1 CacheControl==0.14.4 \
  requests-cache==1.3.3 requests==2.34.2 urllib3==2.8.0 msgpack==1.2.4
cat > "$tmp/t.py" <<'PY'
import http.server, sys, threading
from importlib.metadata import version
import hishel, hishel.httpx, cachecontrol, requests, requests_cache
asked = 0
class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def do_GET(self):
        global asked
        asked += 1
        body = b'{"title":"Spring fair opens"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "max-age=60" if "old" in self.path else "max-age=0")
        if "old" in self.path:
            self.send_header("Age", "100")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = "http://127.0.0.1:%d" % server.server_address[1]
makers = {
    "hishel": lambda n: hishel.httpx.CacheClient(rfc=True, storage=hishel.SqliteStorage(database_path=sys.argv[1] + n)),
    "CacheControl": lambda n: cachecontrol.CacheControl(requests.Session()),
    "requests-cache": lambda n: requests_cache.CachedSession(backend="memory", cache_control=True),
}
seen = {}
for name, make in makers.items():
    client = make("/db")
    for path in ("/fresh-for-0-seconds", "/old"):
        asked = 0
        for _ in range(2):
            assert client.get(base + path).status_code == 200
        seen[name, path] = asked
    print(f"{name} {version(name)}: max-age=0 -> {seen[name, '/fresh-for-0-seconds']} requests for two reads;",
          f"max-age=60 + Age: 100 -> {seen[name, '/old']}")
want = {(n, p): (1 if p == "/old" else 2) for n in makers for p in ("/fresh-for-0-seconds", "/old")}
if seen != want:
    sys.exit(f"CHANGED: expected {want}, saw {seen}")
print("AS EXPECTED: none of the three counts the Age")
PY
"$tmp/v/bin/python" "$tmp/t.py" "$tmp"
