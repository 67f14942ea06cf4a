//! Articles before and after a look at them.

use serde_json::Map;

use super::*;

const NOTICE: &str = "This report was supplied by Northwire. The Courier has not checked it and is not liable for it.";

fn known() -> Vec<Prepared> {
    let known = [
        ("northwire", "Supplied text", NOTICE),
        ("port", "Advertisement", "Paid for by the port."),
    ];
    let known = known.map(|(key, title, text)| {
        Prepared::new(Known { key: key.to_owned(), title: title.to_owned(), text: text.to_owned() })
    });
    known.into()
}

fn article(format: &str, body: &str) -> ArticleItem {
    let members = json!({"title": "Storm", "body": body, "body_format": format, "state": "draft"});
    ArticleItem {
        at: At::file("x.xml"),
        source_id: "x 1".to_owned(),
        members: members.as_object().cloned().unwrap_or_else(Map::new),
        said: Vec::new(),
        former_slugs: Vec::new(),
        names: Vec::new(),
        addresses: Vec::new(),
        lines: std::collections::HashMap::new(),
        source_version: None,
        is_schedule: false,
        withdrawn: None,
    }
}

/// The text of an article after a look at it, what was found (`line: text`), and what is to be attached.
fn looked(format: &str, body: &str, mends: bool) -> (String, Vec<String>, Vec<String>) {
    let known = known();
    let hygiene = Hygiene { known: &known, language: "en", lift_disclaimers: mends, fix: mends };
    let mut article = article(format, body);
    let looked = look(&mut article, &hygiene).unwrap_or_else(|reason| panic!("{body}: {reason}"));
    let found = looked.found.into_iter().map(|found| {
        let line = found.line.unwrap_or_default();
        format!("{line}: {}", found.text)
    });
    let text = article.members["body"].as_str().unwrap().to_owned();
    let attach = looked.attach.into_iter().map(|lifted| lifted.key).collect();
    (text, found.collect(), attach)
}

#[test]
fn copies_of_disclaimers_are_lifted_out_of_every_format() {
    for (format, body, rest, line) in [
        ("markdown", format!("A.\n\n{NOTICE}\n"), "A.\n", 3),
        ("markdown", format!("A.\n\n---\n\n*{NOTICE}*\n\n---\n"), "A.\n", 5),
        ("markdown", format!("A.\n\n***\n\n## Disclaimer:\n\n> {NOTICE}"), "A.", 5),
        ("markdown", format!("A.\n\n<small>**Disclaimer:** {NOTICE}</small>\n"), "A.\n", 3),
        ("markdown", format!("A.\n\n<aside>\n<p>{NOTICE}</p>\n</aside>\n"), "A.\n", 4),
        ("markdown", format!("A.\nB.\\\n_{NOTICE}_\n"), "A.\nB.\n", 3),
        ("markdown", format!("A.[^1]\n\n{NOTICE}\n\n[^1]: Note.\n"), "A.[^1]\n\n[^1]: Note.\n", 3),
        ("markdown", format!("A.\n\n{}\n", NOTICE.replace(". ", ".\n\n")), "A.\n", 3),
        ("html", format!("<p>A.</p>\n<p>{NOTICE}</p>\n"), "<p>A.</p>\n", 2),
        (
            "html",
            format!(
                "<p>A.</p><hr/><aside class=\"x\"><p><b>Legal notice</b></p><p>{NOTICE}</p></aside>"
            ),
            "<p>A.</p>",
            1,
        ),
        ("html", format!("<div><p>A.</p><div>{NOTICE}</div></div>"), "<div><p>A.</p></div>", 1),
        ("html", format!("<p>A.<br />\n<em>{NOTICE}</em></p>"), "<p>A.</p>", 1),
        (
            "html",
            format!("<p>A.</p><blockquote><p>{NOTICE}</p></blockquote><p>&nbsp;</p>"),
            "<p>A.</p>",
            1,
        ),
        ("text", format!("A.\n\n------\nDISCLAIMER\n\n{NOTICE}\n"), "A.\n", 4),
        ("text", format!("A.\n{NOTICE}\n"), "A.\n", 2),
    ] {
        let (text, found, attach) = looked(format, &body, true);
        assert_eq!(text, rest, "{body}: {found:?}");
        assert_eq!(attach, ["northwire"], "{body}");
        let told = format!(
            "{line}: ends with the disclaimer `northwire`: it is taken out of the text, and the disclaimer is attached"
        );
        assert_eq!(found, [told], "{body}");
        // Without the wish it is only told of.
        let (text, found, attach) = looked(format, &body, false);
        assert_eq!((text, attach.len(), found.len()), (body, 0, 1), "{found:?}");
        assert!(found[0].contains("--lift-disclaimers"), "{found:?}");
    }
}

