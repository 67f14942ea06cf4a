#!/usr/bin/env bash
# Surprising: tantivy keeps an English word of 39 letters for its search, but no Georgian word of 14, no Russian
#             or Greek one of 20 and no Japanese clause of 14 signs: by these an article is not found.
# Package:    PyPI tantivy 0.27.0, text fields as they come; SQLite's FTS5 (of this Python) for comparison
# Expected:   a limit for overlong words counts letters, or falls on nothing that people write; a word that
#             stands in the title finds the article.
# Seen:       words of 40 BYTES and more are left out of the index, and nothing says so: that is 14 letters at 3
#             bytes each, 20 at 2. Ordinary words are hit: "for Georgia", "highly qualified",
#             "unconstitutionality"; Japanese, which sets no blanks, loses whole clauses.
# Who:        newsrooms that search such languages; in English tests it never shows.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tantivy==0.27.0

cat >run.py <<'PY'
import sqlite3
import tantivy
words = [
    ("English", "a" * 39), ("English", "a" * 40),
    ("Georgian", "საქართველოში"), ("Georgian", "საქართველოსთვის"),
    ("Russian", "железнодорожный"), ("Russian", "высококвалифицированный"),
    ("Greek", "συνταγματικότητα"), ("Greek", "αντισυνταγματικότητα"),
    ("Japanese", "国会は予算案を可決した"), ("Japanese", "国会は来年度の予算案を可決した"),
]
builder = tantivy.SchemaBuilder()
builder.add_text_field("title")
index = tantivy.Index(builder.build())
writer = index.writer()
other = sqlite3.connect(":memory:")
other.execute("create virtual table articles using fts5(title)")
for _, word in words:
    writer.add_document(tantivy.Document(title=word))
    other.execute("insert into articles values (?)", [word])
writer.commit()
index.reload()
for language, word in words:
    found = index.searcher().search(index.parse_query(word, ["title"]), 9).count
    same = other.execute("select count(*) from articles where articles match ?", [f'"{word}"']).fetchone()[0]
    print(f"{language}: {len(word)} signs, {len(word.encode())} bytes: tantivy {found}, FTS5 {same}")
PY

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -i '^tantivy '
venv/bin/python -c 'import sqlite3; print("SQLite", sqlite3.sqlite_version)'
venv/bin/python -W ignore run.py | tee seen
cat >expected <<'TXT'
English: 39 signs, 39 bytes: tantivy 1, FTS5 1
English: 40 signs, 40 bytes: tantivy 0, FTS5 1
Georgian: 12 signs, 36 bytes: tantivy 1, FTS5 1
Georgian: 15 signs, 45 bytes: tantivy 0, FTS5 1
Russian: 15 signs, 30 bytes: tantivy 1, FTS5 1
Russian: 23 signs, 46 bytes: tantivy 0, FTS5 1
Greek: 16 signs, 32 bytes: tantivy 1, FTS5 1
Greek: 20 signs, 40 bytes: tantivy 0, FTS5 1
Japanese: 11 signs, 33 bytes: tantivy 1, FTS5 1
Japanese: 15 signs, 45 bytes: tantivy 0, FTS5 1
TXT
diff -u expected seen || { echo "CHANGED: tantivy no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: words of 40 bytes are not found"
