#!/usr/bin/env bash
# What is surprising: with Django's GZipMiddleware an editor can save a SHORT article and gets 412 for a
#   LONG one, for ever, with the very tag that Django handed out: packing turns "tag" into W/"tag", and
#   Django's own `condition` refuses a weak tag in If-Match. Texts under 200 bytes are not packed, so
#   tests with small data pass.
# Software: Django 5.2.19 (GZipMiddleware + the `condition(etag_func=..)` decorator), its own test client.
# What most people expect: the tag that a framework gives is the tag that it takes.
# What is seen: short + gzip: PATCH 200. Long without gzip: 200. Long with gzip: tag W/"..", PATCH 412.
# Who meets it: every browser or client that sends Accept-Encoding: gzip, once the article is long enough.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet --disable-pip-version-check Django==5.2.19
cat > "$tmp/t.py" <<'PY'
import json, sys, zlib
import django
from django.conf import settings
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="not-secret",
                   MIDDLEWARE=["django.middleware.gzip.GZipMiddleware"])
django.setup()
from django.http import JsonResponse
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import condition
ARTICLES = {"short": {"text": "The fair opens."}, "long": {"text": "The fair opens at nine. " * 20}}
def tag(request, name):
    return '"%08x"' % zlib.crc32(json.dumps(ARTICLES[name]).encode())
@csrf_exempt
@condition(etag_func=tag)
def article(request, name):
    if request.method == "PATCH":
        ARTICLES[name].update(json.loads(request.body))
    return JsonResponse(ARTICLES[name])
urlpatterns = [path("articles/<name>", article)]
print("Django", django.__version__)
client, seen = Client(), []
for name in ARTICLES:
    for coding in ("identity", "gzip"):
        got = client.get(f"/articles/{name}", headers={"accept-encoding": coding})
        again = client.get(f"/articles/{name}", headers={"accept-encoding": coding, "if-none-match": got["ETag"]})
        saved = client.patch(f"/articles/{name}", data={"title": f"New, {coding}"}, content_type="application/json",
                             headers={"accept-encoding": coding, "if-match": got["ETag"]})
        kind = "weak" if got["ETag"].startswith("W/") else "strong"
        print(f"{name} article, {coding}: GET gave {got['ETag']} ({kind}); GET with If-None-Match {again.status_code};",
              f"PATCH with If-Match {saved.status_code}")
        seen.append((name, coding, kind, again.status_code, saved.status_code))
want = [("short", "identity", "strong", 304, 200), ("short", "gzip", "strong", 304, 200),
        ("long", "identity", "strong", 304, 200), ("long", "gzip", "weak", 304, 412)]
if seen != want:
    sys.exit(f"CHANGED: expected {want}, saw {seen}")
print("AS EXPECTED: the long article cannot be saved with the tag that came with it")
PY
"$tmp/v/bin/python" "$tmp/t.py"
