"""Faults of the disk and of the file: full, failing, read-only, locked."""

import contextlib
import errno
import os
import sqlite3
import subprocess
import time

import client
import shim

# How long writes may take to go on after the fault has ended.
RECOVERY = 10
FULL, OVERLOADED = "507 storage_full", "503 overloaded"
INTERNAL = "500 internal"
# The exit codes of docs/operations.md.
MAY_NOT_READ, MAY_NOT_WRITE = 16, 17
FILE_SYSTEM_SIZE = "6m"
LOCKED_FOR = 8
# The exit code of a server whose disk has failed.
DISK_FAILED = 25


def under(row, program, place, rounds, fault, lasting, env=None):
    """Writes before, during and after a fault, so many times; then a kill, and the look at all of it.

    `fault` is called for each round, and gives a context in which the fault is there.
    """
    database, answers = place / "copydesk.db", []
    with client.Server(program, database, env=env) as server:
        articles = client.make_articles(server.host)
        for number in range(rounds):
            with client.writing(server.host, articles, answers, seed=number) as writers:
                writers.read_on()
                time.sleep(0.2)
                with fault(number):
                    time.sleep(lasting)
                if not goes_on(answers):
                    row.problem(f"no write succeeds for {RECOVERY} s after the fault")
            row.count(writers)
            row.runs += 1
            if not writers.reads or writers.bad_reads:
                row.problem(f"{writers.bad_reads} of {writers.reads} reads failed")
        row.lose(client.missing(server.host, answers))
        server.kill()
    # The next start has a sound disk again.
    with client.Server(program, database) as server:
        row.lose(client.missing(server.host, answers))
        if server.stop() != 0:
            row.problem("SIGTERM does not end it with 0")
    row.check(program, database)
    row.answered = len(answers)
    return row


def ending(row, program, place, rounds, fault, lasting, env=None):
    """Writes before and during faults that the server does not survive: it must end by itself, and lose nothing."""
    database, answers, articles = place / "copydesk.db", [], []
    for number in range(rounds):
        with client.Server(program, database, env=env) as server:
            articles = articles or client.make_articles(server.host)
            with client.writing(server.host, articles, answers, seed=number) as writers:
                time.sleep(0.2)
                # Whoever is not answered knows nothing, as after a kill.
                writers.is_killed = True
                with fault(number), contextlib.suppress(subprocess.TimeoutExpired):
                    server.process.wait(lasting + client.PATIENCE)
            if server.process.returncode != DISK_FAILED:
                row.problem(f"it ended with {server.process.returncode} and not with {DISK_FAILED}")
            row.count(writers)
            row.runs += 1
    with client.Server(program, database) as server:
        row.lose(client.missing(server.host, answers))
    row.check(program, database)
    row.answered = len(answers)
    return row


def goes_on(answers):
    known, until = len(answers), time.monotonic() + RECOVERY
    while len(answers) < known + 20:
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def expect(row, error):
    if not row.skipped and not row.errors[error]:
        row.problem(f"{error} never came: the fault has met nothing")
    return row


@contextlib.contextmanager
def no_space(place):
    """Fills the file system until nothing more fits."""
    filler = place / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    try:
        yield
    finally:
        filler.unlink()


def disk_full(program, where, runs, is_short):
    """A file system of its own without room. Runs in a mount namespace."""
    row = client.Row("disk-full", [FULL])
    with client.folder(where, "full") as place:
        mount("-t", "tmpfs", "-o", f"size={FILE_SYSTEM_SIZE}", "none", place)
        try:
            under(row, program, place, runs, lambda _: no_space(place), 1 if is_short else 2)
        finally:
            subprocess.run(["umount", place], check=True)
    return expect(row, FULL)


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def injected(row, program, where, runs, is_short, faults, way=under):
    """Calls that fail, by shim.c: `faults` are tuples of calls, errno, and how many calls there are to each failure."""
    with client.folder(where, "shim") as tools, client.folder(where, "injected") as place:
        library = shim.load(program, tools)
        if not library.path:
            return row.skip(library.needs)
        control = tools / "control"

        @contextlib.contextmanager
        def fault(number):
            draft = tools / "draft"
            draft.write_text(" ".join(map(str, faults[number % len(faults)])))
            draft.rename(control)
            try:
                yield
            finally:
                control.unlink()

        env = library.env(place / "copydesk.db", control=control)
        return way(row, program, place, runs, fault, 0.4 if is_short else 1, env)


