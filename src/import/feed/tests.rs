//! Feeds of every form, and what is wrong with them.

use serde_json::json;

use super::super::item::{ArticleItem, Expiry};
use super::*;

fn items(text: &str, base: Option<&str>) -> Vec<Item> {
    let mut items = Vec::new();
    let options = Options { expiry: Expiry::Kept };
    let mut sink = |item| {
        items.push(item);
        Ok(())
    };
    read_bytes(text.as_bytes(), base, &At::file("feed.xml"), &options, &mut sink).unwrap();
    items
}

/// The articles, and the other items as lines.
fn told(text: &str) -> (Vec<ArticleItem>, Vec<String>) {
    let (mut articles, mut lines) = (Vec::new(), Vec::new());
    for item in items(text, None) {
        match item {
            Item::Article(article) => articles.push(*article),
            Item::Refused { at, reason } => lines.push(format!("{at}: {reason}")),
            Item::Skipped { at, reason } => lines.push(format!("{at}: skipped, {reason}")),
            Item::Warning { at, text } => lines.push(format!("{at}: warning: {text}")),
            Item::Comment(_) => panic!("a feed has no comments"),
        }
    }
    (articles, lines)
}

fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:h=\"h\" xmlns:prism=\"p\" xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\" xmlns:podcast=\"https://podcastindex.org/namespace/1.0\" xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"><channel><title>The Courier</title><link>https://site.example/</link><language>en-gb</language>\n{items}</channel></rss>"
    )
}

fn atom(entries: &str) -> String {
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"de\"><title>The Courier</title><id>https://site.example/feed</id><link href=\"https://site.example/\"/><author><name>Desk</name></author>\n{entries}</feed>"
    )
}

const DATED: &str = "<pubDate>Fri, 09 Jan 2026 18:30:00 +0100</pubDate>";

#[test]
fn forms_are_told_by_content() {
    for text in [
        "<?xml version=\"1.0\"?>\n<!-- made by hand -->\n<rss version=\"2.0\"><channel>",
        "\u{feff}<feed xmlns=\"http://www.w3.org/2005/Atom\">",
        "<rdf:RDF xmlns:rdf=\"x\" xmlns=\"http://purl.org/rss/1.0/\">",
        "{\"version\": \"https:\\/\\/jsonfeed.org\\/version\\/1.1\", \"title\": \"",
        "{\"title\": \"T\", \"home_page_url\": \"x\", \"items\": [{\"id\": \"1\"",
        "<!DOCTYPE rss [<!ENTITY a \"b\">]><rss>",
    ] {
        assert!(is_it(text.as_bytes()), "{text}");
    }
    for text in [
        "<rss version=\"2.0\" xmlns:wp=\"http://wordpress.org/export/1.2/\">",
        "<disqus xmlns=\"http://disqus.com\">",
        "<!DOCTYPE html><html>",
        "{\"version\": \"1\", \"items\": []}",
        "{\"uri\": \"x\", \"version\": \"2\"}",
        "[{\"version\": \"https://jsonfeed.org/version/1\"}]",
        "---\ntitle: x\n---\n",
        "",
    ] {
        assert!(!is_it(text.as_bytes()), "{text}");
    }
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("<rss>".bytes().flat_map(|byte| [byte, 0])).collect();
    assert!(is_it(&wide));
}

