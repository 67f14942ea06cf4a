"""Who follows the change feed from zero, and what is right of it (see changes.py and writers.py)."""

import collections
import hashlib
import json
import pickle
import signal
import sys
import time

import writers
from reading import PROCESSES, request

TYPES = "article,comment,disclaimer"
FEED, STREAM = "/v1/changes", "/v1/changes/stream"
REMOVALS = {"article.unpublished", "article.withdrawn", "article.blocked", "article.expired", "article.deleted",
            "comment.removed", "disclaimer.deleted"}
# The last change of a run: nothing else deletes a disclaimer.
END = "disclaimer.deleted"
PATIENCE = 60


def pages(host):
    """Changes by pages, from zero and without end."""
    wire, after = writers.Wire(host), ""
    while True:
        status, text = wire.send(request("GET", f"{FEED}?limit=100&types={TYPES}{after}"))
        if not status:
            continue
        page = json.loads(text)
        if status != 200:
            raise SystemExit(f"pages: {status} {page}")
        for change in page["items"]:
            yield change["id"], change
        after = f"&after={page['next']}"
        if not page["has_more"]:
            time.sleep(0.02)


def streamed(host):
    """The same by a stream that goes on with the last id after each disconnection."""
    last = None
    while True:
        wire = writers.Wire(host)
        asked = request("GET", f"{STREAM}?types={TYPES}")
        if last:
            asked = asked.replace(b"\r\n", f"\r\nLast-Event-ID: {last}\r\n".encode(), 1)
        try:
            yield from chunks(wire, asked)
        except OSError:
            continue
        finally:
            last = getattr(wire, "last", None) or last


def chunks(wire, asked):
    wire.socket.sendall(asked)
    wire.until(b"\r\n\r\n")
    head, _, wire.rest = wire.rest.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200") or b"text/event-stream" not in head.lower():
        raise SystemExit(f"stream: {head.decode()}")
    text = b""
    while True:
        text += wire.chunk()
        *events, text = text.split(b"\n\n")
        for event in events:
            lines = dict(line.split(b": ", 1) for line in event.split(b"\n"))
            wire.last = lines[b"id"].decode() if b"id" in lines else getattr(wire, "last", None)
            if b"data" in lines:
                change = json.loads(lines[b"data"])
                if (change["id"], change["type"]) != (wire.last, lines[b"event"].decode()):
                    raise SystemExit(f"an event is not its change: {event}")
                yield wire.last, change


class Follower:
    """Follows in a process of its own, until the last change; then it is told what was to come, and checks it."""

    def __init__(self, name, source, host):
        self.name, (self.ours, theirs) = name, PROCESSES.Pipe()
        self.process = PROCESSES.Process(target=follow, args=(source, host, theirs), daemon=True)
        self.process.start()

    def get(self, patience=PATIENCE):
        if not self.ours.poll(patience):
            return None
        try:
            return self.ours.recv()
        except EOFError:
            return None


def follow(source, host, theirs):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    seen, ids, digest = [], set(), hashlib.blake2b()
    for which, change in source(host):
        kind = sys.intern(change["type"])
        subject = change[kind.split(".")[0] + "_id"]
        seen.append((kind, subject, change["version"], change["at"], change["article_id"]))
        ids.add(hash(which))
        digest.update(repr(seen[-1]).encode())
        if kind == END:
            break
    theirs.send((len(seen), time.monotonic(), digest.hexdigest()))
    told = [one for file in theirs.recv() for one in pickle.loads(file.read_bytes())[0]]
    theirs.send((checked(seen, told, len(seen) - len(ids)), held(seen)))


def checked(seen, told, ids_doubled):
    """What is wrong with what was seen, by what the writers tell: each a list of what was to come, in order."""
    wanted = {}
    for writer, all_of in enumerate(told):
        for one in all_of:
            wanted.setdefault(one.subject, [writer, 0, []])[2].append(one)
    wrong, steps, by_subject, unsound = collections.Counter(), [0] * len(told), collections.defaultdict(list), set()
    if ids_doubled:
        wrong["ids that come twice"] = ids_doubled
    for kind, subject, version, at, _ in seen:
        by_subject[subject].append((kind, version))
        if subject not in wanted:
            wrong["false (of what nobody wrote)"] += 1
            continue
        writer, place, all_of = known = wanted[subject]
        if place == len(all_of) or (all_of[place].kind, all_of[place].version) != (kind, version):
            unsound.add(subject)
            continue
        known[1] += 1
        step, due = all_of[place].step, all_of[place].at
        wrong["false time"] += bool(due) and due != at
        if step is not None:
            wrong["out of order"] += step < steps[writer]
            steps[writer] = max(step, steps[writer])
    unsound.update(subject for subject, (_, place, all_of) in wanted.items() if place < len(all_of))
    for subject in unsound:
        due = collections.Counter((one.kind, one.version) for one in wanted[subject][2])
        came = collections.Counter(by_subject[subject])
        wrong["lost"] += (due - came).total()
        wrong["doubled or false"] += (came - due).total()
        wrong["out of order"] += due == came
        if not wrong["examples"]:
            wrong["examples"] = [subject, wanted[subject][2][:8], by_subject[subject][:8]]
    return {name: count for name, count in wrong.items() if count}


def held(seen):
    """What a follower holds in the end: articles and comments, with their versions."""
    articles, comments = {}, {}
    for kind, subject, version, _, article in seen:
        of = {"article": articles, "comment": comments}.get(kind.split(".")[0])
        if of is None:
            continue
        if kind in REMOVALS:
            of.pop(subject, None)
        else:
            of[subject] = (version, article)
    return {(one, version) for one, (version, _) in articles.items()}, {
        (one, version, article) for one, (version, article) in comments.items()}


def shown(host):
    """The same by the lists of the API, as everybody sees them."""
    wire, articles, comments = writers.Wire(host), set(), set()
    for article in listed(wire, "/v1/articles?fields=version"):
        articles.add((article["id"], article["version"]))
        for comment in listed(wire, f"/v1/articles/{article['id']}/comments?fields=version,state"):
            if comment["state"] == "published":
                comments.add((comment["id"], comment["version"], article["id"]))
    return articles, comments


def listed(wire, path):
    more = ""
    while more is not None:
        status, text = wire.send(request("GET", f"{path}&limit=100{more}"))
        if status in (401, 403):
            return
        page = json.loads(text)
        if status != 200:
            sys.exit(f"{path}: {status} {page}")
        yield from page["items"]
        more = f"&cursor={page['next']}" if page["next"] else None
