//! WordPress: exports of its own (WXR), read in two passes. The first learns what posts refer to: authors, synced
//! patterns, pictures, slugs, the offsets of the site's clock. The second gives the posts, each with its comments.
//!
//! A file that is not whole XML is refused as a whole, before anything of it is given.

mod blocks;
mod classic;
mod comments;
mod export;
mod fields;
mod fills;
mod names;
mod post;
mod record;
mod shortcodes;
mod text;
mod times;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use self::comments::Place;
use self::export::Site;
use self::post::{Made, Not};
use self::record::{Comment, Post, walk};
use super::item::{At, Item, Options, Sink};
use super::words;
use super::xml::{Malformed, Stopped, Xml};

/// Bytes that are read at once.
const READ_AT_ONCE: usize = 64 * 1024;
/// Longest type of a record that is told of, in characters.
const KIND_SHOWN_MAX: usize = 40;
/// The versions of the format that are known.
const VERSIONS: [&str; 3] = ["1.0", "1.1", "1.2"];

/// True if a file that begins with these bytes is an export of WordPress: RSS that names the export's own namespace.
#[must_use]
pub fn is_it(start: &[u8]) -> bool {
    let start = String::from_utf8_lossy(start);
    start.contains("<rss") && start.contains("http://wordpress.org/export/")
}

/// Reads the export at `path`.
///
/// # Errors
/// Those of the sink, and of the file where it cannot be opened.
pub fn read(path: &Path, _options: &Options, sink: &mut Sink<'_>) -> io::Result<()> {
    let file = At::file(path);
    match read_passes(path, &file, sink) {
        Ok(()) => Ok(()),
        Err(Stopped::Sink(error)) => Err(error),
        Err(Stopped::Malformed(Malformed { line, reason })) => {
            sink(Item::Refused { at: file.line(line), reason })
        }
    }
}

fn read_passes(path: &Path, file: &At, sink: &mut Sink<'_>) -> Result<(), Stopped> {
    let open = || File::open(path).map(|file| BufReader::with_capacity(READ_AT_ONCE, file));
    let site = Site::read(&mut Xml::new(open()?))?;
    if site.url.is_empty() {
        let reason = "the export does not say whose it is (`wp:base_blog_url`, `link`): posts are known by the address of their site; add it";
        return Ok(sink(Item::Refused { at: file.clone(), reason: reason.to_owned() })?);
    }
    if !VERSIONS.contains(&site.version.as_str()) {
        let (version, _) = words::cut(&site.version, KIND_SHOWN_MAX);
        let text = format!(
            "the export is of version `{version}`, and 1.0 to 1.2 are known: look at what becomes of it"
        );
        sink(Item::Warning { at: file.clone(), text })?;
    }
    let mut taker = Taker { site: &site, file, seen: HashSet::new(), sink };
    walk(&mut Xml::new(open()?), |xml, element| {
        if element.name != "item" {
            return Ok(xml.skip()?);
        }
        let mut outcome = None;
        let post = record::post(xml, element.line, &mut |post, comment| {
            if outcome.is_none() {
                outcome = Some(taker.post(post)?);
            }
            taker.comment(outcome.as_ref().and_then(Option::as_ref), comment)
        })?;
        if outcome.is_none() {
            taker.post(&post)?;
        }
        Ok(())
    })
}

/// Gives what the second pass reads.
struct Taker<'a, 's> {
    site: &'a Site,
    file: &'a At,
    /// Posts that were met.
    seen: HashSet<u64>,
    sink: &'a mut Sink<'s>,
}

