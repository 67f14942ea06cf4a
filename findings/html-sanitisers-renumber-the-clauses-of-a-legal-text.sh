#!/usr/bin/env bash
# What is surprising: seven of eight HTML sanitisers, as they come, change the numbers of a numbered list:
#   clause (c) of a law becomes 3. or 1., clause (g) becomes 7., 4. or 2., and a countdown III II I counts
#   up. The HTML Standard (4.4.5) keeps `type` for lists whose items are referred to by their letter.
# Software: nh3 0.3.8, bleach 6.4.0, lxml_html_clean 0.4.6, justhtml 3.16.0; sanitize-html 2.17.5,
#   rehype-sanitize 6.0.0, xss 1.0.17; against dompurify 3.5.0 with jsdom 29.1.1.
# What most people expect: a list without a link, script or style in it comes out as it went in.
# What is seen: bleach, justhtml, sanitize-html and xss drop type, start, value and reversed; nh3 keeps start
#   alone, rehype-sanitize start and value; lxml_html_clean drops only reversed. dompurify keeps all four.
# Who meets it: whoever publishes laws, judgments, contracts or rankings ("see clause (c)") through them.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check nh3==0.3.8 bleach==6.4.0 lxml_html_clean==0.4.6 lxml==6.1.3 justhtml==3.16.0
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error sanitize-html@2.17.5 xss@1.0.17 dompurify@3.5.0 jsdom@29.1.1 \
  unified@11.0.5 rehype-parse@9.0.1 rehype-sanitize@6.0.0 rehype-stringify@10.0.1 >/dev/null
printf '%s' '<ol type="a" start="3"><li>notice</li><li value="7">appeal</li></ol>' \
  '<ol type="I" reversed><li>third</li><li>second</li><li>winner</li></ol>' > law.html
cat > t.py <<'PY'
import json, warnings
from importlib.metadata import version
warnings.simplefilter("ignore")
import bleach, justhtml, nh3
from lxml_html_clean import clean_html
law = open("law.html").read()
made = {"nh3": nh3.clean(law), "bleach": bleach.clean(law), "lxml_html_clean": clean_html(law),
        "justhtml": justhtml.JustHTML(law, fragment=True).to_html(pretty=False)}
json.dump([[name, version(name), html] for name, html in made.items()], open("python.json", "w"))
PY
v/bin/python t.py
cat > t.mjs <<'JS'
import fs from 'node:fs';
import { JSDOM } from 'jsdom';
import createDOMPurify from 'dompurify';
import sanitizeHtml from 'sanitize-html';
import xss from 'xss';
import { unified } from 'unified';
import parse from 'rehype-parse';
import rehypeSanitize from 'rehype-sanitize';
import stringify from 'rehype-stringify';
const law = fs.readFileSync('law.html', 'utf8');
const version = (n) => JSON.parse(fs.readFileSync(`node_modules/${n}/package.json`)).version;
const rehyped = String(await unified().use(parse, { fragment: true }).use(rehypeSanitize).use(stringify).process(law));
const made = JSON.parse(fs.readFileSync('python.json')).concat([
  ['sanitize-html', version('sanitize-html'), sanitizeHtml(law)], ['rehype-sanitize', version('rehype-sanitize'), rehyped],
  ['xss', version('xss'), xss(law)], ['dompurify', version('dompurify'), createDOMPurify(new JSDOM('').window).sanitize(law)]]);
// The numbers that a browser shows, after the HTML Standard's "ordinal value" of an li and `type` of an ol.
const roman = ['', 'I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X'];
const mark = (n, type) => ({ a: String.fromCharCode(96 + n), I: roman[n] })[type] ?? String(n);
const labels = (html) => [...new JSDOM(html).window.document.querySelectorAll('ol')].map((ol) => {
  const items = [...ol.children], down = ol.hasAttribute('reversed');
  let n = Number(ol.getAttribute('start') ?? (down ? items.length : 1));
  return items.map((li) => {
    n = Number(li.getAttribute('value') ?? n);
    const shown = `${mark(n, ol.getAttribute('type'))}. ${li.textContent}`;
    n += down ? -1 : 1;
    return shown;
  }).join(', ');
}).join(' | ');
console.log(`node ${process.version}\nthe law: ${labels(law)}\n  ${law}`);
const seen = {};
for (const [name, v, html] of made) { seen[name] = labels(html); console.log(`${name} ${v}: ${seen[name]}\n  ${html}`); }
const up = '1. third, 2. second, 3. winner', plain = `1. notice, 2. appeal | ${up}`;
const want = { nh3: `3. notice, 4. appeal | ${up}`, bleach: plain, justhtml: plain, 'sanitize-html': plain, xss: plain,
  'rehype-sanitize': `3. notice, 7. appeal | ${up}`, lxml_html_clean: 'c. notice, g. appeal | I. third, II. second, III. winner',
  dompurify: 'c. notice, g. appeal | III. third, II. second, I. winner' };
for (const n in want) if (seen[n] !== want[n]) { console.error(`CHANGED: ${n} shows ${seen[n]}, expected ${want[n]}`); process.exit(1); }
console.log('AS EXPECTED: seven of eight show other numbers than the author wrote');
process.exit(0);
JS
node t.mjs
