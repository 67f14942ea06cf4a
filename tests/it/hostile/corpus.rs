//! Some 240 strings that have broken something somewhere. Each is harmless by itself: all that it can do is raise an
//! error.
//!
//! No string holds a word that a detail may not hold (`support/contract.rs` looks for them), since details repeat what
//! was sent.

use std::sync::LazyLock;

use actix_web::http::header::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a URI holds without an escape (RFC 3986 section 2.3).
const BARE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Longest piece of a URI that is sent: the library takes URIs of up to 64 KiB.
const URI_MAX: usize = 60_000;

/// A hostile string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hostile {
    /// A text; a URI has it percent-encoded.
    Text(String),
    /// A text that stands in a URI as it is: escapes, some of them broken.
    Escaped(&'static str),
    /// A JSON value byte by byte, also one that no text can be.
    Json(&'static [u8]),
}

impl Hostile {
    /// As it stands in JSON.
    pub fn json(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => serde_json::to_vec(text).unwrap(),
            Self::Escaped(text) => serde_json::to_vec(text).unwrap(),
            Self::Json(bytes) => bytes.to_vec(),
        }
    }

    /// As a segment or a value of a URI, if it can be one.
    pub fn uri(&self) -> Option<String> {
        let uri = match self {
            Self::Text(text) => utf8_percent_encode(text, BARE).to_string(),
            Self::Escaped(text) => (*text).to_owned(),
            Self::Json(_) => return None,
        };
        (uri.len() <= URI_MAX).then_some(uri)
    }

    /// As the value of a header, if it can be one.
    pub fn header(&self) -> Option<HeaderValue> {
        let bytes = match self {
            Self::Text(text) => text.as_bytes(),
            Self::Escaped(text) => text.as_bytes(),
            Self::Json(bytes) => bytes,
        };
        HeaderValue::from_bytes(bytes).ok()
    }
}

/// All of them.
pub static CORPUS: LazyLock<Vec<Hostile>> = LazyLock::new(|| {
    let kinds = [
        controls(),
        directions(),
        marks(),
        sizes(),
        numbers(),
        searches(),
        paths(),
        markup(),
        addresses(),
        instants(),
        names(),
        templates(),
        tokens(),
        tags(),
    ];
    let texts = kinds.into_iter().flatten().map(Hostile::Text);
    texts
        .chain(ESCAPES.into_iter().map(Hostile::Escaped))
        .chain(JSON.into_iter().map(Hostile::Json))
        .collect()
});

fn owned<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).into()
}

/// Control characters, and line ends where none belong.
fn controls() -> Vec<String> {
    let mut all = owned([
        "",
        "\u{0}",
        "a\u{0}b",
        "\u{1}",
        "\u{1}-x",
        "\u{7}\u{8}\u{b}\u{c}",
        "\u{1b}[2J\u{1b}]0;x\u{7}",
        "\u{80}\u{85}\u{9f}",
        "\r\n",
        "a\r\nSet-Cookie: a=b",
        "a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "\u{2028}",
        "\u{ffff}\u{fffe}\u{10ffff}",
    ]);
    all.push((0..32_u8).map(char::from).collect());
    all
}

/// Directions of writing, and characters that nobody sees.
fn directions() -> Vec<String> {
    owned([
        "\u{202e}gnp.exe",
        "a\u{202a}b\u{202b}c\u{202d}d",
        "\u{2066}\u{2067}\u{2068} never closed",
        "a\u{200b}b\u{200c}c\u{200d}d\u{2060}e\u{feff}f",
        "\u{ad}\u{34f}\u{180e}\u{115f}\u{3164}\u{ffa0}",
        "\u{e0001}\u{e0061}\u{e007f}",
        "\u{fff9}a\u{fffa}b\u{fffb}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}",
        "\u{5d0}1\u{5d1}-2 \u{627}\u{644} 3/4",
    ])
}

/// Runs of combining marks, and letters in unusual forms.
fn marks() -> Vec<String> {
    let mut all = owned([
        "\u{301}",
        "\u{fdfa}\u{fdfb}\u{fdfd}",
        "\u{130}\u{131}\u{df}\u{1e9e}\u{149}\u{1f0}",
        "\u{ff21}\u{1d400}\u{2460}\u{3392}",
        "\u{1112}\u{1161}\u{11ab}\u{1100}",
        "\u{915}\u{94d}\u{937}\u{93f}\u{200d}",
    ]);
    all.push(format!("Z{}", "\u{300}\u{489}\u{36f}".repeat(700)));
    all.push(format!("e{}\u{323}", "\u{301}".repeat(2_000)));
    all.push("\u{f71}\u{f72}\u{f74}".repeat(300));
    all
}

