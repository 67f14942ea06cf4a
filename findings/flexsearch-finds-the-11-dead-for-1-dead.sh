#!/usr/bin/env bash
# Surprising: in FlexSearch "1 dead" and "11 dead" are one search, "5 percent" and "55 percent" too, and
#             "1,000 jobs" is found by "1 jobs"; the marks say so as well: "[202]4".
# Package:    npm flexsearch 0.8.212 as it comes; minisearch 7.2.0 for comparison
# Expected:   whole-word search ("strict", the default) tells figures apart: 11 finds 11.
# Seen:       the default encoder makes doubled letters one (misspellings), digits too, and cuts figures
#             into threes: 11 is kept as 1, 1,000 as 1 and 0, 2024 as 202 and 4. So 11 finds 1, 100 finds
#             1000. With Charset.Exact each figure is its own; "1,000" is still found by "1".
# Who:        readers who look for a toll, a rate or a year: other articles come as exact hits.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error flexsearch@0.8.212 minisearch@7.2.0 >/dev/null

cat >run.mjs <<'JS'
import FlexSearch from 'flexsearch';
import MiniSearch from 'minisearch';
const titles = ['1 dead', '11 dead', '5 percent', '55 percent', '100 jobs', '1000 jobs', '1,000 jobs', 'Vote 2024'];
const plain = new FlexSearch.Index();
const exact = new FlexSearch.Index({ encoder: FlexSearch.Charset.Exact });
const mini = new MiniSearch({ fields: ['title'], searchOptions: { combineWith: 'AND' } });
titles.forEach((title, id) => { plain.add(id, title); exact.add(id, title); mini.add({ id, title }); });
const names = (ids) => ids.sort((a, b) => a - b).map((id) => titles[id]).join(' | ') || '-';
for (const query of ['1 dead', '11 dead', '5 percent', '55 percent', '100 jobs', '1 jobs']) {
  console.log(`${query}: flexsearch ${names(plain.search(query))}; exact ${names(exact.search(query))}; `
    + `minisearch ${names(mini.search(query).map((hit) => hit.id))}`);
}
const marked = new FlexSearch.Document({ document: { id: 'id', store: true, index: ['title'] } });
titles.forEach((title, id) => marked.add({ id, title }));
const [hit] = marked.search('vote 2024', { highlight: '[$1]', enrich: true, merge: true });
console.log(`marks for vote 2024: ${hit.highlight.title ?? hit.highlight}`);
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(flexsearch|minisearch)@[0-9.]+'
node run.mjs 2>err | tee seen
cat >expected <<'TXT'
1 dead: flexsearch 1 dead | 11 dead; exact 1 dead; minisearch 1 dead
11 dead: flexsearch 1 dead | 11 dead; exact 11 dead; minisearch 11 dead
5 percent: flexsearch 5 percent | 55 percent; exact 5 percent; minisearch 5 percent
55 percent: flexsearch 5 percent | 55 percent; exact 55 percent; minisearch 55 percent
100 jobs: flexsearch 100 jobs | 1000 jobs; exact 100 jobs; minisearch 100 jobs
1 jobs: flexsearch 1,000 jobs; exact 1,000 jobs; minisearch 1,000 jobs
marks for vote 2024: [Vote] [202]4
TXT
diff -u expected seen || { echo "CHANGED: FlexSearch no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: figures with doubled digits are one with others"
