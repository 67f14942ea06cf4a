#!/usr/bin/env bash
# Surprising: four importers of WordPress exports lose the words of an article's footnotes and of a notice that stands
#             above many articles, though both are in the export: the article keeps the number of a note that is
#             nowhere, and a link to it that leads nowhere.
# Package:    PyPI pelican 4.12.0 (pypandoc-binary 1.17, beautifulsoup4 4.15.0, lxml 5.4.0), Nikola 8.3.3 (Jinja2 3.1.6);
#             npm wordpress-export-to-markdown 2.2.2, hexo-migrator-wordpress 2.1.2 with hexo 7.3.0
# Expected:   the words that readers see below and above the article are in the file made of it, or it is said that
#             they are not. WordPress (since 6.3) keeps footnotes as JSON in a <wp:postmeta> "footnotes" of the same
#             item, and a pattern that several articles share as an item "wp_block", by whose number they name it.
# Seen:       no file of the article has either; pelican-import, Nikola and Hexo make an article or page of its own
#             of the notice, wordpress-export-to-markdown leaves it out. No word of it in any output.
# Who:        archives with notes on sources or figures, and with a shared legal or correction notice.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

export TZ=UTC
mkdir hexo
echo '{"name": "site", "private": true, "hexo": {"version": ""}}' >hexo/package.json
npm install --prefix "$tmp/hexo" --no-audit --no-fund --loglevel=error \
  hexo@7.3.0 hexo-migrator-wordpress@2.1.2 hexo-renderer-marked@7.0.1 >/dev/null 2>&1
npm install --prefix "$tmp/wetm" --no-audit --no-fund --loglevel=error wordpress-export-to-markdown@2.2.2 >/dev/null 2>&1
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pelican==4.12.0 Markdown==3.11.3 beautifulsoup4==4.15.0 \
  lxml==5.4.0 pypandoc-binary==1.17 Nikola==8.3.3 Jinja2==3.1.6
pandoc=$(venv/bin/python -c 'import pypandoc, os; print(os.path.dirname(pypandoc.get_pandoc_path()))')

cat >make.py <<'PY'
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:wp="http://wordpress.org/export/1.2/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Gazette</title><link>https://gazette.example</link><description>News</description>
<language>en-US</language><wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://gazette.example</wp:base_site_url>
<wp:base_blog_url>https://gazette.example</wp:base_blog_url><wp:author><wp:author_id>1</wp:author_id>
<wp:author_login>ida</wp:author_login><wp:author_email>ida@gazette.example</wp:author_email>
<wp:author_display_name>Ida Marsh</wp:author_display_name></wp:author>"""
ITEM = """<item><title>%s</title><link>https://gazette.example/%s/</link><pubDate>Fri, 01 Mar 2024 10:00:00 +0000</pubDate>
<dc:creator>ida</dc:creator><guid isPermaLink="false">https://gazette.example/?p=%d</guid><description></description>
<content:encoded><![CDATA[%s]]></content:encoded>
<excerpt:encoded></excerpt:encoded><wp:post_id>%d</wp:post_id><wp:post_date>2024-03-01 10:00:00</wp:post_date>
<wp:post_date_gmt>2024-03-01 10:00:00</wp:post_date_gmt><wp:comment_status>closed</wp:comment_status>
<wp:ping_status>closed</wp:ping_status><wp:post_name>%s</wp:post_name><wp:status>publish</wp:status>
<wp:post_parent>0</wp:post_parent><wp:menu_order>0</wp:menu_order><wp:post_type>%s</wp:post_type>
<wp:post_password></wp:post_password><wp:is_sticky>0</wp:is_sticky>%s</item>"""
NOTE = "5d1c2f60-7b1e-4a52-9c3b-2f1e8d7a6b40"
TEXT = f"""<!-- wp:block {{"ref":19}} /-->

<!-- wp:paragraph -->
<p>Rents rose by nine per cent<sup data-fn="{NOTE}" class="fn"><a href="#{NOTE}" id="{NOTE}-link">1</a></sup>.</p>
<!-- /wp:paragraph -->

