#!/usr/bin/env bash
# What is surprising: an id made by the PyPI package uuid7 says "version 7", and every reader of version 7 dates
#   it to the year 2203. Beside ids of other makers it is the newest of all, for about 177 years.
# Software: uuid7 0.1.0 (PyPI; imported as uuid_extensions); uuid6 2025.0.1 and uuid-utils 1.2.0 (PyPI), uuid
#   14.0.3 and uuidv7 1.2.1 (npm) for comparison.
# What most people expect: the package by that name makes the version 7 of RFC 9562: 48 bits of milliseconds.
# What is seen: it follows a draft of 2021 (its page names it): 36 bits of seconds, then a fraction. The version
#   digit is the same, so nobody can tell. The other way round it dates today's ids of others to 1983.
# Who meets it: an API whose cursor is the id, when one Python job makes ids too: a reader who has come to such
#   an id and asks for what is newer gets nothing more, and no error.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check uuid7==0.1.0 uuid6==2025.0.1 uuid-utils==1.2.0
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error uuid@14.0.3 uuidv7@1.2.1 >/dev/null
cat > make.mjs <<'JS'
import { v7 } from 'uuid';
import { uuidv7 } from 'uuidv7';
console.log(JSON.stringify({ 'npm uuid': v7(), 'npm uuidv7': uuidv7() }));
JS
cat > t.py <<'P'
from datetime import datetime, timezone
from importlib.metadata import version
import json, subprocess, sys, uuid
import uuid6, uuid_extensions, uuid_utils

print(*(f"{p} {version(p)}" for p in ("uuid7", "uuid6", "uuid-utils")), file=sys.stderr)
# The id of the package in question is made first: by age it should be the first of the list.
ids = {"uuid7": str(uuid_extensions.uuid7()), "uuid6": str(uuid6.uuid7()), "uuid-utils": str(uuid_utils.uuid7())}
ids |= json.loads(subprocess.check_output(["node", "make.mjs"]))
here = datetime.now(timezone.utc).year
def year(ms):
    y = datetime.fromtimestamp(ms / 1000, timezone.utc).year
    return "this year" if y == here else f"{y - here:+d} years"
for name, text in ids.items():
    print(f"{name}: version {uuid.UUID(text).version}; dated by uuid6 {year(uuid6.UUID(text).time)}, by uuid-utils "
          f"{year(uuid_utils.UUID(text).timestamp)}, by uuid7 {uuid_extensions.uuid_to_datetime(uuid.UUID(text)).year - here:+d} years")
print("newest by id:", max(ids, key=ids.get))
P
v/bin/python t.py | tee seen
# The error grows with the clock (each second counts as 4.096), so only its least size is asked for.
python3 - <<'P'
import re
lines = open("seen").read().splitlines()
right = 0
for line in lines[:5]:
    name, a, b, c = re.fullmatch(r"(.+): version 7; dated by uuid6 (.+), by uuid-utils (.+), by uuid7 (.+) years", line).groups()
    if name == "uuid7":
        right += a == b and int(a.split()[0]) > 150 and int(c) == 0
    else:
        right += a == b == "this year" and int(c) < -40
if right != 5 or lines[5] != "newest by id: uuid7":
    raise SystemExit("CHANGED: the ids are no longer dated as described above")
P
echo "AS EXPECTED: the oldest of five ids of version 7 is the newest for the next 177 years"
