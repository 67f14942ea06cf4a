"""Runs requests through the proxy configurations of packaging/proxies, each in front of a server of its own.

usage: python3 tests/proxies/run.py --program PATH [--only nginx,caddy]

Prints a table and what failed; exits with 1 if anything did. Proxies that are not installed are skipped by name.
On Debian: apt-get install nginx caddy haproxy varnish. Also needs openssl and curl. Root is not needed.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import email.message
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse
import uuid

CONFIGURATIONS = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "proxies"
HOST = "news.example"
KEY = "a-key-for-the-proxies"
JSON = {"Content-Type": "application/json"}
EDITOR = {"Authorization": f"Bearer {KEY}"}
STRANGER = {"Authorization": "Bearer nobody-knows-this-key"}
# The proxies come from 127.0.0.1; the clients do not, so that the server can tell them apart.
READER, OTHER_READER = "127.0.0.2", "127.0.0.3"
PATIENCE = 20.0
CODINGS = ["identity", "gzip", "br"]


def free_port() -> int:
    # Below the ports that the system gives to clients: none may take it before, or while the server restarts.
    while True:
        port = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def until(condition, what: str, patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {patience} s"
        time.sleep(0.02)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


# Processes


class Process:
    """A process whose output goes to a file; it is ended with SIGTERM."""

    def __init__(self, command: list, log: pathlib.Path, environment: dict | None = None, cwd=None):
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                cwd=cwd,
            )

    def wait_for_port(self, port: int) -> None:
        def is_up():
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.log.read_text()}"
            return listens(port)

        until(is_up, f"port {port}")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


class Server:
    def __init__(self, program: pathlib.Path, folder: pathlib.Path, public_url: str | None):
        self.program, self.folder, self.port = program, folder, free_port()
        kept = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_") and k != "DATABASE_URL"}
        self.environment = kept | {
            "RUST_LOG": "warn",
            "DATABASE_URL": str(folder / "copydesk.db"),
            "COPYDESK_LISTEN": f"127.0.0.1:{self.port}",
            "COPYDESK_ADMIN_KEY": KEY,
            "COPYDESK_TRUSTED_PROXIES": "127.0.0.1",
        }
        if public_url:
            self.environment["COPYDESK_PUBLIC_URL"] = public_url
        self.start()

    def start(self) -> None:
        self.running = Process([self.program, "serve"], self.folder / "server.log", self.environment, self.folder)
        self.running.wait_for_port(self.port)

    def stop(self) -> None:
        self.running.stop()


# Proxies


class Configuration:
    """The text of a file of packaging/proxies, in which each change must find its place."""

    def __init__(self, name: str):
        self.name, self.text = name, (CONFIGURATIONS / name).read_text()

    def replace(self, old: str, new: str) -> "Configuration":
        assert old in self.text, f"{self.name} has no `{old}`"
        self.text = self.text.replace(old, new)
        return self

    def write(self, folder: pathlib.Path) -> pathlib.Path:
        path = folder / self.name
        path.write_text(self.text)
        return path


@dataclasses.dataclass
class Place:
    """Where a proxy runs: its folder, its ports and the server's."""

    folder: pathlib.Path
    plain: int
    tls: int
    server: int
    certificate: pathlib.Path
    key: pathlib.Path


def nginx(place: Place, cache: bool, prefix: bool) -> list[Process]:
    site = Configuration("nginx.conf")
    # A machine need not have IPv6.
    site.replace("    listen [::]:80;\n", "").replace("    listen [::]:443 ssl http2;\n", "")
    site.replace("listen 80;", f"listen 127.0.0.1:{place.plain};")
    site.replace("listen 443 ssl", f"listen 127.0.0.1:{place.tls} ssl")
    site.replace("/etc/letsencrypt/live/news.example/fullchain.pem", str(place.certificate))
    site.replace("/etc/letsencrypt/live/news.example/privkey.pem", str(place.key))
    site.replace("server 127.0.0.1:8080;", f"server 127.0.0.1:{place.server};")
    if cache:
        site.replace("#cache ", "").replace("/var/cache/nginx-copydesk", str(place.folder / "cache"))
    if prefix:
        site.replace("location / {", "location /api/ {")
        site.replace("proxy_pass http://copydesk;", "proxy_pass http://copydesk/;")
    # What Debian's nginx.conf has around the file: its `gzip on` among it.
    main = place.folder / "main.conf"
    temporary = "".join(
        f"{name}_temp_path {place.folder}/{name};\n" for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    )
    main.write_text(
        f"daemon off;\npid {place.folder}/nginx.pid;\nerror_log {place.folder}/nginx.log;\n"
        f"worker_processes 2;\nevents {{ worker_connections 768; }}\n"
        f"http {{\ngzip on;\ndefault_type application/octet-stream;\naccess_log {place.folder}/access.log;\n"
        f"{temporary}include {site.write(place.folder)};\n}}\n"
    )
    return [Process(["nginx", "-e", "stderr", "-c", main], place.folder / "nginx.log")]


