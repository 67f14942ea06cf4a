#!/usr/bin/env bash
# Surprising: on a Korean (or Vietnamese, or Armenian) site with lunr-languages a search for Samsung finds its
#             article, one for Google, Apple or YouTube finds nothing, though the word stands in the title.
# Package:    npm lunr 2.3.9 with lunr-languages 1.22.0; the French and Turkish parts for comparison
# Expected:   with this.use(lunr.ko) texts and searches are treated alike; a word finds itself.
# Seen:       these three replace what is done with the texts, and leave lunr's ENGLISH stemmer on the searches:
#             google is looked up as googl, which no text has. Only words that English would not shorten are found.
# Who:        readers of Korean and Vietnamese news, full of foreign names in Latin letters.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error lunr@2.3.9 lunr-languages@1.22.0 >/dev/null

cat >run.cjs <<'JS'
const lunr = require('lunr');
require('lunr-languages/lunr.stemmer.support')(lunr);
const names = ['Samsung', 'Tesla', 'Google', 'Apple', 'YouTube', 'Spotify'];
for (const language of ['ko', 'vi', 'hy', 'fr', 'tr']) {
  require(`lunr-languages/lunr.${language}`)(lunr);
  const index = lunr(function () {
    this.use(lunr[language]);
    this.ref('id');
    this.field('title');
    names.forEach((title, id) => this.add({ id, title }));
  });
  const found = names.filter((name, id) => index.search(name).some((hit) => Number(hit.ref) === id));
  console.log(`${language}: finds itself: ${found.join(', ')}; not: ${names.filter((n) => !found.includes(n)).join(', ') || '-'};`
    + ` searches go through ${index.pipeline.toJSON().join(', ')}`);
}
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(lunr|lunr-languages)@[0-9.]+'
node run.cjs 2>err | tee seen
cat >expected <<'TXT'
ko: finds itself: Samsung, Tesla; not: Google, Apple, YouTube, Spotify; searches go through stemmer
vi: finds itself: Samsung, Tesla; not: Google, Apple, YouTube, Spotify; searches go through stemmer
hy: finds itself: Samsung, Tesla; not: Google, Apple, YouTube, Spotify; searches go through stemmer
fr: finds itself: Samsung, Tesla, Google, Apple, YouTube, Spotify; not: -; searches go through trimmer-fr, accentFold-fr, stemmer-fr
tr: finds itself: Samsung, Tesla, Google, Apple, YouTube, Spotify; not: -; searches go through trimmer-tr, stemmer-tr
TXT
diff -u expected seen || { echo "CHANGED: lunr no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: names that English would shorten are not found"
