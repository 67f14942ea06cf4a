"""A server that can be killed, writers that remember what they were answered, and the check that it is still there."""

import collections
import contextlib
import http.client
import itertools
import json
import os
import pathlib
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

KEY = "a-key-for-injected-faults"
HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
# A request or a start that takes longer hangs.
PATIENCE = 10.0
# Reading a whole newsroom may take longer than any request.
WHOLE_NEWSROOM = 120.0
WRITERS = 4

# What a writer was answered with 2xx, and when. `key` is a comment's or an article's id; of an edit also the version.
Answer = collections.namedtuple("Answer", "at kind key version text")


class Row:
    """One line of the table."""

    def __init__(self, name, allowed=()):
        self.name, self.allowed = name, set(allowed)
        self.runs = self.answered = self.lost = self.hung = 0
        self.errors = collections.Counter()
        self.is_sound = None
        self.skipped = ""
        self.notes, self.problems = [], []

    def skip(self, why):
        self.skipped = why
        return self

    def problem(self, text):
        """Something that is not as expected; said once, however often it happens."""
        if text not in self.problems:
            self.problems.append(text)

    def check(self, program, database):
        """`copydesk check` must find nothing."""
        done = run(program, database, "check")
        self.is_sound = done.returncode == 0 and self.is_sound is not False
        if done.returncode:
            self.problem(f"check exits {done.returncode}: {(done.stdout or done.stderr).partition(chr(10))[0]}")
        return done.returncode == 0

    def count(self, writers):
        self.errors += writers.errors
        self.hung += writers.hung
        for text in writers.problems:
            self.problem(text)

    def lose(self, lost):
        self.lost += len(lost)
        for answer in lost[:2]:
            self.problem(f"lost: {answer.kind} {answer.key} {answer.version or ''}".rstrip())

    @property
    def forbidden(self):
        return {error: number for error, number in self.errors.items() if error not in self.allowed}

    @property
    def is_as_expected(self):
        return not (self.lost or self.hung or self.problems or self.forbidden) and self.is_sound is not False


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_") and k != "DATABASE_URL"}
    return kept | {"RUST_LOG": "warn"} | more


def command(program, database, *arguments):
    return [program, *arguments, "--database-url", database]


def run(program, database, *arguments, **options):
    """A command that ends by itself."""
    return subprocess.run(command(program, database, *arguments), cwd=pathlib.Path(database).parent,
                          env=environment(), capture_output=True, text=True, timeout=WHOLE_NEWSROOM, **options)