def caddy(place: Place, prefix: bool) -> list[Process]:
    site = Configuration("Caddyfile")
    # The certificate is not asked for: that needs a public name.
    ports = f"\thttp_port {place.plain}\n\thttps_port {place.tls}\n"
    site.replace("{\n\tservers {", f"{{\n\tadmin off\n{ports}\tservers {{")
    site.replace("news.example {", f"news.example {{\n\ttls {place.certificate} {place.key}")
    site.replace("127.0.0.1:8080", f"127.0.0.1:{place.server}")
    if prefix:
        site.replace("\treverse_proxy ", "\thandle_path /api/* {\n\treverse_proxy ")
        site.text += "}\n"
    home = os.environ | dict.fromkeys(["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"], str(place.folder))
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", site.write(place.folder)]
    return [Process(command, place.folder / "caddy.log", home)]


def haproxy(place: Place, prefix: bool) -> list[Process]:
    both = place.folder / "both.pem"
    both.write_text(place.certificate.read_text() + place.key.read_text())
    site = Configuration("haproxy.cfg")
    # These need root.
    for line in ["\tchroot /var/lib/haproxy\n", "\tuser haproxy\n", "\tgroup haproxy\n"]:
        site.replace(line, "")
    site.replace("log /dev/log local0", "log stdout format raw local0")
    site.replace("bind :80", f"bind 127.0.0.1:{place.plain}").replace("bind :443", f"bind 127.0.0.1:{place.tls}")
    site.replace("/etc/haproxy/news.example.pem", str(both))
    site.replace("127.0.0.1:8080", f"127.0.0.1:{place.server}")
    if prefix:
        site.replace("\tdefault_backend", "\thttp-request replace-path /api/(.*) /\\1\n\tdefault_backend")
    return [Process(["haproxy", "-f", site.write(place.folder)], place.folder / "haproxy.log")]


def varnish(place: Place, prefix: bool) -> list[Process]:
    site = Configuration("varnish.vcl")
    site.replace('.port = "8080"', f'.port = "{place.server}"')
    if prefix:
        site.replace("sub vcl_recv {\n", 'sub vcl_recv {\n\tset req.url = regsub(req.url, "^/api/", "/");\n')
    command = ["varnishd", "-F", "-n", place.folder / "varnish", "-a", f"127.0.0.1:{place.plain}"]
    command += ["-f", site.write(place.folder), "-s", "malloc,32m", "-p", "vsl_space=8m"]
    return [Process(command, place.folder / "varnish.log")]


def haproxy_and_varnish(place: Place, prefix: bool) -> list[Process]:
    inner = dataclasses.replace(place, plain=free_port())
    processes = varnish(inner, prefix)
    processes[0].wait_for_port(inner.plain)
    return haproxy(dataclasses.replace(place, server=inner.plain), False) + processes


@dataclasses.dataclass
class Proxy:
    name: str
    programs: list[str]
    start: object
    tls: bool = True
    caches: bool = False
    hides_restarts: bool = False


PROXIES = [
    Proxy("nginx", ["nginx"], lambda place, prefix: nginx(place, False, prefix)),
    Proxy("nginx+cache", ["nginx"], lambda place, prefix: nginx(place, True, prefix), caches=True),
    Proxy("caddy", ["caddy"], caddy, hides_restarts=True),
    Proxy("haproxy", ["haproxy"], haproxy, hides_restarts=True),
    Proxy("varnish", ["varnishd"], varnish, tls=False, caches=True),
    Proxy("haproxy+varnish", ["haproxy", "varnishd"], haproxy_and_varnish, caches=True),
]


