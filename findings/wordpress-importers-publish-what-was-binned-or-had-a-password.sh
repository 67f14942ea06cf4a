#!/usr/bin/env bash
# Surprising: one export of WordPress is another paper after each importer. Hexo's publishes what is private, waits for
#             review or lies in the bin; wordpress-export-to-markdown saves private, waiting and future posts as any
#             other; pelican-import leaves these three out without a word, and publishes the site's menu and style
#             sheet as articles. A post with a password is public with all of them.
# Package:    npm hexo 7.3.0 with hexo-migrator-wordpress 2.1.2, wordpress-export-to-markdown 2.2.2; PyPI pelican 4.12.0
#             (pypandoc-binary 1.17, beautifulsoup4 4.15.0, lxml 5.4.0)
# Expected:   only status "publish" without a password is public; the rest is kept as a draft or left out, and this is
#             said; styles, menus and patterns of the site are no articles.
# Seen:       Hexo asks only for "draft", of all kinds of items; wordpress-export-to-markdown leaves out "trash" and
#             "draft", writes no state, and names files by the slug, which a post has only once it was published: of
#             two posts in review one is left, as ".md"; Pelican takes "publish" and "draft" of all kinds of items.
# Who:        sites that move: nobody reads all of an archive again after it.
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
venv/bin/pip install --quiet --disable-pip-version-check \
  pelican==4.12.0 Markdown==3.11.3 beautifulsoup4==4.15.0 lxml==5.4.0 pypandoc-binary==1.17
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
ITEM = """<item><title>{title}</title><link>{link}</link><pubDate>{pub}</pubDate><dc:creator>ida</dc:creator>
<guid isPermaLink="false">https://gazette.example/?p={number}</guid><description></description>
<content:encoded><![CDATA[{text}]]></content:encoded>
<excerpt:encoded></excerpt:encoded><wp:post_id>{number}</wp:post_id><wp:post_date>{day} 10:00:00</wp:post_date>
<wp:post_date_gmt>{gmt}</wp:post_date_gmt><wp:comment_status>closed</wp:comment_status>
<wp:ping_status>closed</wp:ping_status><wp:post_name>{slug}</wp:post_name><wp:status>{status}</wp:status>
<wp:post_parent>0</wp:post_parent><wp:menu_order>0</wp:menu_order><wp:post_type>{kind}</wp:post_type>
<wp:post_password>{password}</wp:post_password><wp:is_sticky>0</wp:is_sticky></item>"""
ROWS = [("Published", "publish", "", "post"), ("Password", "publish", "winter", "post"), ("Draft", "draft", "", "post"),
        ("Review one", "pending", "", "post"), ("Review two", "pending", "", "post"), ("Private", "private", "", "post"),
        ("Future", "future", "", "post"), ("Binned", "trash", "", "post"), ("Menu", "publish", "", "wp_navigation"),
        ("Styles", "publish", "", "wp_global_styles"), ("Notice", "publish", "", "wp_block")]
with open("export.xml", "w") as out:
    print(HEAD, file=out)
    for number, (title, status, password, kind) in enumerate(ROWS, 11):
        named, day = status not in ("draft", "pending"), "2124-03-01" if status == "future" else "2024-03-01"
        slug = title.lower() if named else ""   # WordPress names a post when it is released
        slug += "__trashed" if status == "trash" else ""
        text = f"<!-- wp:paragraph --><p>Text of {title}.</p><!-- /wp:paragraph -->"
        if kind == "wp_navigation":
            text = '<!-- wp:navigation-link {"label":"Sport","url":"/sport/","kind":"custom"} /-->'
        if kind == "wp_global_styles":
            text = '{"styles": {"color": {"text": "navy"}}, "isGlobalStylesUserThemeJSON": true, "version": 3}'
        print(ITEM.format(title=title, number=number, status=status, password=password, kind=kind, day=day, slug=slug,
                          link=f"https://gazette.example/{slug}/" if named else f"https://gazette.example/?p={number}",
                          pub=f"{'Wed' if day > '21' else 'Fri'}, 01 Mar {day[:4]} 10:00:00 +0000" if named else "",
                          gmt=f"{day} 10:00:00" if named else "0000-00-00 00:00:00", text=text), file=out)
    print("</channel></rss>", file=out)
