//! Exports made for the purpose: what becomes of each record of them.

use serde_json::{Value, json};

use super::*;
use crate::comments::words::State;
use crate::import::item::{ArticleItem, CommentItem, Expiry, On};

fn export(tables: &Value) -> Value {
    let meta = json!({"exported_on": 1_795_753_878_663_i64, "version": "6.65.0"});
    json!({"db": [{"meta": meta, "data": tables}]})
}

fn items(file: &Value) -> Vec<Item> {
    let file = file.to_string();
    assert!(is_it(file.as_bytes()), "{file}");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export");
    std::fs::write(&path, file).unwrap();
    let mut items = Vec::new();
    let mut sink = |item: Item| -> io::Result<()> {
        items.push(item);
        Ok(())
    };
    read(&path, &Options { expiry: Expiry::Kept }, &mut sink).unwrap();
    items
}

/// A post of this id, with these members.
fn post(id: &str, change: &Value) -> Value {
    let mut post = json!({
        "id": id, "title": "Storm", "slug": format!("storm-{id}"), "html": "<p>Text.</p>", "lexical": null,
        "mobiledoc": null, "type": "post", "status": "published", "visibility": "public", "locale": null,
        "updated_at": "2026-01-09 17:30:00", "published_at": "2026-01-09 17:30:00", "featured": 0,
    });
    for (name, value) in change.as_object().unwrap() {
        post[name.as_str()] = value.clone();
    }
    post
}

fn comment(id: &str, change: &Value) -> Value {
    let mut comment = json!({
        "id": id, "post_id": "p", "member_id": "m", "parent_id": null, "in_reply_to_id": null,
        "status": "published", "html": "<p>Words.</p>", "edited_at": null, "created_at": "2026-01-10 08:00:00",
    });
    for (name, value) in change.as_object().unwrap() {
        comment[name.as_str()] = value.clone();
    }
    comment
}

/// The article made of a post alone in its file, and what was said of it.
fn article(change: &Value) -> Result<(ArticleItem, Vec<String>), String> {
    let (mut made, mut warnings) = (None, Vec::new());
    for item in items(&export(&json!({"posts": [post("p", change)]}))) {
        match item {
            Item::Article(article) => made = Some(*article),
            Item::Warning { at, text } if at.is_record() => warnings.push(text),
            Item::Refused { reason, .. } => return Err(reason),
            _ => {}
        }
    }
    Ok((made.unwrap(), warnings))
}

/// An older export is to undo nothing.
#[test]
fn a_post_is_as_of_its_export() {
    let (made, _) = article(&json!({})).unwrap();
    assert_eq!(made.source_version, Some(1_795_753_878_663_000));
}

/// A line for each item.
fn lines(items: &[Item]) -> Vec<String> {
    let place = |at: &At| {
        at.to_string().split_once('(').map_or_else(String::new, |(_, rest)| format!("({rest}: "))
    };
    let line = |item: &Item| match item {
        Item::Article(article) => article.source_id.clone(),
        Item::Comment(comment) => comment.source_id.clone(),
        Item::Refused { at, reason } => format!("{}refused: {reason}", place(at)),
        Item::Skipped { at, reason } => format!("{}skipped: {reason}", place(at)),
        Item::Warning { at, text } => format!("{}warning: {text}", place(at)),
    };
    items.iter().map(line).collect()
}