# Requests


@dataclasses.dataclass
class Answer:
    status: int
    headers: email.message.Message
    body: bytes

    def json(self):
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status} {dict(self.headers)} {self.body[:200]!r}"


def expect(answer: Answer, status: int, code: str | None = None) -> Answer:
    assert answer.status == status, f"{status} expected: {answer}"
    if code:
        assert answer.headers["Content-Type"] == "application/problem+json", str(answer)
        assert answer.json()["code"] == code and answer.json()["status"] == status, str(answer)
    return answer


class Visit:
    """A proxy in front of a server, and how to ask it."""

    def __init__(self, proxy: Proxy, place: Place, server: Server, prefix: str):
        self.proxy, self.place, self.server, self.prefix = proxy, place, server, prefix
        self.trust = ssl.create_default_context(cafile=str(place.certificate))
        self.count = 0

    def connection(self, source: str, tls: bool) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", timeout=PATIENCE)
        port = self.place.tls if tls else self.place.plain
        connection.sock = socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0))
        if tls:
            connection.sock = self.trust.wrap_socket(connection.sock, server_hostname=HOST)
        return connection

    def ask(self, method: str, path: str, body=None, headers=None, source: str = READER, tls=None) -> Answer:
        connection = self.connection(source, self.proxy.tls if tls is None else tls)
        sent = {"Host": HOST} | (headers or {})
        if isinstance(body, dict):
            body, sent = json.dumps(body), JSON | sent
        try:
            try:
                connection.request(method, self.prefix + path, body, sent)
            except (BrokenPipeError, ConnectionResetError):
                pass  # A large body may be refused before it has come whole; the answer is there.
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str, headers=None, source: str = READER) -> Answer:
        return self.ask("GET", path, None, headers, source)

    def edit(self, method: str, path: str, body: dict | None = None) -> Answer:
        answer = self.ask(method, path, body if body is not None else {}, EDITOR)
        assert answer.status in (200, 201, 204), f"{method} {path}: {answer}"
        return answer

    def article(self, **members) -> str:
        """A new article, published unless it is to be something else; its path."""
        self.count += 1
        body = {"title": f"Article {self.count}", "body": "Some text. " * 200, "state": "published"} | members
        return "/v1/articles/" + self.edit("POST", "/v1/articles", body).json()["id"]


# Checks

CHECKS = {}
PREFIX_CHECKS = {}


def check(name: str, into=CHECKS):
    def add(function):
        into[name] = function
        return function

    return add


class Skipped(Exception):
    pass


@check("GET with ETag, then 304")
def conditional(visit: Visit):
    path = visit.article()
    for who in [{}, EDITOR]:
        for coding in CODINGS:
            headers = who | {"Accept-Encoding": coding}
            tag = expect(visit.get(path, headers), 200).headers["ETag"]
            expect(visit.get(path, headers | {"If-None-Match": tag}), 304)


@check("If-Match with the tag as seen")
def if_match(visit: Visit):
    for coding in CODINGS:
        path = visit.article()
        # A comment is too small for Copydesk to compress, and not for every proxy.
        comment = visit.edit("POST", f"{path}/comments", {"author_name": "Desk", "body": "Hello."}).headers["Location"]
        for target, change in [(path, {"section": "harbour"}), (comment, {"state": "published"})]:
            for reader in [{}, EDITOR]:
                tag = expect(visit.get(target, reader | {"Accept-Encoding": coding}), 200).headers["ETag"]
                write = EDITOR | {"If-Match": tag}
                expect(visit.ask("PATCH", target, change, write), 200)
                expect(visit.ask("PATCH", target, change, write), 412, "precondition_failed")


@check("draft: 404 without a key, 200 with one, in any order")
def draft(visit: Visit):
    for order in [[{}, EDITOR, {}, EDITOR, STRANGER, {}], [EDITOR, {}, EDITOR, STRANGER, {}, EDITOR]]:
        for coding in CODINGS:
            path = visit.article(state="draft")
            for who in order:
                answer = visit.get(path, who | {"Accept-Encoding": coding})
                if who is EDITOR:
                    expect(answer, 200)
                    assert answer.headers["Cache-Control"] == "private, no-store", str(answer)
                elif who is STRANGER:
                    expect(answer, 401)
                else:
                    expect(answer, 404)