def enospc(program, where, runs, is_short):
    """Calls that fail as on a full disk, also in the middle of a transaction."""
    faults = [("w", errno.ENOSPC, 1), ("w", errno.ENOSPC, 7), ("w", errno.ENOSPC, 3)]
    return expect(injected(client.Row("enospc", [FULL]), program, where, runs, is_short, faults), FULL)


def eio_write(program, where, runs, is_short):
    """Writes that fail: all, and one now and then."""
    faults = [("w", errno.EIO, 1), ("w", errno.EIO, 7), ("wt", errno.EIO, 20), ("w", errno.EIO, 3)]
    return expect(injected(client.Row("eio-write", [INTERNAL]), program, where, runs, is_short, faults, ending), INTERNAL)


def eio_sync(program, where, runs, is_short):
    """Syncs that fail: all, and one now and then. What follows a failed one must not count on it."""
    faults = [("s", errno.EIO, 1), ("s", errno.EIO, 3), ("s", errno.ENOSPC, 3), ("s", errno.EIO, 10)]
    return expect(injected(client.Row("eio-fsync", [INTERNAL]), program, where, runs, is_short, faults, ending), INTERNAL)


def turns_read_only(program, where, runs, is_short):
    """A file system that the kernel makes read-only after an error of the disk, while the server runs.

    To SQLite a write that fails with EROFS is one that fails with EIO.
    """
    row = client.Row("turns-read-only", [INTERNAL])
    injected(row, program, where, runs, is_short, [("wst", errno.EROFS, 1)], ending)
    if not row.skipped and not row.errors:
        row.problem("no write failed: the fault has met nothing")
    return row


@contextlib.contextmanager
def mode(path, bits):
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@contextlib.contextmanager
def mounted_read_only(path):
    mount("--bind", path, path)
    try:
        mount("-o", "remount,bind,ro", path)
        yield
    finally:
        subprocess.run(["umount", path], check=True)


def refused(program, database):
    """The exit code and the sentence of a start without the rights that root has over every file."""
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    serve = client.command(program, database, "serve", "--listen", "127.0.0.1:0", "--admin-key", client.KEY)
    try:
        done = subprocess.run([*drop, *serve], cwd="/", env=client.environment(), capture_output=True, text=True,
                              timeout=client.PATIENCE)
    except subprocess.TimeoutExpired:
        return None, "it has started"
    return done.returncode, done.stderr.strip()


def read_only(program, where, runs, is_short):
    """Starts on what may not be written or read: refused with the exit code for it. Runs in a mount namespace."""
    row, answers = client.Row("read-only"), []
    with client.folder(where, "read-only") as place:
        database = place / "copydesk.db"
        with client.Server(program, database) as server:
            articles = client.make_articles(server.host)
            with client.writing(server.host, articles, answers) as writers:
                time.sleep(0.2)
            row.count(writers)
            server.stop()
        before = database.read_bytes()
        for name, fault, expected in [
            ("a read-only file system", mounted_read_only(place), MAY_NOT_WRITE),
            ("a file of mode 0400", mode(database, 0o400), MAY_NOT_WRITE),
            ("a folder of mode 0500", mode(place, 0o500), MAY_NOT_WRITE),
            ("a file of mode 0000", mode(database, 0), MAY_NOT_READ),
        ]:
            with fault:
                code, sentence = refused(program, database)
            row.runs += 1
            if code != expected:
                row.problem(f"{name}: exit {code} and not {expected}: {sentence}")
            if database.read_bytes() != before or [path.name for path in place.iterdir()] != [database.name]:
                row.problem(f"{name}: the refused start has changed something")
        with client.Server(program, database) as server:
            row.lose(client.missing(server.host, answers))
            server.stop()
        row.check(program, database)
    row.answered = len(answers)
    row.notes.append(f"exit {MAY_NOT_WRITE}, {MAY_NOT_READ}")
    return row


@contextlib.contextmanager
def locked_by_another(database):
    with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=client.PATIENCE)) as other:
        other.execute("begin immediate")
        try:
            yield
        finally:
            other.execute("rollback")


def locked(program, where, runs, is_short):
    """Another process holds the write lock for longer than a write waits."""
    row = client.Row("locked", [OVERLOADED])
    with client.folder(where, "locked") as place:
        under(row, program, place, runs, lambda _: locked_by_another(place / "copydesk.db"), LOCKED_FOR)
    # SQLite counts the time that it asks to sleep: on a busy machine a wait of five seconds outlasts the lock.
    return row if is_short else expect(row, OVERLOADED)
