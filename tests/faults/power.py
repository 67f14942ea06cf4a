"""Simulated power loss: the files as a disk may have kept them, at any moment of a serving process.

shim.c records every change of the files and every sync, with their moments; the writers note when they were answered.
An image is built for a moment like this:

- What was synced before it is there. A sync covers what was changed before it began, once it has succeeded.
- What was changed since may be there or not: all, none, each change by itself (which is also a change of their order),
  or each sector of 512 bytes by itself (torn writes).
- Of the changes of names (created, renamed, removed) since the folder's last sync, the first few are there.
- After a sync that has failed the changes before it may be lost for good, whatever is synced later.
- The shared memory of SQLite (-shm) is gone.

`copydesk check` must find nothing in the image, and everything that was answered before the moment must be in it.
At the end of each recording the model's own state is compared with the files, so that no call escapes the recording.
"""

import contextlib
import errno
import itertools
import pathlib
import random
import sqlite3
import time

import client
import shim

SECTOR = 512
IMAGES_OF_A_RECORDING = 130
# Every so many images are also served, and read over HTTP.
SERVE_EVERY = 20
LAST_ANSWERS = 50
# How often the moment is the last one before a sync is done, when most is at stake.
BEFORE_A_SYNC = 0.4
SLOW_READ = 0.5
# Every so many syncs fail, one number for each recording: a commit has one sync, a checkpoint two more.
ERROR_EVERY = [3, 2, 5]


def change(content, offset, data):
    """A write, or with no data the cut to a length."""
    if data is None:
        if len(content) > offset:
            del content[offset:]
        else:
            content.extend(bytes(offset - len(content)))
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset:offset + len(data)] = data


def sectors(offset, data):
    """A write in pieces that a disk writes whole."""
    while data:
        size = SECTOR - offset % SECTOR
        yield offset, data[:size]
        offset, data = offset + size, data[size:]


class Disk:
    """What is certain to be on the disk, and what has changed since."""

    def __init__(self, folder, chance):
        self.folder, self.chance = str(folder), chance
        # An inode is used again for another file, so a file has a number of its own.
        self.numbers, self.next = {}, itertools.count()
        self.cached, self.synced, self.since = {}, {}, {}
        self.names, self.renamings = {}, []
        self.marks = {}

    def number(self, inode, is_new=False):
        if is_new or inode not in self.numbers:
            self.numbers[inode] = next(self.next)
        return self.numbers[inode]

    def take(self, record):
        _, what, is_done, inode, offset, thread, name, data = record
        file = self.number(inode, what == "c")
        if what in "wt":
            made = offset, data if what == "w" else None
            self.since.setdefault(file, []).append(made)
            self.apply(self.cached.setdefault(file, bytearray()), [made])
        elif what in "clru":
            old = {"r": data.decode(), "u": name}.get(what)
            self.renamings.append((old, None if what == "u" else name, file))
        elif not is_done:
            listed = [line.split(" ", 1) for line in data.decode().splitlines()]
            names = {f"{self.folder}/{entry}": self.number(int(inode)) for inode, entry in listed if entry[0] != "."}
            self.marks[thread] = file, names, len(self.changes(file, name))
        else:
            self.end_sync(name, *self.marks.pop(thread), has_failed=what == "e")

    def changes(self, file, name):
        return self.renamings if name == self.folder else self.since.setdefault(file, [])

    def end_sync(self, name, file, names, mark, has_failed):
        changes = self.changes(file, name)
        marked = changes[:mark]
        if name == self.folder:
            if has_failed:
                return
            self.names = names
        else:
            if has_failed:
                marked = self.some(marked, self.chance.choice(["each", "sectors", "none"]))
            self.apply(self.synced.setdefault(file, bytearray()), marked)
        del changes[:mark]
        # Another thread's sync of the same file counts from the new beginning.
        for thread, (other, listed, at) in self.marks.items():
            if other == file:
                self.marks[thread] = other, listed, max(0, at - mark)

    @staticmethod
    def apply(content, changes):
        for offset, data in changes:
            change(content, offset, data)

    @staticmethod
    def rename(names, renamings):
        for old, new, file in renamings:
            if old:
                names.pop(old, None)
            if new:
                names[new] = file

    def some(self, changes, way):
        """The changes that have reached the disk."""
        if way == "all":
            yield from changes
        elif way == "each":
            share = self.chance.random()
            yield from (one for one in changes if self.chance.random() < share)
        elif way == "sectors":
            share = self.chance.random()
            for offset, data in changes:
                for piece in [(offset, None)] if data is None else sectors(offset, data):
                    if self.chance.random() < share:
                        yield piece

    def files(self):
        """Contents by name, as the disk may have kept them."""
        names = dict(self.names)
        self.rename(names, self.renamings[:self.chance.randint(0, len(self.renamings))])
        files = {}
        for name, file in names.items():
            content = bytearray(self.synced.get(file, b""))
            way = self.chance.choice(["none", "all", "each", "sectors", "sectors"])
            self.apply(content, self.some(self.since.get(file, []), way))
            files[pathlib.Path(name).name] = content
        return {name: content for name, content in files.items() if not name.endswith("-shm")}

    def differences(self):
        """Names of files whose contents are not those that were recorded."""
        names = dict(self.names)
        self.rename(names, self.renamings)
        return [name for name, file in names.items() if not name.endswith("-shm")
                and pathlib.Path(name).read_bytes() != self.cached.get(file, b"")]


