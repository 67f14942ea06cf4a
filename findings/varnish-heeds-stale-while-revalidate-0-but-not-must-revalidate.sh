#!/usr/bin/env bash
# What is surprising: Varnish serves a text of max-age=1 three seconds later, also when the answer forbids
#   exactly that with must-revalidate or proxy-revalidate; but `stale-while-revalidate=0`, made to ALLOW
#   staleness, stops it.
# Software: varnish 7.1.1 (Debian 12), nothing set but the backend.
# What most people expect: must-revalidate: never stale without asking (RFC 9111, 5.2.2.2); the 0 adds
#   nothing.
# What is seen: plain, must-revalidate, proxy-revalidate: the old text with Age: 3 (it waits up to 10 s
#   more: the default grace). With stale-while-revalidate=0: a new text.
# Who meets it: a content API that withdraws or corrects texts and counts on must-revalidate behind
#   Varnish.
set -euo pipefail
tmp=$(mktemp -d)
pids=()
cleanup() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$tmp"; }
trap cleanup EXIT
varnishd=$(command -v varnishd || true); [ -n "$varnishd" ] || { [ -x /usr/sbin/varnishd ] && varnishd=/usr/sbin/varnishd; } || true
if [ -z "$varnishd" ] && [ "$(id -u)" = 0 ]; then
  { apt-get update && apt-get install -y --no-install-recommends varnish; } >/dev/null 2>&1 || true
  varnishd=/usr/sbin/varnishd
fi
[ -x "${varnishd:-/none}" ] || { echo "SKIPPED: no varnish here, and it cannot be installed"; exit 0; }
version=$("$varnishd" -V 2>&1 | sed -n 's/.*varnish-\([0-9.]*\).*/\1/p' | head -1)
[ "$version" = 7.1.1 ] || { echo "SKIPPED: this is about varnish 7.1.1, here is $version"; exit 0; }
echo "varnish $version"
cat > "$tmp/origin.py" <<'PY'
import http.server, itertools, os, sys, urllib.parse
count = itertools.count(1)
class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def do_GET(self):
        body = b'{"version":%d}' % next(count)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", urllib.parse.unquote(self.path.split("?")[1]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
open(sys.argv[1] + ".new", "w").write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
PY
python3 "$tmp/origin.py" "$tmp/port" & pids+=($!)
for _ in $(seq 100); do [ -s "$tmp/port" ] && break; sleep 0.1; done
printf 'vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "%s"; }\n' "$(cat "$tmp/port")" > "$tmp/d.vcl"
port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
"$varnishd" -F -j none -n "$tmp/n" -a "127.0.0.1:$port" -f "$tmp/d.vcl" -s malloc,16m > "$tmp/log" 2>&1 & pids+=($!)
for _ in $(seq 200); do python3 -c "import socket; socket.create_connection(('127.0.0.1',$port))" 2>/dev/null && break; sleep 0.2; done
cat > "$tmp/ask.py" <<'PY'
import json, sys, time, urllib.parse, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
RULES = ["max-age=1", "max-age=1, must-revalidate", "max-age=1, proxy-revalidate", "max-age=1, stale-while-revalidate=0"]
def get(rule):
    return json.load(opener.open("http://127.0.0.1:%s/articles/7?%s" % (sys.argv[1], urllib.parse.quote(rule))))["version"]
first = {r: get(r) for r in RULES}
time.sleep(3)
seen = [get(r) == first[r] for r in RULES]
for rule, old in zip(RULES, seen):
    print(f"Cache-Control: {rule} -> 3 s later the {'OLD' if old else 'new'} text")
if seen != [True, True, True, False]:
    sys.exit(f"CHANGED: expected old, old, old, new")
print("AS EXPECTED: only stale-while-revalidate=0 keeps the old text away")
PY
python3 "$tmp/ask.py" "$port" || { cat "$tmp/log"; exit 1; }
