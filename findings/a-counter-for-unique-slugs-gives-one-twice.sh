#!/usr/bin/env bash
# Surprising: the counter that makes slugs unique gives the same one to two titles, when one title ends with
#             a figure itself: "Budget", "Budget", "Budget 2" are budget, budget-2, budget-2.
# Package:    npm @sindresorhus/slugify 3.0.1 (slugifyWithCounter, made for unique ids by its readme);
#             github-slugger 2.0.0 for comparison
# Expected:   what it gave once it does not give again, whatever the order.
# Seen:       it counts how often a title was asked for, not what it has given. One more "Budget 2" then gets
#             budget-2-2, so it is the first clash that slips through. github-slugger: none.
# Who:        sites with series ("Part", "Part 2") and headings such as Covid-19: one article takes the other's
#             address, or a link in the contents leads to the wrong heading.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error @sindresorhus/slugify@3.0.1 github-slugger@2.0.0 >/dev/null

cat >run.mjs <<'JS'
import { slugifyWithCounter } from '@sindresorhus/slugify';
import GithubSlugger from 'github-slugger';
for (const titles of [
  ['Budget', 'Budget', 'Budget 2'],
  ['Budget', 'Budget 2', 'Budget'],
  ['Budget 2', 'Budget', 'Budget'],
  ['Budget', 'Budget', 'Budget 2', 'Budget 2'],
]) {
  const counter = slugifyWithCounter();
  const slugger = new GithubSlugger();
  for (const [name, make] of [['slugify', (t) => counter(t)], ['github-slugger', (t) => slugger.slug(t)]]) {
    const slugs = titles.map(make);
    console.log(`${titles.join(', ')}: ${name} ${slugs.join(', ')}: ${new Set(slugs).size} of ${slugs.length} differ`);
  }
}
JS

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE '(slugify|github-slugger)@[0-9.]+'
node run.mjs 2>err | tee seen
cat >expected <<'TXT'
Budget, Budget, Budget 2: slugify budget, budget-2, budget-2: 2 of 3 differ
Budget, Budget, Budget 2: github-slugger budget, budget-1, budget-2: 3 of 3 differ
Budget, Budget 2, Budget: slugify budget, budget-2, budget-2: 2 of 3 differ
Budget, Budget 2, Budget: github-slugger budget, budget-2, budget-1: 3 of 3 differ
Budget 2, Budget, Budget: slugify budget-2, budget, budget-2: 2 of 3 differ
Budget 2, Budget, Budget: github-slugger budget-2, budget, budget-1: 3 of 3 differ
Budget, Budget, Budget 2, Budget 2: slugify budget, budget-2, budget-2, budget-2-2: 3 of 4 differ
Budget, Budget, Budget 2, Budget 2: github-slugger budget, budget-1, budget-2, budget-2-1: 4 of 4 differ
TXT
diff -u expected seen || { echo "CHANGED: the counters no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: one slug for two titles"
