#!/usr/bin/env bash
# What is surprising: nginx's proxy cache hands out a stored answer with a NEW Date and without any Age,
#   so the reader cannot know that it is old: max-age=60 counts from the beginning again in the reader's
#   own cache.
# Software: nginx 1.22.1 (Debian 12), `proxy_cache` with no other setting.
# What most people expect: a cache sends Age, or at least leaves Date alone (RFC 9111, 5.1); max-age=60
#   means that nobody sees a text older than 60 seconds.
# What is seen: after 3 seconds a HIT: no Age, and a Date later than the origin's, as if written just now.
#   The two lifetimes add up: 60 in nginx + 60 in the client.
# Who meets it: a content API that promises how old a text can be, behind nginx, with clients that cache.
set -euo pipefail
tmp=$(mktemp -d)
pids=()
cleanup() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$tmp"; }
trap cleanup EXIT
cat > "$tmp/origin.py" <<'PY'
import http.server, sys
class Origin(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def do_GET(self):
        body = b'{"title":"Spring fair opens"}'
        self.send_response(200)  # writes a Date
        for name, value in (("Content-Type", "application/json"), ("Cache-Control", "max-age=60"),
                            ("X-Origin-Date", self.date_time_string()), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
open(sys.argv[1] + ".new", "w").write(str(server.server_address[1]))
import os; os.rename(sys.argv[1] + ".new", sys.argv[1])
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
import email.utils, sys, time, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def get():
    h = opener.open("http://127.0.0.1:%s/articles/7" % sys.argv[1]).headers
    return h["X-Cache"], h["Age"], email.utils.parsedate_to_datetime(h["Date"]), email.utils.parsedate_to_datetime(h["X-Origin-Date"])
first = get()
time.sleep(3)
then = get()
later = (then[2] - then[3]).total_seconds() >= 2
print("first read:", first[0] + ", Age:", first[1])
print("3 s later: ", then[0] + ", Age:", str(then[1]) + ", made by the origin at the same instant:", then[3] == first[3],
      "| its Date has moved on:", later)
if (first[0], then[0], then[1], then[3] == first[3], later) != ("MISS", "HIT", None, True, True):
    sys.exit("CHANGED: expected a HIT without Age and with a new Date")
print("AS EXPECTED: a stored answer looks as if it were written just now")
PY
python3 "$tmp/ask.py" "$port"
