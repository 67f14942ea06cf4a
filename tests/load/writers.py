"""Writers who know what the change feed has to say of what they did (see changes.py).

Each writer owns its articles: nobody else writes to them, so it knows each change that its writes make, and their
order. Writers are generators that yield a request and are sent the answer, or yield None to wait. A process drives many
of them at once, each over a connection of its own.
"""

import collections
import json
import pickle
import random
import time
import uuid

import reading

# The server may be away for so many seconds: it is killed now and then, and starts again.
AWAY = 60
# Articles that a clock's writer schedules at once, and how long before their publication it begins.
SCHEDULED, AHEAD = 6, 2
# Comments on an ordinary article.
COMMENTS = 20
# How often a comment is told: once, and as often as its article is hidden or shown.
CROWD_TELLS = 5

# What hides an article from readers and shows it again: action and content of both, and what the feed says. The
# comments always go and come with it.
HIDES = [
    (("POST", "/withdraw", {}), ("POST", "/publish", {}), "article.withdrawn", "article.published"),
    (("POST", "/unpublish", {}), ("POST", "/publish", {}), "article.unpublished", "article.published"),
    (("POST", "/block", {"authority": "A court"}), ("POST", "/unblock", {}), "article.blocked", "article.published"),
    (("DELETE", "", None), ("POST", "/restore", None), "article.deleted", "article.published"),
    (("PATCH", "", {"access": "restricted"}), ("PATCH", "", {"access": "public"}), "article.updated",
     "article.updated"),
]
# The same for a comment.
MODERATES = [
    (("PATCH", "", {"state": "spam"}), ("PATCH", "", {"state": "published"})),
    (("DELETE", "", None), ("POST", "/restore", None)),
]

# A change that is due: the writer's step that made it (None where the clock does), what it is called, whose it is, its
# version, and its time where that is known.
Told = collections.namedtuple("Told", "step kind subject version at")


class Wire(reading.Connection):
    """A connection on which asking and hearing are two things, and which waits for a server that is away."""

    def open(self):
        until = time.monotonic() + AWAY
        while True:
            try:
                return super().open()
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def ask(self, request):
        try:
            self.socket.sendall(request)
            self.is_lost = False
        except OSError:
            self.is_lost = True

    def hear(self):
        """Status and body; 0 if the connection was lost: nobody knows then what became of the request."""
        return self.send(b"") if not self.is_lost else (self.open() or (0, b""))


class Thing:
    """An article or a comment, and what its writer knows of it."""

    def __init__(self, path, made):
        self.id, self.version = made["id"], made["version"]
        self.path, self.token = f"{path}/{self.id}", made.get("edit_token")
        self.is_shown, self.comments = True, []


