#!/usr/bin/env bash
# Surprising: front matter closed by "..." (YAML's own end mark) is seen by some readers only; for others
#             the article has no fields, "draft: true" is part of its text and nothing is reported.
# Package:    PyPI python-frontmatter 1.3.0, mkdocs 1.6.1, pelican 4.12.0 (Markdown 3.11.3); npm
#             gray-matter 4.0.3, front-matter 4.0.2, vfile-matter 5.0.1, hexo-front-matter 5.0.0
# Expected:   all of them take "..." (it closes front matter in Jekyll and Pandoc), or all of them refuse
#             it.
# Seen:       front-matter, mkdocs, pelican take it; gray-matter refuses; the other three silently print
#             it.
# Who:        whoever moves articles from a Jekyll or Pandoc workflow to another tool.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  gray-matter@4.0.3 front-matter@4.0.2 js-yaml@3.15.2 vfile-matter@5.0.1 vfile@6.0.3 yaml@2.9.1 \
  hexo-front-matter@5.0.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  python-frontmatter==1.3.0 mkdocs==1.6.1 pelican==4.12.0 Markdown==3.11.3

printf -- '---\ntitle: Vote\ndraft: true\n...\n\nThe vote is tonight.\n' >article.md

cat >run.py <<'PY'
import frontmatter
from mkdocs.utils.meta import get_data
from pelican.readers import MarkdownReader
from pelican.settings import DEFAULT_CONFIG
text = open("article.md").read()
def say(name, draft, body):
    print(f"{name}: draft {draft}, front matter in the text: {'draft: true' in body}")
post = frontmatter.loads(text)
say("python-frontmatter", post.get("draft"), post.content)
body, data = get_data(text)
say("mkdocs", data.get("draft"), body)
body, data = MarkdownReader({**DEFAULT_CONFIG, "AUTHOR": ""}).read("article.md")
say("pelican", data.get("draft"), body)
PY
cat >run.mjs <<'JS'
import fs from 'node:fs';
import gray from 'gray-matter';
import fm from 'front-matter';
import hexo from 'hexo-front-matter';
import { VFile } from 'vfile';
import { matter } from 'vfile-matter';
const text = fs.readFileSync('article.md', 'utf8');
const say = (name, read) => {
  try {
    const [data, body] = read();
    console.log(`${name}: draft ${data.draft}, front matter in the text: ${body.includes('draft: true')}`);
  } catch (error) {
    console.log(`${name}: refused (${error.name})`);
  }
};
say('gray-matter', () => { const f = gray(text, {}); return [f.data, f.content]; });
say('front-matter', () => { const f = fm(text); return [f.attributes, f.body]; });
say('vfile-matter', () => { const f = new VFile(text); matter(f, { strip: true }); return [f.data.matter, String(f)]; });
say('hexo-front-matter', () => { const f = hexo.parse(text); return [f, f._content]; });
JS

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(python-frontmatter|mkdocs|pelican|markdown) '
for p in gray-matter front-matter vfile-matter hexo-front-matter; do
  echo "$p $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$p/package.json')).version")"
done
{ venv/bin/python -W ignore run.py; node run.mjs; } | tee seen
cat >expected <<'TXT'
python-frontmatter: draft None, front matter in the text: True
mkdocs: draft True, front matter in the text: False
pelican: draft true, front matter in the text: False
gray-matter: refused (YAMLException)
front-matter: draft true, front matter in the text: false
vfile-matter: draft undefined, front matter in the text: true
hexo-front-matter: draft undefined, front matter in the text: true
TXT
diff -u expected seen || { echo "CHANGED: the readers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: what is a draft for some is public text for others"
