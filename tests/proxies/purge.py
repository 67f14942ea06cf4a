"""Asks Varnish for what was just written, where Copydesk lets it keep answers for hours and tells it what to drop.

usage: python3 tests/proxies/purge.py --program PATH [--writes 1000] [--style varnish-xkey] [--vmods FOLDER]

After each answered write it asks Varnish until the answer shows it, and counts those that do not within a second. Then
Varnish cannot be told for a while, and Copydesk is killed right after writes: both must heal. Exits with 1 if anything
is stale. A style whose Varnish is not installed is skipped by name. On Debian: apt-get install varnish varnish-modules.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from run import CONFIGURATIONS, HOST, KEY, PATIENCE, Configuration, Process, free_port, listens, until

STYLES = ["varnish-xkey", "varnish-ban"]
# Within it readers are to see what was written.
A_SECOND = 1.0
# How long stale answers are waited for after that, to tell late from never.
HEALS_WITHIN = 15.0
CLIENTS = 8
HOURS = 10 * 60 * 60


class Gate:
    """Passes connections on to a port, unless it is shut: then there is nobody."""

    def __init__(self, to: int):
        self.port, self.to, self.socket, self.open_ones = free_port(), to, None, set()
        self.open()

    def open(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, args=[self.socket], daemon=True).start()

    def shut(self) -> None:
        # A thread that accepts keeps the port: wake it first.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for one in list(self.open_ones):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                inner, _ = listener.accept()
                outer = socket.create_connection(("127.0.0.1", self.to), PATIENCE)
                outer.settimeout(None)
                for pair in [(inner, outer), (outer, inner)]:
                    threading.Thread(target=self.pass_on, args=pair, daemon=True).start()

    def pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        self.open_ones.add(source)
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
        for one in [source, sink]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self.open_ones.discard(source)
        source.close()


class Asking:
    """One client's connections to Varnish and to Copydesk, which are kept."""

    def __init__(self, room: "Room"):
        self.room, self.connections = room, {}

    def ask(self, port: int, method: str, path: str, body=None, headers=None):
        sent = {"Host": HOST} | (headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        for is_last in [False, True]:
            connection = self.connections.get(port)
            if connection is None:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
                self.connections[port] = connection
            try:
                connection.request(method, path, None if body is None else json.dumps(body), sent)
                response = connection.getresponse()
                text = response.read()
                return response.status, response.headers, json.loads(text) if text.startswith(b"{") else None
            except (OSError, http.client.HTTPException):
                connection.close()
                del self.connections[port]
                # A connection that was idle may be closed just now. Only reads are sent again.
                if is_last or method != "GET":
                    raise

    def write(self, method: str, path: str, body=None):
        headers = {"Authorization": f"Bearer {KEY}"}
        status, headers, answer = self.ask(self.room.server, method, path, body, headers)
        assert status in (200, 201, 204), f"{method} {path}: {status} {answer}"
        return answer

    def read(self, path: str):
        """What readers get: the status and the answer."""
        status, headers, answer = self.ask(self.room.varnish, "GET", path)
        self.room.count_hit(len(headers.get("X-Varnish", "").split()) == 2)
        return status, answer


class Room:
    """Copydesk, behind Varnish, which it tells what to drop through a gate."""

    def __init__(self, program: pathlib.Path, style: str, folder: pathlib.Path, vmods: str | None):
        self.program, self.style, self.folder = program, style, folder
        self.server, self.varnish, self.purges = free_port(), free_port(), free_port()
        self.gate = Gate(self.purges)
        self.lock, self.hits, self.reads, self.waits, self.stale = threading.Lock(), 0, 0, [], []
        self.start_varnish(vmods)
        self.start()

    def start_varnish(self, vmods: str | None) -> None:
        site = Configuration(f"{self.style}.vcl")
        site.replace('.port = "8080"', f'.port = "{self.server}"')
        command = ["varnishd", "-F", "-n", self.folder / "varnish", "-f", site.write(self.folder)]
        command += ["-a", f"127.0.0.1:{self.varnish}", "-a", f"purge=127.0.0.1:{self.purges}"]
        command += ["-s", "malloc,64m", "-p", "vsl_space=8m"]
        if vmods:
            command += ["-p", f"vmod_path={vmods}"]
        self.cache = Process(command, self.folder / "varnish.log")
        self.cache.wait_for_port(self.varnish)

    def start(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_") and k != "DATABASE_URL"}
        environment = kept | {
            "RUST_LOG": "info",
            "DATABASE_URL": str(self.folder / "copydesk.db"),
            "COPYDESK_LISTEN": f"127.0.0.1:{self.server}",
            "COPYDESK_ADMIN_KEY": KEY,
            "COPYDESK_TRUSTED_PROXIES": "127.0.0.1",
            "COPYDESK_SHARED_MAX_AGE": str(HOURS),
            "COPYDESK_PURGE_URL": f"http://127.0.0.1:{self.gate.port}/",
            "COPYDESK_PURGE_STYLE": self.style,
            # Requests are not logged: what is told of purges is looked for.
            "COPYDESK_LOG_FORMAT": "text",
        }
        self.running = Process([self.program, "serve"], self.folder / "server.log", environment, self.folder)
        self.running.wait_for_port(self.server)
        asking = Asking(self)
        until(lambda: asking.read("/readyz")[0] == 200, "Varnish finds Copydesk")

    def kill(self) -> None:
        self.running.process.send_signal(signal.SIGKILL)
        self.running.process.wait(PATIENCE)
        until(lambda: not listens(self.server), "the port is free")

    def stop(self) -> None:
        for process in [self.running, self.cache]:
            with contextlib.suppress(ProcessLookupError):
                process.stop()
        self.gate.shut()

    def count_hit(self, is_hit: bool) -> None:
        with self.lock:
            self.reads += 1
            self.hits += is_hit

    def log(self) -> str:
        return (self.folder / "server.log").read_text()


@dataclasses.dataclass
class Shown:
    """An answer, and what must be true of it."""

    path: str
    is_fresh: object
    what: str


class Desk:
    """One client's articles, and what it writes."""

    def __init__(self, room: Room, number: int):
        self.room, self.number, self.asking, self.count = room, number, Asking(room), 0
        self.section = f"desk-{number}"
        made = {"key": f"notice-{number}", "title": "Notice", "body": "A notice."}
        self.notice = "/v1/disclaimers/" + self.asking.write("POST", "/v1/disclaimers", made)["id"]
        self.new_article()

    def next(self, word: str) -> str:
        self.count += 1
        return f"{word} {self.number} {self.count}"

    def list_path(self) -> str:
        return f"/v1/articles?section={self.section}&limit=100"

    def all_path(self) -> str:
        # A list of the whole newsroom, of this desk's own: others write to it too.
        return f"/v1/articles?limit={20 + self.number}"

    def new_article(self) -> None:
        self.title = self.next("Article")
        body = {"title": self.title, "body": "Some text. " * 50, "section": self.section, "state": "published"}
        self.article = self.asking.write("POST", "/v1/articles", body)
        self.path = "/v1/articles/" + self.article["id"]

    # Each gives what readers must see from then on.

    def create(self) -> list[Shown]:
        self.new_article()
        title = self.title
        first = lambda status, answer: any(item["title"] == title for item in answer["items"])
        return [
            Shown(self.list_path(), first, "a new article in the list of its section"),
            Shown(self.all_path(), first, "a new article in the list of all"),
            Shown(self.path, lambda status, answer: status == 200, "a new article"),
        ]

    def rename(self) -> list[Shown]:
        title = self.title = self.next("Renamed")
        self.asking.write("PATCH", self.path, {"title": title})
        in_list = lambda status, answer: any(item["title"] == title for item in answer["items"])
        return [
            Shown(self.path, lambda status, answer: answer.get("title") == title, "a new title"),
            Shown(self.list_path(), in_list, "a new title in the list"),
        ]

    def move(self) -> list[Shown]:
        before, own = self.list_path(), self.article["id"]
        self.section = f"desk-{self.number}-{self.count % 7}"
        self.count += 1
        self.asking.write("PATCH", self.path, {"section": self.section})
        has = lambda answer: any(item["id"] == own for item in answer["items"])
        shown = [Shown(self.list_path(), lambda status, answer: has(answer), "an article in its new section")]
        if before != self.list_path():
            shown.append(Shown(before, lambda status, answer: not has(answer), "an article no longer in its old one"))
        return shown

    def reslug(self) -> list[Shown]:
        old, slug = self.article["slug"], self.next("slug").replace(" ", "-")
        self.article = self.asking.write("PATCH", self.path, {"slug": slug})
        return [
            Shown(f"/v1/articles/{old}", lambda status, answer: status == 308, "a former slug"),
            Shown(f"/v1/articles/{slug}", lambda status, answer: status == 200, "a new slug"),
        ]

    def comment(self) -> list[Shown]:
        text = self.next("Hello")
        made = self.asking.write("POST", f"{self.path}/comments", {"author_name": "Kim", "body": text})
        self.last_comment = f"/v1/comments/{made['id']}"
        has = lambda status, answer: any(item["body"].strip() == text for item in answer["items"])
        count = f"/v1/comment-counts?article={self.article['id']}"
        number = self.asking.ask(self.room.server, "GET", count)[2]["items"][0]["count"]
        return [
            Shown(f"{self.path}/comments?limit=100&order=newest", has, "a comment"),
            Shown(count, lambda status, answer: answer["items"][0]["count"] == number, "a count"),
        ]

    def moderate(self) -> list[Shown]:
        self.comment()
        path, own = f"{self.path}/comments?limit=100&order=newest", self.last_comment.rsplit("/")[-1]
        self.warm([Shown(path, None, "")])
        self.asking.write("PATCH", self.last_comment, {"state": "rejected"})
        gone = lambda status, answer: all(item["id"] != own for item in answer["items"])
        return [Shown(path, gone, "a rejected comment")]

    def attach(self) -> list[Shown]:
        self.asking.write("PUT", f"{self.path}/disclaimers/{self.notice.rsplit('/')[-1]}")
        has = lambda status, answer: any(one["key"] == f"notice-{self.number}" for one in answer["disclaimers"])
        return [Shown(self.path, has, "an attached disclaimer")]

    def word(self) -> list[Shown]:
        self.attach()
        title = self.next("Notice")
        self.asking.write("PATCH", self.notice, {"title": title})
        is_new = lambda status, answer: answer.get("title") == title
        return [Shown(self.notice, is_new, "a disclaimer's new words")]

    def withdraw(self) -> list[Shown]:
        self.asking.write("POST", f"{self.path}/withdraw", {"notice": "Wrong."})
        own, path = self.article["id"], self.path
        gone = lambda status, answer: all(item["id"] != own for item in answer["items"])
        shown = [
            Shown(path, lambda status, answer: status == 410, "a withdrawn article"),
            Shown(self.list_path(), gone, "a withdrawn article in the list"),
        ]
        return shown

    def publish_again(self) -> list[Shown]:
        self.asking.write("POST", f"{self.path}/publish", {})
        return [Shown(self.path, lambda status, answer: status == 200, "an article that is public again")]

    def delete(self) -> list[Shown]:
        path, own, listed = self.path, self.article["id"], self.list_path()
        self.asking.write("DELETE", path)
        self.new_article()
        gone = lambda status, answer: all(item["id"] != own for item in answer["items"])
        return [Shown(path, lambda status, answer: status == 404, "a deleted article"), Shown(listed, gone, "its list")]

    KINDS = [create, rename, move, reslug, comment, moderate, attach, word, withdraw, publish_again, delete]

    def warm(self, more: list[Shown] = ()) -> None:
        """Varnish keeps what the next write changes."""
        comments = f"{self.path}/comments?limit=100&order=newest"
        count = f"/v1/comment-counts?article={self.article['id']}"
        slug = f"/v1/articles/{self.article['slug']}"
        paths = [self.path, slug, self.list_path(), self.all_path(), comments, count, self.notice]
        for path in paths + [one.path for one in more]:
            self.asking.read(path)

    def is_fresh(self, shown: Shown, status: int, answer) -> bool:
        # An answer of another kind has not what is looked for.
        with contextlib.suppress(AttributeError, KeyError, TypeError, IndexError):
            return bool(shown.is_fresh(status, answer))
        return False

    def is_old(self, shown: Shown) -> bool:
        """True if readers get what was true before."""
        status, answer = self.asking.read(shown.path)
        return status == 200 and not self.is_fresh(shown, status, answer)

    def see(self, shown: Shown, began: float, patience: float) -> float | None:
        """How long it takes until readers see it; `None` if they never do."""
        while True:
            asked = time.monotonic()
            status, answer = self.asking.read(shown.path)
            if self.is_fresh(shown, status, answer):
                return asked - began
            if asked > began + patience:
                return None
            time.sleep(0.01)

    def write_and_look(self, kind) -> None:
        self.warm()
        shown = kind(self)
        began = time.monotonic()
        for one in shown:
            took = self.see(one, began, HEALS_WITHIN)
            with self.room.lock:
                self.room.waits.append(HEALS_WITHIN if took is None else took)
                if took is None or took > A_SECOND:
                    self.room.stale.append(f"{one.what}: {one.path}: {took or 'never'}")


# What is tried


def many_writes(room: Room, writes: int) -> None:
    desks = [Desk(room, number) for number in range(CLIENTS)]

    def work(desk: Desk) -> None:
        for number in range(writes // CLIENTS):
            desk.write_and_look(Desk.KINDS[number % len(Desk.KINDS)])

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for ended in [pool.submit(work, desk) for desk in desks]:
            ended.result()
    took = time.monotonic() - began
    waits = sorted(room.waits)
    at = lambda share: f"{waits[min(len(waits) - 1, int(len(waits) * share))] * 1000:.0f} ms"
    print(
        f"{room.style}: {writes // CLIENTS * CLIENTS} writes in {took:.0f} s, {len(waits)} answers looked at:"
        f" stale after a second {len(room.stale)}; fresh after {at(0.5)} (half), {at(0.99)} (99%), {at(1)} (all);"
        f" {room.hits / max(room.reads, 1):.0%} of {room.reads} reads from Varnish's memory",
        flush=True,
    )
    assert not room.stale, "\n".join(room.stale[:20])
    assert room.hits > room.reads / 20, "Varnish keeps nothing: this shows nothing"


def lost_purges(room: Room, times: int) -> None:
    """Varnish cannot be told for a while, once: stale meanwhile, and fresh once it can."""
    desk = Desk(room, 100)
    desk.warm()
    room.gate.shut()
    # What was told before is on its way no longer.
    time.sleep(1.5)
    desk.warm()
    shown = [one for kind in [Desk.rename, Desk.attach, Desk.comment] for one in kind(desk)]
    time.sleep(2)
    stale = [one for one in shown if desk.is_old(one)]
    assert stale, "nothing was stale: this shows nothing"
    began = time.monotonic()
    room.gate.open()
    for one in shown:
        assert desk.see(one, began, HEALS_WITHIN) is not None, f"{one.what} did not heal: {one.path}"
    print(f"{room.style}: lost purges heal {time.monotonic() - began:.1f} s after Varnish is back", flush=True)
    log = room.log()
    told = log.count("could not be told"), log.count("is told again")
    assert told == (times, times), f"one line when it begins and one when it ends: {told}"


def kills(room: Room, times: int) -> None:
    """Copydesk is killed between commit and purge."""
    healed = 0
    for number in range(times):
        desk = Desk(room, 200 + number)
        time.sleep(1)
        desk.warm()
        shown = desk.rename()
        room.kill()
        # What Varnish keeps is there although Copydesk is not.
        stale = [one for one in shown if desk.is_old(one)]
        began = time.monotonic()
        room.start()
        for one in shown:
            assert desk.see(one, began, HEALS_WITHIN) is not None, f"{one.what} did not heal: {one.path}"
        healed += bool(stale)
    assert healed, "no kill came before its purge: this shows nothing"
    print(f"{room.style}: {healed} of {times} kills lost a purge, and it was made at the next start", flush=True)


def is_usable(style: str, folder: pathlib.Path, vmods: str | None) -> bool:
    command = ["varnishd", "-C", "-n", folder / "try", "-f", CONFIGURATIONS / f"{style}.vcl"]
    command += ["-p", f"vmod_path={vmods}"] if vmods else []
    return subprocess.run([str(word) for word in command], capture_output=True).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, type=pathlib.Path, help="the copydesk binary")
    parser.add_argument("--writes", type=int, default=1000, help="how many writes for each style")
    parser.add_argument("--style", choices=STYLES, help="one style alone")
    parser.add_argument("--vmods", help="folders of Varnish's modules, if they are not in the usual place")
    arguments = parser.parse_args()
    program = arguments.program.resolve(strict=True)
    # sbin is where Debian has it.
    os.environ["PATH"] += ":/usr/sbin"
    if not shutil.which("varnishd"):
        print("SKIPPED: purges: varnishd is not installed")
        return 0
    failures = []
    for style in [arguments.style] if arguments.style else STYLES:
        with tempfile.TemporaryDirectory(prefix="copydesk-purge-") as name, contextlib.ExitStack() as ends:
            folder = pathlib.Path(name)
            # Varnish works as a user of its own when root starts it.
            folder.chmod(0o755)
            if not is_usable(style, folder, arguments.vmods):
                print(f"SKIPPED: {style}: this Varnish has not what {style}.vcl imports (varnish-modules)")
                continue
            room = Room(program, style, folder, arguments.vmods)
            ends.callback(room.stop)
            for tried, number in [(many_writes, arguments.writes), (lost_purges, 1), (kills, 5)]:
                try:
                    tried(room, number)
                except (AssertionError, OSError) as error:
                    failures.append(f"{style}: {error}")
    print("".join(f"\nFAILED {failure}" for failure in failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
