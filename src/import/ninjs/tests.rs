//! Items of every version, and what is wrong with them.

use serde_json::json;

use super::super::item::{ArticleItem, Expiry};
use super::*;

fn told_with(value: &Value, expiry: Expiry) -> (Vec<ArticleItem>, Vec<String>) {
    let (mut articles, mut lines) = (Vec::new(), Vec::new());
    let mut sink = |item| {
        match item {
            Item::Article(article) => articles.push(*article),
            Item::Refused { at, reason } => lines.push(format!("{at}: {reason}")),
            Item::Skipped { at, reason } => lines.push(format!("{at}: skipped, {reason}")),
            Item::Warning { at, text } => lines.push(format!("{at}: warning: {text}")),
            Item::Comment(_) => panic!("ninjs has no comments"),
        }
        Ok(())
    };
    read_bytes(value.to_string().as_bytes(), &At::file("n.json"), &Options { expiry }, &mut sink)
        .unwrap();
    (articles, lines)
}

fn told(value: &Value) -> (Vec<ArticleItem>, Vec<String>) {
    told_with(value, Expiry::Kept)
}

/// An item of 3.1 with other members set.
fn item(more: &Value) -> Value {
    let mut item = json!({
        "uri": "urn:n:1", "type": "text", "version": "2", "pubStatus": "usable", "firstCreated": "2026-01-09T17:30:00Z",
        "headlines": [{"role": "main", "value": "Storm"}],
        "bodies": [{"role": "main", "contentType": "text/html", "value": "<p>All cancelled.</p>"}],
    });
    for (name, value) in more.as_object().unwrap() {
        item[name] = value.clone();
    }
    item
}

#[test]
fn forms_are_told_by_content() {
    for text in [
        r#"{"uri": "x", "pubstatus": "usable"}"#,
        r#"[{"uri": "x", "headlines": []}]"#,
        r#"{"items": [{"uri": "x", "body_text": "a"#,
        r#"{"_items": [{"uri": "x", "pubStatus": "usable"}], "_links": {}}"#,
        r#"{"headline": "a", "body_text": "b", "urgency": 3}"#,
    ] {
        assert!(is_it(text.as_bytes()), "{text}");
    }
    for text in [
        r#"{"uri": "x", "name": "y"}"#,
        r#"{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "url": "x"}]}"#,
        r#"{"db": [{"uri": "x", "headline": "y"}]}"#,
        "<rss>",
        "",
    ] {
        assert!(!is_it(text.as_bytes()), "{text}");
    }
}

#[test]
fn an_item_becomes_an_article() {
    let (articles, lines) = told(&item(&json!({
        "versionCreated": "2026-01-10T08:00:00+01:00", "contentCreated": "2026-01-09T18:30:00+01:00",
        "title": "storm-title", "slugline": "storm", "urgency": 3, "language": "en-GB", "located": "HAMBURG",
        "by": "By Ida Marsh and Jürgen Weiß", "edNote": "Desk: check the name.",
        "descriptions": [{"role": "summary", "value": "All cancelled."}],
        "usageTerms": "The report must carry: Supplied by Northwire.", "copyrightNotice": "© Northwire",
        "infoSources": [{"name": "Photos"}, {"name": "Northwire", "role": "Supplier", "uri": "https://northwire.example/"}],
        "subjects": [{"name": "weather"}, {"name": "Łódź"}, {"uri": "x"}], "people": [{"name": "A"}],
        "rightsInfo": {"linkedRights": "https://x.example/"},
    })));
    let article = &articles[0];
    assert_eq!(article.source_id, "ninjs urn:n:1");
    assert_eq!(article.source_version, Some(2));
    assert_eq!(article.withdrawn, None);
    assert_eq!(article.said, ["embargo_until", "dateline", "external_id", "language"]);
    assert_eq!(
        json!(article.members),
        json!({
            "title": "Storm", "summary": "All cancelled.", "body": "<p>All cancelled.</p>", "body_format": "html",
            "published_at": "2026-01-09T17:30:00.000000Z", "state": "published",
            "authors": [{"name": "By Ida Marsh and Jürgen Weiß", "url": null}],
            "source": {"name": "Northwire", "url": "https://northwire.example/"},
            "dateline": "HAMBURG", "tags": ["weather", "lodz"], "external_id": "urn:n:1", "language": "en-GB",
            "embargo_until": null,
            "metadata": {
                "updated": "2026-01-10T07:00:00.000000Z", "usage_terms": "The report must carry: Supplied by Northwire.",
                "copyright_notice": "© Northwire", "slugline": "storm", "urgency": "3", "short_title": "storm-title",
            },
        })
    );
    let whole = lines.join("\n");
    for line in [
        "n.json (urn:n:1): warning: candidate for a disclaimer: The report must carry: Supplied by Northwire.",
        "n.json (urn:n:1): warning: candidate for a disclaimer: © Northwire",
        "lost: `edNote`",
        "lost: `rightsInfo`",
        "lost: people",
    ] {
        assert!(whole.contains(line), "{line} in {whole}");
    }
    assert!(
        !whole.contains("check the name")
            && !json!(article.members).to_string().contains("check the name")
    );
}