#[test]
fn a_post_becomes_an_article() {
    let tables = json!({
        "settings": [{"key": "url", "value": "https://site.example"}],
        "posts": [post("p", &json!({
            "title": "Storm <closes> the\tstrait", "slug": "storm",
            "html": "<p><a href=\"__GHOST_URL__/x/\">A</a></p><!--kg-card-begin: html--><hr><!--kg-card-end: html-->",
            "feature_image": "__GHOST_URL__/content/a.png", "custom_excerpt": "Short.", "locale": "pt_BR",
            "canonical_url": "https://wire.example/1?a=1&b=2", "featured": 1,
        }))],
        "posts_meta": [{"post_id": "p", "feature_image_alt": "Waves", "feature_image_caption": "<i>A</i> pier", "meta_title": "M", "og_title": "O", "email_only": 0}],
        "users": [{"id": "1", "name": "Ida Marsh", "website": "https://ida.example"}, {"id": "2", "name": "Jo"}],
        "posts_authors": [
            {"post_id": "p", "author_id": "2", "sort_order": 1}, {"post_id": "p", "author_id": "1", "sort_order": 0},
        ],
        "tags": [
            {"id": "a", "name": "Harbour", "slug": "harbour", "visibility": "public"},
            {"id": "b", "name": "#wire", "slug": "hash-wire", "visibility": "internal"},
            {"id": "c", "name": "C++", "slug": "c", "visibility": "public"},
            {"id": "d", "name": "secret", "slug": "secret"},
        ],
        "posts_tags": [
            {"post_id": "p", "tag_id": "c", "sort_order": 2}, {"post_id": "p", "tag_id": "a", "sort_order": 1},
            {"post_id": "p", "tag_id": "b", "sort_order": 0}, {"post_id": "p", "tag_id": "d", "sort_order": 3},
        ],
    });
    let items = items(&export(&tables));
    let [Item::Warning { text, .. }, Item::Article(article)] = &*items else {
        panic!("{:?}", lines(&items));
    };
    assert!(text.contains("social media"), "{text}");
    assert_eq!(
        Value::Object(article.members.clone()),
        json!({
            "title": "Storm <closes> the strait", "slug": "storm",
            "body": "<p><a href=\"https://site.example/x/\">A</a></p><hr>", "body_format": "html",
            "state": "published", "published_at": "2026-01-09T17:30:00.000000Z", "access": "public",
            "authors": [{"name": "Ida Marsh", "url": "https://ida.example/"}, {"name": "Jo", "url": null}],
            "section": "harbour", "tags": ["c"], "summary": "Short.", "language": "pt-BR",
            "image": {"url": "https://site.example/content/a.png", "alt": "Waves", "credit": null},
            "canonical_url": "https://wire.example/1?a=1&b=2",
            "metadata": {
                "internal_tags": ["#wire", "secret"], "feature_image_caption": "A pier", "featured": true,
                "meta_title": "M",
            },
        })
    );
    assert_eq!(article.source_id, "ghost site.example post p");
    assert_eq!(article.said, ["access", "section", "image", "language"]);
    let names = [("section", "harbour", "Harbour"), ("tags", "c", "C++")];
    let names = names.map(|(member, slug, name)| (member, slug.to_owned(), name.to_owned()));
    assert_eq!(article.names, names);
    assert_eq!(
        article.addresses,
        ["/storm/", "https://site.example/storm/", "https://wire.example/1?a=1&b=2"]
    );
}

#[test]
fn only_what_the_site_showed_is_out() {
    // `exported_on` is 2026-11-27T04:31:18Z.
    for (change, state, published_at, warns) in [
        (json!({}), "published", Some("2026-01-09"), false),
        (
            json!({"published_at": "2026-01-09T17:30:00.000Z"}),
            "published",
            Some("2026-01-09"),
            false,
        ),
        (json!({"published_at": "2031-01-01 00:00:00"}), "published", Some("2031-01-01"), true),
        (json!({"status": "draft"}), "draft", Some("2026-01-09"), false),
        (json!({"status": "draft", "published_at": null}), "draft", None, false),
        (
            json!({"status": "scheduled", "published_at": "2031-01-01 00:00:00"}),
            "published",
            Some("2031-01-01"),
            false,
        ),
        (json!({"status": "scheduled"}), "draft", None, true),
        (
            json!({"status": "scheduled", "published_at": "2026-11-27T04:31:18.000Z"}),
            "draft",
            None,
            true,
        ),
        (json!({"status": "sent"}), "draft", None, true),
    ] {
        let (article, warnings) = article(&change).unwrap();
        assert_eq!(article.members["state"], state, "{change}");
        let at = article.members.get("published_at").and_then(Value::as_str);
        assert_eq!(at.and_then(|at| at.get(..10)), published_at, "{change}");
        assert_eq!(!warnings.is_empty(), warns, "{change}: {warnings:?}");
    }
    let (sent, _) = article(&json!({"status": "sent"})).unwrap();
    assert_eq!(sent.members["metadata"]["date"], "2026-01-09T17:30:00.000000Z");
    for (change, want) in [
        (json!({"status": "later"}), "`status` must be"),
        (json!({"status": null}), "`status` must be"),
        (json!({"status": "published", "published_at": null}), "`published_at` is missing"),
        (json!({"status": "scheduled", "published_at": ""}), "`published_at` is missing"),
        (json!({"status": "scheduled", "published_at": "soon"}), "`published_at` must be"),
        (json!({"visibility": "filter"}), "`visibility` must be"),
        (json!({"visibility": null}), "`visibility` must be"),
        (json!({"type": "news"}), "`type` must be"),
        (json!({"type": null}), "`type` must be"),
        (
            json!({"html": "<p>A</p><!--kg-gated-block:begin x:1 -->B"}),
            "`<!--kg-gated-block:begin x:1-->` is not",
        ),
        (json!({"html": 7}), "`html` must be"),
        (
            json!({"html": "", "lexical": "{\"root\":{\"type\":\"root\",\"children\":[{\"type\":\"text\",\"text\":\"A\"}]}}"}),
            "has no `html`",
        ),
        (
            json!({"html": null, "mobiledoc": "{\"cards\":[[\"html\"]],\"sections\":[]}"}),
            "has no `html`",
        ),
        (json!({"title": "", "html": ""}), "has no title"),
        (json!({"id": null}), "has no `id`"),
    ] {
        let reason = article(&change).unwrap_err();
        assert!(reason.starts_with(want), "{change}: {reason}");
    }
}