#[test]
fn near_copies_are_lifted_and_others_are_not() {
    let near = NOTICE.replace("The Courier", "Courier");
    let (text, found, attach) = looked("markdown", &format!("A.\n\n{near}\n"), true);
    assert_eq!((text.as_str(), attach.len()), ("A.\n", 1));
    assert!(
        found[0].starts_with(
            "3: ends with nearly the disclaimer `northwire` (without \"the\"): it is taken out"
        ),
        "{found:?}"
    );
    for (from, to) in
        [("has not", "has"), ("Northwire", "Southwire"), ("is not liable", "is not only liable")]
    {
        let body = format!("A.\n\n{}\n", NOTICE.replace(from, to));
        let (text, found, attach) = looked("markdown", &body, true);
        assert_eq!((text, attach.len()), (body, 0));
        assert!(
            found[0].contains("is like the disclaimer `northwire` but not the same"),
            "{found:?}"
        );
    }
    for body in [
        // In the middle, in a text that goes on, with a picture, in code.
        format!("A.\n\n{NOTICE}\n\nB is a longer text.\n"),
        format!("A.\n\n![x](x.png) {NOTICE}\n"),
        format!("A.\n\n{NOTICE}[^1]\n\n[^1]: Until Monday.\n"),
        format!("A.\n\n```\n{NOTICE}\n```\n"),
        format!("A.\n\n~~{NOTICE}~~\n"),
    ] {
        let (text, _, attach) = looked("markdown", &body, true);
        assert_eq!((text, attach.len()), (body, 0));
    }
    // It is all that there is.
    let (text, found, attach) = looked("text", NOTICE, true);
    assert_eq!((text.as_str(), attach.len()), (NOTICE, 0));
    assert!(found[0].contains("there is no other text"), "{found:?}");
}

#[test]
fn several_copies_are_lifted() {
    let body = format!("A.\n\nAdvertisement\n\nPaid for by the port.\n\n***\n\n{NOTICE}\n");
    let (text, found, attach) = looked("markdown", &body, true);
    assert_eq!(text, "A.\n");
    assert_eq!((found.len(), attach), (2, vec!["northwire".to_owned(), "port".to_owned()]));
}

#[test]
fn candidates_have_a_digest_and_change_nothing() {
    let body = "<p>A.</p>\n<h3>Haftungsausschluss</h3>\n<p>Ohne Gew\u{e4}hr.</p>";
    let mut one = article("html", body);
    let hygiene = Hygiene { known: &[], language: "en", lift_disclaimers: true, fix: true };
    let found = look(&mut one, &hygiene).unwrap().found;
    assert_eq!((found.len(), found[0].line, found[0].kind), (1, Some(2), Kind::NoticeCandidate));
    assert!(found[0].text.ends_with("\"Ohne Gew\u{e4}hr.\""), "{found:?}");
    let mut other = article("markdown", "B.\n\n**Disclaimer:** ohne Gew\u{e4}hr\n\nC.");
    let again = look(&mut other, &hygiene).unwrap().found;
    assert_eq!((&again[0].digest, again[0].line), (&found[0].digest, Some(3)));
    assert_eq!(one.members["body"], body);
    assert!(found[0].digest.is_some());
    assert_eq!(found[0].kind.word(1), "notice without a disclaimer");
    assert_eq!(Kind::Disclaimer.word(2), "copies of disclaimers");
}

