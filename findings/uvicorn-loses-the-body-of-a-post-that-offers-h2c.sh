#!/usr/bin/env bash
# What is surprising: a POST or PATCH that politely offers HTTP/2 (`Upgrade: h2c`) reaches the application
#   with an EMPTY body and is answered 200. Nothing fails, the text is just gone.
# Software: uvicorn 0.54.0 with httptools 0.9.0 (the pair that `uvicorn[standard]` picks by itself).
# What most people expect: a server that does not speak h2c ignores the offer and reads the body.
# What is seen: with httptools the body is "" (both with Content-Length and chunked); the same server with
#   its other parser (h11) hands over the whole body.
# Who meets it: whoever calls a JSON API with `curl --http2`, or with a client that offers h2c by default
#   on plain http (Java's HttpClient does). A proxy helps only if it removes the offer: Caddy 2.6.2 passes
#   it on and the body is lost as well, HAProxy 2.6.12 removes it.
set -euo pipefail
tmp=$(mktemp -d)
pids=()
cleanup() { for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$tmp"; }
trap cleanup EXIT

python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet --disable-pip-version-check uvicorn==0.54.0 httptools==0.9.0 h11==0.16.0
cat > "$tmp/app.py" <<'PY'
import json, socket, sys, uvicorn

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        part = await receive()
        body += part.get("body", b"")
        if part["type"] != "http.request" or not part.get("more_body"):
            break
    answer = json.dumps({"method": scope["method"], "body_as_received": body.decode()}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [
        (b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode()),
        (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": answer})

sock = socket.socket()
sock.bind(("127.0.0.1", 0))
sock.listen(16)
with open(sys.argv[2], "w") as f:
    f.write(str(sock.getsockname()[1]))
config = uvicorn.Config(app, http=sys.argv[1], lifespan="off", log_level="error")
uvicorn.Server(config).run(sockets=[sock])
PY
cat > "$tmp/ask.py" <<'PY'
import json, socket, sys
port = int(sys.argv[1])
OFFER = (b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
         b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n")
def ask(method, offer, chunked):
    body = b'{"title":"New title"}'
    head = method + b" /articles/7 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += OFFER if offer else b""
    if chunked:
        raw = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        raw = head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    s = socket.create_connection(("127.0.0.1", port)); s.settimeout(20); s.sendall(raw)
    out = b""
    while b"}" not in out.split(b"\r\n\r\n", 1)[-1]:
        d = s.recv(65536)
        if not d: break
        out += d
    s.close()
    head, answer = out.split(b"\r\n\r\n", 1)
    return head.split(b" ")[1].decode() + " body=" + repr(json.loads(answer)["body_as_received"])
for method in (b"POST", b"PATCH"):
    for chunked in (False, True):
        for offer in (False, True):
            print(method.decode(), "chunked" if chunked else "with-length",
                  "offering-h2c" if offer else "plain", "->", ask(method, offer, chunked))
PY
"$tmp/v/bin/python" -c 'from importlib.metadata import version as v; print(*(n+" "+v(n) for n in ("uvicorn","httptools","h11")), sep=", ")'
for parser in httptools h11; do
  "$tmp/v/bin/python" "$tmp/app.py" "$parser" "$tmp/port.$parser" & pids+=($!)
  for _ in $(seq 100); do [ -s "$tmp/port.$parser" ] && break; sleep 0.1; done
  "$tmp/v/bin/python" "$tmp/ask.py" "$(cat "$tmp/port.$parser")" | sed "s/^/$parser: /" | tee -a "$tmp/seen"
done
good="'{\"title\":\"New title\"}'"
for m in POST PATCH; do for b in with-length chunked; do
  printf '%s\n' "httptools: $m $b plain -> 200 body=$good" "httptools: $m $b offering-h2c -> 200 body=''"
done; done > "$tmp/want"
for m in POST PATCH; do for b in with-length chunked; do for o in plain offering-h2c; do
  printf '%s\n' "h11: $m $b $o -> 200 body=$good"
done; done; done >> "$tmp/want"
diff "$tmp/want" "$tmp/seen" || { echo "CHANGED: the answers differ from what this script expects" >&2; exit 1; }
echo "AS EXPECTED: httptools + offer of h2c = 200 with an empty body"
