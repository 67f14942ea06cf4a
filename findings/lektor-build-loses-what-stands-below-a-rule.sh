#!/usr/bin/env bash
# Surprising: in a Lektor page, a Markdown rule (---) ends the text; what follows is not on the page, nor
#             in an error.
# Package:    PyPI Lektor 3.3.14 with mistune 0.8.4
# Expected:   "---" inside the text is a horizontal rule, or the build complains about text that has no
#             field.
# Seen:       the correction below the rule is lost; if it has a colon ("Correction: ...") it is a field
#             that no template shows; the rule must be written with one dash more (----) to be a rule of
#             three.
# Who:        people who move Markdown articles to Lektor, and importers that split contents.lr
#             themselves.
set -euo pipefail

tmp=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
export HOME="$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check Lektor==3.3.14 mistune==0.8.4

mkdir -p site/content/plain site/content/colon site/content/four site/models site/templates
printf '[project]\nname = Gazette\n' >site/gazette.lektorproject
printf '[model]\nname = Page\n\n[fields.title]\ntype = string\n\n[fields.body]\ntype = markdown\n' >site/models/page.ini
printf '{{ this.title }}|{{ this.body }}' >site/templates/page.html
printf 'title: Home\n' >site/content/contents.lr
article() {
  printf 'title: Court\n---\nbody:\n\nThe court met.\n\n%s\n\n%s\n' "$2" "$3" >"site/content/$1/contents.lr"
}
article plain '---' 'The judge was Ida Marsh, not Tom Reed.'
article colon '---' 'Correction: the judge was Ida Marsh, not Tom Reed.'
article four '----' 'The judge was Ida Marsh, not Tom Reed.'

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^(lektor|mistune) '
venv/bin/lektor --project site build --output-path "$tmp/out" >build.log 2>&1 || { cat build.log >&2; exit 1; }
{
  echo "errors and warnings of the build: $(grep -ciE 'warn|error|fail' build.log || true)"
  for page in plain colon four; do
    echo "$page: $(tr -d '\n' <out/$page/index.html)"
  done
  (cd site && ../venv/bin/python -W ignore - <<'PY'
from lektor.metaformat import tokenize
for page in ("plain", "colon"):
    with open(f"content/{page}/contents.lr") as f:
        print(page, "fields:", {k: "".join(v).strip() for k, v in tokenize(f)})
PY
  )
} | tee seen
cat >expected <<'TXT'
errors and warnings of the build: 0
plain: Court|<p>The court met.</p>
colon: Court|<p>The court met.</p>
four: Court|<p>The court met.</p><hr><p>The judge was Ida Marsh, not Tom Reed.</p>
plain fields: {'title': 'Court', 'body': 'The court met.'}
colon fields: {'title': 'Court', 'body': 'The court met.', 'Correction': 'the judge was Ida Marsh, not Tom Reed.'}
TXT
diff -u expected seen || { echo "CHANGED: Lektor no longer answers as described above" >&2; exit 1; }
echo "CONFIRMED: the correction below the rule is not on the page"