#[test]
fn a_dateline_in_brackets_is_set_once() {
    let hygiene = Hygiene { known: &[], language: "en", lift_disclaimers: false, fix: false };
    let mut one = article("html", "<p>[MOSCOW] The strait is open.</p>");
    let looked = look(&mut one, &hygiene).unwrap();
    assert_eq!(one.members["dateline"], "MOSCOW");
    assert_eq!(one.members["body"], "<p>The strait is open.</p>");
    assert_eq!((one.said.as_slice(), looked.found.len()), (&["dateline"][..], 1));
    let mut present = article("markdown", "[MOSCOW] The strait is open.");
    present.members.insert("dateline".to_owned(), json!("Kiel"));
    let looked = look(&mut present, &hygiene).unwrap();
    assert_eq!(present.members["dateline"], "Kiel");
    assert_eq!(present.members["body"], "[MOSCOW] The strait is open.");
    assert!(looked.found[0].text.contains("`dateline` is \"Kiel\""), "{looked:?}");
    let mut told = article("text", "MOSCOW (Agency) - The strait is open.");
    assert_eq!(look(&mut told, &hygiene).unwrap().found.len(), 1);
    assert!(!told.members.contains_key("dateline") && told.said.is_empty());
}

#[test]
fn paragraphs_that_stand_twice_are_taken_out_where_that_is_wished() {
    let long = "All crossings of the strait are cancelled until Monday.";
    let (body, rest) = (format!("{long}\n\nA.\n\n{long}\n\nB.\n"), format!("{long}\n\nA.\n\nB.\n"));
    let (text, found, _) = looked("markdown", &body, true);
    assert_eq!(text, rest);
    assert_eq!(found, [format!("5: stands in the text already, it is taken out: \"{long}\"")]);
    let (text, found, _) = looked("markdown", &body, false);
    assert_eq!(text, body);
    assert!(found[0].contains("with --fix it is taken out"), "{found:?}");
    let (text, ..) =
        looked("html", &format!("<p>{long}</p>\n<div><p>{long}</p></div>\n<p>A.</p>"), true);
    assert_eq!(text, format!("<p>{long}</p>\n<p>A.</p>"));
    let (text, ..) = looked("text", &body, true);
    assert_eq!(text, rest);
    for body in [
        // Behind a list it would make what follows a part of that.
        format!("{long}\n\n- a\n\n{long}\n\n    code\n"),
        format!("[{long}](/a)\n\n[{long}](/b)\n"),
    ] {
        let (text, found, _) = looked("markdown", &body, true);
        assert_eq!((text, found.len()), (body, 1));
        assert!(found[0].contains("so it stays"), "{found:?}");
    }
    // A copy of a disclaimer is one, and no paragraph that stands twice.
    let (text, found, _) = looked("markdown", &format!("{NOTICE}\n\nB.\n\n{NOTICE}\n"), true);
    assert_eq!((text, found.len()), (format!("{NOTICE}\n\nB.\n"), 2), "{found:?}");
    // Without the dateline that is taken out of it.
    for (format, body, rest) in [
        ("markdown", format!("[KIEL] {long}\n\nA.\n\n{long}\n"), format!("{long}\n\nA.\n")),
        (
            "markdown",
            format!("**[KIEL]** {long}\n\n[KIEL] {long}\n\n{long}\n"),
            format!("{long}\n\n[KIEL] {long}\n"),
        ),
        ("html", format!("<p>[KIEL] {long}</p><p>{long}</p>"), format!("<p>{long}</p>")),
    ] {
        let (text, found, _) = looked(format, &body, true);
        assert_eq!((text.as_str(), found.len() > 1), (rest.as_str(), true), "{body}: {found:?}");
    }
}

#[test]
fn a_copy_that_leads_elsewhere_stays() {
    let link =
        |text: &str| text.replace("Northwire", "[Northwire](https://northwire.example/terms)");
    let bare = format!("A.\n\n{NOTICE} https://northwire.example/terms\n");
    let html = format!("<p>A.</p><p>{NOTICE} <a href='https://x.example/a'>.</a></p>");
    for (format, body) in [
        ("markdown", format!("A.\n\n{}\n", link(NOTICE))),
        ("markdown", format!("A.\n\n[{NOTICE}](/terms)\n")),
        ("markdown", format!("A.\nB.\n<a href=\"/terms\">.</a>{NOTICE}\n")),
        ("text", bare),
        ("html", html),
    ] {
        let (text, found, attach) = looked(format, &body, true);
        assert_eq!((text, attach.len()), (body, 0));
        let told = "is like the disclaimer `northwire`, but its links differ";
        assert!(found[0].contains(told), "{found:?}");
    }
    // One that leads where the disclaimer does, or nowhere, is a copy.
    let (key, title, text) = ("northwire".to_owned(), String::new(), NOTICE.to_owned());
    let html = "<p>By <a href=\"https://northwire.example/terms?a=1&amp;b\">it</a>.</p>";
    let known = [Prepared::new(Known { key, title, text }).leading_to(html)];
    let hygiene = Hygiene { known: &known, language: "en", lift_disclaimers: true, fix: true };
    for (notice, count) in [
        (link(NOTICE).replace("/terms", "/terms?a=1&b"), 1),
        (NOTICE.to_owned(), 1),
        (link(NOTICE), 0),
    ] {
        let mut one = article("markdown", &format!("[A](https://x.example).\n\n{notice}\n"));
        assert_eq!(look(&mut one, &hygiene).unwrap().attach.len(), count, "{notice}");
    }
}

