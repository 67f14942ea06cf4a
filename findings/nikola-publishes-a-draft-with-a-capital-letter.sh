#!/usr/bin/env bash
# Surprising: in Nikola "status: Draft" is public; so is "draft: true"; a time "GMT+2" is read as four
#             hours later.
# Package:    PyPI Nikola 8.3.3 (python-dateutil 4.0.0, Markdown 3.11.3, ruamel.yaml 0.19.1)
# Expected:   an unknown status keeps a post back or stops the build; 10:00 GMT+2 is 08:00 UTC.
# Seen:       the posts are in the feed and on the site, the build ends with 0 (one warning for "Draft",
#             none for draft: true); 10:00 GMT+2 is 12:00 GMT in the feed, as the sign is taken the other
#             way round.
# Who:        writers who come from Pelican (where "Draft" works) or Hugo (where draft: true works).
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
export HOME="$tmp" TZ=UTC

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  Nikola==8.3.3 python-dateutil==4.0.0 Markdown==3.11.3 ruamel.yaml==0.19.1 \
  Jinja2==3.1.6 feedparser==6.0.14

venv/bin/nikola init --quiet site >init.log 2>&1 || { cat init.log >&2; exit 1; }
cd site
mkdir -p posts
post() { printf -- '---\ntitle: %s\nslug: %s\ndate: %s\n%s\n---\n\nText of %s.\n' "$1" "$1" "$2" "$3" "$1" >"posts/$1.md"; }
post lower-case '2024-03-01 10:00:00 UTC' 'status: draft'
post capital '2024-03-02 10:00:00 UTC' 'status: Draft'
post hugo-style '2024-03-03 10:00:00 UTC' 'draft: true'
post zone '2024-03-04 10:00:00 GMT+2' 'status: published'

../venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(nikola|python-dateutil|markdown|ruamel.yaml) '
../venv/bin/nikola build >../build.log 2>&1 || { cat ../build.log >&2; exit 1; }
cd ..
cat >run.py <<'PY'
import feedparser
for entry in sorted(feedparser.parse("site/output/rss.xml").entries, key=lambda e: e.published_parsed):
    print("in the feed:", entry.title, "|", entry.published)
PY
{
  venv/bin/python -W ignore run.py
  echo "warnings about a status: $(grep -c 'unknown status "Draft"' build.log || true)"
} | tee seen
cat >expected <<'TXT'
in the feed: capital | Sat, 02 Mar 2024 10:00:00 GMT
in the feed: hugo-style | Sun, 03 Mar 2024 10:00:00 GMT
in the feed: zone | Mon, 04 Mar 2024 12:00:00 GMT
warnings about a status: 1
TXT
diff -u expected seen || { echo "CHANGED: Nikola no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: two drafts are public and the time with GMT+2 is four hours late"