@check("lists: drafts with a key only, in any order")
def lists(visit: Visit):
    published, hidden = (visit.article(state=state).rsplit("/")[-1] for state in ["published", "draft"])
    for coding in ["identity", "gzip"]:
        for who in [{}, EDITOR, {}, EDITOR, {}]:
            # Compressed answers are told apart by their length: what is in them is read from identity.
            answer = expect(visit.get("/v1/articles?limit=100&fields=id", who | {"Accept-Encoding": coding}), 200)
            if coding == "identity":
                ids = {item["id"] for item in answer.json()["items"]}
                assert published in ids and (hidden in ids) == (who is EDITOR), f"{who}: {answer}"


@check("licensed article: whole with a key only, in any order")
def restricted(visit: Visit):
    path = visit.article(access="restricted")
    for who in [{}, EDITOR, {}, EDITOR, {}]:
        answer = visit.get(path, who)
        expect(answer, 200) if who else expect(answer, 403)


@check("pending comment: its author only (Edit-Token)")
def pending(visit: Visit):
    path = visit.article(comments_policy="moderated")
    for first in [0, 1]:
        body = {"author_name": "Kim", "body": f"Hello {first}."}
        made = visit.ask("POST", f"{path}/comments", body, source="127.0.0.4")
        token = {"Edit-Token": expect(made, 201).json()["edit_token"]}
        for turn in range(first, first + 4):
            who = token if turn % 2 else {}
            expect(visit.get(made.headers["Location"], who), 200 if who else 404)


@check("wrong key: 401, also where an answer is cached")
def wrong_key(visit: Visit):
    path = visit.article()
    for who in [{}, STRANGER, {}, STRANGER]:
        answer = visit.get(path, who)
        expect(answer, 401, "invalid_key") if who else expect(answer, 200)


@check("403, 404, 410, 451: problem+json, kept by nobody")
def problems(visit: Visit):
    def changes(path, status, code, method, action, body):
        for _ in range(2):
            answer = expect(visit.get(path), status, code)
            assert answer.headers["Cache-Control"] == "no-store", str(answer)
        visit.edit(method, path + action, body)
        expect(visit.get(path), 200)

    changes(visit.article(state="draft"), 404, "article_not_found", "POST", "/publish", {})
    changes(visit.article(access="restricted"), 403, "article_restricted", "PATCH", "", {"access": "public"})
    path = visit.article()
    visit.edit("POST", f"{path}/withdraw", {"notice": "Taken back."})
    changes(path, 410, "article_withdrawn", "POST", "/publish", {})
    path = visit.article()
    visit.edit("POST", f"{path}/block", {"authority": "A court", "reference": "1/26"})
    changes(path, 451, "blocked_for_legal_reasons", "POST", "/unblock", {})


@check("a block shows within two seconds, for good")
def block(visit: Visit):
    path = visit.article()
    for _ in range(3):
        expect(visit.get(path), 200)
    visit.edit("POST", f"{path}/block", {"authority": "A court", "reference": "1/26"})
    end = time.monotonic() + 2.2
    while visit.get(path).status != 451:
        assert visit.proxy.caches and time.monotonic() < end, "still 200"
        time.sleep(0.05)
    for _ in range(5):
        expect(visit.get(path), 451, "blocked_for_legal_reasons")


@check("what is cached, and what is not")
def cached(visit: Visit):
    path = visit.article()

    def is_one_answer(headers):
        # A stored answer has the id of the request that it was made for.
        return len({visit.get(path, headers).headers["X-Request-Id"] for _ in range(2)}) == 1

    def within(tries, headers):
        # The second of the clock may change between two requests.
        return any(is_one_answer(headers) for _ in range(tries))

    assert within(3, {}) == visit.proxy.caches, "public answers"
    assert not within(3, EDITOR), "an answer for a key was stored"
    assert not within(3, {"Edit-Token": "x"}), "an answer for an Edit-Token was stored"