#[test]
fn what_may_be_meant_twice_is_only_told_of() {
    let long = "All crossings of the strait are cancelled until Monday.";
    for body in [
        format!("## Option A\n\n{long}\n\n## Option B\n\n{long}\n"),
        format!("{long}\n\nThe union answered in the evening:\n\n{long}\n"),
        format!("**Mayor:** {long}\n\n**Union:** no.\n\n**Mayor:** {long}\n"),
    ] {
        let (text, found, _) = looked("markdown", &body, true);
        assert_eq!((text, found.len()), (body, 1));
        assert!(found[0].contains("but may be meant there, so it stays"), "{found:?}");
    }
}

#[test]
fn words_over_a_notice_are_no_dateline() {
    for body in [
        "[DISCLOSURE] The author owns shares of the bank.",
        "[DISCLAIMER] The bank has paid for this text.",
        "[CORRIGENDUM] The bank is not closed.",
        "[BERICHTIGUNG] Die Bank ist nicht geschlossen.",
        "[ADVERTISING] The bank is open.",
    ] {
        let (text, found, _) = looked("text", body, true);
        assert_eq!((text.as_str(), found.len()), (body, 1));
        assert!(found[0].contains("under which a notice may stand"), "{found:?}");
    }
}

#[test]
fn what_says_that_it_is_not_for_readers_is_refused() {
    let hygiene = Hygiene { known: &[], language: "en", lift_disclaimers: false, fix: false };
    for body in ["[NOT FOR PUBLICATION] The bank is sold.", "**[CONFIDENTIAL]**\n\nThe bank"] {
        let mut one = article("markdown", body);
        assert!(look(&mut one, &hygiene).is_ok(), "a draft is for nobody: {body}");
        assert_eq!(one.members["body"], body);
        one.members.insert("state".to_owned(), json!("published"));
        let reason = look(&mut one, &hygiene).unwrap_err();
        assert!(reason.starts_with("begins with `["), "{reason}");
    }
}

#[test]
fn a_copy_that_stands_first_is_told_of() {
    for (format, body, told) in [
        (
            "markdown",
            format!("{NOTICE}\n\nThe strait is closed, and nobody knows for how long.\n"),
            "1: begins with the disclaimer `northwire`: it stays",
        ),
        (
            "markdown",
            format!("# Storm\n\n**Disclaimer:** {NOTICE}\nFire.\n"),
            "3: begins with the disclaimer `northwire`: it stays",
        ),
        (
            "html",
            format!("<h1>Storm</h1><p>Legal notice</p><p>{NOTICE}</p><hr><p>Fire.</p>"),
            "1: begins with the disclaimer `northwire`: it stays",
        ),
        (
            "text",
            format!("{}\n\nFire.", NOTICE.replace("Northwire", "Southwire")),
            "1: begins with a text that is like the disclaimer `northwire` but not the same (\"southwire\" for \"northwire\")",
        ),
        (
            "text",
            NOTICE.replace("Northwire", "Southwire"),
            "1: is a text that is like the disclaimer `northwire` but not the same",
        ),
        ("text", NOTICE.to_owned(), "1: is the disclaimer `northwire`: there is no other text"),
    ] {
        let (text, found, attach) = looked(format, &body, true);
        assert_eq!((text.as_str(), found.len(), attach.len()), (body.as_str(), 1, 0), "{found:?}");
        assert!(found[0].starts_with(told), "{found:?}");
    }
}