#[test]
fn a_record_of_rss_becomes_an_article() {
    let text = rss(&format!(
        "<item><title>Bridge &lt;em&gt;opens&lt;/em&gt; &amp; more</title><link>https://site.example/2026/bridge/</link><guid isPermaLink=\"false\">tag:site.example,2026:2</guid>{DATED}<description>Short &lt;b&gt;text&lt;/b&gt;.</description><content:encoded><![CDATA[<p>Long. <a href=\"/a\">a</a></p>]]></content:encoded><author>ida@site.press (Ida Marsh)</author><dc:creator>Jürgen Weiß</dc:creator><category>Harbour</category><category>Łódź</category><enclosure url=\"https://site.example/a.png\" type=\"image/png\" length=\"1\"/><source url=\"https://wire.example/\">Wire</source></item>"
    ));
    let (articles, lines) = told(&text);
    assert_eq!(lines, [] as [&str; 0]);
    let article = &articles[0];
    assert_eq!(article.at.to_string(), "feed.xml:3 (tag:site.example,2026:2)");
    assert_eq!(article.source_id, "feed site.example tag:site.example,2026:2");
    assert_eq!(
        json!(article.members),
        json!({
            "title": "Bridge opens & more", "summary": "Short text.",
            "body": "<p>Long. <a href=\"https://site.example/a\">a</a></p>", "body_format": "html",
            "authors": [{"name": "Ida Marsh", "url": null}, {"name": "Jürgen Weiß", "url": null}],
            "tags": ["harbour", "lodz"],
            "source": {"name": "The Courier", "url": "https://site.example/"},
            "external_id": "tag:site.example,2026:2", "canonical_url": "https://site.example/2026/bridge/",
            "language": "en-gb",
            "image": {"url": "https://site.example/a.png", "alt": null, "credit": null},
            "state": "published", "published_at": "2026-01-09T17:30:00.000000Z",
            "metadata": {"original_source": {"name": "Wire", "url": "https://wire.example/"}},
        })
    );
    assert_eq!(article.said, ["external_id", "language", "image"]);
    assert_eq!(article.former_slugs, ["bridge"]);
    assert_eq!(article.addresses, ["https://site.example/2026/bridge/"]);
    assert_eq!(article.names.len(), 2);
}

#[test]
fn ids_are_the_feeds_own() {
    let one = |item: &str| told(&rss(item));
    let (articles, _) =
        one(&format!("<item><title>A</title><link>https://site.example/a</link>{DATED}</item>"));
    assert_eq!(articles[0].source_id, "feed site.example site.example/a");
    let (articles, _) =
        one(&format!("<item><title>A</title><guid>https://site.example/b</guid>{DATED}</item>"));
    assert_eq!(articles[0].members["canonical_url"], "https://site.example/b");
    // The number of one feed is not that of another.
    let (articles, _) = one(&format!("<item><title>A</title><guid>3</guid>{DATED}</item>"));
    assert_eq!(articles[0].source_id, "feed site.example 3");
    assert_eq!(articles[0].members["external_id"], "3");
    let (articles, lines) = one(&format!("<item><title>A</title>{DATED}</item>"));
    assert!(articles.is_empty());
    assert!(lines[0].starts_with("feed.xml:3: has neither an id"), "{lines:?}");
    let twice = format!("<item><guid>3</guid><title>A</title>{DATED}</item>").repeat(2);
    let (articles, lines) = one(&twice);
    assert_eq!(articles.len(), 1);
    assert!(
        lines.iter().any(|line| line.contains("has the id of a record before it")),
        "{lines:?}"
    );
}

#[test]
fn the_id_of_a_feed_outlives_its_scheme_and_shows_no_query() {
    let one = |link: &str, guid: &str, from: Option<&str>| {
        let text = format!(
            "<rss version=\"2.0\"><channel><title>T</title>{link}<item><title>A</title><guid>{guid}</guid>{DATED}<description>&lt;p&gt;&lt;a href='/x'&gt;x&lt;/a&gt;&lt;/p&gt;</description></item></channel></rss>"
        );
        let mut items = items(&text, from);
        let Some(Item::Article(article)) = items.pop() else {
            panic!("{items:?}");
        };
        *article
    };
    let old = one("<link>http://www.Site.example/news/</link>", "http://site.example/1", None);
    let new = one("<link>https://site.example/news</link>", "https://site.example/1", None);
    assert_eq!(old.source_id, "feed site.example/news site.example/1");
    assert_eq!(old.source_id, new.source_id);
    // The same id in two feeds is two articles.
    let other = one("<link>https://other.example/</link>", "https://site.example/1", None);
    assert_ne!(other.source_id, new.source_id);
    let fetched = one("", "1", Some("https://site.example/feed?token=secret"));
    assert_eq!(fetched.source_id, "feed site.example/feed 1");
    assert!(!format!("{fetched:?}").contains("secret"), "{fetched:?}");
}

#[test]
fn a_refused_record_is_known_by_its_id() {
    let known = |text: &str| {
        items(text, None).into_iter().find_map(|item| match item {
            Item::Refused { at, .. } => at.source_id().map(str::to_owned),
            _ => None,
        })
    };
    for record in [
        "<item><guid>3</guid><title>A</title></item>",
        "<item><guid>3</guid><title>A</title><draft>perhaps</draft></item>",
        "<item xmlns:wp=\"x\"><guid>3</guid><wp:status>draft</wp:status></item>",
    ] {
        assert_eq!(known(&rss(record)).as_deref(), Some("feed site.example 3"), "{record}");
    }
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1", "home_page_url": "https://site.example/",
        "items": [{"id": "3", "title": "A", "content_text": "x", "access": "gold"}],
    });
    assert_eq!(known(&feed.to_string()).as_deref(), Some("feed site.example 3"));
}

