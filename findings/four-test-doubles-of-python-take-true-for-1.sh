#!/usr/bin/env bash
# What is surprising: four Python test doubles compare the JSON body that a test pins with ==, and in Python True
#   is 1: a client that sends {"position": true} passes the test that pins {"position": 1}, one that sends 1
#   passes the test that pins true. A server that checks types refuses both.
# Software: responses 0.26.3 (json_params_matcher), vcrpy 9.4.2 (match_on body), pytest-httpserver 1.2.0 (json=),
#   pytest-httpx 0.36.2 (match_json=); respx 0.23.1 for comparison.
# What most people expect: the comparison is one of JSON, where true and 1 have different types (RFC 8259).
# What is seen: only respx, which compares the text that the values are written as, tells true from 1.
# Who meets it: makers of clients whose flags come from a form, a database or a spreadsheet as 0 and 1: the
#   contract test is green, the API answers 422.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check responses==0.26.3 vcrpy==9.4.2 pytest-httpserver==1.2.0 respx==0.23.1 \
  pytest-httpx==0.36.2 requests==2.34.2 httpx==0.28.1 pytest==9.2.0
cat > test_it.py <<'P'
import json
import httpx, pytest, requests, responses, respx, vcr
from responses.matchers import json_params_matcher

PAIRS = [({"position": 1}, {"position": 2}), ({"position": 1}, {"position": "1"}),
         ({"position": 1}, {"position": True}), ({"pinned": True}, {"pinned": 1})]

def tell(name, check):
    words = []
    for pinned, sent in PAIRS:
        try:
            check(pinned, sent)
            words.append(f"{json.dumps(sent)} for {json.dumps(pinned)} PASSES")
        except (AssertionError, requests.ConnectionError, httpx.HTTPError, vcr.errors.CannotOverwriteExistingCassetteException):
            words.append(f"{json.dumps(sent)} fails")
    with open("seen", "a") as f:
        print(name + ":", "; ".join(words), file=f)

URL = "http://news.example/articles/7"

def test_responses():
    def check(pinned, sent):
        with responses.mock:
            responses.patch(URL, match=[json_params_matcher(pinned)])
            requests.patch(URL, json=sent)
    tell("responses", check)

def test_respx():
    def check(pinned, sent):
        with respx.mock:
            respx.patch(URL, json=pinned)
            httpx.patch(URL, json=sent)
    tell("respx", check)

def test_pytest_httpserver(httpserver):
    def check(pinned, sent):
        httpserver.clear()
        httpserver.expect_request("/articles/7", method="PATCH", json=pinned).respond_with_data("")
        with httpx.Client(trust_env=False) as client:
            assert client.patch(httpserver.url_for("/articles/7"), json=sent).status_code == 200
    tell("pytest-httpserver", check)

def test_vcrpy(httpserver, tmp_path):
    httpserver.expect_request("/articles/7").respond_with_data("")
    def check(pinned, sent):
        tape = str(tmp_path / f"{len(list(tmp_path.iterdir()))}.yaml")
        for mode, body in (("once", pinned), ("none", sent)):
            with vcr.use_cassette(tape, record_mode=mode, match_on=["method", "uri", "body"]), requests.Session() as client:
                client.trust_env = False
                client.patch(httpserver.url_for("/articles/7"), json=body)
    tell("vcrpy", check)

@pytest.mark.httpx_mock(assert_all_responses_were_requested=False, assert_all_requests_were_expected=False)
def test_pytest_httpx(httpx_mock):
    def check(pinned, sent):
        httpx_mock.reset()
        httpx_mock.add_response(url=URL, match_json=pinned)
        httpx.patch(URL, json=sent)
    tell("pytest-httpx", check)
P
v/bin/python -m pytest -q -p no:cacheprovider test_it.py > log 2>&1 || { tail -30 log >&2; exit 1; }
v/bin/pip list --disable-pip-version-check --format freeze | grep -E '^(responses|vcrpy|pytest[-_]httpserver|respx|pytest[-_]httpx)=' | xargs
cat seen
cat > expected <<'T'
responses: {"position": 2} fails; {"position": "1"} fails; {"position": true} for {"position": 1} PASSES; {"pinned": 1} for {"pinned": true} PASSES
respx: {"position": 2} fails; {"position": "1"} fails; {"position": true} fails; {"pinned": 1} fails
pytest-httpserver: {"position": 2} fails; {"position": "1"} fails; {"position": true} for {"position": 1} PASSES; {"pinned": 1} for {"pinned": true} PASSES
vcrpy: {"position": 2} fails; {"position": "1"} fails; {"position": true} for {"position": 1} PASSES; {"pinned": 1} for {"pinned": true} PASSES
pytest-httpx: {"position": 2} fails; {"position": "1"} fails; {"position": true} for {"position": 1} PASSES; {"pinned": 1} for {"pinned": true} PASSES
T
diff -u expected seen || { echo "CHANGED: the bodies are no longer compared as described above" >&2; exit 1; }
echo "AS EXPECTED: in four of five the wrong type passes"
