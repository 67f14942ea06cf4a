"""Faults that end a process in the middle: a server, a start, a migration, a backup, a restore."""

import contextlib
import hashlib
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import time

import client
import shim

MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / "migrations/sqlite"
APPLICATION_ID = 0x4344534B
# Milliseconds from exec to the first line on standard output, at the 99th percentile.
LONGEST_RESTART = 250
CHECK_EVERY = 25
# Articles of the old newsroom that is migrated, so that a migration lasts long enough to be killed.
OLD_ARTICLES = 120


def restarts(times):
    return f"restart p50 {client.percentile(times, 0.5):.0f} ms, p99 {client.percentile(times, 0.99):.0f} ms"


def kill(program, where, runs, is_short):
    """kill -9 under concurrent writers; what they were answered is read after the restart, and all of it at the end."""
    return killed_servers(client.Row("kill-9"), program, where, runs, is_short, during_recovery=False)


def second_kill(program, where, runs, is_short):
    """kill -9, and again 0 to 30 ms after the next start began, while it may be recovering the file."""
    return killed_servers(client.Row("kill-9-in-recovery"), program, where, runs, is_short, during_recovery=True)


def killed_servers(row, program, where, runs, is_short, during_recovery):
    chance, times, answers, checked = random.Random(row.name), [], [], 0
    with client.folder(where, "kill") as place:
        database = place / "copydesk.db"
        with client.Server(program, database) as server:
            articles = client.make_articles(server.host)
        for number in range(runs):
            if during_recovery:
                kill_early(program, database, chance.uniform(0, 0.03))
            with client.Server(program, database) as server:
                times.append(server.took)
                row.lose(client.missing(server.host, answers[checked:]))
                checked = len(answers)
                writers = client.Writers(server.host, articles, answers, seed=number, is_killed=True)
                time.sleep(chance.uniform(0.02, 0.2))
                server.kill()
                writers.join()
                row.count(writers)
            row.runs += 1
            if row.runs % CHECK_EVERY == 0:
                row.check(program, database)
        with client.Server(program, database) as server:
            times.append(server.took)
            row.lose(client.missing(server.host, answers))
            if server.stop() != 0:
                row.problem("SIGTERM does not end it with 0")
        row.check(program, database)
    row.answered = len(answers)
    row.notes.append(restarts(times))
    if not is_short and client.percentile(times, 0.99) > LONGEST_RESTART:
        row.problem(f"a restart takes longer than {LONGEST_RESTART} ms")
    return row