#[test]
fn dates_decide_or_the_record_is_refused() {
    let entry = |dates: &str| {
        told(&atom(&format!(
            "<entry><id>urn:x:1</id><title>A</title>{dates}<content>x</content></entry>"
        )))
    };
    let (articles, lines) = entry("<updated>2026-01-10T07:00:00Z</updated>");
    assert_eq!(articles[0].members["published_at"], "2026-01-10T07:00:00.000000Z");
    assert!(lines[0].contains("has no date of publication"), "{lines:?}");
    let (articles, lines) =
        entry("<published>0001-01-01T00:00:00Z</published><updated>2026-01-10T07:00:00Z</updated>");
    assert_eq!(articles[0].members["published_at"], "2026-01-10T07:00:00.000000Z");
    assert_eq!(lines.len(), 1);
    let (articles, _) =
        entry("<published>2026-01-09T07:00:00Z</published><updated>2026-01-10T07:00:00Z</updated>");
    assert_eq!(articles[0].members["metadata"], json!({"updated": "2026-01-10T07:00:00.000000Z"}));
    assert_eq!(articles[0].members["authors"], json!([{"name": "Desk", "url": null}]));
    assert_eq!(articles[0].members["language"], "de");
    let (articles, _) = entry("<published>2031-01-01T00:00:00+01:00</published>");
    assert_eq!(articles[0].members["published_at"], "2030-12-31T23:00:00.000000Z");
    let (articles, lines) = entry("");
    assert!(
        articles.is_empty() && lines[0].contains("has no date of publication and none"),
        "{lines:?}"
    );
    for date in ["Fri, 09 Jan 2026 18:30:00 CET", "09.01.2026"] {
        let (articles, lines) = told(&rss(&format!(
            "<item><guid>1</guid><title>A</title><pubDate>{date}</pubDate></item>"
        )));
        assert!(articles.is_empty(), "{date}");
        assert!(lines[0].contains(date) && lines[0].contains("cannot be told"), "{lines:?}");
    }
    // Of several dates the latest counts.
    for dates in [
        "<pubDate>Thu, 01 Jan 2099 00:00:00 GMT</pubDate><dc:date>2026-01-09T17:30:00Z</dc:date>",
        "<dc:date>2099-01-01</dc:date><pubDate>Fri, 09 Jan 2026 18:30:00 +0100</pubDate>",
    ] {
        let (articles, lines) =
            told(&rss(&format!("<item><guid>1</guid><title>A</title>{dates}</item>")));
        assert_eq!(articles[0].members["published_at"], "2099-01-01T00:00:00.000000Z", "{lines:?}");
    }
    for dates in [
        "<published>2099-01-01T00:00:00Z</published><published>2026-01-09T07:00:00Z</published>",
        "<published>2026-01-09T07:00:00Z</published><dcterms:issued xmlns:dcterms=\"d\">2099-01-01</dcterms:issued>",
        "<updated>2099-01-01T00:00:00Z</updated><updated>2026-01-10T07:00:00Z</updated>",
    ] {
        let (articles, lines) = entry(dates);
        assert_eq!(articles[0].members["published_at"], "2099-01-01T00:00:00.000000Z", "{lines:?}");
    }
    let year_one = "<item><guid>1</guid><title/><description>x</description><pubDate>Mon, 01 Jan 0001 00:00:00 +0000</pubDate></item>";
    assert!(told(&rss(year_one)).0.is_empty());
}