class Server:
    """A serving process. It is ready when it has printed its address; `took` is how many milliseconds that lasted."""

    def __init__(self, program, database, *arguments, env=None):
        self.log = tempfile.TemporaryFile("w+")
        began = time.monotonic()
        self.process = subprocess.Popen(
            command(program, database, "serve", "--listen", "127.0.0.1:0", "--admin-key", KEY,
                    "--comments-per-minute", "0", *arguments),
            cwd=pathlib.Path(database).parent, env=environment(**(env or {})), stdout=subprocess.PIPE, stderr=self.log)
        line = b""
        if select.select([self.process.stdout], [], [], PATIENCE)[0]:
            line = self.process.stdout.readline()
        self.took = (time.monotonic() - began) * 1000
        self.ready_at = time.monotonic_ns()
        self.host = line.decode().strip().removeprefix("http://")
        if not self.host:
            self.kill()
            raise RuntimeError(f"no start: exit {self.process.returncode}: {self.logged()[-400:]}")

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """Its exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(3 * PATIENCE)
        except subprocess.TimeoutExpired:
            code = None
        self.kill()
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.log.close()


class Connection:
    """Requests on one kept connection."""

    def __init__(self, host):
        self.http = http.client.HTTPConnection(host, timeout=PATIENCE)

    def ask(self, method, path, body=None):
        """Status and JSON. A connection that fails is made anew by the next request."""
        try:
            self.http.request(method, path, None if body is None else json.dumps(body), HEADERS)
            answer = self.http.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        except BaseException:
            self.http.close()
            raise


def make_articles(host, number=3):
    """Published articles to write to."""
    connection = Connection(host)
    ids = []
    for at in range(number):
        status, made = connection.ask("POST", "/v1/articles", {"title": f"Harbour {at}", "state": "published"})
        assert status == 201, (status, made)
        ids.append(made["id"])
    connection.http.close()
    return ids


class Writers:
    """Threads that write until they are stopped or nobody listens any more.

    They comment, edit, create articles, and delete articles for good, and put what was answered into `answers`.
    """

    numbers = itertools.count(1)

    def __init__(self, host, articles, answers, number=WRITERS, seed=0, is_killed=False):
        self.host, self.articles, self.answers, self.is_killed = host, articles, answers, is_killed
        self.errors, self.hung, self.problems = collections.Counter(), 0, []
        self.reads = self.bad_reads = 0
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(random.Random(f"{seed} {n}"),)) for n in range(number)]
        for thread in self.threads:
            thread.start()

    def work(self, chance):
        connection = Connection(self.host)
        while not self.is_over.is_set():
            if not self.guarded(lambda: self.write(connection, chance)):
                break
        connection.http.close()

    def guarded(self, action):
        """Does it; False if nobody listens any more."""
        try:
            action()
        except TimeoutError:
            self.hung += 1
        except ConnectionRefusedError:
            return False
        except (OSError, http.client.HTTPException, ValueError) as error:
            if not self.is_killed:
                self.problems.append(f"a broken connection: {type(error).__name__}")
                time.sleep(0.05)
        return True

    def write(self, connection, chance):
        number, article = next(self.numbers), chance.choice(self.articles)
        kind = chance.choices(["comment", "edit", "article", "purge"], [60, 30, 8, 2])[0]
        text = f"{kind} {number}"
        if kind == "comment":
            comment = {"author_name": "Sam", "body": text}
            made = self.send(connection, "POST", f"/v1/articles/{article}/comments", comment)
        elif kind == "edit":
            made = self.send(connection, "PATCH", f"/v1/articles/{article}", {"title": text})
        else:
            made = self.send(connection, "POST", "/v1/articles", {"title": text, "body": text * 20})
        if made is None:
            return
        if kind == "purge" and self.send(connection, "DELETE", f"/v1/articles/{made['id']}?purge=true") is None:
            return
        self.answers.append(Answer(time.monotonic_ns(), kind, made["id"], made["version"], text))

    def send(self, connection, method, path, body=None):
        """What was answered to a write that succeeded, else None."""
        status, answer = connection.ask(method, path, body)
        if status < 300:
            return answer or {}
        self.errors[f"{status} {answer.get('code')}"] += status >= 500
        if status < 500:
            self.problems.append(f"{method} is {status} {answer.get('code')}")
        return None

    def read_on(self):
        """One more thread, which reads an article that no cache holds: it must be answered all the time."""
        def work():
            connection = Connection(self.host)
            while not self.is_over.is_set():
                def read():
                    self.reads += 1
                    status = connection.ask("GET", f"/v1/articles/{self.articles[0]}")[0]
                    if status != 200:
                        self.bad_reads += 1
                        self.problems.append(f"a read is {status}")
                if not self.guarded(read):
                    break
                time.sleep(0.01)
            connection.http.close()
        self.threads.append(threading.Thread(target=work))
        self.threads[-1].start()

    def stop(self):
        self.is_over.set()
        self.join()

    def join(self):
        for thread in self.threads:
            thread.join()


@contextlib.contextmanager
def writing(*arguments, **options):
    writers = Writers(*arguments, **options)
    try:
        yield writers
    finally:
        writers.stop()


def missing(host, answers):
    """The answered writes that cannot be read."""
    connection = Connection(host)
    lost = []
    for answer in answers:
        if answer.kind == "comment":
            path, member, expected = f"/v1/comments/{answer.key}", "body", answer.text
        elif answer.kind == "edit":
            path, member, expected = f"/v1/articles/{answer.key}/revisions/{answer.version}", "title", answer.text
        else:
            path, member, expected = f"/v1/articles/{answer.key}", "title", answer.text
        status, got = connection.ask("GET", path)
        if answer.kind == "purge":
            is_there = status == 404
        else:
            is_there = status == 200 and got[member] == expected
        if not is_there:
            lost.append(answer)
    connection.http.close()
    return lost


def missing_in(database, answers):
    """The same, read from the file itself."""
    with contextlib.closing(sqlite3.connect(database)) as file:
        comments = dict(file.execute("select public_id, body from comments"))
        articles = dict(file.execute("select public_id, title from articles"))
        versions = set(file.execute("select public_id, article_history.version from article_history"
                                    " join articles on articles.id = article_id"))
    is_there = {
        "comment": lambda answer: comments.get(answer.key) == answer.text,
        "edit": lambda answer: (answer.key, answer.version) in versions,
        "article": lambda answer: articles.get(answer.key) == answer.text,
        "purge": lambda answer: answer.key not in articles,
    }
    return [answer for answer in answers if not is_there[answer.kind](answer)]


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


@contextlib.contextmanager
def folder(where, name):
    """A folder of its own for one newsroom; the path has no links in it, as shim.c compares paths."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"faults-{name}-", dir=where)).resolve()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