#[test]
fn what_is_held_back_is_not_published() {
    let one = |more: Value| told(&item(&more));
    let (articles, _) = one(json!({"pubStatus": "withheld"}));
    assert_eq!(articles[0].members["state"], "draft");
    let (articles, _) = one(json!({"pubStatus": "canceled", "bodies": [], "edNote": "KILL"}));
    assert_eq!(
        (&articles[0].members["state"], &articles[0].withdrawn),
        (&json!("draft"), &Some(String::new()))
    );
    for status in [json!("Usable"), json!("embargoed"), json!(null), json!(1)] {
        let (articles, lines) = one(json!({"pubStatus": status}));
        assert!(articles.is_empty(), "{status}");
        assert!(lines[0].contains("whether it is public cannot be told"), "{lines:?}");
    }
    let (articles, _) = one(json!({"embargoedUntil": "2031-02-01T18:00:00Z"}));
    assert_eq!(articles[0].members["embargo_until"], "2031-02-01T18:00:00.000000Z");
    assert!(articles[0].said.contains(&"embargo_until"));
    let (articles, lines) = one(json!({"embargoedUntil": "after the speech"}));
    assert!(
        articles.is_empty() && lines[0].contains("`embargoeduntil` must be an instant"),
        "{lines:?}"
    );
    let (articles, lines) = one(json!({"pubstatus": "withheld"}));
    assert!(articles.is_empty() && lines[0].contains("stands twice"), "{lines:?}");
    // One without a date is out when its embargo ends.
    let (articles, _) =
        one(json!({"firstCreated": null, "embargoedUntil": "2031-02-01T18:00:00Z"}));
    assert_eq!(articles[0].members["published_at"], "2031-02-01T18:00:00.000000Z");
    let (articles, lines) = one(json!({"firstCreated": null}));
    assert!(articles.is_empty() && lines[0].contains("has no date"), "{lines:?}");
    let (articles, _) = one(json!({"firstCreated": "soon"}));
    assert!(articles.is_empty());
    let (articles, lines) = one(json!({"uri": null}));
    assert!(articles.is_empty() && lines[0].contains("has no `uri`"), "{lines:?}");
}

#[test]
fn members_of_no_version_of_ninjs_are_heard() {
    for (more, want) in [
        (json!({"access": "restricted"}), Some("draft")),
        (json!({"status": "draft"}), Some("draft")),
        (json!({"state": "killed"}), Some("draft")),
        (json!({"extra": {"membersOnly": true}}), Some("draft")),
        (json!({"status": "gold"}), None),
        (json!({"status": "usable", "access": "public", "_status": "OK"}), Some("published")),
        (json!({"_type": "items", "_id": 7, "state": "published"}), Some("published")),
        (json!({"audience": ["farmers"], "word-count": 7}), Some("published")),
    ] {
        let (articles, lines) = told(&item(&more));
        let state = articles.first().map(|article| article.members["state"].clone());
        assert_eq!(state, want.map(Value::from), "{more}: {lines:?}");
    }
    for name in ["embargo", "embargoed_until", "Embargo-Until", "publish_schedule", "published_at"]
    {
        let (articles, lines) = told(&item(&json!({name: "2099-01-01T00:00:00Z"})));
        let until = &articles[0].members["embargo_until"];
        assert_eq!(until, "2099-01-01T00:00:00.000000Z", "{name}: {lines:?}");
    }
    let mut other = item(&json!({"pub_status": "withheld"}));
    other.as_object_mut().unwrap().shift_remove("pubStatus");
    assert_eq!(told(&other).0[0].members["state"], "draft");
    let more = json!({"disclaimer": "No advice.", "house": {"desk": "B"}, "signal": ["x"], "expiry_date": "2030-01-01"});
    let (articles, lines) = told(&item(&more));
    assert_eq!(
        articles[0].members["metadata"],
        json!({"disclaimer": "No advice.", "expires": "2030-01-01T00:00:00.000000Z"})
    );
    for line in [
        "candidate for a disclaimer: No advice.",
        "lost: house.desk, signal",
        "with --honour-expiry it expires then",
    ] {
        assert!(lines.iter().any(|told| told.ends_with(line)), "{line} in {lines:#?}");
    }
    let (articles, _) = told_with(&item(&more), Expiry::Honoured);
    assert_eq!(articles[0].members["expires_at"], "2030-01-01T00:00:00.000000Z");
}