#[test]
fn a_summary_is_told_from_a_whole_text_where_that_can_be() {
    let (articles, lines) = told(&rss(&format!(
        "<item><guid>1</guid><title>A</title>{DATED}<description>FRANKFURT &amp;ndash; Shares rose.\nMore.</description></item>"
    )));
    assert_eq!(articles[0].members["body"], "<p>FRANKFURT &ndash; Shares rose.<br>\nMore.</p>");
    assert!(!articles[0].members.contains_key("summary"));
    assert!(lines[0].contains("only a summary: the notice at its end may be missing"), "{lines:?}");
    let (articles, lines) =
        told(&rss(&format!("<item><guid>1</guid><title>A</title>{DATED}</item>")));
    assert_eq!(articles[0].members["body"], "");
    assert!(lines[0].contains("has no text"), "{lines:?}");
    let (articles, lines) = told(&rss(&format!(
        "<item><guid>1</guid>{DATED}<description>&lt;p&gt;First words of it.&lt;/p&gt;</description></item>"
    )));
    assert_eq!(articles[0].members["title"], "First words of it.");
    assert!(lines[0].contains("has no title"), "{lines:?}");
    let (articles, _) = told(&rss(&format!("<item><guid>1</guid>{DATED}</item>")));
    assert!(articles.is_empty());
}

#[test]
fn what_a_feed_says_of_visibility_is_heard() {
    let entry = |more: &str| {
        told(&atom(&format!(
            "<entry xmlns:app=\"http://www.w3.org/2007/app\"><id>urn:x:1</id><title>A</title><published>2026-01-09T07:00:00Z</published><content>x</content>{more}</entry>"
        )))
    };
    let (articles, _) = entry("<app:control><app:draft>yes</app:draft></app:control>");
    assert_eq!(articles[0].members["state"], "draft");
    let (articles, _) = entry("<app:control><app:draft>no</app:draft></app:control>");
    assert_eq!(articles[0].members["state"], "published");
    let (articles, lines) = entry("<app:control><app:draft>perhaps</app:draft></app:control>");
    assert!(articles.is_empty() && lines[0].contains("`draft` must be yes or no"), "{lines:?}");
    let (articles, lines) = entry(
        "<category scheme=\"http://schemas.google.com/g/2005#kind\" term=\"http://schemas.google.com/blogger/2008/kind#comment\"/>",
    );
    assert!(
        articles.is_empty() && lines[0].contains("skipped, is a comment of Blogger"),
        "{lines:?}"
    );
    let (articles, lines) = told(&rss(&format!(
        "<item xmlns:wp=\"x\"><guid>1</guid><title>A</title>{DATED}<wp:status>draft</wp:status></item>"
    )));
    assert!(articles.is_empty() && lines[0].contains("record of WordPress"), "{lines:?}");
    let deleted = "<at:deleted-entry xmlns:at=\"http://purl.org/atompub/tombstones/1.0\" ref=\"urn:x:9\" when=\"2026-01-09T07:00:00Z\"/>";
    let (_, lines) = told(&atom(deleted));
    assert!(lines[0].contains("has deleted \"urn:x:9\""), "{lines:?}");
}

#[test]
fn legal_texts_are_not_lost_in_silence() {
    let text = rss(&format!(
        "<copyright>© The Press</copyright><item><guid>1</guid><title>A</title>{DATED}<description>x</description><dc:rights>Supplied by Wire.</dc:rights></item>"
    ));
    let (articles, lines) = told(&text);
    assert_eq!(lines[0], "feed.xml: warning: candidate for a disclaimer: © The Press");
    assert!(
        lines.iter().any(|line| line.ends_with("candidate for a disclaimer: Supplied by Wire.")),
        "{lines:?}"
    );
    assert_eq!(articles[0].members["metadata"], json!({"rights": "Supplied by Wire."}));
}

/// A record of JSON Feed with other members, in a feed with others.
fn json_feed(of_feed: &str, of_item: &str) -> String {
    format!(
        "{{\"version\": \"https://jsonfeed.org/version/1.1\", \"home_page_url\": \"https://site.example/\", {of_feed} \"items\": [{{\"id\": \"1\", \"title\": \"A\", \"content_text\": \"x\", \"date_published\": \"2026-01-09T17:30:00Z\", {of_item} \"tags\": []}}]}}"
    )
}

