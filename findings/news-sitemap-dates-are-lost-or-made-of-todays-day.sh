#!/usr/bin/env bash
# Surprising: the npm package sitemap writes a news date such as 2024-03-01T10:00+02:00 and reads its own
#             file back with no date; ultimate-sitemap-parser reads the month 2024-03 as today's day in it.
# Package:    npm sitemap 9.0.1; PyPI ultimate-sitemap-parser 1.8.1 (python-dateutil 2.9.0.post0)
# Expected:   both formats are in the W3C list that sitemaps and news sitemaps name: hours and minutes
#             without seconds, and a month alone; a writer's own output is read back by it.
# Seen:       publication_date is '' after reading (with seconds, or a day alone, it is there); with any
#             other prefix than "news:" the story is gone, too; "2024-03" gives another day on every day.
# Who:        news archives and crawlers that sort stories by these dates, or fetch what has changed.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

export TZ=UTC
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error sitemap@9.0.1 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ultimate-sitemap-parser==1.8.1 python-dateutil==2.9.0.post0

cat >run.mjs <<'JS'
import { Readable } from 'node:stream';
import { parseSitemap, SitemapStream, streamToPromise } from 'sitemap';
for (const date of ['2024-03-01', '2024-03-01T10:00:00+02:00', '2024-03-01T10:00+02:00']) {
  const writer = new SitemapStream({ hostname: 'https://gazette.example/' });
  const news = { publication: { name: 'Gazette', language: 'en' }, publication_date: date, title: 'Vote' };
  writer.end({ url: '/vote', news });
  const xml = (await streamToPromise(writer)).toString();
  const [written] = xml.match(/(?<=<news:publication_date>)[^<]*/);
  const [item] = await parseSitemap(Readable.from([xml]));
  const [other] = await parseSitemap(Readable.from([xml.replace(/(<\/?)news:/g, '$1n:').replace('xmlns:news', 'xmlns:n')]));
  console.log(`sitemap: written ${written}, read back '${item.news.publication_date}'; ` +
              `with the prefix n: the story is ${other.news ? 'there' : 'gone'}`);
}
JS
cat >run.py <<'PY'
import datetime
from usp.fetch_parse import SitemapStrParser
XML = """<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>https://gazette.example/vote</loc><lastmod>%s</lastmod></url></urlset>"""
for text in ("2024-03-01", "2024-03", "2024"):
    page = next(SitemapStrParser(static_content=XML % text).sitemap().all_pages())
    today = datetime.date.today()
    made_of_today = (page.last_modified.day == min(today.day, 31),
                     page.last_modified.month == today.month)
    first = page.last_modified.strftime("%Y-%m-%d")
    print(f"# today {today}: {text} is read as {first}")
    if text == "2024-03-01":
        print(f"usp: {text} is {first}")
    else:
        print(f"usp: {text} has today's day: {made_of_today[0]}" +
              (f", today's month: {made_of_today[1]}" if text == "2024" else ""))
PY

npm ls --prefix "$tmp" --depth=0 2>/dev/null | grep -oE ' sitemap@[0-9.]+'
venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(ultimate-sitemap-parser|python-dateutil) '
{ node run.mjs 2>err; venv/bin/python -W ignore run.py 2>>err; } | tee all   # what the reader says of unknown tags comes in between
grep -vE '^(#|unhandled)' all >seen
cat >expected <<'TXT'
sitemap: written 2024-03-01, read back '2024-03-01'; with the prefix n: the story is gone
sitemap: written 2024-03-01T10:00:00+02:00, read back '2024-03-01T10:00:00+02:00'; with the prefix n: the story is gone
sitemap: written 2024-03-01T10:00+02:00, read back ''; with the prefix n: the story is gone
usp: 2024-03-01 is 2024-03-01
usp: 2024-03 has today's day: True
usp: 2024 has today's day: True, today's month: True
TXT
diff -u expected seen || { echo "CHANGED: the readers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: a valid news date is lost, and a month gets today's day"