def kill_early(program, database, after):
    process = subprocess.Popen(
        client.command(program, database, "serve", "--listen", "127.0.0.1:0", "--admin-key", client.KEY),
        cwd=database.parent, env=client.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    process.kill()
    process.wait()


class Killer:
    """Kills a command at moments spread over its whole time, and after single changes of its files.

    A moment of time hardly ever falls between a link and a rename. So every other kill is by shim.c, after a change of
    a name, the last one first, and then after syncs. Without shim.c all kills are by time.
    """

    def __init__(self, program, tools):
        self.library, self.log = shim.load(program, tools), tools / "log"
        self.by_step = 0

    def measure(self, arguments, watched):
        """What the command answers when nobody kills it."""
        env = self.library.env(watched, log=self.log) if self.library.path else {}
        began = time.monotonic()
        done = subprocess.run(arguments, cwd=watched.parent, env=client.environment(**env), capture_output=True,
                              text=True, timeout=client.WHOLE_NEWSROOM)
        self.arguments, self.watched, self.lasting = arguments, watched, time.monotonic() - began
        self.steps = []
        if self.library.path:
            whats = [record[1] for record in shim.read_log(self.log)]
            for some in ("clru", "s"):
                self.steps += [at for at, what in reversed([*enumerate(whats, 1)]) if what in some]
            self.log.unlink()
        return done

    def kill(self, share, number):
        """Kills it when this share of it is done. True if it had ended by itself."""
        env, patience = {}, share * self.lasting * 1.05
        if self.steps and number % 2:
            env = self.library.env(self.watched, kill=self.steps[self.by_step % len(self.steps)])
            self.by_step += 1
            patience = client.WHOLE_NEWSROOM
        process = subprocess.Popen(self.arguments, cwd=self.watched.parent, env=client.environment(**env),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return process.wait(patience) >= 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return False

    def told(self, finished):
        return f"{self.by_step} kills after a change of the files, {finished} kills came after the end"


def shares(runs, chance):
    """Shares of a command's time, one in each part of it."""
    return [(number + chance.random()) / runs for number in range(runs)]


def old_newsroom(path, migrations):
    """A file as an older Copydesk has left it, with some articles in it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.executescript(f"pragma journal_mode = wal; pragma application_id = {APPLICATION_ID};"
                           " create table __diesel_schema_migrations (version varchar(50) primary key not null,"
                           " run_on timestamp not null default current_timestamp);")
        for number, name in enumerate(migrations):
            file.executescript(f"begin;\n{(MIGRATIONS / name / 'up.sql').read_text()}\ncommit;")
            version = "".join(filter(str.isdigit, name.partition("_")[0]))
            file.execute("insert into __diesel_schema_migrations (version) values (?)", [version])
            if number == 0:
                fill(file)
    path.chmod(0o600)


def fill(file):
    file.execute("begin")
    for number in range(1, OLD_ARTICLES + 1):
        file.execute(
            "insert into articles (id, public_id, slug, state, title, body_format, language, comments_policy,"
            " published_at, went_public_at, created_at, updated_at)"
            " values (?, ?, ?, 'published', ?, 'markdown', 'en', 'open', ?, ?, ?, ?)",
            [number, f"01a2050b-b5a7-7a4e-95dc-{number:012x}", f"old-{number}", f"Old {number}"] + [number] * 4)
        file.execute("insert into article_bodies (article_id, body, body_html) values (?, ?, ?)",
                     [number, f"River {number}. " * 100, f"<p>{f'River {number}. ' * 100}</p>"])
        file.execute("insert into article_history (article_id, version, event, actor, at)"
                     " values (?, 1, 'created', 'admin', ?)", [number, number])
    file.execute("update history_clock set last_at = ?", [OLD_ARTICLES])
    file.execute("commit")


def migration(program, where, runs, is_short):
    """`copydesk migrate` of an older newsroom, killed at random moments, and then run to its end."""
    row, chance = client.Row("killed-migration"), random.Random("migration")
    with client.folder(where, "migration") as place, client.folder(where, "tools") as tools:
        database, killer, finished, lasting = place / "copydesk.db", Killer(program, tools), 0, []
        stages = old_newsrooms(tools)
        command = client.command(program, database, "migrate")
        moments = shares(runs, chance)
        # So that each schema is killed early and late.
        chance.shuffle(moments)
        for number, share in enumerate(moments):
            stage = stages[number * len(stages) // runs]
            clear(place)
            shutil.copy(stage, database)
            if (done := killer.measure(command, database)).returncode:
                row.problem(f"migrate of {stage.name} exits {done.returncode}: {done.stderr[-200:]}")
            lasting.append(killer.lasting)
            clear(place)
            shutil.copy(stage, database)
            finished += killer.kill(share, number)
            if (done := client.run(program, database, "migrate")).returncode:
                row.problem(f"migrate after the kill exits {done.returncode}: {done.stderr[-200:]}")
            row.check(program, database)
            with contextlib.closing(sqlite3.connect(database)) as file:
                kept = file.execute("select count(*) from articles join article_bodies on article_id = articles.id"
                                    " where body like 'River %'").fetchone()[0]
            row.answered += OLD_ARTICLES
            row.lost += OLD_ARTICLES - kept
            row.runs += 1
            must_be_clean(row, place, {database.name})
    row.notes.append(f"{len(stages)} old schemas, {killer.told(finished)},"
                     f" a migration takes {min(lasting) * 1000:.0f} to {max(lasting) * 1000:.0f} ms")
    return row


def old_newsrooms(place):
    """One file for each older schema that this Python's SQLite can make."""
    names = sorted(path.name for path in MIGRATIONS.iterdir() if (path / "up.sql").exists())
    stages = []
    for number in range(1, len(names)):
        stage = place / f"schema-{number}.db"
        try:
            old_newsroom(stage, names[:number])
        except sqlite3.OperationalError:
            break
        stages.append(stage)
    return stages


def clear(place):
    for path in place.iterdir():
        path.unlink()


def must_be_clean(row, place, expected):
    """No files that nobody has asked for. What a migration or a restore keeps of before is known by its name."""
    stray = {path.name for path in place.iterdir()} - expected
    stray = {name for name in stray if not name.startswith(("copydesk.db-before-", "copydesk-"))}
    if stray:
        # The letters of a temporary name are random.
        row.problem(f"left behind: {', '.join(sorted({re.sub('-new-[^-]+', '-new-*', name) for name in stray}))}")


def has_command(program, name):
    help_text = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=client.PATIENCE).stdout
    return f"\n  {name} " in help_text


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def backup(program, where, runs, is_short):
    """`copydesk backup FILE` of a newsroom that is written to, killed at random moments."""
    row, chance, answers = client.Row("killed-backup"), random.Random("backup"), []
    if not has_command(program, "backup"):
        return row.skip("a binary with `copydesk backup`")
    with (client.folder(where, "backup") as place, client.folder(where, "tools") as tools,
          client.Server(program, place / "copydesk.db") as server):
        database, out, killer = place / "copydesk.db", place / "out", Killer(program, tools)
        out.mkdir()
        file, record = out / "backup.db", out / "backup.db.sha256"
        articles = client.make_articles(server.host)
        with client.writing(server.host, articles, answers) as writers:
            time.sleep(0.5 if is_short else 2)
            command = client.command(program, database, "backup", file, "--force")
            if (done := killer.measure(command, file)).returncode:
                row.problem(f"backup exits {done.returncode}: {done.stderr[-200:]}")
            lasting, finished, others = killer.lasting, 0, 0
            for number, share in enumerate(shares(runs, chance)):
                # Half of them replace an earlier backup, if there is one by now.
                if number % 4 > 1:
                    for path in (file, record):
                        path.unlink(missing_ok=True)
                is_replaced = file.exists()
                finished += killer.kill(share, number)
                row.runs += 1
                if file.exists():
                    row.check(program, file)
                    others += record.exists() and record.read_text().split()[0] != digest_of(file)
                elif is_replaced:
                    row.problem("an earlier backup is gone after a killed one")
            known = list(answers)
            if (done := client.run(program, database, "backup", file, "--force")).returncode:
                row.problem(f"backup after the kills exits {done.returncode}: {done.stderr[-200:]}")
        row.count(writers)
        if record.read_text().split()[0] != digest_of(file):
            row.problem("the .sha256 is of another file")
        must_be_clean(row, out, {file.name, record.name})
        must_be_clean(row, place, {"out", *(f"copydesk.db{end}" for end in ("", "-wal", "-shm"))})
        row.check(program, file)
        row.lose(client.missing_in(file, known))
        row.lose(client.missing(server.host, answers))
        row.answered = len(answers)
    row.notes.append(f"a backup takes {lasting * 1000:.0f} ms, {killer.told(finished)},"
                     f" {others} times .sha256 was of another file")
    return row


def restore(program, where, runs, is_short):
    """`copydesk restore FILE --force`, killed at random moments: the newsroom is the old one or the new one, whole."""
    row, chance = client.Row("killed-restore"), random.Random("restore")
    if not has_command(program, "restore"):
        return row.skip("a binary with `copydesk restore`")
    with client.folder(where, "restore") as place, client.folder(where, "tools") as tools:
        killer = Killer(program, tools)
        home, answers = place / "home", {"old": [], "new": []}
        home.mkdir()
        database = home / "copydesk.db"
        for name in answers:
            with client.Server(program, place / f"{name}.db") as server:
                articles = client.make_articles(server.host)
                with client.writing(server.host, articles, answers[name], seed=name) as writers:
                    time.sleep(0.5)
                row.count(writers)
                if name == "old":
                    server.kill()
                else:
                    server.stop()
        # The old newsroom is one that was killed: part of it is in its log.
        old = [path for path in place.glob("old.db*") if not path.name.endswith("-shm")]

        def put_old():
            shutil.rmtree(home)
            home.mkdir()
            for path in old:
                shutil.copy(path, home / path.name.replace("old.db", "copydesk.db"))

        put_old()
        command = client.command(program, database, "restore", place / "new.db", "--force")
        if (done := killer.measure(command, database)).returncode:
            row.problem(f"restore exits {done.returncode}: {done.stderr[-200:]}")
        outcomes, finished = {"old": 0, "new": 0}, 0
        for number, share in enumerate(shares(runs, chance)):
            put_old()
            finished += killer.kill(share, number)
            row.runs += 1
            row.answered += len(answers["old"])
            try:
                with client.Server(program, database) as server:
                    lost = {name: client.missing(server.host, known) for name, known in answers.items()}
                    server.stop()
            except RuntimeError as error:
                row.problem(f"after a killed restore: {error}")
            else:
                whole = [name for name, missed in lost.items() if not missed]
                for name in whole:
                    outcomes[name] += 1
                if len(whole) != 1:
                    row.lose(lost["old"])
                    row.problem(f"after a killed restore {len(whole)} of the two newsrooms are whole")
                row.check(program, database)
            if (done := client.run(program, database, "restore", place / "new.db", "--force")).returncode:
                row.problem(f"restore after the kill exits {done.returncode}: {done.stderr[-200:]}")
            must_be_clean(row, home, {"copydesk.db"})
    row.notes.append(f"a restore takes {killer.lasting * 1000:.0f} ms, {killer.told(finished)},"
                     f" {outcomes['old']} times the old newsroom, {outcomes['new']} times the new one")
    return row