class Writer:
    def __init__(self, name, is_over, once):
        # Its own sequence: every run writes the same.
        self.name, self.chance, self.is_over, self.once = name, random.Random(name), is_over, once
        self.told, self.step, self.requests, self.number = [], 0, 0, 0

    def tell(self, kind, thing, at=None, step=True):
        self.told.append(Told(self.step if step else None, kind, thing.id, thing.version, at))

    def asked(self, method, path, body=None, header=None, key=reading.KEY):
        self.requests += 1
        given = reading.request(method, path, body, key)
        if header:
            given = given.replace(b"\r\n", f"\r\n{header}\r\n".encode(), 1)
        return (yield given)

    def made(self, path, body, key=reading.KEY):
        """Status and what was made. Where the server may be killed, the request is repeated until it is answered."""
        header = f"Idempotency-Key: {uuid.UUID(int=self.chance.getrandbits(128))}" if self.once else None
        status = 0
        while not status:
            status, text = yield from self.asked("POST", path, body, header, key)
        return status, json.loads(text)

    def changed(self, thing, how, token=None):
        """Makes one new version of a thing; with its token as its author."""
        method, path, body = how
        who = (f"Edit-Token: {token}", None) if token else (None, reading.KEY)
        status, text = 0, b""
        while not status:
            status, text = yield from self.asked(method, thing.path + path, body, *who)
            if not status and (yield from self.has_happened(thing, method)):
                status, text = 204, b""
        now = json.loads(text).get("version") if text else thing.version + 1
        if status not in (200, 204) or now != thing.version + 1:
            raise SystemExit(f"{method} {thing.path}{path}: {status} after version {thing.version}: {text[:300]}")
        thing.version, self.step = now, self.step + 1

    def has_happened(self, thing, method):
        """Whether a request that was not answered, as the server was killed, was carried out."""
        status = 0
        while not status:
            status, text = yield from self.asked("GET", thing.path)
        # What is deleted is not found, and has to be restored first.
        return method == "DELETE" if status == 404 else json.loads(text)["version"] > thing.version

    def article(self, **members):
        self.number += 1
        body = {"title": f"Flood warning {self.name} {self.number}", "body": "The river rises.", **members}
        status, made = yield from self.made("/v1/articles", body)
        if status != 201:
            raise SystemExit(f"POST /v1/articles: {status} {made}")
        self.step += 1
        return Thing("/v1/articles", made)

    def comment(self, article, key=reading.KEY):
        """A reader, who has no key, may be refused. The newsroom comments on what nobody else sees, too."""
        self.number += 1
        body = {"author_name": f"Reader {self.name}", "body": f"Is the bridge still open? {self.number}"}
        status, made = yield from self.made(article.path + "/comments", body, key)
        if status != 201 and (key or status == 429 or status >= 500):
            raise SystemExit(f"POST {article.path}/comments: {status} {made}")
        if status == 201:
            self.step += 1
            article.comments.append(Thing("/v1/comments", made))
        return status == 201

    # Programs

    def ordinary(self, comments=COMMENTS):
        """Articles with comments, some of which are hidden in the end."""
        while not self.is_over():
            article = yield from self.article(state="published")
            self.tell("article.published", article)
            for _ in range(comments):
                yield from self.comment(article)
                self.tell("comment.published", article.comments[-1])
                if self.chance.random() < 0.1:
                    yield from self.moderated(article)
                if self.chance.random() < 0.05:
                    yield from self.changed(article, ("PATCH", "", {"title": f"Flood {self.name} {self.step}"}))
                    self.tell("article.updated", article)
            for _ in range(2):
                yield from self.hidden_and_shown(article)
            if self.chance.random() < 0.3:
                yield from self.hidden(article, self.chance.choice(HIDES))
            # One crowd is enough.
            comments = min(comments, COMMENTS)

    def moderated(self, article):
        """A comment goes and comes, or is edited by its author, or stays away."""
        comment = self.chance.choice(article.comments)
        # An author finds it only where readers do.
        if article.is_shown and comment.is_shown and self.chance.random() < 0.4:
            text = {"body": f"Is the bridge open? {self.name} {self.step}"}
            yield from self.changed(comment, ("PATCH", "", text), comment.token)
            self.tell("comment.edited", comment)
            return
        comes = self.chance.random() < 0.7
        if comment.is_shown:
            hide, show = self.chance.choice(MODERATES)
            comment.shown_by = show
            yield from self.changed(comment, hide)
            comment.is_shown = False
            if article.is_shown:
                self.tell("comment.removed", comment)
        if comes:
            yield from self.changed(comment, comment.shown_by)
            comment.is_shown = True
            if article.is_shown:
                self.tell("comment.published", comment)

    def hidden(self, article, how):
        hide, _, kind, _ = how
        yield from self.changed(article, hide)
        article.is_shown = False
        self.tell(kind, article)
        self.with_comments(article, "comment.removed")

    def hidden_and_shown(self, article):
        how = self.chance.choice(HIDES)
        _, show, _, kind = how
        yield from self.hidden(article, how)
        # What happens in the dark is told once there is light. In the trash nothing happens.
        if show[1] != "/restore" and self.chance.random() < 0.3:
            yield from self.moderated(article)
            yield from self.comment(article)
        yield from self.changed(article, show)
        article.is_shown = True
        self.tell(kind, article)
        self.with_comments(article, "comment.published")

    def with_comments(self, article, kind):
        for comment in article.comments:
            if comment.is_shown:
                self.tell(kind, comment)

    def clock(self):
        """Articles that the clock publishes, and ends; comments come as soon as they can, and until they cannot."""
        while not self.is_over():
            # Whole seconds: those of all writers at once.
            at = int(time.time()) + AHEAD
            begin, end = instant(at), instant(at + 1)
            ending, staying = [], []
            for number in range(SCHEDULED):
                members = {"expires_at": end} if number % 2 else {}
                article = yield from self.article(state="draft", **members)
                if time.time() > at - 0.5:
                    # The server was away: the rest remain drafts.
                    continue
                yield from self.changed(article, ("POST", "/publish", {"at": begin}))
                self.tell("article.published", article, begin, step=False)
                (ending if number % 2 else staying).append(article)
            while time.time() < at - 0.1:
                yield None
            # Until it is surely over, in time for the next second.
            while time.time() < at + 1.3:
                for article in ending + staying:
                    if (yield from self.comment(article, key=None)):
                        self.tell("comment.published", article.comments[-1], step=False)
                yield None
            for article in ending:
                self.tell("article.expired", article, end, step=False)
                for comment in article.comments:
                    self.tell("comment.removed", comment, step=False)


def instant(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(seconds))


def drive(host, programs):
    """Runs programs at the same time: the server has a request of each at once."""
    running = [[program, Wire(host), None] for program in programs]
    while running:
        for _, wire, request in running:
            if request:
                wire.ask(request)
        is_idle = True
        for one in list(running):
            program, wire, request = one
            is_idle = is_idle and not request
            try:
                one[2] = program.send(wire.hear() if request else None)
            except StopIteration:
                running.remove(one)
        if is_idle:
            time.sleep(0.005)


def write(host, process, lanes, share, crowd, once, progress, file):
    """The work of a process: `share` changes or some more by `lanes` writers. What was told comes into `file`, with the
    number of requests.
    """
    writers = []

    def is_over():
        progress[process] = sum(len(writer.told) for writer in writers)
        return progress[process] >= share - CROWD_TELLS * crowd

    writers += [Writer(f"{process}-{lane}", is_over, once) for lane in range(lanes)]
    # One has an article with a crowd below it, and one works with the clock.
    programs = [writer.ordinary(crowd if writer is writers[0] and crowd else COMMENTS) for writer in writers[:-1]]
    drive(host, [*programs, writers[-1].clock()])
    file.write_bytes(pickle.dumps(([writer.told for writer in writers], sum(writer.requests for writer in writers))))
