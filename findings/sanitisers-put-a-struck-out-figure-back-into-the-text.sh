#!/usr/bin/env bash
# What is surprising: a correction written ~~4.5~~ 45 million, made HTML by marked, showdown or micromark and
#   cleaned by sanitize-html as it comes, reads "paid 4.5 45 million": the struck-out figure stands again.
# Software: sanitize-html 2.17.5 with marked 18.2.1, showdown 2.1.0, micromark 4.0.3 (GFM 3.0.0) and
#   markdown-it 15.0.3; turndown 7.2.5; justhtml 3.16.0, html-sanitizer 2.7.0; against nh3 0.3.8.
# What most people expect: `<del>` is as harmless as `<s>`: kept, or taken out with the words it removes.
# What is seen: sanitize-html and justhtml keep `<s>`, but of `<del>` only the words; html-sanitizer does so
#   with both; so does turndown, which makes HTML into Markdown. markdown-it writes `<s>` and is safe by
#   that alone; nh3 keeps both.
# Who meets it: editors who strike the wrong figure and leave it in sight, as newsrooms do, and their readers.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv v
v/bin/pip install --quiet --disable-pip-version-check nh3==0.3.8 justhtml==3.16.0 html-sanitizer==2.7.0 lxml==6.1.3 lxml_html_clean==0.4.6
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error sanitize-html@2.17.5 marked@18.2.1 showdown@2.1.0 micromark@4.0.3 \
  micromark-extension-gfm@3.0.0 markdown-it@15.0.3 turndown@7.2.5 >/dev/null
cat > t.mjs <<'JS'
import fs from 'node:fs';
import sanitize from 'sanitize-html';
import { marked } from 'marked';
import showdown from 'showdown';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import MarkdownIt from 'markdown-it';
import Turndown from 'turndown';
const version = (n) => JSON.parse(fs.readFileSync(`node_modules/${n}/package.json`)).version;
const text = 'The city paid ~~4.5~~ 45 million.';
const makers = { marked: () => marked.parse(text), showdown: () => new showdown.Converter({ strikethrough: true }).makeHtml(text),
  micromark: () => micromark(text, { extensions: [gfm()], htmlExtensions: [gfmHtml()] }), 'markdown-it': () => new MarkdownIt().render(text) };
for (const n in makers) {
  const html = makers[n]().trim();
  console.log(`${n} ${html}`);
  console.log(`  then sanitize-html ${sanitize(html).trim()}`);
}
for (const tag of ['del', 's']) console.log(`turndown of <${tag}>: ${new Turndown().turndown(`<p>The city paid <${tag}>4.5</${tag}> 45 million.</p>`)}`);
console.error(['sanitize-html', ...Object.keys(makers), 'micromark-extension-gfm', 'turndown'].map((n) => `${n} ${version(n)}`).join(', '));
JS
cat > t.py <<'PY'
import sys, warnings
from importlib.metadata import version
warnings.simplefilter("ignore")
import justhtml, nh3
from html_sanitizer import Sanitizer
for tag in "del", "s":
    html = "<p>The city paid <%s>4.5</%s> 45 million.</p>" % (tag, tag)
    print("justhtml of <%s>: %s" % (tag, justhtml.JustHTML(html, fragment=True).to_html(pretty=False)))
    print("html-sanitizer of <%s>: %s" % (tag, Sanitizer().sanitize(html)))
    print("nh3 of <%s>: %s" % (tag, nh3.clean(html)))
print(", ".join("%s %s" % (n, version(n)) for n in ("justhtml", "html-sanitizer", "nh3")), file=sys.stderr)
PY
{ node t.mjs; v/bin/python t.py; } | tee seen
cat > expected <<'T'
marked <p>The city paid <del>4.5</del> 45 million.</p>
  then sanitize-html <p>The city paid 4.5 45 million.</p>
showdown <p>The city paid <del>4.5</del> 45 million.</p>
  then sanitize-html <p>The city paid 4.5 45 million.</p>
micromark <p>The city paid <del>4.5</del> 45 million.</p>
  then sanitize-html <p>The city paid 4.5 45 million.</p>
markdown-it <p>The city paid <s>4.5</s> 45 million.</p>
  then sanitize-html <p>The city paid <s>4.5</s> 45 million.</p>
turndown of <del>: The city paid 4.5 45 million.
turndown of <s>: The city paid 4.5 45 million.
justhtml of <del>: <p>The city paid 4.5 45 million.</p>
html-sanitizer of <del>: <p>The city paid 4.5 45 million.</p>
nh3 of <del>: <p>The city paid <del>4.5</del> 45 million.</p>
justhtml of <s>: <p>The city paid <s>4.5</s> 45 million.</p>
html-sanitizer of <s>: <p>The city paid 4.5 45 million.</p>
nh3 of <s>: <p>The city paid <s>4.5</s> 45 million.</p>
T
diff -u expected seen || { echo "CHANGED: the tools no longer answer as described above" >&2; exit 1; }
echo "CONFIRMED: the struck-out figure stands in the text again"