impl Taker<'_, '_> {
    /// Gives a post, or says why it is not imported. Where its comments belong, if it is.
    fn post(&mut self, post: &Post) -> io::Result<Option<Place>> {
        let (kind, _) = words::cut(post.get("wp:post_type").trim(), KIND_SHOWN_MAX);
        let at = self.file.line(post.line);
        let at = match post.id() {
            Some(id) if kind.is_empty() => at.record(format!("record {id}")),
            Some(id) => at.record(format!("{kind} {id}")),
            None => at,
        };
        let made = self.made(post, &at);
        // A page may have been a post when it was imported: the numbers of both are of one count.
        let at = match post.id().filter(|_| made.is_err() && kind != "attachment") {
            Some(id) => {
                let known = at.known_as(self.site.source_id("post", id));
                known.in_version(self.site.as_of())
            }
            None => at,
        };
        match made {
            Ok(made) => {
                let Made { item, told, is_private } = *made;
                let place = Place { source_id: item.source_id.clone(), is_private };
                (self.sink)(Item::Article(Box::new(item)))?;
                for (line, text) in told {
                    (self.sink)(Item::Warning { at: at.line(line), text })?;
                }
                Ok(Some(place))
            }
            Err(Not::Skipped(reason)) => {
                (self.sink)(Item::Skipped { at, reason })?;
                Ok(None)
            }
            Err(Not::Refused(line, reason)) => {
                (self.sink)(Item::Refused { at: at.line(line), reason })?;
                Ok(None)
            }
        }
    }

    fn made(&mut self, post: &Post, at: &At) -> Result<Box<Made>, Not> {
        post::is_post(post)?;
        let refused = |reason: &str| Not::Refused(post.line, reason.to_owned());
        let id = post.id().ok_or_else(|| {
            refused("`wp:post_id` must be a number: posts are known by it; export the file again")
        })?;
        if self.site.late.contains(&id) {
            return Err(refused(
                "has members behind its comments, where WordPress writes none: what it is cannot be told; export the file again",
            ));
        }
        if !self.seen.insert(id) {
            return Err(refused(
                "stands twice in this file, and the first is taken; keep one of them",
            ));
        }
        post::article(post, id, self.site, at)
    }

