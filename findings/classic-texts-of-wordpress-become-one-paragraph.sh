#!/usr/bin/env bash
# Surprising: Nikola's and Hexo's importers run all paragraphs of an article together, if it was written in WordPress'
#             classic editor: there a blank line parts two paragraphs, and no <p> is stored.
# Package:    PyPI Nikola 8.3.3 (lxml 5.4.0, Markdown 3.11.3, Jinja2 3.1.6); npm hexo-migrator-wordpress 2.1.2 with
#             hexo 7.3.0 and hexo-renderer-marked 7.0.1; for comparison npm wordpress-export-to-markdown 2.2.2
# Expected:   three paragraphs remain three. Markdown, which both write, parts paragraphs by a blank line as well.
# Seen:       Nikola parses the text as HTML and puts "<html><body><p>" around the whole in the .md file: Markdown leaves
#             that alone, and the page has one <p> of all. Hexo takes the blank lines for spaces, unless asked for
#             "--paragraph-fix", and with it, too, as soon as the article has a single <p> of its own.
#             wordpress-export-to-markdown keeps the paragraphs.
# Who:        every archive of WordPress from before 2018, and all who kept the classic editor.
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
venv/bin/pip install --quiet --disable-pip-version-check Nikola==8.3.3 lxml==5.4.0 Markdown==3.11.3 Jinja2==3.1.6

cat >make.py <<'PY'
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:wp="http://wordpress.org/export/1.2/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Gazette</title><link>https://gazette.example</link><description>News</description>
<language>en-US</language><wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://gazette.example</wp:base_site_url>
<wp:base_blog_url>https://gazette.example</wp:base_blog_url><wp:author><wp:author_id>1</wp:author_id>
<wp:author_login>ida</wp:author_login><wp:author_email>ida@gazette.example</wp:author_email>
<wp:author_display_name>Ida Marsh</wp:author_display_name></wp:author>"""
ITEM = """<item><title>%s</title><link>https://gazette.example/%s/</link><pubDate>Fri, 02 Mar 2012 10:00:00 +0000</pubDate>
<dc:creator>ida</dc:creator><guid isPermaLink="false">https://gazette.example/?p=%d</guid><description></description>
<content:encoded><![CDATA[%s]]></content:encoded>
<excerpt:encoded></excerpt:encoded><wp:post_id>%d</wp:post_id><wp:post_date>2012-03-02 10:00:00</wp:post_date>
<wp:post_date_gmt>2012-03-02 10:00:00</wp:post_date_gmt><wp:comment_status>closed</wp:comment_status>
<wp:ping_status>closed</wp:ping_status><wp:post_name>%s</wp:post_name><wp:status>publish</wp:status>
<wp:post_parent>0</wp:post_parent><wp:menu_order>0</wp:menu_order><wp:post_type>post</wp:post_type>
<wp:post_password></wp:post_password><wp:is_sticky>0</wp:is_sticky></item>"""
TEXT = "The bridge is open.\n\nThe mayor spoke <em>briefly</em>.\n\nThe old one is closed."
ROWS = [("Plain", TEXT), ("Mixed", TEXT + "\n\n<p>Photo: Tom Reed</p>")]
with open("export.xml", "w") as out:
    print(HEAD, file=out)
    for number, (title, text) in enumerate(ROWS, 11):
        print(ITEM % (title, title.lower(), number, text, number, title.lower()), file=out)
    print("</channel></rss>", file=out)
PY
cat >hexo/run.mjs <<'JS'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import Hexo from 'hexo';
for (const options of [{}, { 'paragraph-fix': true }]) {
  for (const old of ['source', 'db.json']) rmSync(old, { recursive: true, force: true });
  writeFileSync('_config.yml', 'title: Gazette\nurl: https://gazette.example\ntimezone: UTC\n');
  mkdirSync('source/_posts', { recursive: true });
  const first = new Hexo(process.cwd(), { silent: true });
  await first.init();
  await first.call('migrate', { _: ['wordpress', '../export.xml'], ...options });
  await first.exit();
  const site = new Hexo(process.cwd(), { silent: true });
  await site.init();
  await site.load();
  for (const post of site.locals.get('posts').sort('title', -1).toArray()) {
    console.log(`hexo${options['paragraph-fix'] ? ' --paragraph-fix' : ''}, ${post.title}: ${post.content.trim().replace(/\n/g, ' | ')}`);
  }
  await site.exit();
}
process.exit(0);
JS
cat >look.py <<'PY'
import pathlib, re, markdown
for title in ("plain", "mixed"):
    page = pathlib.Path(f"nikola/output/posts/{title}/index.html").read_text()
    text = re.search(r'<div class="e-content[^>]*>(.*?)</div>', page, re.S)[1]
    print(f"nikola, {title.title()}: {text.strip()}".replace("\n", " | "))
for title in ("plain", "mixed"):
    text = pathlib.Path(f"wetm/out/{title}.md").read_text().split("---", 2)[2]
    print(f"wordpress-export-to-markdown, {title.title()}: {markdown.markdown(text)}".replace("\n", " | "))
PY

npm ls --prefix "$tmp/hexo" --depth=0 2>/dev/null | grep -oE ' (hexo|hexo-migrator-wordpress)@[0-9.]+'
npm ls --prefix "$tmp/wetm" --depth=0 2>/dev/null | grep -oE ' wordpress-export-to-markdown@[0-9.]+'
echo " nikola $(venv/bin/nikola version 2>/dev/null | grep -oE '[0-9.]+' | head -1)"
venv/bin/python make.py
{
  (venv/bin/nikola import_wordpress --no-downloads -o nikola export.xml && cd nikola && ../venv/bin/nikola build) >nikola.log 2>&1 ||
    { tail -30 nikola.log >&2; exit 1; }
  (cd wetm && node_modules/.bin/wordpress-export-to-markdown --wizard=false --input=../export.xml --output=out \
    --post-folders=false --prefix-date=false --save-attached-images=false --save-scraped-images=false) >wetm.log 2>&1
  venv/bin/python look.py
  (cd hexo && node run.mjs)
} | tee seen
cat >expected <<'TXT'
nikola, Plain: <p>The bridge is open. |  | The mayor spoke <em>briefly</em>. |  | The old one is closed.</p>
nikola, Mixed: <p>The bridge is open. |  | The mayor spoke <em>briefly</em>. |  | The old one is closed. |  | </p> | <p>Photo: Tom Reed</p>
wordpress-export-to-markdown, Plain: <p>The bridge is open.</p> | <p>The mayor spoke <em>briefly</em>.</p> | <p>The old one is closed.</p>
wordpress-export-to-markdown, Mixed: <p>The bridge is open.</p> | <p>The mayor spoke <em>briefly</em>.</p> | <p>The old one is closed.</p> | <p>Photo: Tom Reed</p>
hexo, Plain: <p>The bridge is open. The mayor spoke <em>briefly</em>. The old one is closed.</p>
hexo, Mixed: <p>The bridge is open. The mayor spoke <em>briefly</em>. The old one is closed.</p> | <p>Photo: Tom Reed</p>
hexo --paragraph-fix, Plain: <p>The bridge is open.</p> | <p>The mayor spoke <em>briefly</em>.</p> | <p>The old one is closed.</p>
hexo --paragraph-fix, Mixed: <p>The bridge is open. The mayor spoke <em>briefly</em>. The old one is closed.</p> | <p>Photo: Tom Reed</p>
TXT
diff -u expected seen || { echo "CHANGED: the importers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: three paragraphs are one with Nikola and Hexo"