<!-- wp:footnotes /-->"""
META = f"""<wp:postmeta><wp:meta_key>footnotes</wp:meta_key>
<wp:meta_value><![CDATA[[{{"content":"Only new contracts were counted.","id":"{NOTE}"}}]]]></wp:meta_value></wp:postmeta>"""
SHARED = "<!-- wp:paragraph -->\n<p>A court has ordered this reply to be printed.</p>\n<!-- /wp:paragraph -->"
with open("export.xml", "w") as out:
    print(HEAD, file=out)
    print(ITEM % ("Rents", "rents", 11, TEXT, 11, "rents", "post", META), file=out)
    print(ITEM % ("Reply", "reply", 19, SHARED, 19, "reply", "wp_block", ""), file=out)
    print("</channel></rss>", file=out)
PY
cat >hexo/run.mjs <<'JS'
import { mkdirSync, writeFileSync } from 'node:fs';
import Hexo from 'hexo';
writeFileSync('_config.yml', 'title: Gazette\nurl: https://gazette.example\ntimezone: UTC\n');
mkdirSync('source/_posts', { recursive: true });
const hexo = new Hexo(process.cwd());
await hexo.init();
await hexo.call('migrate', { _: ['wordpress', '../export.xml'] });
await hexo.exit();
process.exit(0);
JS
cat >look.py <<'PY'
import pathlib
for name, folder in (("pelican-import", "pelican"), ("nikola", "nikola"), ("wordpress-export-to-markdown", "wetm/out"),
                     ("hexo", "hexo/source")):
    files = {path.relative_to(folder): path.read_text() for path in sorted(pathlib.Path(folder).rglob("*.md"))}
    article = next(text for path, text in files.items() if path.stem == "rents")
    others = [str(path) for path, text in files.items() if "ordered this reply" in text]
    print(f"{name}: text {'there' if 'Rents rose by nine' in article else 'gone'},"
          f" link to the note {'there' if '#5d1c2f60' in article else 'gone'},"
          f" note {'there' if 'contracts' in ' '.join(files.values()) else 'gone'},"
          f" notice {'there' if 'ordered this reply' in article else 'gone'}, but in: {', '.join(others) or 'no file'}")
logs = " ".join(path.read_text().lower() for path in pathlib.Path().glob("*.log"))
print("words of it in the output:", [word for word in ("footnote", "pattern", "block", "ref", "lost") if word in logs])
PY

npm ls --prefix "$tmp/hexo" --depth=0 2>/dev/null | grep -oE ' (hexo|hexo-migrator-wordpress)@[0-9.]+'
npm ls --prefix "$tmp/wetm" --depth=0 2>/dev/null | grep -oE ' wordpress-export-to-markdown@[0-9.]+'
echo " pelican $(venv/bin/pelican --version), nikola $(venv/bin/nikola version 2>/dev/null | grep -oE '[0-9.]+' | head -1)"
venv/bin/python make.py
PATH="$pandoc:$PATH" venv/bin/pelican-import --wpfile --markup markdown --output pelican export.xml >pelican.log 2>&1
venv/bin/nikola import_wordpress --no-downloads -o nikola export.xml >nikola.log 2>&1
(cd wetm && node_modules/.bin/wordpress-export-to-markdown --wizard=false --input=../export.xml --output=out \
  --post-folders=false --prefix-date=false --save-attached-images=false --save-scraped-images=false) >wetm.log 2>&1
(cd hexo && node run.mjs) >hexo.log 2>&1
venv/bin/python look.py | tee seen
cat >expected <<'TXT'
pelican-import: text there, link to the note there, note gone, notice gone, but in: reply.md
nikola: text there, link to the note there, note gone, notice gone, but in: pages/reply.md
wordpress-export-to-markdown: text there, link to the note there, note gone, notice gone, but in: no file
hexo: text there, link to the note there, note gone, notice gone, but in: _posts/reply.md
words of it in the output: []
TXT
diff -u expected seen || { echo "CHANGED: the importers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the words of the note and of the notice are missing from the article"