    fn comment(&mut self, place: Option<&Place>, comment: &Comment) -> io::Result<()> {
        let at = self.file.line(comment.line);
        let at = match comment.id() {
            Some(id) => at.record(format!("comment {id}")),
            None => at,
        };
        comments::take(comment, place, self.site, &at, self.sink)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::comments::words::State;
    use crate::import::item::{ArticleItem, CommentItem, Expiry};

    /// The beginning of an export, as WordPress writes it.
    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<rss version=\"2.0\" xmlns:wp=\"http://wordpress.org/export/1.2/\">\n<channel>\n<title>A</title><link>https://site.example</link><pubDate>Fri, 27 Nov 2026 04:18:22 +0000</pubDate>\n<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://net.example</wp:base_site_url><wp:base_blog_url>https://site.example/</wp:base_blog_url>\n<wp:author><wp:author_id>2</wp:author_id><wp:author_login><![CDATA[ida]]></wp:author_login><wp:author_display_name><![CDATA[Ida &amp; Marsh]]></wp:author_display_name></wp:author>\n<wp:category><wp:term_id>4</wp:term_id><wp:category_nicename>weather</wp:category_nicename></wp:category>\n";
    const TAIL: &str = "</channel>\n</rss>\n";

    /// A post of these members, over those that each has.
    fn post(id: u64, members: &[(&str, &str)]) -> String {
        let number = id.to_string();
        let usual = [
            ("title", "Storm"),
            ("link", "https://site.example/2026/01/storm/"),
            ("dc:creator", "ida"),
            ("content:encoded", "One."),
            ("wp:post_id", number.as_str()),
            ("wp:post_date", "2026-01-09 18:30:00"),
            ("wp:post_date_gmt", "2026-01-09 17:30:00"),
            ("wp:post_name", "storm"),
            ("wp:status", "publish"),
            ("wp:post_type", "post"),
            ("wp:post_password", ""),
        ];
        let mut text = "<item>".to_owned();
        let given = |name: &str| members.iter().any(|(known, _)| *known == name);
        let own = members.iter().filter(|(name, _)| *name != "raw");
        for (name, value) in usual.iter().filter(|(name, _)| !given(name)).chain(own) {
            let value = value.replace("]]>", "]]]]><![CDATA[>");
            text.push_str(&format!("<{name}><![CDATA[{value}]]></{name}>\n"));
        }
        for (_, raw) in members.iter().filter(|(name, _)| *name == "raw") {
            text.push_str(raw);
        }
        text + "</item>\n"
    }

    fn meta(key: &str, value: &str) -> String {
        format!(
            "<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>\n"
        )
    }

    fn comment(id: u64, approved: &str, kind: &str, parent: u64) -> String {
        format!(
            "<wp:comment><wp:comment_id>{id}</wp:comment_id><wp:comment_author><![CDATA[Old Boy &amp; Co]]></wp:comment_author><wp:comment_author_email>sam@reader.example</wp:comment_author_email><wp:comment_author_url>https://x.example/?a=1&b=2</wp:comment_author_url><wp:comment_author_IP>192.0.2.7</wp:comment_author_IP><wp:comment_date>2026-01-09 19:00:00</wp:comment_date><wp:comment_date_gmt>2026-01-09 18:00:00</wp:comment_date_gmt><wp:comment_content><![CDATA[One!\n\ntwo &lt;b&gt;\nthree]]></wp:comment_content><wp:comment_approved>{approved}</wp:comment_approved><wp:comment_type>{kind}</wp:comment_type><wp:comment_parent>{parent}</wp:comment_parent></wp:comment>\n"
        )
    }

    #[derive(Default)]
    struct Read {
        articles: Vec<ArticleItem>,
        comments: Vec<CommentItem>,
        refused: Vec<String>,
        skipped: Vec<String>,
        told: Vec<String>,
        /// What each record that is refused or skipped is known by.
        known: Vec<Option<String>>,
    }

    fn read_text(text: &str) -> Read {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("site.xml");
        fs::write(&path, text).unwrap();
        let mut found = Read::default();
        let options = Options { expiry: Expiry::Kept };
        let shown = |at: &At| at.to_string().rsplit('/').next().unwrap_or_default().to_owned();
        read(&path, &options, &mut |item| {
            if let Item::Refused { at, .. } | Item::Skipped { at, .. } = &item {
                found.known.push(at.source_id().map(str::to_owned));
            }
            match item {
                Item::Article(article) => found.articles.push(*article),
                Item::Comment(comment) => found.comments.push(*comment),
                Item::Refused { at, reason } => {
                    found.refused.push(format!("{}: {reason}", shown(&at)))
                }
                Item::Skipped { at, reason } => {
                    found.skipped.push(format!("{}: {reason}", shown(&at)))
                }
                Item::Warning { at, text } => found.told.push(format!("{}: {text}", shown(&at))),
            }
            Ok(())
        })
        .unwrap();
        found
    }

    fn read_posts(posts: &[String]) -> Read {
        read_text(&format!("{HEAD}{}{TAIL}", posts.concat()))
    }

    fn one(members: &[(&str, &str)]) -> ArticleItem {
        let mut read = read_posts(&[post(17, members)]);
        assert_eq!((read.refused.len(), read.articles.len()), (0, 1), "{:?}", read.refused);
        read.articles.remove(0)
    }

    #[test]
    fn it_is_known_by_its_content() {
        assert!(is_it(HEAD.as_bytes()));
        assert!(!is_it(b"<rss version=\"2.0\"><channel><title>WordPress</title></channel></rss>"));
        assert!(!is_it(b"\xff\xfe{}"));
    }

    #[test]
    fn a_post_becomes_an_article() {
        let terms = "<category domain=\"category\" nicename=\"ferries\"><![CDATA[Ferries &amp; more]]></category><category domain=\"post_tag\" nicename=\"c\">C++</category><category domain=\"category\" nicename=\"weather\">Weather</category><category domain=\"post_format\" nicename=\"post-format-aside\">Aside</category>";
        let metas = [
            meta("_wp_old_slug", "gale"),
            meta("_thumbnail_id", "4"),
            meta("_yoast_wpseo_primary_category", "4"),
            meta("note_of_the_desk", "Ask legal."),
        ];
        let item = post(
            17,
            &[
                ("title", "Fish &amp; <em>chips</em> ]]> now"),
                ("guid", "https://site.example/?p=17"),
                ("excerpt:encoded", "Short."),
                ("wp:post_modified_gmt", "2026-01-10 08:00:00"),
                ("wp:comment_status", "closed"),
                ("wp:is_sticky", "1"),
                ("raw", &format!("{terms}{}", metas.concat())),
            ],
        );
        let picture = post(
            4,
            &[
                ("wp:post_type", "attachment"),
                ("wp:status", "inherit"),
                ("wp:attachment_url", "https://site.example/strait.png"),
                ("excerpt:encoded", "Waves, <em>Friday</em>"),
                ("raw", &meta("_wp_attachment_image_alt", "Waves")),
            ],
        );
        let read = read_posts(&[item, picture]);
        let article = &read.articles[0];
        let want = serde_json::json!({
            "title": "Fish & chips ]]> now", "slug": "storm", "summary": "Short.", "body": "<p>One.</p>", "body_format": "html",
            "authors": [{"name": "Ida & Marsh", "url": null}], "section": "weather", "tags": ["ferries", "c"],
            "image": {"url": "https://site.example/strait.png", "alt": "Waves", "credit": null},
            "access": "public", "comments_policy": "closed", "state": "published", "published_at": "2026-01-09T17:30:00.000000Z",
            "metadata": {"modified": "2026-01-10T08:00:00.000000Z", "sticky": true, "terms": {"post_format": ["Aside"]}, "image_caption": "Waves, Friday"},
        });
        assert_eq!(serde_json::Value::Object(article.members.clone()), want);
        assert_eq!(article.source_id, "wordpress https://site.example post 17");
        assert_eq!(article.said, ["access", "section", "image", "comments_policy"]);
        assert_eq!(article.former_slugs, ["gale"]);
        assert_eq!(
            article.addresses,
            [
                "https://site.example/2026/01/storm/",
                "/2026/01/storm/",
                "https://site.example/?p=17",
                "/?p=17"
            ]
        );
        assert_eq!(article.names.len(), 3, "{:?}", article.names);
        assert_eq!(article.lines["/title"], 18);
        // What may not be for readers is named alone.
        assert!(
            read.told.len() == 1 && read.told[0].ends_with("`note_of_the_desk`"),
            "{:?}",
            read.told
        );
        assert_eq!(read.skipped.len(), 1);
    }

    #[test]
    fn states_decide_and_dates_never() {
        let zeros = ("wp:post_date_gmt", "0000-00-00 00:00:00");
        for (members, state, published_at) in [
            (&[("wp:status", "draft")][..], "draft", true),
            (&[("wp:status", "draft"), zeros], "draft", false),
            (&[("wp:status", "pending"), zeros], "draft", false),
            (&[("wp:status", "private")], "draft", true),
            (
                &[("wp:status", "future"), ("wp:post_date_gmt", "2031-01-01 00:00:00")],
                "published",
                true,
            ),
            (&[("wp:status", "future")], "draft", false),
            (&[("wp:status", " future\n")], "draft", false),
            (&[("wp:status", "publish")], "published", true),
        ] {
            let article = one(members);
            assert_eq!(article.members["state"], state, "{members:?}");
            let is_future = members[0].1.trim() == "future";
            assert_eq!(article.is_schedule, is_future, "{members:?}");
            assert_eq!(article.members.contains_key("published_at"), published_at, "{members:?}");
        }
        let protected = one(&[("wp:post_password", "quay")]);
        assert_eq!(
            (&protected.members["access"], protected.said.as_slice()),
            (&"restricted".into(), &["access"][..])
        );
        assert!(!format!("{protected:?}").contains("quay"));
        let jetpack = one(&[("raw", &meta("_jetpack_newsletter_access", "paid_subscribers"))]);
        assert_eq!(jetpack.members["access"], "restricted");
        let everybody = one(&[("raw", &meta("_jetpack_newsletter_access", "everybody"))]);
        assert_eq!(everybody.members["access"], "public");
        let trash = read_posts(&[post(
            17,
            &[("wp:status", "trash"), ("raw", &comment(1, "post-trashed", "comment", 0))],
        )]);
        assert_eq!(trash.known, [Some("wordpress https://site.example post 17".to_owned()), None]);
        assert!(trash.articles.is_empty() && trash.comments.is_empty() && trash.skipped.len() == 2);
        for (members, want) in [
            (&[("wp:status", "archived")][..], "site.xml:18 (post 17): `wp:status` must be"),
            (&[("wp:status", "")], "`wp:status` must be"),
            (&[("wp:post_type", "")], "has no `wp:post_type`"),
            (&[("wp:post_id", "x")], "`wp:post_id` must be a number"),
            (&[zeros], "has no time in UTC"),
            (&[("title", ""), ("content:encoded", "")], "has neither a title nor a text"),
            (&[("raw", "<wp:status>draft</wp:status>")], "`wp:status` stands twice"),
            (&[("content:encoded", "<!-- wp:block {\"ref\":18} /-->")], "synced pattern 18"),
        ] {
            let read = read_posts(&[post(17, members)]);
            assert!(
                read.articles.is_empty() && read.refused[0].contains(want),
                "{:?}",
                read.refused
            );
            let has_number = !want.contains("wp:post_id");
            assert_eq!(read.known[0].is_some(), has_number, "{:?}", read.refused);
        }
    }

    #[test]
    fn what_is_behind_a_password_stays_there() {
        let picture = post(
            4,
            &[
                ("wp:post_type", "attachment"),
                ("wp:attachment_url", "https://site.example/strait.png"),
                ("excerpt:encoded", "Secret waves"),
            ],
        );
        let protected = post(
            17,
            &[
                ("title", ""),
                ("content:encoded", "Secret words."),
                ("excerpt:encoded", "Secret summary."),
                ("wp:post_password", "quay"),
                ("raw", &meta("_thumbnail_id", "4")),
            ],
        );
        let numbered = post(
            18,
            &[
                ("title", ""),
                ("content:encoded", "[passster password=\"x\"]Secret.[/passster]"),
                ("wp:post_name", "18"),
            ],
        );
        let read = read_posts(&[picture, protected, numbered]);
        let titles: Vec<_> = read.articles.iter().map(|one| &one.members["title"]).collect();
        assert_eq!(titles, ["storm", "post 18"]);
        for article in &read.articles {
            let mut shown = article.members.clone();
            assert!(shown.remove("body").is_some() && shown["access"] == "restricted");
            assert!(!serde_json::Value::Object(shown).to_string().contains("Secret"));
        }
        for what in ["lost: its excerpt", "lost: the caption", "has no title: its slug or number"] {
            assert!(read.told.iter().any(|told| told.contains(what)), "{what}: {:?}", read.told);
        }
        assert!(!read.told.concat().contains("Secret"), "{:?}", read.told);
    }

    #[test]
    fn terms_of_plugins_are_counted_alone() {
        let terms = "<category domain=\"series\" nicename=\"gales\">Gales</category><category domain=\"embargo_desk\" nicename=\"a\">Ask Ida</category><category domain=\"embargo_desk\" nicename=\"b\">Ask Jo</category><category domain=\"tag\" nicename=\"ferries\">Ferries</category>";
        let read = read_posts(&[post(17, &[("raw", terms)])]);
        let members = &read.articles[0].members;
        assert_eq!(members["metadata"], serde_json::json!({"terms": {"series": ["Gales"]}}));
        assert_eq!(members["tags"], serde_json::json!(["ferries"]));
        assert!(read.told[0].ends_with("lost: terms of `embargo_desk` (2)"), "{:?}", read.told);
    }

    #[test]
    fn a_missing_time_comes_from_others_of_its_year() {
        let zeros = ("wp:post_date_gmt", "0000-00-00 00:00:00");
        let read = read_posts(&[post(1, &[zeros, ("wp:post_name", "a")]), post(2, &[])]);
        assert_eq!(read.articles[0].members["published_at"], "2026-01-09T17:30:00.000000Z");
        assert!(read.told[0].contains("taken as +01:00"), "{:?}", read.told);
    }

    #[test]
    fn names_and_slugs_of_several_posts() {
        let read = read_posts(&[
            post(1, &[("wp:status", "draft"), ("title", "A"), ("dc:creator", "")]),
            post(2, &[("raw", &(meta("_wp_old_slug", "b") + &meta("_wp_old_slug", "storm")))]),
            post(3, &[("wp:post_name", "b"), ("dc:creator", "gone")]),
            post(3, &[("wp:post_name", "c")]),
            post(4, &[("title", ""), ("wp:post_name", "")]),
        ]);
        let slugs: Vec<_> =
            read.articles.iter().map(|one| one.members.get("slug").cloned()).collect();
        assert_eq!(slugs, [None, Some("storm".into()), Some("b".into()), None]);
        assert!(read.articles[1].former_slugs.is_empty());
        assert_eq!(read.articles[0].members["authors"], serde_json::json!([]));
        assert_eq!(read.articles[3].members["title"], "One.");
        assert!(
            read.refused.len() == 1 && read.refused[0].contains("stands twice"),
            "{:?}",
            read.refused
        );
        for what in [
            "not known to WordPress any more",
            "its author is not in this file",
            "another post of this file",
            "has no title",
        ] {
            assert!(read.told.iter().any(|told| told.contains(what)), "{what}: {:?}", read.told);
        }
        assert!(!read.told.concat().contains("gone"), "a login: {:?}", read.told);
    }

    #[test]
    fn comments_are_those_of_readers() {
        let comments = [
            comment(1, "1", "comment", 0),
            comment(2, "1", "", 9),
            comment(3, "0", "comment", 1),
            comment(4, "spam", "comment", 0),
            comment(5, "trash", "comment", 0),
            comment(6, "1", "note", 0),
            comment(7, "1", "pingback", 0),
            comment(8, "approve", "comment", 0),
            comment(9, "1", "review", 0),
        ];
        let read = read_posts(&[post(17, &[("raw", &comments.concat())])]);
        let states: Vec<State> = read.comments.iter().map(|one| one.state).collect();
        assert_eq!(
            states,
            [State::Published, State::Published, State::Pending, State::Spam, State::Removed]
        );
        let first = &read.comments[0];
        assert_eq!(first.body, "One!\n\ntwo <b>\nthree");
        assert_eq!(
            (first.author_name.as_str(), first.author_email.as_deref()),
            ("Old Boy & Co", Some("sam@reader.example"))
        );
        assert_eq!(first.address.unwrap().to_string(), "192.0.2.7");
        assert_eq!(first.created_at.to_string(), "2026-01-09T18:00:00.000000Z");
        assert_eq!(
            read.comments[1].parent.as_deref(),
            Some("wordpress https://site.example comment 9")
        );
        let gone = &read.comments[4];
        assert!(gone.body.is_empty() && gone.author_name.is_empty() && gone.author_email.is_none());
        assert_eq!(
            (read.skipped.len(), read.refused.len()),
            (3, 1),
            "{:?} {:?}",
            read.skipped,
            read.refused
        );
        assert!(read.refused[0].contains("wp:comment_approved"), "{:?}", read.refused);
        // On a private post an approved one was not public.
        let private = read_posts(&[post(17, &[("wp:status", "private"), ("raw", &comments[0])])]);
        assert_eq!(private.comments[0].state, State::Pending);
        let late = read_posts(&[post(
            17,
            &[("raw", &(comments[0].clone() + "<wp:is_sticky>1</wp:is_sticky>"))],
        )]);
        assert!(late.articles.is_empty() && late.comments.is_empty(), "{:?}", late.refused);
    }

    #[test]
    fn a_file_that_is_not_whole_gives_nothing() {
        let whole = format!("{HEAD}{}{}{TAIL}", post(1, &[]), post(2, &[("wp:post_name", "b")]));
        let cut = &whole[..whole.len() - 60];
        for text in [
            cut.to_owned(),
            whole.replace("</channel>", ""),
            whole.replace("<rss", "<!DOCTYPE a [<!ENTITY b \"c\">]><rss"),
        ] {
            let read = read_text(&text);
            assert!(read.articles.is_empty() && read.refused.len() == 1, "{:?}", read.refused);
        }
        // A character that XML does not know is no reason.
        assert_eq!(read_text(&whole.replace("One.", "One\u{b}.")).articles.len(), 2);
        let nameless = whole
            .replace("https://site.example/<", "<")
            .replace("https://site.example<", "<")
            .replace("https://net.example", "");
        assert!(read_text(&nameless).refused[0].contains("does not say whose it is"));
    }

    #[test]
    fn what_stands_between_posts_is_told_of() {
        for (kind, want) in [
            ("page", "is a page"),
            ("wp_block", "is a synced pattern"),
            ("podcast", "is a `podcast`"),
        ] {
            let read = read_posts(&[post(17, &[("wp:post_type", kind)])]);
            assert!(
                read.articles.is_empty() && read.skipped[0].contains(want),
                "{:?}",
                read.skipped
            );
        }
        let rule = read_posts(&[post(17, &[("wp:post_type", "memberpressrule")])]);
        assert!(rule.refused[0].contains("a rule of a plugin"), "{:?}", rule.refused);
    }
}
