#!/usr/bin/env bash
# Surprising: front matter that a library wrote itself, from texts only, is read by another as numbers and
#             dates.
# Package:    PyPI python-frontmatter 1.3.0 (PyYAML 6.0.4) and npm gray-matter 4.0.3 (js-yaml 3.15.2),
#             hexo-front-matter 5.0.0 (which brings yaml 2.7.1), yaml 2.9.1
# Expected:   a value that was a text when written (a short id, a score, a duration) is a text when read;
#             writers put quotes wherever any YAML reader might see something else.
# Seen:       Python writes the id 7e4 and the slug 08 bare; JavaScript reads 70000 and 8. JavaScript
#             (yaml, hexo) writes 12:30 and the score 3:2 bare; Python reads 750 and 182. What gray-matter
#             writes is safe for Python.
# Who:        sites with a Python tool and a JavaScript generator on the same files: ids and slugs change.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"

npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error \
  gray-matter@4.0.3 js-yaml@3.15.2 hexo-front-matter@5.0.0 yaml@2.9.1 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check python-frontmatter==1.3.0 PyYAML==6.0.4

cat >fields.json <<'TXT'
{"id": "7e4", "slug": "08", "score": "3:2", "duration": "12:30", "day": "2024-03-01", "answer": "yes"}
TXT
cat >write.py <<'PY'
import frontmatter, json
open("python.md", "w").write(frontmatter.dumps(frontmatter.Post("Text.", **json.load(open("fields.json")))))
PY
cat >write.cjs <<'JS'
const fs = require('fs');
const fields = JSON.parse(fs.readFileSync('fields.json'));
fs.writeFileSync('gray.md', require('gray-matter').stringify('Text.', fields));
fs.writeFileSync('hexo.md', require('hexo-front-matter').stringify({ ...fields, _content: 'Text.' }, { prefixSeparator: true }));
fs.writeFileSync('yaml.md', '---\n' + require('yaml').stringify(fields) + '---\nText.\n');
JS
cat >read.py <<'PY'
import frontmatter, json
fields = json.load(open("fields.json"))
for name in ("gray", "hexo", "yaml"):
    data = frontmatter.load(name + ".md").metadata
    print(f"{name} wrote, python-frontmatter reads:", {k: str(data.get(k)) for k in fields if data.get(k) != fields[k]})
PY
cat >read.cjs <<'JS'
const fs = require('fs');
const fields = JSON.parse(fs.readFileSync('fields.json'));
const text = fs.readFileSync('python.md', 'utf8');
const show = (name, data) => console.log(`python-frontmatter wrote, ${name} reads: ` +
  JSON.stringify(Object.fromEntries(Object.keys(fields).filter((k) => data[k] !== fields[k]).map((k) => [k, data[k]]))));
show('gray-matter', require('gray-matter')(text, {}).data);
show('hexo-front-matter', require('hexo-front-matter').parse(text));
show('yaml', require('yaml').parse(text.split('---\n')[1]));
JS

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(python-frontmatter|pyyaml) '
for p in gray-matter js-yaml hexo-front-matter yaml; do
  echo "$p $(node -p "JSON.parse(require('fs').readFileSync('node_modules/$p/package.json')).version")"
done
venv/bin/python write.py
node write.cjs
{ node read.cjs; venv/bin/python read.py; } | tee seen
cat >expected <<'TXT'
python-frontmatter wrote, gray-matter reads: {"id":70000}
python-frontmatter wrote, hexo-front-matter reads: {"id":70000,"slug":8}
python-frontmatter wrote, yaml reads: {"id":70000,"slug":8}
gray wrote, python-frontmatter reads: {}
hexo wrote, python-frontmatter reads: {'score': '182', 'duration': '750', 'day': '2024-03-01', 'answer': 'True'}
yaml wrote, python-frontmatter reads: {'score': '182', 'duration': '750', 'day': '2024-03-01', 'answer': 'True'}
TXT
diff -u expected seen || { echo "CHANGED: the libraries no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: texts become numbers, dates and truth values on the way"
