#!/usr/bin/env bash
# Surprising: memento_client, by the group behind the Memento standard, fails at a site whose Link has a relative
#             address, and of an article that answers Accept-Datetime itself it asks a third party for old versions.
# Package:    PyPI memento_client 0.6.1 (requests 2.34.2)
# Expected:   Link may hold relative references (RFC 8288, 3.1); an article may be its own TimeGate and say so by
#             Vary: accept-datetime and rel="original timegate" (RFC 7089, 4.1.1).
# Seen:       a relative rel="timegate" or rel="original" ends in MissingSchema; a relative Location is followed. With
#             Vary the TimeGate that Link names is left aside, the TimeGate for the rest of the web is asked, and no
#             old version is found. By default that is a public service, reached by plain http, so the address with
#             its query goes there. With timegate_uri="" (documented: must start with http) the site is asked.
# Who:        readers of wikis, law texts and news sites that keep their own versions.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check memento_client==0.6.1 requests==2.34.2

cat >run.py <<'PY'
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
import sys, threading
from memento_client import MementoClient

OLD = "Fri, 01 Mar 2024 10:00:00 GMT"
asked = []

class Site(BaseHTTPRequestHandler):
    """Articles, each with one old version; the path says how its TimeGate is announced."""
    def log_message(self, *args):
        pass
    def answer(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def do_HEAD(self):
        path, here = self.path.split("?")[0], f"http://{self.headers['Host']}"
        own = here + self.path
        if path.startswith("/gate/"):
            location = "/old/" if path.endswith("relative-location") else here + "/old/"
            self.answer(302, Vary="accept-datetime", Location=location + path[6:],
                        Link=f'<{here}/{path[6:]}>; rel="original"')
        elif path.startswith("/old/"):
            self.answer(200, Memento_Datetime=OLD, Link=f'<{here}/{path[5:]}>; rel="original"')
        elif path == "/its-own-timegate":
            link = f'<{own}>; rel="original timegate"'
            if "Accept-Datetime" in self.headers:
                self.answer(302, Vary="accept-datetime", Location=here + "/old" + path, Link=link)
            else:
                self.answer(200, Vary="accept-datetime", Link=link)
        elif path == "/relative-timegate":
            self.answer(200, Link=f'</gate{path}>; rel="timegate"')
        elif path == "/relative-original":
            self.answer(200, Link=f'<{path}>; rel="original", <{here}/gate{path}>; rel="timegate"')
        else:
            self.answer(200, Link=f'<{here}/gate{path}>; rel="timegate"')

class Others(BaseHTTPRequestHandler):
    """Stands for the TimeGate of all the web: it has no version of these articles."""
    def log_message(self, *args):
        pass
    def do_HEAD(self):
        asked.append(self.path)
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

def start(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"

(site, here), (others, there) = start(Site), start(Others)
print("memento_client", version("memento_client"), "with requests", version("requests"), file=sys.stderr)
for path, gate in [("absolute", there + "/"), ("relative-location", there + "/"), ("relative-timegate", there + "/"),
                   ("relative-original", there + "/"), ("its-own-timegate?reader=7", there + "/"),
                   ("its-own-timegate?reader=7", "")]:
    asked.clear()
    try:
        found = MementoClient(timegate_uri=gate).get_memento_info(f"{here}/{path}", datetime(2024, 3, 5))
        if "mementos" in found:
            closest = found["mementos"]["closest"]
            text = f"{closest['uri'][0]} of {closest['datetime']:%Y-%m-%d}"
        else:
            text = "no old version"
    except Exception as error:
        text = f"{type(error).__name__}: {str(error).split(':')[0]}"
    text += f"; others were asked for {' '.join(sorted(set(asked)))}" if asked else ""
    print(f"{path}{'' if gate else ', timegate_uri empty'}: {text}".replace(here, "(site)"), flush=True)
print("by default others are", MementoClient().timegate_uri)
for server in (site, others):
    server.shutdown()
PY

export no_proxy=127.0.0.1
timeout 60 venv/bin/python run.py | tee seen
cat >expected <<'TXT'
absolute: (site)/old/absolute of 2024-03-01
relative-location: (site)/old/relative-location of 2024-03-01
relative-timegate: MissingSchema: Invalid URL '/gate/relative-timegate'
relative-original: MissingSchema: Invalid URL '/relative-original'
its-own-timegate?reader=7: no old version; others were asked for /(site)/its-own-timegate?reader=7
its-own-timegate?reader=7, timegate_uri empty: (site)/old/its-own-timegate of 2024-03-01
by default others are http://timetravel.mementoweb.org/timegate/
TXT
diff -u expected seen || { echo "CHANGED: the old versions are no longer looked for as described above" >&2; exit 1; }
echo "CONFIRMED: of three kinds of valid site the old version is not found"
