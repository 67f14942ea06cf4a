#!/usr/bin/env bash
# Surprising: dateparser reads some ISO 8601 times as "so many days ago", and an ISO week as October.
# Package:    PyPI dateparser 1.5.0 (regex 2026.11.19, python-dateutil 4.0.0, tzlocal 5.4.5)
# Expected:   an ISO 8601 time gives that time or nothing.
# Seen:       20240301T100000Z (basic form, as in calendars) is 100000 days before today, in 1751; a comma
#             before the fraction (allowed by the standard) gives 5 days before today; 2024-W10-5 (8
#             March) is 5 October; +02 without minutes gives nothing. The forms with hyphens, colons and a
#             full stop are right.
# Who:        importers that hand every date of a feed or front matter to it; two answers change with the
#             day of the run.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
export TZ=UTC

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  dateparser==1.5.0 regex==2026.11.19 python-dateutil==4.0.0 tzlocal==5.4.5

cat >run.py <<'PY'
from datetime import datetime
import dateparser
today = datetime(2025, 1, 20)
for text in ("2024-03-01T10:00:00Z", "2024-03-01T10:00:00.5Z", "20240301T100000Z", "2024-03-01T10:00:00,5Z",
             "2024-W10-5", "2024-03-01T10:00:00+02:00", "2024-03-01T10:00:00+02"):
    got = dateparser.parse(text, settings={"RELATIVE_BASE": today})
    ago = f" ({(today - got).days} days before today)" if got and got.tzinfo is None else ""
    print(f"{text} -> {got}{ago}")
PY

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(dateparser|regex|python-dateutil|tzlocal) '
echo "today is taken as 2025-01-20"
venv/bin/python -W ignore run.py | tee seen
cat >expected <<'TXT'
2024-03-01T10:00:00Z -> 2024-03-01 10:00:00+00:00
2024-03-01T10:00:00.5Z -> 2024-03-01 10:00:00.500000+00:00
20240301T100000Z -> 1751-04-07 00:00:00 (100000 days before today)
2024-03-01T10:00:00,5Z -> 2025-01-15 00:00:00 (5 days before today)
2024-W10-5 -> 2024-10-05 00:00:00 (107 days before today)
2024-03-01T10:00:00+02:00 -> 2024-03-01 10:00:00+02:00
2024-03-01T10:00:00+02 -> None
TXT
diff -u expected seen || { echo "CHANGED: dateparser no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: ISO 8601 times are read as other days"
