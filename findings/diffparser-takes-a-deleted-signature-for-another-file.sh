#!/usr/bin/env bash
# Surprising: in diffparser a deleted line that begins with "-- " (the signature "-- The editors") is the
#             name of another file, and the changes after it are counted for that file.
# Package:    npm diffparser 2.0.1; parse-diff 0.12.0 and gitdiff-parser 0.3.1, PyPI unidiff 1.0.1 compared
# Expected:   one file: the lines of a block are known by the numbers in its @@ line, not by their looks.
# Seen:       one changed article is two files: "news.md" without a change, and "The editors", which does
#             not exist, with one deleted and two added lines (of 2 and 3). The other three are right.
# Who:        review tools and change lists on Markdown articles that end in a signature.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error diffparser@2.0.1 parse-diff@0.12.0 gitdiff-parser@0.3.1 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check unidiff==1.0.1

cat >make.py <<'PY'
import difflib
old = "Fair opens\n\n-- The editors\n\nOpen until nine.\n"
new = "Fair opens\n\n++ Updated on Monday\n\nOpen until ten.\nFree entry.\n"
lines = list(difflib.unified_diff(old.splitlines(True), new.splitlines(True), "a/news.md", "b/news.md"))
open("news.diff", "w").write("diff --git a/news.md b/news.md\nindex 1111111..2222222 100644\n" + "".join(lines))
PY
cat >read.cjs <<'JS'
const fs = require('fs');
const text = fs.readFileSync('news.diff', 'utf8');
const diffparser = require('diffparser');
const show = (files) => files.map((f) => `${f.from ?? f.oldPath} +${f.additions} -${f.deletions}`).join(' and ');
console.log(`diffparser: ${show((diffparser.default ?? diffparser)(text))}`);
console.log(`parse-diff: ${show(require('parse-diff')(text))}`);
console.log(`gitdiff-parser: ${show(require('gitdiff-parser').parse(text).map((f) => ({
  from: f.oldPath, additions: f.hunks.flatMap((h) => h.changes).filter((c) => c.type === 'insert').length,
  deletions: f.hunks.flatMap((h) => h.changes).filter((c) => c.type === 'delete').length })))}`);
JS
cat >read.py <<'PY'
import unidiff
print("unidiff:", " and ".join(f"{f.path} +{f.added} -{f.removed}" for f in unidiff.PatchSet(open("news.diff").read())))
PY

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(diffparser|parse-diff|gitdiff-parser)@[0-9.]+'
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^unidiff '
venv/bin/python make.py
cat news.diff
{ node read.cjs; venv/bin/python read.py; } | tee seen
cat >expected <<'TXT'
diffparser: news.md +0 -0 and The editors +2 -1
parse-diff: news.md +3 -2
gitdiff-parser: news.md +3 -2
unidiff: news.md +3 -2
TXT
diff -u expected seen || { echo "CHANGED: the parsers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: a deleted signature is read as the name of a file"
