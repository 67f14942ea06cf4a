#!/usr/bin/env bash
# What is surprising: an answer with Vary in two lines (`Vary: Accept-Language` and `Vary: Origin`) is
#   stored by nginx under the LAST line only: a French reader gets the German text.
# Software: nginx 1.22.1 (Debian 12), `proxy_cache` with no other setting.
# What most people expect: two lines of a list header are the same as one line with a comma (RFC 9110,
#   5.3).
# What is seen: one line: de, then fr. Two lines: de, then de again (HIT); in the other order of the
#   lines: right.
# Who meets it: an API whose CORS middleware or an inner proxy adds a Vary line of its own to the
#   application's.
set -euo pipefail
tmp=$(mktemp -d)
pids=()
cleanup() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$tmp"; }
trap cleanup EXIT
cat > "$tmp/origin.py" <<'PY'
import http.server, os, sys
VARY = {"/one-line": ["Accept-Language, Origin"], "/language-then-origin": ["Accept-Language", "Origin"],
        "/origin-then-language": ["Origin", "Accept-Language"]}
class Origin(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def do_GET(self):
        body = b'{"language":"%s"}' % self.headers["Accept-Language"].encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "max-age=60")
        for line in VARY[self.path]:
            self.send_header("Vary", line)
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
# nginx of Debian 12: the installed one, else unpacked into the temp folder
want=1.22.1
nginx=$(command -v nginx || true); [ -n "$nginx" ] || { [ -x /usr/sbin/nginx ] && nginx=/usr/sbin/nginx; } || true
if [ -z "$nginx" ]; then
  (cd "$tmp" && apt-get download nginx >/dev/null 2>&1 && dpkg -x nginx_*.deb d) || { echo "SKIPPED: no nginx here and none to download"; exit 0; }
  nginx=$tmp/d/usr/sbin/nginx
fi
version=$("$nginx" -v 2>&1 | sed "s,.*nginx/,,; s/ .*//")
[ "$version" = "$want" ] || { echo "SKIPPED: this is about nginx $want, here is $version"; exit 0; }
echo "nginx $version"
port=$(python3 -c "import socket; s=socket.socket(); s.bind((\"127.0.0.1\",0)); print(s.getsockname()[1])")
cat > "$tmp/nginx.conf" <<E
daemon off; master_process off; pid $tmp/pid; error_log $tmp/err; events {}
http {
  access_log off;
  proxy_temp_path $tmp/t1; client_body_temp_path $tmp/t2; fastcgi_temp_path $tmp/t3; uwsgi_temp_path $tmp/t4; scgi_temp_path $tmp/t5;
  proxy_cache_path $tmp/cache keys_zone=c:1m;
  server { listen 127.0.0.1:$port; location / { proxy_pass http://127.0.0.1:$(cat "$tmp/port"); proxy_cache c; add_header X-Cache \$upstream_cache_status; } }
}
E
"$nginx" -e "$tmp/err" -p "$tmp" -c "$tmp/nginx.conf" & pids+=($!)
for _ in $(seq 100); do python3 -c "import socket; socket.create_connection((\"127.0.0.1\",$port))" 2>/dev/null && break; sleep 0.1; done
cat > "$tmp/ask.py" <<'PY'
import json, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
seen = {}
for path in ("/one-line", "/language-then-origin", "/origin-then-language"):
    for language in ("de", "fr"):
        r = opener.open(urllib.request.Request("http://127.0.0.1:%s%s" % (sys.argv[1], path), headers={"Accept-Language": language}))
        got = json.load(r)["language"], r.headers["X-Cache"]
        seen.setdefault(path, []).append(" ".join(got))
        print(f"{path}: asked for {language}, got {got[0]} ({got[1]})")
want = {"/one-line": ["de MISS", "fr MISS"], "/language-then-origin": ["de MISS", "de HIT"], "/origin-then-language": ["de MISS", "fr MISS"]}
if seen != want:
    sys.exit(f"CHANGED: expected {want}, saw {seen}")
print("AS EXPECTED: only the last Vary line counts")
PY
python3 "$tmp/ask.py" "$port"