#[test]
fn embargoes_and_ends_are_heard_in_every_form() {
    let item = |more: &str| {
        rss(&format!(
            "<item><guid>1</guid><title>A</title>{DATED}<description>x</description>{more}</item>"
        ))
    };
    for (text, want) in [
        (
            json_feed("", "\"_embargo\": \"2030-01-01T00:00:00Z\","),
            Some("2030-01-01T00:00:00.000000Z"),
        ),
        (
            json_feed("", "\"_house\": {\"embargo_until\": \"2030-01-01T01:00:00+01:00\"},"),
            Some("2030-01-01T00:00:00.000000Z"),
        ),
        (
            json_feed("\"_embargoed_until\": \"2030-01-01T00:00:00Z\",", ""),
            Some("2030-01-01T00:00:00.000000Z"),
        ),
        (json_feed("", "\"_embargo\": \"2020-01-01T00:00:00Z\","), None),
        // Another date of publication.
        (
            json_feed("", "\"_house\": {\"publishedAt\": \"2030-01-01T00:00:00Z\"},"),
            Some("2030-01-01T00:00:00.000000Z"),
        ),
        (
            item("<h:publish_schedule>2030-01-01T00:00:00+0000</h:publish_schedule>"),
            Some("2030-01-01T00:00:00.000000Z"),
        ),
        // The day is over in every zone then.
        (
            item("<prism:embargoDate>2030-01-01</prism:embargoDate>"),
            Some("2030-01-02T12:00:00.000000Z"),
        ),
        (
            item("<h:embargo><h:until>2030-01-01T00:00:00Z</h:until></h:embargo>"),
            Some("2030-01-01T00:00:00.000000Z"),
        ),
        (item("<h:embargo/>"), None),
    ] {
        let (articles, lines) = told(&text);
        let [article] = &articles[..] else {
            panic!("{lines:?}");
        };
        let until = article.members.get("embargo_until").and_then(Value::as_str);
        assert_eq!(until, want, "{text}");
        assert_eq!(article.said.contains(&"embargo_until"), want.is_some(), "{text}");
        assert_eq!(article.members["state"], "published", "{text}");
    }
    let (articles, lines) = told(&item("<h:embargo>after the meeting</h:embargo>"));
    assert_eq!(articles[0].members["state"], "draft");
    assert!(
        lines.iter().any(|line| line.contains("the end of an embargo cannot be told")),
        "{lines:?}"
    );
    for text in [
        json_feed("", "\"_expires\": \"2020-01-01T00:00:00Z\","),
        item("<prism:expirationDate>2020-01-01</prism:expirationDate>"),
    ] {
        let (articles, lines) = told(&text);
        assert_eq!(
            articles[0].members["metadata"],
            json!({"expires": "2020-01-01T00:00:00.000000Z"})
        );
        assert!(!articles[0].members.contains_key("expires_at"));
        assert!(lines.iter().any(|line| line.contains("has no effect and is kept")), "{lines:?}");
    }
}

#[test]
fn legal_texts_and_what_has_no_place_are_told_in_every_form() {
    let more = "\"rights\": \"Supplied by Wire.\", \"_house\": {\"disclaimer\": \"No advice\", \"desk\": \"B\"},";
    let (articles, lines) =
        told(&json_feed("\"_copyright\": \"© The Press\", \"_legal\": \"L\",", more));
    assert_eq!(
        articles[0].members["metadata"],
        json!({"rights": "Supplied by Wire.", "disclaimer": "No advice", "legal": "L"})
    );
    for line in [
        "feed.xml: warning: candidate for a disclaimer: © The Press",
        "feed.xml: warning: candidate for a disclaimer: L",
        "feed.xml (1): warning: candidate for a disclaimer: Supplied by Wire.",
        "feed.xml (1): warning: candidate for a disclaimer: No advice",
        "feed.xml: warning: lost: `_house.desk`, for which an article has no place",
    ] {
        assert!(lines.iter().any(|told| told == line), "{line} in {lines:#?}");
    }
    let item = "<item><guid>1</guid><title>A</title><pubDate>Fri, 09 Jan 2026 18:30:00 +0100</pubDate><description>x</description><h:disclaimer><h:p>No</h:p> <h:p>advice</h:p></h:disclaimer><h:desk>B</h:desk></item>";
    let (articles, lines) = told(&rss(&format!("<h:legal>L</h:legal>{item}")));
    assert_eq!(articles[0].members["metadata"], json!({"disclaimer": "No advice", "legal": "L"}));
    for line in [
        "candidate for a disclaimer: L",
        "candidate for a disclaimer: No advice",
        "lost: `h:desk`, for which an article has no place",
    ] {
        assert!(lines.iter().any(|told| told.ends_with(line)), "{line} in {lines:#?}");
    }
}

