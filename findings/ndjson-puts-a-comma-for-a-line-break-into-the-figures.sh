#!/usr/bin/env bash
# What is surprising: read with the PyPI package ndjson, a headline in two lines, "Storm level 3" and "200 homes
#   dark", becomes "Storm level 3,200 homes dark". Nothing is raised, and no field is missing.
# Software: ndjson 0.3.1 (PyPI); jsonlines 4.0.0, orjsonl 1.0.0 and ndjson's own `reader` for comparison.
# What most people expect: only the line feed ends a record; U+2028, the forced line break of page layout
#   programs, is an ordinary sign inside a JSON text. If a reader cuts there, it should find broken JSON.
# What is seen: ndjson.loads and ndjson.load cut at every kind of line break that Python knows and join the
#   pieces with commas, as an array; a text that was cut in the middle is closed again, with a comma in it.
#   What ndjson.dumps(.., ensure_ascii=False) wrote, ndjson.loads reads as something else.
# Who meets it: readers of an export of articles, one per line, with texts that were set for print.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check ndjson==0.3.1 jsonlines==4.0.0 attrs==26.1.0 orjsonl==1.0.0 orjson==3.13.0
cat > t.py <<'P'
from importlib.metadata import version
import json, sys
import jsonlines, ndjson, orjsonl

print(*(f"{p} {version(p)}" for p in ("ndjson", "jsonlines", "orjsonl")), file=sys.stderr)
title = "Storm level 3\u2028200 homes dark"
with open("export.jsonl", "w", encoding="utf-8", newline="") as f:
    for line in ({"title": title, "dead": 0}, {"title": "Fair opens", "dead": 0}):
        f.write(json.dumps(line, ensure_ascii=False) + "\n")
text = open("export.jsonl", encoding="utf-8", newline="").read()
own = ndjson.dumps([{"title": title}], ensure_ascii=False)
for name, rows in (
    ("orjsonl.load", orjsonl.load("export.jsonl")),
    ("jsonlines.open", list(jsonlines.open("export.jsonl"))),
    ("ndjson.reader", list(ndjson.reader(open("export.jsonl", encoding="utf-8")))),
    ("ndjson.load", ndjson.load(open("export.jsonl", encoding="utf-8"))),
    ("ndjson.loads", ndjson.loads(text)),
    ("ndjson.loads of its own dumps", ndjson.loads(own)),
):
    print(f"{name}: {len(rows)} records, first title {ascii(rows[0]['title'])}")
P
v/bin/python t.py | tee seen
cat > expected <<'T'
orjsonl.load: 2 records, first title 'Storm level 3\u2028200 homes dark'
jsonlines.open: 2 records, first title 'Storm level 3\u2028200 homes dark'
ndjson.reader: 2 records, first title 'Storm level 3\u2028200 homes dark'
ndjson.load: 2 records, first title 'Storm level 3,200 homes dark'
ndjson.loads: 2 records, first title 'Storm level 3,200 homes dark'
ndjson.loads of its own dumps: 1 records, first title 'Storm level 3,200 homes dark'
T
diff -u expected seen || { echo "CHANGED: the records are no longer read as described above" >&2; exit 1; }
echo "AS EXPECTED: 200 homes became 3,200"