/// Texts that are longer than anything that takes them, and words without an end.
fn sizes() -> Vec<String> {
    vec![
        "a".repeat(201),
        "a".repeat(5_001),
        "x".repeat(70_000),
        "\u{1f600}".repeat(600),
        "a ".repeat(3_000),
        "\n".repeat(3_000),
        "a-".repeat(1_500),
        "-".repeat(300),
        "\u{4e2d}".repeat(400),
        "\u{4e2d}a".repeat(400),
        "\u{e01}\u{e32}".repeat(400),
        "\"".repeat(2_000),
        "\\".repeat(2_000),
        "&".repeat(2_000),
        // Longer than the longest text of an article.
        "y".repeat(530_000),
    ]
}

/// Numbers where texts are wanted, and texts that look like numbers.
fn numbers() -> Vec<String> {
    let mut all = owned([
        "0", "-0", "1e400", "0x10", "\u{661}\u{662}", "9007199254740993", "9223372036854775808",
        "-9223372036854775809", "NaN", "Infinity", "null", "true", "{}", "\u{2212}1",
    ]);
    all.push("9".repeat(400));
    all
}

/// SQL, the query language of the full-text index, and wildcards.
fn searches() -> Vec<String> {
    let mut all = owned([
        "' or '1'='1",
        "'; drop table articles; --",
        "\" union all values (1,2,3) --",
        "/* a */ -- b",
        "%",
        "_",
        "*",
        "[a-z]",
        "[^]]*",
        "\"",
        "\"a",
        "OR OR OR",
        "NEAR(a b, 5)",
        "title:a body : b",
        "-{title}: a",
        "a ^ b +c",
        "- - -a",
        "a* b** *c",
        "\u{201e}a\u{201c} \u{ab}b\u{bb}",
        "\u{5d0}\"\u{5d1}\"",
        "C++ C# a+b+",
        "\u{e001}\u{e002}",
    ]);
    all.push("a OR ".repeat(300));
    all.push("\"a b\" ".repeat(60));
    all.push("-a ".repeat(200));
    all.push(format!("{}a{}", "(".repeat(500), ")".repeat(500)));
    all
}

/// Paths out of a folder.
fn paths() -> Vec<String> {
    owned([".", "..", "../../../../etc/passwd", "a;b=c/d", "a?b#c", "%2e%2e%2f"])
}

/// HTML and Markdown at their edges.
fn markup() -> Vec<String> {
    let mut all = owned([
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\"'><b a=\"'\">",
        "<!--",
        "<![CDATA[x]]>",
        "<a b='",
        "<a href='java&#9;script:alert(1)'>x</a>",
        "<a href=\"&#1;javascript:alert(1)\" id=\"&#1;\">x</a>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1&gt;\">",
        "<noscript><p title=\"</noscript><img src=x>\">",
        "<table><a><table><td></a>",
        "<plaintext>",
        "&lt;b&gt; &amp;amp; &#0; &#x110000; &nosuch; &notit;",
        "[a](javascript:alert(1))",
        "[a]: javascript:alert(1)\n\n[a] [a][] [b][a]",
        "![a](<x\ny>) [b](c 'd \"e\" f)",
        "[^1]: [^1]\n\n[^1][^1]",
        "[^a]: x\n[^a]: y\n\nz[^a][^b]",
        "1. a\n 1. b\n  - c\n\n   d\n10000000000. e",
        "|a|b|\n|-|\n|c|d|e|\n|\\||`|`|",
        "```a`b\n~~~\n```` x",
        "- [ ] a\n- [x]\n- [X] b\n+ [ ]",
        "*a **b* c** _d __e_ f__ ~~g ~h~~ i~",
        "https://a.example/_b_*c*(d)e) www.f.example, <https://g.example>",
    ]);
    for deep in ["> ", "- ", "[", "*", "<b>", "<div>", "`", "|"] {
        all.push(format!("{}a", deep.repeat(400)));
    }
    all
}

/// Addresses of pages and of people.
fn addresses() -> Vec<String> {
    let mut all = owned([
        "javascript:alert(1)",
        "JaVa\tScRiPt:alert(1)",
        "data:text/html,<b>x</b>",
        "http://",
        "https://[::1]:65536/",
        "https://[::ffff:127.0.0.1]/",
        "https://[",
        "https://user:password@x.example/",
        "https://x.example@y.example/",
        "https://b\u{fc}cher.example/\u{e9}?\u{e9}#\u{e9}",
        "https://xn--/",
        "https://0x7f.1/",
        "https://x.example/\"onmouseover=\"a",
        "https://x.example/%00%0d%0a",
        "a@b",
        "\"a b\"@c.example",
        "a@[127.0.0.1]",
        "a@b.example\nbcc: d@e.example",
        "\u{e4}@\u{fc}.example",
    ]);
    all.push(format!("https://{}.example/", "a".repeat(64)));
    all.push(format!("https://x.example/{}", "a/".repeat(1_100)));
    all.push(format!("{}@b.example", "a".repeat(65)));
    all
}