#[test]
fn what_a_feed_says_of_all_its_records_counts_for_each() {
    let (articles, _) = told(&json_feed("\"_members_only\": true,", ""));
    assert_eq!(articles[0].members["state"], "draft");
    let (articles, lines) = told(&json_feed("\"_status\": \"gold\",", ""));
    assert!(
        articles.is_empty() && lines[0].contains("the feed says it of all its records"),
        "{lines:?}"
    );
    let item = "<item><guid>1</guid><title>A</title><pubDate>Fri, 09 Jan 2026 18:30:00 +0100</pubDate><description>x</description></item>";
    let (articles, _) = told(&rss(&format!("<h:visibility>members</h:visibility>{item}")));
    assert_eq!(articles[0].members["state"], "draft");
    let podcast = "<itunes:block>yes</itunes:block><podcast:locked>yes</podcast:locked><sy:updatePeriod>hourly</sy:updatePeriod><image><url>https://site.example/i.png</url><title>T</title><link>https://site.example/</link></image>";
    let (articles, lines) = told(&rss(&format!("{podcast}{item}")));
    assert_eq!(articles[0].members["state"], "published");
    assert_eq!(lines.len(), 1, "only that it is a summary: {lines:?}");
}

#[test]
fn types_that_nobody_knows_and_xhtml_are_read() {
    let text = atom(
        "<entry><id>urn:x:1</id><title type=\"html\">A</title><published>2026-01-09T07:00:00Z</published><content type=\"CDATA\"><![CDATA[<p>x</p>]]></content></entry><entry><id>urn:x:2</id><title>B</title><published>2026-01-09T07:00:00Z</published><content type=\"xhtml\" xml:base=\"https://site.example/b/\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a &lt;note&gt; <img src=\"c.png\"/></p></div></content></entry>",
    );
    let (articles, lines) = told(&text);
    assert_eq!(lines, [] as [&str; 0]);
    assert_eq!(articles[0].members["body"], "<p>x</p>");
    assert_eq!(
        articles[1].members["body"],
        "<div><p>a &lt;note&gt; <img src=\"https://site.example/b/c.png\"></p></div>"
    );
}

#[test]
fn one_broken_record_does_not_take_the_others_with_it() {
    let good = |id: u8| {
        format!(
            "<item><guid>{id}</guid><title>A</title>{DATED}<description>x</description></item>\n"
        )
    };
    let text = rss(&format!("{}<item><guid>2</guid><b></item>\n{}<item><guid>4", good(1), good(3)));
    let text = text.strip_suffix("</channel></rss>").unwrap();
    let (articles, lines) = told(text);
    let ids: Vec<_> =
        articles.iter().map(|article| article.members["external_id"].clone()).collect();
    assert_eq!(ids, ["1", "3"]);
    assert_eq!(articles[0].members["source"]["name"], "The Courier");
    assert!(
        lines.iter().any(|line| line.starts_with("feed.xml:4: `</item>` stands where")),
        "{lines:#?}"
    );
    assert!(
        lines.iter().any(|line| line.starts_with("feed.xml:6: the file ends before")),
        "{lines:#?}"
    );
}

#[test]
fn hostile_and_foreign_files_are_refused() {
    for (text, reason) in [
        ("<!DOCTYPE rss [<!ENTITY a \"b\">]><rss/>", "feed.xml:1: has a DOCTYPE"),
        ("<html/>", "feed.xml:1: is no feed"),
        ("", "feed.xml:1: is no feed"),
        ("{\"items\":\n[", "feed.xml:2: is JSON that is cut short"),
        ("{\"items\": [], \"items\": []}", "feed.xml:1: is not JSON that can be read: the member"),
        ("[]", "feed.xml: is no JSON Feed"),
    ] {
        let (articles, lines) = told(text);
        assert!(articles.is_empty());
        assert!(lines[0].starts_with(reason), "{lines:?}");
    }
    let deep = rss(&format!(
        "<item xmlns:media=\"http://search.yahoo.com/mrss/\"><guid>1</guid>{}{}</item>",
        "<media:content>".repeat(50_000),
        "</media:content>".repeat(50_000)
    ));
    assert!(told(&deep).1[0].contains("nests elements deeper"));
    let long = "x".repeat(FEED_MAX + 1);
    assert!(told(&long).1[0].contains("is longer than"));
}