#[test]
fn nothing_else_in_it_stands_in_the_way_of_taking_it_back() {
    for more in [
        json!({"embargoed": "tomorrow", "firstCreated": "soon", "expires": 7}),
        json!({"type": "picture", "bodies": [], "headlines": []}),
        json!({"type": null, "bodies": [], "headlines": []}),
        json!({"status": "gold", "expiry": "soon"}),
        json!({"byline": "a", "Byline": "b", "usageTerms": ["x"]}),
    ] {
        let mut taken = item(&more);
        for (status, withdrawn) in [("canceled", Some("")), ("withheld", None)] {
            taken["pubStatus"] = json!(status);
            let (articles, lines) = told(&taken);
            let [article] = &articles[..] else {
                panic!("{status} {more}: {lines:?}");
            };
            assert_eq!(article.members["state"], "draft", "{more}");
            assert_eq!(article.withdrawn.as_deref(), withdrawn, "{more}");
        }
        taken["pubStatus"] = json!("usable");
        assert!(told(&taken).0.is_empty(), "{more}");
    }
    let long = json!({"pubStatus": "canceled", "headlines": [{"value": "x".repeat(2_000)}]});
    let (articles, _) = told(&item(&long));
    assert_eq!(articles[0].members["title"].as_str().map(str::len), Some(300));
}

#[test]
fn of_several_versions_the_highest_number_is_read() {
    let version =
        |version: Value, status: &str| item(&json!({"version": version, "pubStatus": status}));
    let both = json!([version(json!("10"), "withheld"), version(json!("9"), "usable")]);
    let (articles, lines) = told(&both);
    assert_eq!(articles.len(), 1);
    assert_eq!(
        (articles[0].source_version, &articles[0].members["state"]),
        (Some(10), &json!("draft"))
    );
    assert_eq!(lines, ["n.json (urn:n:1): skipped, is an older version of an item in this file"]);
    let three = json!({"items": [version(json!(1), "usable"), version(json!("3"), "canceled"), version(json!("2"), "usable")]});
    let (articles, lines) = told(&three);
    assert_eq!((articles.len(), articles[0].source_version, lines.len()), (1, Some(3), 2));
    // Without a number the dates tell, and without dates nothing does.
    let dated = |created: &str, status: &str| {
        item(&json!({"version": "a", "versionCreated": created, "pubStatus": status}))
    };
    let (articles, _) = told(&json!([
        dated("2026-01-10T07:00:00Z", "usable"),
        dated("2026-01-11T07:00:00Z", "withheld")
    ]));
    assert_eq!(articles.len(), 1);
    assert_eq!(
        (articles[0].source_version, &articles[0].members["state"]),
        (Some(1_768_114_800_000_000), &json!("draft"))
    );
    let (articles, lines) = told(&json!([
        version(json!("a"), "usable"),
        version(json!("b"), "withheld"),
        version(json!("3"), "usable")
    ]));
    assert!(articles.is_empty() && lines.len() == 3, "{lines:?}");
    let same = json!([version(json!("1"), "usable"), version(json!("1"), "usable")]);
    assert_eq!(told(&same).0.len(), 1);
}

#[test]
fn without_a_number_the_date_of_a_version_orders_it() {
    let version = |more: Value| told(&item(&more)).0[0].source_version;
    let of_day = |day: &str| version(json!({"version": null, "versionCreated": day}));
    let (older, newer) = (of_day("2026-01-10T07:00:00Z"), of_day("2026-01-11T07:00:00Z"));
    assert!(older.is_some() && older < newer);
    assert_eq!(version(json!({"versionCreated": "2026-01-10T07:00:00Z"})), Some(2));
    let (articles, lines) = told(&item(&json!({"version": "a"})));
    assert_eq!(articles[0].source_version, None);
    assert!(lines[0].contains("would not be told from a newer one"), "{lines:?}");
    let canceled = item(&json!({"version": null, "pubStatus": "canceled", "bodies": []}));
    assert_eq!(told(&canceled).0[0].withdrawn.as_deref(), Some(""));
}

#[test]
fn a_list_of_copydesk_is_read() {
    let list = json!({"_items": [item(&json!({})), item(&json!({"uri": "urn:n:2"}))], "_links": {"self": {}}});
    assert_eq!(told(&list).0.len(), 2);
}

