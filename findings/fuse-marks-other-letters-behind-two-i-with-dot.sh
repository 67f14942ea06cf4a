#!/usr/bin/env bash
# Surprising: Fuse.js finds the right word and marks other letters: in a Turkish title one place further right
#             for each İ before it; with ignoreDiacritics in a German one for each ß.
# Package:    npm fuse.js 7.5.0 (includeMatches); highlight-words-core 1.2.3 for comparison
# Expected:   the indices in `matches` are places in the `value` that stands beside them.
# Seen:       they are places in a lower-case (or accentless) copy, which is longer (İ, ß) or shorter (accents
#             written as signs of their own): "ka[rar]", "Wa[hlen]", "d[u vo]te". The option that repairs Turkish
#             breaks German.
# Who:        sites that show why an article was found; a title that starts with Istanbul is enough.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error fuse.js@7.5.0 highlight-words-core@1.2.3 >/dev/null

cat >run.cjs <<'JS'
const loaded = require('fuse.js');
const Fuse = loaded.default ?? loaded;
const { findAll } = require('highlight-words-core');
const mark = (text, parts) => parts.reduceRight((out, [from, to]) => `${out.slice(0, from)}[${out.slice(from, to)}]${out.slice(to)}`, text);
for (const [what, text, query] of [
  ['Turkish', '\u0130zmir ve \u0130stanbul i\u00e7in karar', 'karar'],
  ['German', 'Gro\u00dfe Stra\u00dfen am Tag der Wahlen', 'Wahlen'],
  ['French, split accents', 'Re\u0301sultats du vote en re\u0301gion', 'region'],
  ['French, split accents', 'De\u0301bat et re\u0301sultats du vote', 'vote'],
]) {
  const shown = [false, true].map((ignoreDiacritics) => {
    const fuse = new Fuse([text], { includeMatches: true, ignoreDiacritics, threshold: 0, ignoreLocation: true });
    const [hit] = fuse.search(query);
    return hit ? mark(hit.matches[0].value, hit.matches[0].indices.map(([from, last]) => [from, last + 1])) : '-';
  });
  const chunks = findAll({ searchWords: [query], textToHighlight: text }).filter((c) => c.highlight);
  console.log(`${what}, ${query}`);
  console.log(`  as it comes:          ${shown[0]}`);
  console.log(`  ignoreDiacritics:     ${shown[1]}`);
  console.log(`  highlight-words-core: ${chunks.length ? mark(text, chunks.map((c) => [c.start, c.end])) : '-'}`);
}
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(fuse.js|highlight-words-core)@[0-9.]+'
node run.cjs 2>err | tee seen
cat >expected <<'TXT'
Turkish, karar
  as it comes:          İzmir ve İstanbul için ka[rar]
  ignoreDiacritics:     İzmir ve İstanbul için [karar]
  highlight-words-core: İzmir ve İstanbul için [karar]
German, Wahlen
  as it comes:          Große Straßen am Tag der [Wahlen]
  ignoreDiacritics:     Große Straßen am Tag der Wa[hlen]
  highlight-words-core: Große Straßen am Tag der [Wahlen]
French, split accents, region
  as it comes:          -
  ignoreDiacritics:     Résultats du vote en[ régi]on
  highlight-words-core: -
French, split accents, vote
  as it comes:          Débat et résultats du [vote]
  ignoreDiacritics:     Débat et résultats d[u vo]te
  highlight-words-core: Débat et résultats du [vote]
TXT
diff -u expected seen || { echo "CHANGED: Fuse.js no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the marks stand beside the word that was found"
