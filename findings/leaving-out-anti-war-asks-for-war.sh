#!/usr/bin/env bash
# Surprising: "peace -anti-war" (peace, but nothing anti-war) also brings an article on war alone in lunr, and
#             in uFuzzy only those that speak of war: half of the word to be left out becomes a wish.
# Package:    npm lunr 2.3.9, @leeoniya/ufuzzy 1.0.19; PyPI lunr 0.8.0; tantivy 0.27.0 for comparison
# Expected:   articles with anti-war are left out, the others on peace stay, as tantivy answers.
# Seen:       both lunr read it as "peace, not anti, perhaps war"; uFuzzy as "peace-war, not anti", and loses
#             the article on peace alone. uFuzzy is right with -"anti-war"; lunr has no such form.
# Who:        readers who leave out a topic with a hyphen (north-east, covid-19, pro-life); no error.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error lunr@2.3.9 @leeoniya/ufuzzy@1.0.19 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check lunr==0.8.0 tantivy==0.27.0

cat >titles.json <<'TXT'
["peace talks", "peace after war", "anti-war march for peace", "war"]
TXT
cat >queries.json <<'TXT'
["peace -anti", "peace -anti-war", "peace -\"anti-war\""]
TXT
cat >run.cjs <<'JS'
const lunr = require('lunr');
const UFuzzy = require('@leeoniya/ufuzzy');
const titles = require('./titles.json');
const index = lunr(function () {
  this.ref('id');
  this.field('title');
  titles.forEach((title, id) => this.add({ id, title }));
});
const show = (ids) => ids.map(Number).sort().map((id) => titles[id]).join(' | ') || '-';
for (const query of require('./queries.json')) {
  if (!query.includes('"')) console.log(`${query}: lunr (npm) ${show(index.search(query).map((hit) => hit.ref))}`);
  console.log(`${query}: uFuzzy ${show(new UFuzzy().search(titles, query)[0] ?? [])}`);
}
JS
cat >run.py <<'PY'
import json
import tantivy
from lunr import lunr
titles = json.load(open("titles.json"))
index = lunr(ref="id", fields=["title"], documents=[{"id": n, "title": title} for n, title in enumerate(titles)])
builder = tantivy.SchemaBuilder()
builder.add_text_field("title", stored=True)
other = tantivy.Index(builder.build())
writer = other.writer()
for title in titles:
    writer.add_document(tantivy.Document(title=title))
writer.commit()
other.reload()
searcher = other.searcher()
for query in json.load(open("queries.json")):
    if '"' not in query:
        print(f"{query}: lunr (PyPI) {' | '.join(titles[n] for n in sorted(int(hit['ref']) for hit in index.search(query)))}")
    found = {searcher.doc(at)["title"][0] for _, at in searcher.search(other.parse_query(query, ["title"]), 9).hits}
    print(f"{query}: tantivy {' | '.join(title for title in titles if title in found)}")
PY

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(lunr|ufuzzy)@[0-9.]+'
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(lunr|tantivy) '
{ node run.cjs 2>err; venv/bin/python -W ignore run.py; } | tee seen
cat >expected <<'TXT'
peace -anti: lunr (npm) peace talks | peace after war
peace -anti: uFuzzy peace talks | peace after war
peace -anti-war: lunr (npm) peace talks | peace after war | war
peace -anti-war: uFuzzy peace after war
peace -"anti-war": uFuzzy peace talks | peace after war
peace -anti: lunr (PyPI) peace talks | peace after war
peace -anti: tantivy peace talks | peace after war
peace -anti-war: lunr (PyPI) peace talks | peace after war | war
peace -anti-war: tantivy peace talks | peace after war
peace -"anti-war": tantivy peace talks | peace after war
TXT
diff -u expected seen || { echo "CHANGED: the libraries no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: half of the word to be left out is looked for"