#[test]
fn what_is_no_text_is_lost_with_a_line_or_refused() {
    let (articles, lines) = told(&item(&json!({"byline": {"name": "Ida"}, "located": ["Kiel"]})));
    assert_eq!(articles.len(), 1);
    assert!(lines.iter().any(|line| line.contains("lost: byline, located")), "{lines:?}");
    for name in ["usageTerms", "copyrightNotice", "copyrightHolder"] {
        let mut odd = item(&json!({}));
        odd[name] = json!({"en": "Supplied by N."});
        let (articles, lines) = told(&odd);
        assert!(articles.is_empty() && lines[0].contains("must be a text"), "{lines:?}");
        odd["pubStatus"] = json!("canceled");
        odd["bodies"] = json!([{"value": "a"}, {"role": "disclaimer", "value": "b"}]);
        assert!(told(&odd).0[0].withdrawn.is_some());
    }
}

#[test]
fn other_things_are_skipped() {
    for kind in ["picture", "video", "audio", "graphic", "component", "event"] {
        let (articles, lines) = told(&item(&json!({"type": kind})));
        assert!(articles.is_empty() && lines[0].contains("skipped, is of the type"), "{lines:?}");
    }
    let (articles, lines) = told(&item(&json!({"type": "composite", "bodies": []})));
    assert!(
        articles.is_empty() && lines[0].contains("skipped, is a composite without a text"),
        "{lines:?}"
    );
    let (articles, _) = told(&item(&json!({"type": "composite"})));
    assert_eq!(articles.len(), 1);
    let (articles, lines) = told(&item(&json!({"bodies": [], "representationType": "partial"})));
    assert_eq!(articles[0].members["body"], "");
    assert!(lines.iter().any(|line| line.contains("is sent in part only")), "{lines:?}");
    let (articles, lines) = told(&json!([1, item(&json!({}))]));
    assert_eq!(articles.len(), 1);
    assert!(lines[0].contains("item 1 must be an object"), "{lines:?}");
}

#[test]
fn version_1_is_read_by_its_own_names() {
    let old = json!({
        "uri": "tag:n:1", "type": "text", "versioncreated": "2026-01-10T07:00:00Z", "firstcreated": "2026-01-09T17:30:00Z",
        "pubstatus": "usable", "headline": "Storm", "headline_sub": "All cancelled", "byline": "By Ida", "located": "HAMBURG",
        "description_text": "S", "body_xhtml": "<p>a</p>", "body_text": "a", "usageterms": "Supplied by N.",
        "subject": [{"name": "weather"}], "place": [{"name": "Hamburg"}], "infosource": [{"name": "N"}],
        "expires": "2030-01-01T00:00:00Z", "embargoed": "2026-01-09T17:00:00Z", "body_footer": "Not checked.",
    });
    let (articles, lines) = told(&old);
    let members = &articles[0].members;
    assert_eq!(
        (&members["title"], &members["body"], &members["summary"]),
        (&json!("Storm"), &json!("<p>a</p>"), &json!("S"))
    );
    assert_eq!(members["source"], json!({"name": "N", "url": null}));
    assert_eq!(
        members["metadata"],
        json!({
            "headlines": {"sub": "All cancelled"}, "updated": "2026-01-10T07:00:00.000000Z",
            "expires": "2030-01-01T00:00:00.000000Z", "usage_terms": "Supplied by N.", "places": ["Hamburg"],
        })
    );
    assert!(
        lines
            .iter()
            .any(|line| line.ends_with("lost: the body with the role `footer`: Not checked.")),
        "{lines:#?}"
    );
    let (articles, _) = told_with(&old, Expiry::Honoured);
    assert_eq!(articles[0].members["expires_at"], "2030-01-01T00:00:00.000000Z");
}

#[test]
fn a_file_that_is_no_json_is_refused() {
    let mut lines = Vec::new();
    let mut sink = |item| {
        if let Item::Refused { at, reason } = item {
            lines.push(format!("{at}: {reason}"));
        }
        Ok(())
    };
    let deep = [&b"["[..]; 70].concat();
    for text in [
        &b"{\"uri\": \"x\""[..],
        &b"{\"uri\": \"x\", \"uri\": \"y\"}"[..],
        &deep[..],
        &b"{\"uri\":\n\"S\xfcd\"}"[..],
    ] {
        read_bytes(text, &At::file("n.json"), &Options { expiry: Expiry::Kept }, &mut sink)
            .unwrap();
    }
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("n.json:1: is JSON that is cut short"), "{lines:?}");
    assert!(
        lines[1].starts_with("n.json:1: is not JSON that can be read: the member"),
        "{lines:?}"
    );
    assert!(lines[2].contains("nests deeper") && !lines[2].contains("Send one"), "{lines:?}");
    assert!(lines[3].starts_with("n.json:2: is not in UTF-8"), "{lines:?}");
}
