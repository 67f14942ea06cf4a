#!/usr/bin/env bash
# Surprising: read and written back by NewsMLG2, a NewsML-G2 description loses every word that stands behind
#             a marked-up one, and what is marked up changes places.
# Package:    PyPI NewsMLG2 1.1 (from the body that makes the standard)
# Expected:   headline, description, edNote and the like are mixed content in the standard (inline, a,
#             span); reading and writing keeps their words in order.
# Seen:       "Water is H2O in town now." with the 2 and "town" marked is written as "Water is Htown2";
#             "<inline>Ida Marsh</inline> is not guilty" leaves only the name. The same marks in the
#             article's own text (inlineXML) are kept, and text without marks is, too; no warning.
# Who:        agencies and receivers that check, change or pass on items with it: names marked as concepts.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check newsmlg2==1.1 lxml==5.4.0

cat >run.py <<'PY'
import NewsMLG2
from lxml import etree
NS = "{http://iptc.org/std/nar/2006-10-01/}"
ITEM = """<?xml version="1.0" encoding="UTF-8"?>
<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:newsml:gazette.example:20240301:water"
  standard="NewsML-G2" standardversion="2.34" conformance="power" version="1" xml:lang="en-GB">
<catalogRef href="http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_40.xml"/>
<itemMeta><itemClass qcode="ninat:text"/><provider qcode="nprov:IPTC"/>
<versionCreated>2024-03-01T10:00:00+01:00</versionCreated></itemMeta>
<contentMeta><headline>%s</headline><description>%s</description></contentMeta>
<contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title>
</head><body><p>The <em>fair</em> opens now.</p></body></html></inlineXML></contentSet></newsItem>"""
def words(xml, name):
    return " ".join("".join(next(etree.fromstring(xml).iter(name)).itertext()).split())
for headline, description in (
    ("Fair opens", "Water is clean in town now."),
    ('<inline qcode="per:7">Ida Marsh</inline> is not guilty',
     'Water is H<inline>2</inline>O in <a href="https://gazette.example/">town</a> now.'),
):
    source = (ITEM % (headline, description)).encode()
    written = NewsMLG2.NewsMLG2Document(source).to_xml_string().encode()
    for name in (NS + "headline", NS + "description", "{http://www.w3.org/1999/xhtml}p"):
        print(f"{name.split('}')[1]}: '{words(source, name)}' -> '{words(written, name)}'")
PY

venv/bin/pip list --disable-pip-version-check 2>/dev/null | grep -iE '^newsmlg2 '
venv/bin/python -W ignore run.py | tee seen
cat >expected <<'TXT'
headline: 'Fair opens' -> 'Fair opens'
description: 'Water is clean in town now.' -> 'Water is clean in town now.'
p: 'The fair opens now.' -> 'The fair opens now.'
headline: 'Ida Marsh is not guilty' -> 'Ida Marsh'
description: 'Water is H2O in town now.' -> 'Water is Htown2'
p: 'The fair opens now.' -> 'The fair opens now.'
TXT
diff -u expected seen || { echo "CHANGED: NewsMLG2 no longer writes as described above" >&2; exit 1; }
echo "CONFIRMED: the words behind a marked-up one are gone"
