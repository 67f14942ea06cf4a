#!/usr/bin/env bash
# What is surprising: an import of 20,000 articles with version 7 ids of the PyPI package uuid6 dates the last of
#   them 20 seconds ahead: no two ids of a process share a millisecond, so each pushes the clock on by one.
#   What another process writes in these 20 seconds has a smaller id than what was there before it.
# Software: uuid6 2025.0.1 (PyPI), with time-machine 3.6.0 to hold the clock; uuid 14.0.3 and uuidv7 1.2.1 (npm)
#   with @sinonjs/fake-timers 15.5.0 for comparison.
# What most people expect: ids of one millisecond differ in a counter, as RFC 9562 (6.2) describes it; the time
#   in an id is the time when it was made.
# What is seen: clock held at 12:00:00: the ids run to 12:00:19.999. An id made in a new process at 12:00:01 sorts
#   before 18,999 of them. Both npm packages count inside the one millisecond.
# Who meets it: users of an API with `after=<last id>` as cursor: the articles written just after an import are
#   before the cursor, and are never delivered. No clock was wrong.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check uuid6==2025.0.1 time-machine==3.6.0
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error uuid@14.0.3 uuidv7@1.2.1 @sinonjs/fake-timers@15.5.0 >/dev/null
cat > make.py <<'P'
import sys
import time_machine, uuid6
# A process of its own for each call, as an import and a web server are.
with time_machine.travel(sys.argv[1], tick=False):
    for _ in range(int(sys.argv[2])):
        print(uuid6.uuid7())
P
cat > make.mjs <<'JS'
import FakeTimers from '@sinonjs/fake-timers';
import { v7 } from 'uuid';
import { uuidv7 } from 'uuidv7';
const [name, at, n] = process.argv.slice(2);
FakeTimers.install({ now: new Date(at), toFake: ['Date'] });
for (let i = 0; i < n; i++) console.log(name === 'uuid' ? v7() : uuidv7());
JS
cat > t.py <<'P'
from datetime import datetime, timezone
from importlib.metadata import version
import subprocess, sys
print("uuid6", version("uuid6"), file=sys.stderr)
def made(command, at, n):
    return subprocess.check_output([*command, at, str(n)], text=True).split()
def time(u):
    return datetime.fromtimestamp(int(u.replace("-", "")[:12], 16) / 1000, timezone.utc).strftime("%H:%M:%S.%f")[:-3]
for name, command in (("uuid6", [sys.executable, "make.py"]), ("npm uuid", ["node", "make.mjs", "uuid"]),
                      ("npm uuidv7", ["node", "make.mjs", "uuidv7"])):
    imported = made(command, "2026-05-01T12:00:00Z", 20000)
    later = made(command, "2026-05-01T12:00:01Z", 1)[0]
    print(f"{name}: import at 12:00:00 dated {time(imported[0])} to {time(imported[-1])}; an article of {time(later)} "
          f"stands before {sum(later < u for u in imported)} of 20000")
P
v/bin/python t.py | tee seen
cat > expected <<'T'
uuid6: import at 12:00:00 dated 12:00:00.000 to 12:00:19.999; an article of 12:00:01.000 stands before 18999 of 20000
npm uuid: import at 12:00:00 dated 12:00:00.000 to 12:00:00.000; an article of 12:00:01.000 stands before 0 of 20000
npm uuidv7: import at 12:00:00 dated 12:00:00.000 to 12:00:00.000; an article of 12:00:01.000 stands before 0 of 20000
T
diff -u expected seen || { echo "CHANGED: the ids are no longer dated as described above" >&2; exit 1; }
echo "AS EXPECTED: the import has used up the next 20 seconds"