@check("gzip and brotli to those who take them only")
def codings(visit: Visit):
    path = visit.article()
    for coding in ["br", None, "gzip", "identity", None, "br"]:
        # None at all: http.client would send `identity`.
        connection = visit.connection(READER, visit.proxy.tls)
        connection.putrequest("GET", visit.prefix + path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", HOST)
        if coding:
            connection.putheader("Accept-Encoding", coding)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
        connection.close()
        found = response.headers["Content-Encoding"]
        assert found is None or found == coding, f"{coding}: {found}"
        assert found or json.loads(body)["title"], f"{coding}: {body[:100]!r}"
        if coding == "gzip":
            assert found == "gzip", "not compressed"


@check("a body of 1.1 MB reaches Copydesk")
def body_large(visit: Visit):
    answer = visit.ask("POST", "/v1/articles", {"title": "Large", "body": "x" * 1_100_000}, EDITOR)
    expect(answer, 422, "validation_failed")


@check("a body of 3 MB: 413 of Copydesk")
def body_too_large(visit: Visit):
    answer = visit.ask("POST", "/v1/articles", {"title": "Larger", "body": "x" * 3_000_000}, EDITOR)
    expect(answer, 413, "body_too_large")


@check("X-Request-Id: the client's, else a new one")
def request_id(visit: Visit):
    path = visit.article(state="draft")
    for own in [str(uuid.uuid4()), uuid.uuid4().hex]:
        answer = expect(visit.get(path, {"X-Request-Id": own}), 404)
        assert answer.headers.get_all("X-Request-Id") == [own], str(answer)
        assert answer.json()["instance"] == f"urn:uuid:{uuid.UUID(own)}", str(answer)
    made = {uuid.UUID(visit.get(path).headers["X-Request-Id"]) for _ in range(3)}
    assert len(made) == 3, made


@check("rate limit: by client, spoofed X-Forwarded-For not believed")
def rate_limit(visit: Visit):
    path = visit.article()
    left = []

    def comment(source, headers=None):
        body = {"author_name": "Kim", "body": f"Hello {uuid.uuid4()}."}
        answer = visit.ask("POST", f"{path}/comments", body, headers, source)
        if answer.status == 201:
            left.append(int(re.search(r";r=(\d+)", answer.headers["RateLimit"])[1]))
        return answer

    spoofed = [
        {"X-Forwarded-For": "198.51.100.7"},
        {"X-Forwarded-For": "198.51.100.8, 127.0.0.1"},
        {"Forwarded": "for=198.51.100.9", "X-Real-IP": "198.51.100.9"},
    ]
    for number in range(10):
        expect(comment("127.0.0.5", spoofed[number % 3] if number else None), 201)
    assert left[0] == 9 and left[-1] <= 1 and left == sorted(left, reverse=True), left
    refused = expect(comment("127.0.0.5", {"X-Forwarded-For": "198.51.100.10"}), 429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0, str(refused)
    left.clear()
    expect(comment(OTHER_READER), 201)
    assert left == [9], left


@check("HEAD as GET, without a body")
def head(visit: Visit):
    path = visit.article()
    got, asked = visit.get(path, EDITOR), visit.ask("HEAD", path, headers=EDITOR)
    assert (asked.status, asked.body) == (200, b""), str(asked)
    for name in ["ETag", "Content-Type", "Cache-Control", "Vary"]:
        assert asked.headers[name] == got.headers[name], f"{name}: {asked}"


@check("OPTIONS with Allow, 405, QUERY, DELETE 204")
def methods(visit: Visit):
    path = visit.article()
    allowed = expect(visit.ask("OPTIONS", path), 204).headers["Allow"]
    assert allowed == "DELETE, GET, HEAD, OPTIONS, PATCH, PUT", allowed
    expect(visit.ask("PROPFIND", path), 405, "method_not_allowed")
    found = expect(visit.ask("QUERY", "/v1/articles", {"limit": 1}), 200)
    assert len(found.json()["items"]) == 1, str(found)
    expect(visit.ask("DELETE", path, headers=EDITOR), 204)


@check("readyz, docs, openapi.json")
def pages(visit: Visit):
    for path in ["/readyz", "/docs", "/docs/swagger-ui-bundle.js", "/openapi.json", "/problems"]:
        expect(visit.get(path), 200)


@check("HTTP/2")
def http2(visit: Visit):
    if not visit.proxy.tls:
        raise Skipped
    path = visit.article()
    shown = subprocess.run(
        ["curl", "--silent", "--show-error", "--http2", "--cacert", visit.place.certificate, "--max-time", "10"]
        + ["--resolve", f"{HOST}:{visit.place.tls}:127.0.0.1", "--output", "/dev/null"]
        + ["--write-out", "%{http_version} %{http_code}", f"https://{HOST}:{visit.place.tls}{visit.prefix}{path}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert shown == "2 200", shown


@check("http goes to https: 308")
def to_https(visit: Visit):
    if not visit.proxy.tls:
        raise Skipped
    answer = expect(visit.ask("POST", "/v1/articles", {}, tls=False), 308)
    assert answer.headers["Location"].startswith(f"https://{HOST}"), str(answer)


@check("while Copydesk is away: nothing old")
def away(visit: Visit):
    path = visit.article()
    for _ in range(3):
        expect(visit.get(path), 200)
    visit.server.stop()
    try:
        time.sleep(2.1)
        answer = visit.get(path)
        assert answer.status in (502, 503, 504), str(answer)
    finally:
        visit.server.start()
    until(lambda: visit.get(path).status == 200, "an answer after the start")


@check("a restart under load")
def restart(visit: Visit):
    path = visit.article()
    end = time.monotonic() + 4
    written, failures = [], []

    def load(number):
        while time.monotonic() < end:
            body = {"title": f"Restart {number}"}
            for method, target, sent in [("GET", path, None), ("POST", "/v1/articles", body)]:
                try:
                    answer = visit.ask(method, target, sent, EDITOR)
                except OSError as error:
                    failures.append(f"{method}: {error}")
                    continue
                if answer.status == 201:
                    written.append(answer.headers["Location"])
                elif answer.status != 200:
                    failures.append(f"{method}: {answer.status}")
            time.sleep(0.02)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        clients = [pool.submit(load, number) for number in range(4)]
        time.sleep(1)
        visit.server.stop()
        time.sleep(0.5)
        visit.server.start()
        for client in clients:
            client.result()
    until(lambda: visit.get(path).status == 200, "an answer after the restart")
    assert written, "nothing was written"
    for location in written:
        expect(visit.get(location, EDITOR), 200)
    if visit.proxy.hides_restarts:
        seen = f"{len(written)} were written, {len(failures)} requests failed: {sorted(set(failures))}"
        assert not any(failure.startswith("GET") for failure in failures), seen
        # A write that was under way when the server stopped is not sent again: one of each client at most.
        assert len(failures) <= len(clients), seen


def below(visit: Visit, reference: str, page: str = "/") -> str:
    """A link of an answer, as a client follows it; without the prefix, for `ask`."""
    base = f"https://{HOST}{visit.prefix}"
    path = urllib.parse.urlsplit(urllib.parse.urljoin(base + page, reference))
    assert path.path.startswith(f"{visit.prefix}/"), f"{reference} leads past {visit.prefix}"
    return path.path.removeprefix(visit.prefix) + (f"?{path.query}" if path.query else "")


@check("prefix: Location", PREFIX_CHECKS)
def prefix_location(visit: Visit):
    made = visit.edit("POST", "/v1/articles", {"title": "Under a prefix"})
    expect(visit.get(below(visit, made.headers["Location"]), EDITOR), 200)


@check("prefix: Link of pages", PREFIX_CHECKS)
def prefix_link(visit: Visit):
    for _ in range(2):
        visit.article()
    link = expect(visit.get("/v1/articles?limit=1"), 200).headers["Link"]
    following = re.search(r'<([^>]*)>; rel="next"', link)[1]
    expect(visit.get(below(visit, following)), 200)


@check("prefix: 308 of a former slug", PREFIX_CHECKS)
def prefix_redirect(visit: Visit):
    path = visit.article(slug="former-slug")
    visit.edit("PATCH", path, {"slug": "present-slug"})
    moved = expect(visit.get("/v1/articles/former-slug"), 308)
    expect(visit.get(below(visit, moved.headers["Location"])), 200)


@check("prefix: the docs page and its parts", PREFIX_CHECKS)
def prefix_docs(visit: Visit):
    page = expect(visit.get("/docs"), 200).body.decode()
    parts = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(parts) >= 3, page
    for part in parts:
        expect(visit.get(below(visit, part, "/docs")), 200)


@check("prefix: openapi.json names it as its server", PREFIX_CHECKS)
def prefix_openapi(visit: Visit):
    server = expect(visit.get("/openapi.json"), 200).json()["servers"][0]["url"]
    expect(visit.get(below(visit, server.rstrip("/") + "/v1/articles", "/openapi.json")), 200)


@check("prefix: a problem's type", PREFIX_CHECKS)
def prefix_problem(visit: Visit):
    problem = expect(visit.get("/v1/articles/nothing-here"), 404).json()
    expect(visit.get(below(visit, problem["type"])), 200)


# The run


def certificate(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
        + ["-addext", f"subjectAltName=DNS:{HOST}", "-keyout", key, "-out", chain],
        check=True,
        capture_output=True,
    )
    return chain, key


def run(proxy: Proxy, program: pathlib.Path, checks: dict, prefix: str) -> dict[str, str]:
    """What came of each check: `ok`, `skip`, or what went wrong."""
    results = {}
    with tempfile.TemporaryDirectory(prefix="copydesk-proxies-") as name, contextlib.ExitStack() as ends:
        folder = pathlib.Path(name)
        # nginx and Varnish work as users of their own when root starts them.
        folder.chmod(0o755)
        server = Server(program, folder, f"https://{HOST}{prefix}" if prefix else None)
        ends.callback(lambda: server.stop())
        place = Place(folder, free_port(), free_port(), server.port, *certificate(folder))
        processes = proxy.start(place, bool(prefix))
        for process in processes:
            ends.callback(process.stop)
        processes[0].wait_for_port(place.tls if proxy.tls else place.plain)
        visit = Visit(proxy, place, server, prefix)
        until(lambda: visit.get("/readyz").status == 200, f"{proxy.name}: an answer")
        for check_name, function in checks.items():
            try:
                function(visit)
                results[check_name] = "ok"
            except Skipped:
                results[check_name] = "skip"
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[1].lineno
                results[check_name] = f"line {where}: {type(error).__name__}: {error}"
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, type=pathlib.Path, help="the copydesk binary")
    parser.add_argument("--only", help="names of proxies, separated by commas")
    arguments = parser.parse_args()
    program = arguments.program.resolve(strict=True)
    wanted = arguments.only.split(",") if arguments.only else [proxy.name for proxy in PROXIES]
    unknown = set(wanted) - {proxy.name for proxy in PROXIES}
    if unknown:
        parser.error(f"no proxies: {', '.join(sorted(unknown))}")
    # sbin is where Debian has them.
    os.environ["PATH"] += ":/usr/sbin"
    usage = subprocess.run([program, "serve", "--help"], check=True, capture_output=True, text=True).stdout
    with_prefix = "--public-url" in usage

    results = {}
    for proxy in PROXIES:
        if proxy.name not in wanted:
            continue
        missing = [name for name in proxy.programs if not shutil.which(name)]
        if missing:
            print(f"SKIPPED: {proxy.name}: {', '.join(missing)} is not installed", flush=True)
            continue
        began = time.monotonic()
        results[proxy.name] = run(proxy, program, CHECKS, "")
        if with_prefix:
            results[proxy.name] |= run(proxy, program, PREFIX_CHECKS, "/api")
        print(f"{proxy.name}: {time.monotonic() - began:.0f} s", flush=True)
    if not with_prefix:
        print("SKIPPED: the checks behind a path prefix: this program has no --public-url")

    names = [*CHECKS, *PREFIX_CHECKS]
    print(f"\n{'':62}" + "".join(f"  {name}" for name in results))
    failures = []
    for name in names:
        cells = []
        for proxy, found in results.items():
            outcome = found.get(name, "skip")
            if outcome not in ("ok", "skip"):
                failures.append(f"{proxy}: {name}: {outcome}")
                outcome = "FAIL"
            cells.append(f"  {outcome:{len(proxy)}}")
        print(f"{name:62}" + "".join(cells))
    print("".join(f"\nFAILED {failure}" for failure in failures))
    passed = sum(outcome == "ok" for found in results.values() for outcome in found.values())
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
