#!/usr/bin/env bash
# What is surprising: a test with nock that pins the text of an article, byte for byte, passes when the client
#   glues all paragraphs together, and when a list of JSON lines is sent as one line; and a merge patch that
#   should set `seo: {title}` passes when the client sends a member called "seo.title" or "seo[title]".
# Software: nock 14.0.17 (npm).
# What most people expect: a body given as a string is compared as a string, one given as an object as that JSON.
# What is seen: nock takes all line breaks out of both texts before it compares them, and unfolds member names
#   with dots or brackets (as in a form) in JSON too. A wrong word, a value of another type, a member too many
#   or too few do fail, so the comparison looks exact. Neither is in its readme.
# Who meets it: makers of a client that sends Markdown, plain text, NDJSON or nested patches: the test is green,
#   the server gets one long paragraph, or a member that it does not know.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
npm install --prefix "$tmp" --no-audit --no-fund --loglevel=error nock@14.0.17 >/dev/null
cat > "$tmp/t.mjs" <<'JS'
import fs from 'node:fs';
import nock from 'nock';
console.log('nock', JSON.parse(fs.readFileSync('node_modules/nock/package.json')).version, 'node', process.version);
nock.disableNetConnect();
const seen = [];
const pins = async (what, method, type, pinned, body) => {
  nock.cleanAll();
  nock('http://news.example').intercept('/articles/7', method, pinned).reply(204);
  let result = 'passes';
  try { await fetch('http://news.example/articles/7', { method, body, headers: { 'Content-Type': type } }); } catch { result = 'fails'; }
  const line = `${what}: sent ${JSON.stringify(body)} -> ${result}`;
  console.log(line); seen.push(line);
};
const text = 'Storm warning\n\nSchools close.\n';
const markdown = (what, body) => pins(what, 'PUT', 'text/markdown', text, body);
await markdown('text', text);
await markdown('text, a letter wrong', 'Storm warming\n\nSchools close.\n');
await markdown('text, a blank for each break', text.replaceAll('\n', ' '));
await markdown('text, no paragraphs', 'Storm warningSchools close.');
await pins('two JSON lines as one', 'POST', 'application/x-ndjson', '{"id":1}\n{"id":2}\n', '{"id":1}{"id":2}');
const patch = (what, body) => pins(what, 'PATCH', 'application/merge-patch+json', { seo: { title: 'Storm' } }, body);
await patch('patch', '{"seo":{"title":"Storm"}}');
await patch('patch, a member more', '{"seo":{"title":"Storm","x":null}}');
await patch('patch, dot in a name', '{"seo.title":"Storm"}');
await patch('patch, brackets in a name', '{"seo[title]":"Storm"}');
const want = ['passes', 'fails', 'fails', 'passes', 'passes', 'passes', 'fails', 'passes', 'passes'];
if (seen.some((line, i) => !line.endsWith(`-> ${want[i]}`))) { console.error('CHANGED: expected', want.join(' ')); process.exit(1); }
console.log('AS EXPECTED: four wrong bodies pass as the pinned one');
process.exit(0);
JS
cd "$tmp" && node t.mjs
