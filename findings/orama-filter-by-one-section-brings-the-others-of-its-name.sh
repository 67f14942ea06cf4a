#!/usr/bin/env bash
# Surprising: in Orama the filter {section: "North East"} also brings the articles of the sections "North"
#             and "South East", and {section: "North"} those of "North East"; case does not count.
# Package:    npm @orama/orama 3.1.18; itemsjs 2.4.4 for comparison
# Expected:   a filter ("where", not the search term) compares the whole value, as the facets do.
# Seen:       a field of type "string" is filtered by any one word of it, while the facets of the same
#             answer name the sections apart: a click on "North East (1)" brings 3. With type "enum" it is
#             exact.
# Who:        content APIs and sites that build facets with Orama on the field type that looks obvious.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error @orama/orama@3.1.18 itemsjs@2.4.4 >/dev/null

cat >run.mjs <<'JS'
import { create, insertMultiple, search } from '@orama/orama';
import itemsjs from 'itemsjs';
const docs = [['1', 'North'], ['2', 'North East'], ['3', 'South East'], ['4', 'Opinion']]
  .map(([id, section]) => ({ id, title: 'Fair opens', section }));
for (const type of ['string', 'enum']) {
  const db = create({ schema: { id: 'string', title: 'string', section: type } });
  await insertMultiple(db, docs);
  const facets = search(db, { term: 'fair', facets: { section: {} } }).facets.section.values;
  for (const section of ['North', 'North East', 'opinion']) {
    const where = type === 'enum' ? { section: { eq: section } } : { section };
    const found = search(db, { term: 'fair', where }).hits.map((h) => h.document.section).sort();
    console.log(`${type}, ${section} (facet ${facets[section] ?? 0}): found ${found.length}: ${found.join(', ') || '-'}`);
  }
}
const other = itemsjs(docs, { searchableFields: ['title'], aggregations: { section: {} } });
console.log(`itemsjs, North East: found ${other.search({ filters: { section: ['North East'] } }).pagination.total}`);
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(orama|itemsjs)@[0-9.]+'
node run.mjs 2>err | tee seen
cat >expected <<'TXT'
string, North (facet 1): found 2: North, North East
string, North East (facet 1): found 3: North, North East, South East
string, opinion (facet 0): found 1: Opinion
enum, North (facet 1): found 1: North
enum, North East (facet 1): found 1: North East
enum, opinion (facet 0): found 0: -
itemsjs, North East: found 1
TXT
diff -u expected seen || { echo "CHANGED: Orama no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the filter takes any word of the section's name"
