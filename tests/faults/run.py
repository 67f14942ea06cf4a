#!/usr/bin/env python3
"""Injected faults: what Copydesk has answered with 2xx must be there afterwards, whatever breaks.

    cargo build --release
    python3 tests/faults/run.py [--program FILE] [--only NAME,..] [--short] [--dir DIR]

One row for each fault:

    runs       how often the fault was injected
    answered   writes that were answered with 2xx
    lost       those of them that are not there afterwards
    5xx        answers of that kind, with their codes; those in brackets are not allowed for this fault
    hung       requests that took longer than 10 s
    sound      whether `copydesk check` finds nothing
    notes      restart: milliseconds from exec to the first line on standard output

The exit code is 1 if a write is lost, a request hangs, a file is not sound, or something else is not as expected; this
is then said below the table. The full form takes about 10 minutes, --short less than one. --short measures too
little for a limit of the restart times.

A fault that needs what the machine lacks is shown as skipped, with what it needs: a C compiler for shim.c, Linux
namespaces for a full and for a read-only file system. shim.c cannot be loaded into a static program (musl): use one
that is linked dynamically. DIR is where the newsrooms are, by default the folder for temporary files; have it on a real
disk, as a file system in memory (/dev/shm) makes a sync free.
"""

import argparse
import collections
import http.client
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time

import client
import io_faults
import kills
import power

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What to call, and how often in the full form and with --short.
FAULTS = {
    "kill-9": (kills.kill, 500, 12),
    "kill-9-in-recovery": (kills.second_kill, 100, 6),
    "killed-migration": (kills.migration, 50, 6),
    "killed-backup": (kills.backup, 50, 8),
    "killed-restore": (kills.restore, 50, 8),
    "disk-full": (io_faults.disk_full, 5, 1),
    "enospc": (io_faults.enospc, 10, 1),
    "eio-write": (io_faults.eio_write, 20, 2),
    "eio-fsync": (io_faults.eio_sync, 20, 2),
    "turns-read-only": (io_faults.turns_read_only, 10, 1),
    "read-only": (io_faults.read_only, 1, 1),
    "locked": (io_faults.locked, 3, 1),
    "power-loss": (power.power, 1300, 40),
    "power-loss-eio": (power.power_after_errors, 390, 40),
    "power-loss-normal": (power.power_normal, 100, 10),
}
# They mount file systems, in namespaces of their own.
IN_NAMESPACE = {"disk-full", "read-only"}


def in_namespace(name, given):
    """The row of a fault that runs in new user and mount namespaces."""
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"],
                                                     capture_output=True).returncode:
        return client.Row(name).skip("user and mount namespaces (`unshare -rm`)")
    done = subprocess.run(
        ["unshare", "-rm", sys.executable, __file__, "--program", given.program, "--dir", given.dir, "--inside", name,
         *(["--short"] if given.short else [])], capture_output=True, text=True)
    row = client.Row(name)
    if done.returncode:
        row.problem(f"the harness failed: {done.stderr[-600:]}")
        return row
    vars(row).update(json.loads(done.stdout))
    row.allowed, row.errors = set(row.allowed), collections.Counter(row.errors)
    return row


def measured(name, given):
    function, full, short = FAULTS[name]
    try:
        return function(given.program, given.dir, short if given.short else full, given.short)
    except (RuntimeError, OSError, AssertionError, subprocess.SubprocessError, sqlite3.Error,
            http.client.HTTPException) as error:
        row = client.Row(name)
        row.problem(f"{type(error).__name__}: {error}")
        return row


def cells(row):
    if row.skipped:
        return [row.name, *"-" * 6, f"skipped: needs {row.skipped}"]
    errors = [f"{number} {error}" if error in row.allowed else f"[{number} {error}]"
              for error, number in sorted(row.errors.items()) if number]
    sound = {None: "-", True: "yes", False: "NO"}[row.is_sound]
    notes = "; ".join(row.notes + ([] if row.is_as_expected else ["NOT AS EXPECTED"]))
    return [row.name, row.runs, row.answered, row.lost, ", ".join(errors) or 0, row.hung, sound, notes]


def table(rows):
    lines = [["fault", "runs", "answered", "lost", "5xx", "hung", "sound", "notes"], *map(cells, rows)]
    widths = [max(len(str(line[column])) for line in lines) for column in range(7)]
    return "\n".join("  ".join([str(cell).ljust(width) for cell, width in zip(line, widths)] + [line[-1]]).rstrip()
                     for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "target/release/copydesk")
    parser.add_argument("--only", help=f"names separated by commas: {', '.join(FAULTS)}")
    parser.add_argument("--short", action="store_true", help="few repetitions, for CI")
    parser.add_argument("--dir", type=pathlib.Path, default=tempfile.gettempdir(), help="where the newsrooms are")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.program, given.dir = given.program.resolve(), given.dir.resolve()
    if given.inside:
        row = measured(given.inside, given)
        print(json.dumps(vars(row) | {"allowed": sorted(row.allowed)}))
        return
    names = given.only.split(",") if given.only else list(FAULTS)
    if unknown := set(names) - set(FAULTS):
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    rows = []
    for name in names:
        began = time.monotonic()
        rows.append(in_namespace(name, given) if name in IN_NAMESPACE else measured(name, given))
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(table(rows))
    wrong = [row for row in rows if not row.is_as_expected]
    for row in wrong:
        print(f"\n{row.name}:")
        for text in row.problems + [f"not allowed: {error}" for error in row.forbidden]:
            print(textwrap.indent(text, "  "))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