PY
cat >hexo/run.mjs <<'JS'
import { mkdirSync, writeFileSync } from 'node:fs';
import Hexo from 'hexo';
writeFileSync('_config.yml', 'title: Gazette\nurl: https://gazette.example\ntimezone: UTC\n');
mkdirSync('source/_posts', { recursive: true });
const first = new Hexo(process.cwd(), { silent: true });
await first.init();
await first.call('migrate', { _: ['wordpress', '../export.xml'] });
await first.exit();
const site = new Hexo(process.cwd(), { silent: true });
await site.init();
await site.load();
console.log('hexo, public posts:', site.locals.get('posts').map((post) => post.title).sort().join(', '));
await site.exit();
process.exit(0);
JS
cat >look.py <<'PY'
import pathlib, re, xml.etree.ElementTree as ElementTree
files = {path.name: path.read_text() for path in sorted(pathlib.Path("wetm/out").rglob("*.md"))}
titles = {name: re.search(r'^title: "(.*)"', text, re.M)[1] for name, text in files.items()}
print("wordpress-export-to-markdown, files:", ", ".join(f"{title} ({name})" for name, title in titles.items()))
print("wordpress-export-to-markdown, files with a word on their state:",
      sum(bool(re.search("^(draft|status|published|password|visibility):", text, re.M)) for text in files.values()))
feed = ElementTree.parse("pelican/site/all.atom.xml")
print("pelican, public articles:", ", ".join(sorted(title.text for title in feed.findall("{*}entry/{*}title"))))
drafts = pathlib.Path("pelican/site/drafts")
print("pelican, drafts:", len(list(drafts.rglob("*.html"))))
text = next(entry for entry in feed.findall("{*}entry") if entry.find("{*}title").text == "Styles").find("{*}content").text
print("pelican, text of Styles:", " ".join(re.sub("<[^>]*>", "", text).replace("\\", "").split()))
PY

npm ls --prefix "$tmp/hexo" --depth=0 2>/dev/null | grep -oE ' (hexo|hexo-migrator-wordpress)@[0-9.]+'
npm ls --prefix "$tmp/wetm" --depth=0 2>/dev/null | grep -oE ' wordpress-export-to-markdown@[0-9.]+'
echo " pelican $(venv/bin/pelican --version), $("$pandoc/pandoc" --version | head -1)"
venv/bin/python make.py
{
  (cd hexo && node run.mjs)
  (cd wetm && node_modules/.bin/wordpress-export-to-markdown --wizard=false --input=../export.xml --output=out \
    --post-folders=false --prefix-date=false --save-attached-images=false --save-scraped-images=false) >wetm.log 2>&1
  mkdir pelican
  PATH="$pandoc:$PATH" venv/bin/pelican-import --wpfile --markup markdown --output pelican/content export.xml >pelican.log 2>&1
  cat >pelican/conf.py <<'PY'
SITENAME = "Gazette"
SITEURL = "https://gazette.example"
PATH = "content"
TIMEZONE = "UTC"
FEED_ALL_ATOM = "all.atom.xml"
PY
  (cd pelican && ../venv/bin/pelican --settings conf.py --output site content) >build.log 2>&1
  venv/bin/python look.py
  grep -hciE 'private|pending|review|future|skip|left out' pelican.log | sed 's/^/pelican-import, lines on what is left out: /' || true
} | tee seen
cat >expected <<'TXT'
hexo, public posts: Binned, Future, Menu, Notice, Password, Private, Published, Review one, Review two, Styles
wordpress-export-to-markdown, files: Review two (.md), Future (future.md), Password (password.md), Private (private.md), Published (published.md)
wordpress-export-to-markdown, files with a word on their state: 0
pelican, public articles: Menu, Notice, Password, Published, Styles
pelican, drafts: 1
pelican, text of Styles: {"styles": {"color": {"text": "navy"}}, "isGlobalStylesUserThemeJSON": true, "version": 3}
pelican-import, lines on what is left out: 0
TXT
diff -u expected seen || { echo "CHANGED: the importers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: each importer makes other posts public, and all of them the one with a password"