def read_slowly(database):
    """Another process's long read: a checkpoint meanwhile copies what is older than it, and syncs nothing."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from articles").fetchone()
        time.sleep(SLOW_READ)


class Recording:
    """A server that is started, killed, started, stopped and started, with writers all the time."""

    def __init__(self, program, place, tools, library, arguments, seed, is_short, errors=False):
        self.place, self.answers, self.writers = place, [], []
        database, log, control = place / "copydesk.db", tools / f"log-{seed}", tools / "control"
        env = library.env(database, control=control, log=log)
        self.ready_at, articles = None, None
        for end in ["kill", "stop", "kill"]:
            with client.Server(program, database, *arguments, env=env) as server:
                self.ready_at = self.ready_at or server.ready_at
                articles = articles or client.make_articles(server.host)
                with client.writing(server.host, articles, self.answers, seed=f"{seed} {end}") as writers:
                    time.sleep(0.2)
                    if errors:
                        read_slowly(database)
                        # The server ends at the first one.
                        writers.is_killed = True
                        control.write_text(f"s {errno.EIO} {ERROR_EVERY[seed % len(ERROR_EVERY)]}")
                    time.sleep(0.3 if is_short else 1)
                    control.unlink(missing_ok=True)
                    time.sleep(0.2)
                self.writers.append(writers)
                # A change that is made but not recorded yet must not meet the kill.
                time.sleep(0.05)
                getattr(server, end)()
        self.records = shim.read_log(log)
        log.unlink()

    def moments(self, number, chance):
        """Numbers of records after which the power fails, in order."""
        syncs = [at for at, record in enumerate(self.records) if record[1] == "s" and record[2]]
        return sorted(chance.choice(syncs) if chance.random() < BEFORE_A_SYNC else chance.randrange(len(self.records))
                      for _ in range(number))

    def images(self, number, chance):
        """Files of each image, with the moment of the power loss."""
        disk, at = Disk(self.place, chance), 0
        for moment in self.moments(number, chance):
            while at < moment:
                disk.take(self.records[at])
                at += 1
            yield disk.files(), self.records[moment][0]
        while at < len(self.records):
            disk.take(self.records[at])
            at += 1
        self.escaped = disk.differences()


def power(program, where, runs, is_short):
    """Nothing that was answered is lost."""
    return measure(client.Row("power-loss"), program, where, runs, is_short)


def power_after_errors(program, where, runs, is_short):
    """The same with syncs that fail now and then."""
    row = client.Row("power-loss-eio", ["500 internal"])
    return measure(row, program, where, runs, is_short, errors=True)


def power_normal(program, where, runs, is_short):
    """The control: `--synchronous normal` may lose the last answers, and the file must be sound all the same."""
    row = measure(client.Row("power-loss-normal"), program, where, runs, is_short, "--synchronous", "normal")
    if not row.skipped:
        row.notes.append(f"lost, as documented: {row.lost}")
        row.lost, row.problems = 0, [text for text in row.problems if not text.startswith("lost: ")]
    return row


def measure(row, program, where, runs, is_short, *arguments, errors=False):
    chance, memory = random.Random(row.name), pathlib.Path("/dev/shm")
    images_at = memory if memory.is_dir() else where
    none_yet = served = recordings = unsound = 0
    with client.folder(images_at, "tools") as tools:
        library = shim.load(program, tools)
        if not library.path:
            return row.skip(library.needs)
        while row.runs < runs:
            with client.folder(where, "power") as place, client.folder(images_at, "image") as home:
                recording = Recording(program, place, tools, library, arguments, recordings, is_short, errors)
                recordings += 1
                for writers in recording.writers:
                    row.count(writers)
                for files, moment in recording.images(min(IMAGES_OF_A_RECORDING, runs - row.runs), chance):
                    row.runs += 1
                    known = [answer for answer in recording.answers if answer.at < moment]
                    put(home, files)
                    if not (home / "copydesk.db").exists():
                        none_yet += 1
                        if recording.ready_at < moment:
                            row.problem("the file is gone")
                            row.lose(known)
                        elif client.run(program, home / "copydesk.db", "migrate").returncode:
                            row.problem("no start after a power loss in the first start")
                        continue
                    row.answered += len(known)
                    if not row.check(program, home / "copydesk.db"):
                        unsound += 1
                        continue
                    row.lose(client.missing_in(home / "copydesk.db", known))
                    if row.runs % SERVE_EVERY == 0:
                        put(home, files)
                        served += 1
                        with client.Server(program, home / "copydesk.db") as server:
                            row.lose(client.missing(server.host, known[-LAST_ANSWERS:]))
                if recording.escaped:
                    row.problem(f"the recording misses changes of {', '.join(recording.escaped)}")
    row.notes.append(f"{recordings} recordings, {none_yet} images before there is a file, {served} served"
                     + f", {unsound} not sound" * bool(unsound))
    return row


def put(home, files):
    for path in home.iterdir():
        path.unlink()
    for name, content in files.items():
        (home / name).write_bytes(content)
