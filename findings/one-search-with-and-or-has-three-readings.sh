#!/usr/bin/env bash
# Surprising: "fair AND town OR vote" finds an article on the vote with three libraries, not with two;
#             "fair OR town AND vote" finds an article on the fair with four, not with one.
# Package:    npm lucene 2.1.1, lucene-query-parser 1.2.0, liqe 3.8.7; PyPI luqum 1.0.0, Whoosh-Reloaded
#             2.7.5
# Expected:   one meaning for one query language: AND binds closer than OR in each, or all go from the left.
# Seen:       luqum and Whoosh: AND first; liqe: from the left; both npm Lucene parsers group from the
#             right: fair AND (town OR vote). No library warns.
# Who:        a site that parses searches in the browser with one of them and on the server with another.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error lucene@2.1.1 lucene-query-parser@1.2.0 liqe@3.8.7 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check luqum==1.0.0 Whoosh-Reloaded==2.7.5

cat >queries.json <<'TXT'
["fair AND town OR vote", "fair OR town AND vote"]
TXT
cat >run.cjs <<'JS'
const liqe = require('liqe');
const queries = require('./queries.json');
const tree = (n) => (n.term !== undefined ? n.term : `(${tree(n.left)} ${n.operator} ${tree(n.right)})`);
const words = (n) => (n.type === 'LogicalExpression'
  ? `(${words(n.left)} ${n.operator.operator} ${words(n.right)})` : n.expression.value);
for (const q of queries) {
  console.log(`${q}: lucene ${tree(require('lucene').parse(q))}`);
  console.log(`${q}: lucene-query-parser ${tree(require('lucene-query-parser').parse(q))}`);
  const found = ['vote', 'fair'].filter((text) => liqe.filter(liqe.parse(q), [{ text }]).length);
  console.log(`${q}: liqe ${words(liqe.parse(q))}; finds an article with only ${found.join(', with only ') || '- none -'}`);
}
JS
cat >run.py <<'PY'
import json
from luqum.parser import parser
from luqum.tree import AndOperation, OrOperation
from whoosh.fields import Schema, TEXT
from whoosh.filedb.filestore import RamStorage
from whoosh.qparser import QueryParser
def tree(node):
    for kind, word in ((AndOperation, " AND "), (OrOperation, " OR ")):
        if isinstance(node, kind):
            return "(" + word.join(tree(child) for child in node.children) + ")"
    return str(node).strip()
schema = Schema(name=TEXT(stored=True), text=TEXT)
index = RamStorage().create_index(schema)
writer = index.writer()
for word in ("vote", "fair"):
    writer.add_document(name=word, text=word)
writer.commit()
for query in json.load(open("queries.json")):
    print(f"{query}: luqum {tree(parser.parse(query))}")
    with index.searcher() as searcher:
        found = [hit["name"] for hit in searcher.search(QueryParser("text", schema).parse(query))]
    print(f"{query}: Whoosh finds an article with only {', with only '.join(found)}")
PY

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(lucene|lucene-query-parser|liqe)@[0-9.]+'
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(luqum|whoosh-reloaded) '
{ node run.cjs; venv/bin/python -W ignore run.py 2>err; } | tee seen
cat >expected <<'TXT'
fair AND town OR vote: lucene (fair AND (town OR vote))
fair AND town OR vote: lucene-query-parser (fair AND (town OR vote))
fair AND town OR vote: liqe ((fair AND town) OR vote); finds an article with only vote
fair OR town AND vote: lucene (fair OR (town AND vote))
fair OR town AND vote: lucene-query-parser (fair OR (town AND vote))
fair OR town AND vote: liqe ((fair OR town) AND vote); finds an article with only - none -
fair AND town OR vote: luqum ((fair AND town) OR vote)
fair AND town OR vote: Whoosh finds an article with only vote
fair OR town AND vote: luqum (fair OR (town AND vote))
fair OR town AND vote: Whoosh finds an article with only fair
TXT
diff -u expected seen || { echo "CHANGED: the parsers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: three readings of one query"
