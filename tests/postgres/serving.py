"""Several `copydesk serve` on one database, and requests to them."""

import contextlib
import http.client
import json
import os
import pathlib
import select
import subprocess
import threading
import time

KEY = "a-key-for-several-servers"
ROOT = pathlib.Path(__file__).resolve().parents[2]
# A request or a start that takes longer hangs.
PATIENCE = 20.0


def program() -> pathlib.Path:
    path = pathlib.Path(os.environ.get("COPYDESK_BINARY") or ROOT / "target/debug/copydesk").resolve()
    if not path.is_file():
        raise SystemExit(f"{path} is missing: build it, or name another in COPYDESK_BINARY")
    return path


class Server:
    """A serving process. It is ready when it has printed its address."""

    def __init__(self, name: str, url: str, folder: pathlib.Path, is_awaited: bool = True):
        self.name, self.url, self.log = name, url, folder / f"{name}.log"
        self.folder, self.host, self.process = folder, "127.0.0.1:0", None
        self.launch()
        if is_awaited:
            self.wait()

    def launch(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_") and k != "DATABASE_URL"}
        # Keys that were revoked are asked for often, and from one address.
        more = {"DATABASE_URL": self.url, "COPYDESK_ADMIN_KEY": KEY, "COPYDESK_WRONG_KEYS_PER_MINUTE": "0"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([program(), "serve", "--listen", self.host], cwd=self.folder,
                                            env={"RUST_LOG": "warn"} | kept | more, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log)

    def wait(self, patience: float = PATIENCE) -> None:
        line = b""
        if select.select([self.process.stdout], [], [], patience)[0]:
            line = self.process.stdout.readline()
        if not line:
            self.kill()
            raise RuntimeError(f"{self.name} does not start: exit {self.process.returncode}: {self.logged()[-600:]}")
        # After a kill it is started on the same port: its clients know no other.
        self.host = line.decode().strip().removeprefix("http://")

    def logged(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@contextlib.contextmanager
def serving(number: int, url: str, folder: pathlib.Path):
    """Servers that are started at once, and killed at the end."""
    servers = []
    try:
        servers += [Server(f"server-{name}", url, folder, is_awaited=False) for name in "abcdefghij"[:number]]
        for server in servers:
            server.wait()
        yield servers
    finally:
        for server in servers:
            server.kill()


class Answer:
    """What was answered, and when (seconds of the monotonic clock)."""

    def __init__(self, status: int, headers, text: bytes, began: float):
        self.status, self.headers, self.text = status, headers, text
        self.began, self.ended = began, time.monotonic()

    @property
    def json(self):
        return json.loads(self.text) if self.text else {}

    @property
    def code(self) -> str:
        """The code of an error."""
        return self.json.get("code", "") if self.status >= 400 else ""


class Client:
    """Requests on one kept connection; after one that fails it is made anew."""

    def __init__(self, host: str, key: str | None = KEY, patience: float = PATIENCE):
        self.http = http.client.HTTPConnection(host, timeout=patience)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def ask(self, method: str, path: str, body=None, **headers) -> Answer:
        """`If_Match="..."` is the header If-Match."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            more["Content-Type"] = "application/json"
        began = time.monotonic()
        try:
            self.http.request(method, path, None if body is None else json.dumps(body), self.headers | more)
            answer = self.http.getresponse()
            return Answer(answer.status, answer.headers, answer.read(), began)
        except BaseException:
            self.http.close()
            raise

    def done(self, method: str, path: str, body=None, **headers) -> Answer:
        """The same, of a request that must succeed."""
        answer = self.ask(method, path, body, **headers)
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} is {answer.status}: {answer.text[:400]!r}")
        return answer

    def make_article(self, title: str, **members) -> dict:
        return self.done("POST", "/v1/articles", {"title": title, "state": "published"} | members).json


def at_once(actions: list) -> list:
    """The results of functions that are called in threads of their own, all at the same moment."""
    barrier, results = threading.Barrier(len(actions)), [None] * len(actions)

    def call(at: int) -> None:
        barrier.wait()
        try:
            results[at] = actions[at]()
        except Exception as error:
            results[at] = error

    threads = [threading.Thread(target=call, args=(at,)) for at in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results