#[test]
fn a_notice_may_be_folded() {
    for (format, fold) in [
        ("html", format!("<details open><summary>Disclaimer</summary><p>{NOTICE}</p></details>")),
        (
            "markdown",
            format!("\n\n<details>\n<summary>Disclaimer</summary>\n\n{NOTICE}\n\n</details>\n"),
        ),
    ] {
        let (text, found, attach) = looked(format, &format!("A.{fold}"), true);
        assert_eq!((text.trim_end(), attach.len(), found.len()), ("A.", 1, 1), "{found:?}");
    }
    let fold = "A.<details><summary>Haftungsausschluss</summary>Ohne Gew\u{e4}hr.</details>";
    let (_, found, _) = looked("html", fold, true);
    assert!(found[0].contains("\"Haftungsausschluss\" stands over"), "{found:?}");
}

#[test]
fn lines_are_those_of_the_file() {
    let mut one = article("html", &format!("<p>A.</p>\n<p>{NOTICE}</p>"));
    let known = known();
    let hygiene = Hygiene { known: &known, language: "en", lift_disclaimers: false, fix: false };
    let found = look(&mut one, &hygiene).unwrap().found;
    let file = At::file("site.xml");
    assert_eq!(found[0].line_in_file(&file, Some(21)), Some(22));
    assert_eq!(found[0].line_in_file(&file.record("post 16"), Some(21)), Some(21));
    assert_eq!(found[0].line_in_file(&file, None), None);
}

#[test]
fn what_is_left_of_other_systems_is_told_of() {
    let (text, found, _) = looked("html", "<p>A.</p>\n<p>[gallery ids=\"1\"]</p>", true);
    assert_eq!(text, "<p>A.</p>\n<p>[gallery ids=\"1\"]</p>");
    assert!(found[0].starts_with("2: stays as text"), "{found:?}");
    // The reader of Markdown trees tells of them.
    assert!(looked("markdown", "A {{< gallery >}}", true).1.is_empty());
    // Markdown in other files has no such reader.
    let mut entry = article("markdown", "A {{< disclaimer >}}");
    entry.at = entry.at.record("entry 1");
    let hygiene = Hygiene { known: &[], language: "en", lift_disclaimers: false, fix: false };
    assert!(look(&mut entry, &hygiene).unwrap_err().contains("stands for a notice"));
    entry.members.insert("body".to_owned(), json!("A {{< gallery >}}"));
    assert_eq!(look(&mut entry, &hygiene).unwrap().found[0].kind, Kind::Template);
    let mut article = article("html", "<p>A.</p>[disclaimer]");
    assert!(look(&mut article, &hygiene).unwrap_err().contains("stands for a notice"));
}

#[test]
fn a_page_of_an_error_is_refused_with_what_it_says() {
    let hygiene = Hygiene { known: &[], language: "en", lift_disclaimers: false, fix: false };
    let mut page =
        article("html", "<center><h1>404 Not Found</h1></center><hr><center>nginx/1.27.1</center>");
    let reason = look(&mut page, &hygiene).unwrap_err();
    assert!(reason.starts_with("is the page of an error (\"404 Not Found\")"), "{reason}");
    let mut about = article(
        "html",
        "<h1>404 Not Found</h1><p>The error is thirty years old, and nobody likes it.</p>",
    );
    assert!(look(&mut about, &hygiene).is_ok());
    for (format, body) in [("docx", "404 Not Found"), ("markdown", &*"x".repeat(BODY_MAX + 1))] {
        assert_eq!(look(&mut article(format, body), &hygiene), Ok(Looked::default()));
    }
    let mut empty = article("markdown", "");
    empty.members.remove("body");
    assert_eq!(look(&mut empty, &hygiene), Ok(Looked::default()));
}

#[test]
fn long_texts_are_read_in_time_that_grows_with_them() {
    let known = known();
    let hygiene = Hygiene { known: &known, language: "en", lift_disclaimers: true, fix: true };
    for piece in [
        "All crossings of the strait are cancelled until Monday.\n\n",
        "<div><p>All crossings of the strait are cancelled until Monday.</p></div>",
        "Disclaimer: x<br>\n",
        "a<br>",
        "<p>",
        "- a\n",
        "[^1]: a\n\n",
        "**a** ",
        "[a] ",
    ] {
        // What took time by the square of this would take minutes already.
        let body = piece.repeat(BODY_MAX / 5 / piece.len());
        for format in ["markdown", "html", "text"] {
            assert!(look(&mut article(format, &body), &hygiene).is_ok(), "{piece} as {format}");
        }
    }
}