#[test]
fn encodings_are_those_that_are_said() {
    let text = rss(&format!(
        "<item><guid>1</guid><title>Süd</title>{DATED}<description>x</description></item>"
    ));
    let latin: Vec<u8> = text
        .replace("version=\"1.0\"", "version=\"1.0\" encoding='ISO-8859-1'")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let read = |bytes: &[u8]| {
        let mut items = Vec::new();
        let options = Options { expiry: Expiry::Kept };
        let mut sink = |item| {
            items.push(item);
            Ok(())
        };
        read_bytes(bytes, None, &At::file("feed.xml"), &options, &mut sink).unwrap();
        items
    };
    let is_read = |items: &[Item]| {
        items
            .iter()
            .any(|item| matches!(item, Item::Article(article) if article.members["title"] == "Süd"))
    };
    assert!(is_read(&read(&latin)));
    let mut undeclared = text.clone().into_bytes();
    let at = text.find('ü').unwrap();
    drop(undeclared.splice(at..at + 2, [0xfc]));
    let refused = read(&undeclared);
    let [Item::Refused { at, reason }] = &refused[..] else {
        panic!("{refused:?}");
    };
    assert_eq!(at.to_string(), "feed.xml:3");
    assert!(reason.starts_with("is not UTF-8"), "{reason}");
    let refused = read(b"{\"title\":\n\"S\xfcd\", \"items\": []}");
    let [Item::Refused { at, reason }] = &refused[..] else {
        panic!("{refused:?}");
    };
    assert_eq!(at.to_string(), "feed.xml:2");
    assert!(reason.starts_with("is not in UTF-8") && !reason.contains("XML"), "{reason}");
}

#[test]
fn a_record_of_a_json_feed_becomes_an_article() {
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1", "title": "The Courier", "home_page_url": "https://site.example/", "language": "en",
        "items": [
            {"id": 7, "url": "/seven", "title": "A & <b", "content_html": "<p><img src='b.png'></p>", "content_text": "whole", "date_published": "2026-01-09T17:30:00Z", "image": "https://site.example/i", "tags": ["Harbour"], "language": "fr"},
            {"url": "https://site.example/8", "content_text": "Text\nof two lines", "date_published": "2026-01-09T17:30:00Z"},
            {"title": "No id", "content_text": "x", "date_published": "2026-01-09T17:30:00Z"},
            {"id": "9", "title": "Kept back", "status": "almost", "content_text": "x"},
        ]
    });
    let (articles, lines) = told(&feed.to_string());
    assert_eq!(articles.len(), 2);
    let first = &articles[0];
    assert_eq!(first.source_id, "feed site.example 7");
    for (name, want) in [
        ("title", json!("A & <b")),
        ("body", json!("<p><img src='https://site.example/b.png'></p>")),
        ("canonical_url", json!("https://site.example/seven")),
        ("language", json!("fr")),
        ("image", json!({"url": "https://site.example/i", "alt": null, "credit": null})),
    ] {
        assert_eq!(first.members[name], want, "{name}");
    }
    assert!(!first.members.contains_key("summary"));
    assert_eq!(articles[1].source_id, "feed site.example site.example/8");
    assert_eq!(
        (&articles[1].members["body"], &articles[1].members["body_format"]),
        (&json!("Text\nof two lines"), &json!("text"))
    );
    assert!(
        lines.iter().any(|line| line.starts_with("feed.xml (item 3): has neither")),
        "{lines:#?}"
    );
    assert!(
        lines.iter().any(|line| line.starts_with("feed.xml (item 4): `status` is \"almost\"")),
        "{lines:#?}"
    );
}

#[test]
fn rss_1_has_its_ids_in_rdf() {
    let text = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel rdf:about=\"c\"><title>T</title><link>https://site.example/</link></channel><item rdf:about=\"urn:x:1\"><title>A</title><link>https://site.example/1</link><description>x</description><dc:date>2026-01-09T18:30:00+01:00</dc:date><dc:creator>Ida</dc:creator><dc:subject>Harbour</dc:subject></item><item rdf:about=\"urn:x:2\"><title>B</title></item></rdf:RDF>";
    let (articles, lines) = told(text);
    assert_eq!(articles.len(), 1);
    assert_eq!(articles[0].source_id, "feed site.example urn:x:1");
    assert_eq!(articles[0].members["tags"], json!(["harbour"]));
    assert_eq!(articles[0].members["published_at"], "2026-01-09T17:30:00.000000Z");
    assert!(lines.iter().any(|line| line.contains("has no link")), "{lines:?}");
}
