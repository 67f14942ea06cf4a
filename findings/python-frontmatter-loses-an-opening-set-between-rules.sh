#!/usr/bin/env bash
# Surprising: an article without front matter that opens with a sentence between two rules loses that
#             sentence.
# Package:    PyPI python-frontmatter 1.3.0 (PyYAML 6.0.4); npm gray-matter 4.0.3 (js-yaml 3.15.2) and
#             hexo-front-matter 5.0.0 compared
# Expected:   what is no set of fields is text, or an error.
# Seen:       no data, and the sentence is in neither place; load + dump writes the file back without it.
#             A poem or code block set in by four blanks loses them in its first line, so it is no longer
#             a block.
# Who:        tools that read articles, change a field and write them back: the loss is permanent.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  gray-matter@4.0.3 js-yaml@3.15.2 hexo-front-matter@5.0.0 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check python-frontmatter==1.3.0 PyYAML==6.0.4

printf -- '---\n\nJudge Ida Marsh has resigned.\n\n---\n\nThe court will close.\n' >opening.md
printf -- '---\ntitle: Verse\n---\n\n    First line\n    Second line\n' >verse.md

cat >run.py <<'PY'
import frontmatter
for name in ("opening", "verse"):
    post = frontmatter.load(name + ".md")
    print(f"python-frontmatter {name}: {post.metadata} {post.content!r}")
    print(f"python-frontmatter {name} written back: {frontmatter.dumps(post)!r}")
PY
cat >run.cjs <<'JS'
const fs = require('fs');
const gray = require('gray-matter');
const hexo = require('hexo-front-matter');
const text = fs.readFileSync('opening.md', 'utf8');
const g = gray(text, {});
console.log('gray-matter opening:', JSON.stringify(g.data), JSON.stringify(g.content));
console.log('hexo-front-matter opening: text whole', hexo.parse(text)._content === text);
JS

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(python-frontmatter|pyyaml) '
for p in gray-matter hexo-front-matter; do
  echo "$p $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$p/package.json')).version")"
done
{ venv/bin/python run.py; node run.cjs; } | tee seen
cat >expected <<'TXT'
python-frontmatter opening: {} 'The court will close.'
python-frontmatter opening written back: '---\n{}\n---\n\nThe court will close.'
python-frontmatter verse: {'title': 'Verse'} 'First line\n    Second line'
python-frontmatter verse written back: '---\ntitle: Verse\n---\n\nFirst line\n    Second line'
gray-matter opening: "Judge Ida Marsh has resigned." "\nThe court will close.\n"
hexo-front-matter opening: text whole true
TXT
diff -u expected seen || { echo "CHANGED: the readers no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the opening sentence is gone for good"