/// Instants at the ends of the calendar, and texts that are nearly ones.
fn instants() -> Vec<String> {
    owned([
        "2016-12-31T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59.999999Z",
        "1969-12-31T23:59:59.999999Z",
        "2026-02-29T00:00:00Z",
        "2024-02-29T00:00:00+23:59",
        "2026-11-22T10:00:00.1234567Z",
        "2026-11-22T10:00:00+24:00",
        "2026-11-22T10:00:00Z[UTC]",
        "\u{ff12}026-11-22T10:00:00Z",
        "2026-11-22T10:00:00\u{2212}01:00",
    ])
}

/// What is nearly an id, a slug or a language.
fn names() -> Vec<String> {
    let mut all = owned([
        "00000000-0000-0000-0000-000000000000",
        "{0192d5a0-0000-7000-8000-000000000001}",
        "0192d5a000007000800000000000001",
        "0192D5A0-0000-7000-8000-00000000000g",
        "a--b",
        "caf\u{e9}",
        "a,,b",
        ",",
        "self",
        "en-",
        "i-klingon",
        "zh-yue-yue",
        "en-a-b-c-d-e-f-g-h",
        "de-DE-u-co-phonebk",
        "\u{131}n",
    ]);
    all.push("0192d5a0-0000-7000-8000-000000000001,".repeat(101));
    all
}

/// Format strings, templates and texts that make regular expressions slow.
fn templates() -> Vec<String> {
    let mut all = owned([
        "%s%n%x%p%99999999d",
        "{} {0} {name} {:?} {:>99999}",
        "${7*7} {{7*7}} #{7*7} <%= 7*7 %>",
        "---\ntitle: a\n---\n",
        "---\na: &b [*b]\n---",
        "+++\na = [\n+++",
        "{\"a\": 1}\n\ntext",
        "(a+)+$",
        "\\u0000",
        "\\",
        "cdk_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "Bearer  x",
    ]);
    all.push(format!("{}!", "a".repeat(3_000)));
    all.push(format!("{}@", "a.".repeat(1_500)));
    all.push(format!("{}x", " ".repeat(3_000)));
    all
}

/// Cursors, and what a decoder of them might take.
fn tokens() -> Vec<String> {
    let mut all = owned(["AAAAAAAAAABudWxs", "====", "+/+/", "bm90aGluZw=="]);
    all.push("A".repeat(512));
    all.push("A".repeat(513));
    all
}

/// Entity tags, media types and preferences.
fn tags() -> Vec<String> {
    let mut all = owned([
        "\"1-a\"",
        "w/\"1-a\"",
        "\"1-a\", \"2-b\"",
        "\"1-a\",",
        "*, \"1-a\"",
        "\"9223372036854775808-a\"",
        "\"1-a-gzip-br\"",
        "\"\u{e9}\"",
        "text/html;q=0",
        "application/*;q=NaN",
        ";;;q=,,",
        "application/json; charset=utf-16",
        "return=minimal",
        "wait=-1, respond-async",
        "a=\"b,c;d=e",
    ]);
    all.push("\"1-a\", ".repeat(1_000));
    all.push("a/b;q=0.1,".repeat(1_000));
    all
}

/// Escapes of URIs, some of them broken.
const ESCAPES: [&str; 11] = [
    "%", "%zz", "%00", "%0d%0a", "%ff%fe", "%c0%ae%c0%ae", "%ed%a0%80", "%252e%252e%252f",
    "%u0041", "a+b%2Bc", "%2F..%2F",
];

/// JSON that no text becomes: lone surrogates, bytes that are no UTF-8, texts that are not closed, values of other
/// types.
const JSON: [&[u8]; 16] = [
    br#""\ud800""#, br#""\udc00\ud800""#, br#""a\ud83d""#, br#""\u0000""#, br#""\u00""#,
    br#""\x41""#, b"\"\xff\"", b"\"\xc0\x80\"", b"\"\xed\xa0\x80\"", b"\"a\nb\"", br#""a"#,
    b"1e999", b"-9223372036854775809", b"0.1", br#"["a",{"b":[null]}]"#, br#"{"a":1,"a":2}"#,
];

#[test]
fn there_are_over_two_hundred_and_no_two_are_the_same() {
    let corpus = &*CORPUS;
    assert!(corpus.len() >= 200, "{}", corpus.len());
    for (nth, one) in corpus.iter().enumerate() {
        assert!(!corpus[..nth].contains(one), "{one:?}");
    }
}
