#!/usr/bin/env bash
# What is surprising: a timestamp with 7 or 9 digits of seconds, as many servers write it, becomes a LATER
#   instant in two Python libraries: the last moment of 2026 is read as 2027. The others cut the digits
#   off.
# Software: msgspec 0.22.0, arrow 1.4.0 (round up); ciso8601 2.4.1, pendulum 3.3.0, pydantic 2.14.4 with
#   pydantic_core 2.50.5 and Python's own datetime.fromisoformat, 3.11 or newer (cut).
# What most people expect: the digits that do not fit are dropped, everywhere alike.
# What is seen: 23:59:59.9999999Z -> 2027-01-01T00:00:00; and a cursor "changed after the last item that I
#   saw", read and sent back, lies past an item that changed in between: that one is never fetched.
# Who meets it: users of a content API with more than six digits who page or sync by time, or mix two
#   libraries.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet --disable-pip-version-check msgspec==0.22.0 arrow==1.4.0 ciso8601==2.4.1 \
  pendulum==3.3.0 pydantic==2.14.4 pydantic_core==2.50.5 python-dateutil==2.9.0.post0
cat > "$tmp/t.py" <<'PY'
import datetime as dt, sys
from importlib.metadata import version
import arrow, ciso8601, msgspec, pendulum, pydantic
from pydantic import TypeAdapter
if sys.version_info < (3, 11):
    sys.exit("this script needs Python 3.11 or newer")
readers = {
    "msgspec": lambda s: msgspec.convert(s, dt.datetime),
    "arrow": lambda s: arrow.get(s).datetime,
    "ciso8601": ciso8601.parse_datetime,
    "pendulum": pendulum.parse,
    "pydantic": TypeAdapter(dt.datetime).validate_python,
    "datetime": dt.datetime.fromisoformat,
}
seen = {}
for text in ("2026-12-31T23:59:59.9999999Z", "2026-05-01T10:00:00.123456700Z"):
    print(text)
    for name, read in readers.items():
        at = read(text).astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        seen.setdefault(name, []).append(at)
        print(f"   {name} {'of Python' if name == 'datetime' else version(name)}: {at}")
up = ["2027-01-01T00:00:00.000000Z", "2026-05-01T10:00:00.123457Z"]
cut = ["2026-12-31T23:59:59.999999Z", "2026-05-01T10:00:00.123456Z"]
# sync by cursor: the client saw item A and asks for all changed after it; B changed 0.2 us later
A, B = "2026-05-01T10:00:00.123456700Z", "2026-05-01T10:00:00.123456900Z"
for name in ("msgspec", "datetime"):
    cursor = readers[name](A).astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"
    print(f"{name}: changed_after={cursor} -> item B ({B}) is {'fetched' if B > cursor else 'MISSED'}")
    if (B > cursor) != (name == "datetime"):
        sys.exit("CHANGED: the cursor behaves otherwise")
want = {n: (up if n in ("msgspec", "arrow") else cut) for n in readers}
if seen != want:
    sys.exit(f"CHANGED: expected {want}, saw {seen}")
print("AS EXPECTED: two libraries round up, four cut off")
PY
"$tmp/v/bin/python" "$tmp/t.py"