/// A schedule of which no one knows whether it is over is none.
#[test]
fn a_file_without_its_time_goes_by_the_newest_time_in_it() {
    for (updated_at, state) in [(json!("2026-01-09 17:30:00"), "published"), (json!(null), "draft")]
    {
        let change = json!({"status": "scheduled", "published_at": "2026-02-01 00:00:00", "updated_at": updated_at});
        let items = items(&json!({"data": {"posts": [post("p", &change)], "posts_tags": []}}));
        let Some(Item::Article(article)) = items.last() else {
            panic!("{:?}", lines(&items));
        };
        assert_eq!(article.members["state"], state);
    }
}

#[test]
fn what_is_for_members_is_restricted_or_cut() {
    for visibility in ["members", "paid", "tiers"] {
        let html = "<p>A</p><!--members-only--><p>B</p>";
        let (article, warnings) =
            article(&json!({"visibility": visibility, "html": html, "title": ""})).unwrap();
        assert_eq!(article.members["access"], "restricted");
        assert_eq!(article.members["body"], "<p>A</p><p>B</p>");
        assert_eq!(article.members["metadata"]["visibility"], visibility);
        assert_eq!(article.said, ["access"]);
        // What stands first in it is not for everyone.
        assert_eq!(article.members["title"], "storm-p");
        assert_eq!(warnings, ["has no title: its slug stands for one"]);
    }
    let html = "<p>One two</p><!--members-only--><p>B</p>";
    let (cut, warnings) = article(&json!({"html": html, "title": null})).unwrap();
    assert_eq!(
        (&cut.members["body"], &cut.members["title"]),
        (&json!("<p>One two</p>"), &json!("One two"))
    );
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn what_a_site_shows_beside_its_texts_is_told_of() {
    let (_, warnings) = article(&json!({
        "codeinjection_head": "<meta name=\"robots\" content=\"noarchive\"><script>key()</script>",
        "codeinjection_foot": "<p class=\"legal\">No investment advice.</p>",
        "feature_image": "__GHOST_URL__/content/a.png", "canonical_url": "/x/", "slug": "Not_a Slug",
    }))
    .unwrap();
    assert_eq!(warnings.len(), 5, "{warnings:?}");
    assert_eq!(warnings[0], "its slug \"Not_a Slug\" becomes `not-a-slug`");
    assert!(warnings[3].contains("`codeinjection_head`, code without"), "{warnings:?}");
    assert!(warnings[4].contains("\"No investment advice.\""), "{warnings:?}");
    assert!(warnings[4].contains("candidate for a disclaimer"), "{warnings:?}");
    let tables = json!({
        "settings": [{"key": "codeinjection_foot", "value": "<p>Advertisement by X.</p>"}],
        "posts": [post("p", &json!({"html": "<a href='__GHOST_URL__/'>x</a>"}))],
    });
    let told = lines(&items(&export(&tables)));
    assert!(told[0].contains("\"Advertisement by X.\"") && told[1] == "ghost post p", "{told:?}");
    assert!(told[2].contains("no address of its site") && told.len() == 3, "{told:?}");
}

fn comments(tables: &Value) -> Vec<CommentItem> {
    let comment = |item| match item {
        Item::Comment(comment) => Some(*comment),
        _ => None,
    };
    items(&export(tables)).into_iter().filter_map(comment).collect()
}

#[test]
fn comments_have_their_states_and_their_places() {
    let tables = json!({
        "posts": [post("p", &json!({}))],
        "members": [{"id": "m", "name": "Zo\u{eb} \u{141}uczak", "email": "zoe@reader.example"}, {"id": "n", "name": null, "email": "x"}],
        "comments": [
            comment("1", &json!({"html": "<p>One &amp; <a href=\"https://x.example/a\">two</a></p><blockquote><p>three</p></blockquote>", "edited_at": "2026-01-10T09:00:00.000Z"})),
            comment("2", &json!({"parent_id": "1"})),
            comment("3", &json!({"parent_id": "1", "in_reply_to_id": "2", "status": "hidden"})),
            comment("4", &json!({"parent_id": "1", "in_reply_to_id": "gone", "member_id": null})),
            comment("5", &json!({"status": "deleted", "html": "<p>I take this back.</p>", "in_reply_to_id": "5"})),
            comment("6", &json!({"parent_id": "5", "member_id": "n", "html": format!("<p>{}</p>", "x".repeat(6_000))})),
        ],
    });
    let comments = comments(&tables);
    let shape = |comment: &CommentItem| {
        assert_eq!(comment.on, On::Article("ghost post p".to_owned()));
        assert_eq!(comment.created_at.to_string(), "2026-01-10T08:00:00.000000Z");
        let parent = comment.parent.as_deref().unwrap_or_default().replace("ghost comment ", "");
        (comment.state, parent, comment.author_name.clone(), comment.body.chars().count())
    };
    let zoe = "Zo\u{eb} \u{141}uczak".to_owned();
    assert_eq!(
        comments.iter().map(shape).collect::<Vec<_>>(),
        [
            (State::Published, String::new(), zoe.clone(), 40),
            (State::Published, "1".to_owned(), zoe.clone(), 6),
            (State::Rejected, "2".to_owned(), zoe, 6),
            (State::Published, "1".to_owned(), String::new(), 6),
            (State::Removed, String::new(), String::new(), 0),
            (State::Published, "5".to_owned(), String::new(), 5_000),
        ]
    );
    assert_eq!(comments[0].body, "One & two (https://x.example/a)\n\n> three");
    assert_eq!(comments[0].author_email.as_deref(), Some("zoe@reader.example"));
    assert!(comments[0].edited_at.is_some());
    assert_eq!((&comments[4].author_email, &comments[5].author_email), (&None, &None));
}

#[test]
fn ids_of_two_sites_are_two() {
    let of = |url: Value| {
        let tables = json!({
            "settings": [{"key": "url", "value": url}], "posts": [post("1", &json!({"visibility": "?"})), post("2", &json!({}))],
            "comments": [
                comment("1", &json!({"post_id": "2"})),
                comment("2", &json!({"post_id": "2", "parent_id": "1"})),
            ],
        });
        let mut ids = Vec::new();
        for item in items(&export(&tables)) {
            match item {
                Item::Article(article) => ids.push(article.source_id),
                Item::Comment(comment) => {
                    ids.push(comment.source_id);
                    ids.extend(comment.parent);
                    assert!(matches!(&comment.on, On::Article(on) if ids.contains(on)), "{ids:?}");
                }
                Item::Refused { at, .. } => ids.push(at.source_id().unwrap().to_owned()),
                _ => {}
            }
        }
        ids
    };
    for (url, site) in [
        (json!("https://one.example/"), "ghost one.example"),
        (json!("http://two.example:2368/news/"), "ghost two.example:2368/news"),
        (json!(null), "ghost"),
    ] {
        let want = ["post 1", "post 2", "comment 1", "comment 2", "comment 1"];
        assert_eq!(of(url), want.map(|id| format!("{site} {id}")));
    }
}

#[test]
fn tags_are_bounded() {
    let link = |id: i32| json!({"post_id": "p", "tag_id": "t", "sort_order": id});
    let tables = json!({
        "posts": [post("p", &json!({}))], "tags": [{"id": "t", "name": "Tag", "slug": "t", "visibility": "public"}],
        "posts_tags": (0..1_200).map(link).collect::<Vec<Value>>(),
    });
    let items = items(&export(&tables));
    let [Item::Warning { text, .. }, Item::Article(article)] = &*items else {
        panic!("{:?}", lines(&items));
    };
    assert_eq!((text.as_str(), &article.members["section"]), ("lost: 200 tags", &json!("t")));
}

#[test]
fn what_has_no_place_is_told_of() {
    let tables = json!({
        "posts": [
            post("p", &json!({"type": "page"})), post("q", &json!({"visibility": "?"})), post("r", &json!({})),
            post("s", &json!({})), post("s", &json!({"visibility": "members"})),
        ],
        "members": [{"id": "m", "name": "Sam", "email": "sam@reader.example"}],
        "comments": [
            comment("1", &json!({})), comment("2", &json!({})), comment("3", &json!({"post_id": "q"})),
            comment("4", &json!({"post_id": "gone"})), comment("5", &json!({"post_id": "r", "status": "?"})),
            comment("6", &json!({"post_id": "r"})), comment("6", &json!({"post_id": "r"})),
            comment("7", &json!({"post_id": "r", "created_at": null})), comment("8", &json!({"post_id": "s"})),
            comment("9", &json!({"post_id": "r", "html": "<script>x</script>"})), comment("10", &json!({"post_id": null})),
        ],
    });
    let told = lines(&items(&export(&tables)));
    let want = [
        "(post p storm-p): skipped: is a page",
        "(post p storm-p): skipped: comments of a page, not of a post (2)",
        "(post q storm-q): refused: `visibility` must be",
        "ghost post r",
        "(comment 5): refused: `status` must be",
        "(comment 6): refused: has the `id` of another",
        "(comment 6): refused: has the `id` of another",
        "(comment 7): refused: `created_at` is missing",
        "(comment 9): refused: has no text",
        "(post s storm-s): refused: has the `id` of another",
        "(post s storm-s): refused: has the `id` of another",
        "(comment 3): refused: is on the post q, which is refused",
        "(comment 4): refused: is on the post gone, which is not in the file",
        "(comment 8): refused: is on the post s, which is refused",
        "(comment 10): refused: is on no post",
    ];
    assert_eq!(told.len(), want.len(), "{told:#?}");
    for (line, want) in told.iter().zip(want) {
        assert!(line.starts_with(want), "{line}: {want}");
    }
}

#[test]
fn what_a_whole_site_kept_back_stays_so() {
    for (value, state) in [
        (json!("true"), "draft"),
        (json!("false"), "published"),
        (json!(null), "published"),
        (json!("perhaps"), "draft"),
        (json!([]), "draft"),
    ] {
        let tables = json!({
            "settings": [{"value": value.clone(), "key": "is_private"}],
            "posts": [post("p", &json!({}))],
        });
        let items = items(&export(&tables));
        let Some(Item::Article(article)) = items.last() else {
            panic!("{:?}", lines(&items));
        };
        assert_eq!((&article.members["state"], items.len() > 1), (&json!(state), state == "draft"));
    }
    for (value, state) in
        [("all", State::Published), ("paid", State::Published), ("off", State::Pending)]
    {
        let tables = json!({
            "settings": [{"key": "comments_enabled", "value": value}], "posts": [post("p", &json!({}))],
            "comments": [comment("1", &json!({}))],
        });
        assert_eq!(comments(&tables)[0].state, state, "{value}");
    }
    let email_only = json!({
        "posts": [post("p", &json!({"status": "scheduled", "published_at": "2031-01-01 00:00:00"}))],
        "posts_meta": [{"post_id": "p", "email_only": 1}, {"post_id": "p"}],
    });
    let items = items(&export(&email_only));
    let [Item::Warning { .. }, Item::Article(article)] = &*items else {
        panic!("{:?}", lines(&items));
    };
    assert_eq!(article.members["state"], "draft");
}

#[test]
fn a_file_is_known_by_its_content() {
    for text in [
        r#"{"db":[{"meta":{"exported_on":1795753878663,"version":"6.65.0"},"data":{"benefits":[]"#,
        "\u{feff} {\n \"db\" : [ { \"data\" : {",
        r#"{"meta": {"exported_on": 1, "version": "5.0"}, "data": {"#,
        r#"{"data": {"posts": [{"id": 1, "mobiledoc": "#,
    ] {
        assert!(is_it(text.as_bytes()), "{text}");
    }
    for text in [
        "",
        "<?xml",
        "{}",
        r#"{"db": {}}"#,
        r#"{"data": {"articles": []}}"#,
        r#"{"version": "https://jsonfeed.org/version/1.1", "items": [{"mobiledoc": 1}]}"#,
        r#"{"uri": "x", "db": [{"meta": 1}]}"#,
    ] {
        assert!(!is_it(text.as_bytes()), "{text}");
    }
}

#[test]
fn a_broken_file_is_refused_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export");
    let whole = export(&json!({"posts": [post("p", &json!({}))]})).to_string();
    for (text, want) in [
        (whole[..whole.len() - 20].to_owned(), Some("export:1: ends in the middle")),
        (format!("\u{feff}{whole}\n"), None),
    ] {
        std::fs::write(&path, &text).unwrap();
        let mut told = Vec::new();
        let mut sink = |item: Item| -> io::Result<()> {
            match item {
                Item::Refused { at, reason } => told.push(format!("{at}: {reason}")),
                Item::Article(_) => {}
                other => panic!("{other:?}"),
            }
            Ok(())
        };
        read(&path, &Options { expiry: Expiry::Kept }, &mut sink).unwrap();
        match want {
            Some(want) => assert!(told.len() == 1 && told[0].contains(want), "{told:?}"),
            None => assert!(told.is_empty(), "{told:?}"),
        }
    }
}
