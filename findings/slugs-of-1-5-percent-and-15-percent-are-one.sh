#!/usr/bin/env bash
# Surprising: Pelican, Nikola and Python-Markdown drop the decimal point from slugs; a fraction becomes
#             11-2.
# Package:    PyPI pelican 4.12.0 (Unidecode 1.4.0), Nikola 8.3.3, Markdown 3.11.3, python-slugify 9.2.0
#             (text-unidecode 1.3)
# Expected:   "1.5 %" and "15 %" give different addresses (1-5 and 15).
# Seen:       three of them give "rise-15" for both, as if ten times as much; in two of these, "1 1/2"
#             written as one sign joins to 112; python-slugify keeps 1-5 but reads 1,5 (comma) as 15 and
#             the sign as 11-2.
# Who:        sites that report figures: addresses of two articles, or two headings, fall together.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pelican==4.12.0 Nikola==8.3.3 Unidecode==1.4.0 \
  Markdown==3.11.3 python-slugify==9.2.0 text-unidecode==1.3

cat >run.py <<'PY'
from markdown.extensions.toc import slugify as markdown_toc
from nikola.utils import slugify as nikola
from pelican.settings import DEFAULT_CONFIG
from pelican.utils import slugify as pelican
from slugify import slugify as python_slugify

makers = {
    "pelican": lambda t: pelican(t, regex_subs=DEFAULT_CONFIG["SLUG_REGEX_SUBSTITUTIONS"]),
    "nikola": lambda t: nikola(t, "en"),
    "markdown toc": lambda t: markdown_toc(t, "-"),
    "python-slugify": python_slugify,
}
titles = ["Rents rise 1.5 %", "Rents rise 15 %", "Rents rise 1,5 %", "Rents rise 1\u00bd %"]
for name, make in makers.items():
    print(f"{name}:", " ".join(make(title) for title in titles))
PY

venv/bin/pip list --disable-pip-version-check 2>/dev/null \
  | grep -iE '^(pelican|nikola|markdown|python-slugify|unidecode|text-unidecode) '
echo "Titles: Rents rise 1.5 % | 15 % | 1,5 % | 1 and the sign for a half %"
venv/bin/python -W ignore run.py 2>/dev/null | tee seen
cat >expected <<'TXT'
pelican: rents-rise-15 rents-rise-15 rents-rise-15 rents-rise-112
nikola: rents-rise-15 rents-rise-15 rents-rise-15 rents-rise-1-12
markdown toc: rents-rise-15 rents-rise-15 rents-rise-15 rents-rise-112
python-slugify: rents-rise-1-5 rents-rise-15 rents-rise-15 rents-rise-11-2
TXT
diff -u expected seen || { echo "CHANGED: the slugs are no longer as described above" >&2; exit 1; }
echo "CONFIRMED: 1.5 and 15 share a slug"
