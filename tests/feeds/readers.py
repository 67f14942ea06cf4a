"""Reads feeds with feedparser, and compares what it makes of two articles with what they are.

usage: readers.py BASE_URL EXPECTED

EXPECTED is the JSON that run.sh writes. Prints a line for each feed; exits with 1 if anything was lost.
"""

import html.parser
import json
import pathlib
import sys
import time
import traceback
import urllib.request

import feedparser

VOID = {"br", "col", "hr", "img", "input", "wbr"}


class Texts(html.parser.HTMLParser):
    """The texts of an HTML, each with the elements around it, and the language and direction that it has by them."""

    def __init__(self, source: str):
        super().__init__()
        self.open: list[tuple[str, dict]] = []
        self.found: list[tuple[str, list[str], str | None, str | None]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop()[0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.found.append((data, [tag for tag, _ in self.open], self.nearest("lang"), self.nearest("dir")))

    def nearest(self, name: str) -> str | None:
        return next((attrs[name] for _, attrs in reversed(self.open) if name in attrs), None)

    def at(self, text: str) -> int:
        places = [at for at, one in enumerate(self.found) if text in one[0]]
        assert places, f"{text!r} is lost in {''.join(one[0] for one in self.found)!r}"
        return places[0]

    def all_of(self, text: str) -> tuple:
        """The elements around a text, its language and its direction."""
        return self.found[self.at(text)][1:]


def same(got, wanted, what: str) -> None:
    assert got == wanted, f"{what}: got {got!r}, wanted {wanted!r}"


def around(texts: Texts, expected: dict, middle: str) -> None:
    """The disclaimers stand around `middle`, and each says its own language."""
    places = [texts.at(text) for text in [expected["before"], middle, expected["after"]]]
    same(places, sorted(places), "order of disclaimers and text")
    own = {expected["before"]: ("", "auto"), middle: ("fa", "rtl"), expected["after"]: ("ar", "rtl")}
    for text, marked in own.items():
        same(texts.all_of(text)[1:], marked, f"language and direction of {text!r}")


def check(entry, which: str, expected: dict) -> None:
    same(entry.title, expected["titles"][which], "title")
    assert entry.link.startswith("http"), f"link: {entry.link}"
    same(time.strftime("%Y-%m-%dT%H:%M:%S", entry.published_parsed), expected["published"], "time of publication")
    assert entry.updated_parsed >= entry.published_parsed, "updated before it was published"
    same([author.name for author in entry.authors], expected["authors"], "authors")
    same([tag.term for tag in entry.tags], expected["tags"], "tags")
    same(entry.source.title, expected["source"], "source")
    same([image["url"] for image in entry.media_content], [expected["image"]], "picture")
    enclosures = [(link.href, link.type) for link in entry.links if link.rel == "enclosure"]
    same(enclosures, [(expected["image"], "image/jpeg")], "enclosure")
    same(entry.title_detail.language, expected["language"], "language of the title")
    assert expected["after"] in entry.rights, f"rights: {entry.rights}"

    around(Texts(entry.summary), expected, expected["summary"])
    if which == "teaser":
        assert "content" not in entry, f"a teaser has a text: {entry.content}"
        assert expected["cell"] not in str(entry), "a teaser gives its text away"
        return
    same([one.type for one in entry.content], ["text/html"], "contents")
    texts = Texts(entry.content[0].value)
    around(texts, expected, expected["cell"])
    assert texts.at(expected["dateline"]) < texts.at(expected["cell"]), "the dateline is below the text"
    same(texts.all_of(expected["cell"])[0][-4:], ["table", "tbody", "tr", "td"], "table")
    same(texts.all_of(expected["inner"])[1:], ("en", "ltr"), "language and direction within the text")


def read(base: str, kind: str, expected: dict) -> None:
    with urllib.request.urlopen(f"{base}/feeds/articles.{kind}?{expected['query']}", timeout=10) as answer:
        body, headers = answer.read(), {name.lower(): value for name, value in answer.headers.items()}
    found = feedparser.parse(body, response_headers=headers)
    assert not found.bozo, f"not well-formed: {found.get('bozo_exception')}"
    same(found.version, {"rss": "rss20", "atom": "atom10"}[kind], "format")
    assert found.feed.title and found.feed.updated_parsed, "the feed has no title or no time"
    assert any(link.rel == "self" for link in found.feed.links), "the feed does not name itself"
    entries = {entry.id: entry for entry in found.entries}
    same(sorted(entries), sorted([expected["whole"], expected["teaser"]]), "ids")
    for which in ["whole", "teaser"]:
        check(entries[expected[which]], which, expected)


def main() -> int:
    base, expected = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))
    failed = 0
    for kind in ["rss", "atom"]:
        try:
            read(base, kind, expected)
            print(f"ok feedparser {feedparser.__version__}: {kind}")
        except Exception:
            print(f"FAIL feedparser {feedparser.__version__}: {kind}\n{traceback.format_exc()}")
            failed = 1
    return failed


sys.exit(main())
