//! What a site keeps back is not made public here, in whatever words and by whatever folder it says so.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{import, import_with, summary};
use crate::support::TestApp;
use crate::support::make::{SECOND, path_of};
use copydesk::import::Expiry;

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// What a reader and what an editor gets of a slug.
async fn met(app: &TestApp, slug: &str) -> (u16, Value) {
    let path = format!("/v1/articles/{slug}");
    let reader = app.get(&path).send().await.status;
    let editor = app.key().get(&path).send().await.json();
    (reader, editor["state"].clone())
}

#[actix_web::test]
async fn front_matter_that_says_not_public_is_heard_in_any_spelling() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let fronts = [
        ("Draft: true", "draft"),
        ("DRAFT: True", "draft"),
        ("draft: \"true\"", "draft"),
        ("published: false", "draft"),
        ("Published: False", "draft"),
        ("status: draft", "draft"),
        ("Status: Hidden", "draft"),
        ("visibility: private", "draft"),
        ("headless: true", "draft"),
        ("build:\n  render: never", "draft"),
        ("build: {list: never}", "draft"),
        ("_build: {render: link}", "draft"),
        ("password: sesame", "draft"),
        ("\"draft \": true", "draft"),
        ("access: members", "draft"),
        ("members_only: true", "draft"),
        ("Paywall: metered", "draft"),
        ("params: {isPrivate: false, subscribersOnly: true}", "draft"),
        ("publishDate: 2999-01-01", "scheduled"),
        ("PublishDate: 2999-01-01", "scheduled"),
        ("pubdate: 2999-01-01 10:00", "scheduled"),
        ("published: 2999-01-01", "scheduled"),
        ("draft: false", "published"),
        ("published: true", "published"),
        ("status: published", "published"),
        ("build: {render: always}", "published"),
        ("access: public", "published"),
        ("protected: false", "published"),
        ("embargo_until: 2021-01-01", "published"),
    ];
    for (number, (front, _)) in fronts.iter().enumerate() {
        let page =
            format!("---\ntitle: T\nslug: p-{number}\ndate: 2020-01-01\n{front}\n---\nText\n");
        write(dir.path(), &format!("{number}.md"), &page);
        let toml = format!(
            "+++\ntitle = 'T'\nslug = 't-{number}'\ndate = 2020-01-01\nDraft = true\n+++\nText\n"
        );
        write(dir.path(), &format!("{number}-toml.md"), &toml);
    }
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(fronts.len() * 2, 0, 0, 0, 0), "{lines:?}");
    for (number, (front, want)) in fronts.iter().enumerate() {
        let status = if *want == "published" { 200 } else { 404 };
        assert_eq!(met(&app, &format!("p-{number}")).await, (status, json!(want)), "{front}");
        assert_eq!(met(&app, &format!("t-{number}")).await, (404, json!("draft")));
    }
}

#[actix_web::test]
async fn what_cannot_be_read_for_certain_is_refused() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let fronts = [
        ("draft: yes", "5: `draft` must be true or false"),
        ("Draft: true\ndraft: false", "6: `draft` stands twice"),
        ("status: sometimes", "5: `status` must be"),
        ("build: {render: now and then}", "5: `build` must be"),
        ("publishDate: next week", "5: `publishdate` must be a date"),
        ("published: maybe", "5: `published` must be true, false or a date"),
        ("access: gold", "5: `access` must be public, members"),
        ("embargo_until: the speech", "5: `embargo_until` must be a date"),
    ];
    for (number, (front, _)) in fronts.iter().enumerate() {
        let page = format!("---\ntitle: T\nslug: p-{number}\ndate: 2020-01-01\n{front}\n---\n");
        write(dir.path(), &format!("{number}.md"), &page);
    }
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(0, 0, 0, 0, fronts.len()));
    for (number, (_, reason)) in fronts.iter().enumerate() {
        let want = format!("{number}.md:{reason}");
        assert!(lines[number].starts_with(&want), "{want}: {}", lines[number]);
    }
}

/// Where no generator is known, any word about visibility counts; Hugo shows a page whatever it does not read in it.
#[actix_web::test]
async fn what_no_known_generator_reads_holds_a_page_back() {
    let dir = tempfile::tempdir().unwrap();
    let fronts = [
        "visible: false", "hide: true", "show: false", "scheduled: true", "post_status: draft",
        "publish_status: draft", "workflow_state: draft", "embargo_date_time: 2999-01-01",
        "embargoed_at: 2999-01-01", "publish_at: 2999-01-01", "publish_on: 2999-01-01",
        "publishedAt: 2999-01-01", "pubDate: 2999-01-01", "release_date: 2999-01-01",
        "scheduled_for: 2999-01-01", "audience: staff", "state: awaiting legal",
        "extra: {draft: true}", "workflow: {state: in review}",
        // These are about something else, or over.
        "hide: [toc, navigation]", "state: Saxony", "release_date: 1994", "audience: Everyone",
    ];
    for (number, front) in fronts.iter().enumerate() {
        let page =
            format!("---\ntitle: T\nslug: p-{number}\ndate: 2020-01-01\n{front}\n---\nText\n");
        write(dir.path(), &format!("content/{number}.md"), &page);
    }
    write(
        dir.path(),
        "content/unclear.md",
        "---\ntitle: T\ndate: 2020-01-01\nstage_status: x\naudience: gold\n---\n",
    );
    let app = TestApp::new().await;
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(fronts.len(), 0, 0, 0, 1), "{lines:#?}");
    let refused = "unclear.md:5: `audience` is \"gold\": whether the page is public cannot be told";
    assert!(lines.iter().any(|line| line.contains(refused)), "{lines:#?}");
    for (number, front) in fronts.iter().enumerate() {
        let want = if number < fronts.len() - 4 { 404 } else { 200 };
        assert_eq!(met(&app, &format!("p-{number}")).await.0, want, "{front}");
    }
    write(dir.path(), "hugo.toml", "");
    let hugo = TestApp::new().await;
    assert_eq!(import(&hugo, dir.path()).0.refused, 0);
    for number in [0, 4, 9, 15, 16] {
        assert_eq!(met(&hugo, &format!("p-{number}")).await.0, 200, "{}", fronts[number]);
    }
}

#[actix_web::test]
async fn a_date_to_come_is_a_schedule_and_moves_with_its_file() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = |date: &str| {
        let text =
            format!("---\ntitle: T\nslug: t\ndate: 2020-01-01\npublishDate: {date}\n---\nText\n");
        write(dir.path(), "t.md", &text);
    };
    page("2026-11-22T10:01:00Z");
    assert_eq!(import(&app, dir.path()).0, summary(1, 0, 0, 0, 0));
    assert_eq!(met(&app, "t").await, (404, json!("scheduled")));
    page("2026-11-22T10:00:30Z");
    assert_eq!(import(&app, dir.path()).0, summary(0, 1, 0, 0, 0));
    app.clock.advance(29 * SECOND);
    assert_eq!(met(&app, "t").await, (404, json!("scheduled")));
    app.clock.advance(SECOND);
    assert_eq!(met(&app, "t").await.0, 200);
    let article = app.get("/v1/articles/t").send().await.json();
    assert_eq!(article["published_at"], "2026-11-22T10:00:30.000000Z");
    // Moved ahead again: its site does not show it until then.
    page("2026-11-22T11:00:00Z");
    assert_eq!(import(&app, dir.path()).0, summary(0, 1, 0, 0, 0));
    assert_eq!(met(&app, "t").await, (404, json!("scheduled")));
    page("2021-01-01");
    assert_eq!(import(&app, dir.path()).0, summary(0, 1, 0, 0, 0));
    assert_eq!(met(&app, "t").await.0, 200);
    // What an editor has scheduled or taken back stays so.
    app.act(&article, "unpublish", json!({})).await;
    let at = json!({"at": "2026-11-23T00:00:00Z"});
    app.act(&article, "publish", at).await;
    page("2022-01-01");
    assert_eq!(import(&app, dir.path()).0, summary(0, 1, 0, 0, 0));
    assert_eq!(met(&app, "t").await, (404, json!("scheduled")));
    app.key().get(path_of(&article)).ok().await;
}

#[actix_web::test]
async fn an_end_is_honoured_in_any_spelling() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    for (number, name) in
        ["expirydate", "expiryDate", "ExpiryDate", "unpublishdate"].iter().enumerate()
    {
        let page = format!("---\ntitle: T{number}\ndate: 2020-01-01\n{name}: 2021-01-01\n---\n");
        write(dir.path(), &format!("{number}.md"), &page);
    }
    let (done, lines) = import_with(&app, dir.path(), Expiry::Honoured, vec![]);
    assert_eq!(done, summary(4, 0, 0, 0, 0), "{lines:?}");
    assert_eq!(app.key().get("/v1/articles?state=expired&count=true").ok().await["total"], 4);
    assert_eq!(app.get("/v1/articles").send().await.json()["items"], json!([]));
}

#[actix_web::test]
async fn folders_say_it_too() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = |slug: &str, more: &str| {
        format!("---\ntitle: T\nslug: {slug}\ndate: 2020-01-01\n{more}---\nText\n")
    };
    for (name, text) in [
        ("news/_index.md", "---\ntitle: News\ncascade: {draft: true}\n---\n".to_owned()),
        ("news/a.md", page("a", "")),
        ("news/deep/b.md", page("b", "")),
        ("news/own.md", page("own", "draft: false\n")),
        (
            "wire/_index.md",
            "---\ncascade:\n  - Build: {render: never}\n    authors: [Desk]\n---\n".to_owned(),
        ),
        ("wire/c.md", page("c", "")),
        (
            "some/_index.md",
            "+++\n[[cascade]]\ndraft = true\n[cascade.target]\npath = '/some/x*'\n+++\n".to_owned(),
        ),
        ("some/d.md", page("d", "")),
        ("some/said.md", page("said", "draft: false\n")),
        ("bundle/index.md", page("bundle", "")),
        ("bundle/index.fr.md", page("bundle-fr", "")),
        ("bundle/note.md", page("note", "")),
        ("bundle/more/text.md", page("text", "")),
        ("_drafts/e.md", "---\ntitle: T\nslug: e\n---\nText\n".to_owned()),
        ("_includes/f.md", page("f", "")),
        ("_posts/2020-01-02-g.md", "---\ntitle: T\n---\nText\n".to_owned()),
        ("_h.md", page("h", "")),
        ("plain.md", page("plain", "")),
    ] {
        write(dir.path(), name, &text);
    }
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(10, 0, 0, 4, 1), "{lines:#?}");
    for (slug, want) in [
        ("a", (404, json!("draft"))),
        ("b", (404, json!("draft"))),
        ("own", (200, json!("published"))),
        ("c", (404, json!("draft"))),
        ("said", (200, json!("published"))),
        ("bundle", (200, json!("published"))),
        ("bundle-fr", (200, json!("published"))),
        ("e", (404, json!("draft"))),
        ("t", (200, json!("published"))),
        ("plain", (200, json!("published"))),
    ] {
        assert_eq!(met(&app, slug).await, want, "{slug}");
    }
    let c = app.key().get("/v1/articles/c").send().await.json();
    assert_eq!(c["authors"][0]["name"], "Desk");
    for slug in ["d", "note", "text", "f", "h"] {
        assert_eq!(met(&app, slug).await.0, 404, "{slug}");
        assert!(app.key().get(format!("/v1/articles/{slug}")).send().await.status == 404);
    }
    let told = |name: &str, what: &str| {
        let found = lines.iter().any(|line| line.starts_with(name) && line.contains(what));
        assert!(found, "{name} {what}: {lines:#?}");
    };
    told("some/d.md:", "which cannot be told; say `draft` in this file");
    told("bundle/note.md: skipped", "belongs to the bundle");
    told("bundle/more/text.md: skipped", "belongs to the bundle");
    told("_includes/f.md: skipped", "is not published (Jekyll)");
    told("_h.md: skipped", "is not published (Jekyll)");
    // What a section says from now on changes what is below it.
    write(dir.path(), "bundle/index.md", &page("bundle", "Draft: true\n"));
    write(dir.path(), "news/_index.md", "---\ntitle: News\n---\n");
    let (again, _) = import(&app, dir.path());
    assert_eq!((again.updated, again.refused), (3, 1));
    assert_eq!(met(&app, "a").await.0, 200);
    assert_eq!(met(&app, "bundle").await, (404, json!("draft")));
    // Below a folder of drafts, and one file by its name.
    let other = TestApp::new().await;
    assert_eq!(import(&other, &dir.path().join("_drafts")).0, summary(1, 0, 0, 0, 0));
    assert_eq!(met(&other, "e").await, (404, json!("draft")));
    for (name, slug) in [("bundle/note.md", "note"), ("_includes/f.md", "f"), ("_h.md", "h")] {
        let (done, lines) = import(&other, &dir.path().join(name));
        assert_eq!(done, summary(1, 0, 0, 0, 0), "{lines:?}");
        assert_eq!(met(&other, slug).await, (404, json!("draft")), "{slug}");
        assert!(lines[0].contains("warning: is a draft here: "), "{lines:?}");
    }
}

/// What a template shows to some readers, or only sometimes, is not public here; nor is what is beside it.
#[actix_web::test]
async fn a_text_that_templates_keep_from_readers_is_a_draft() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let texts = [
        ("{{% private %}}SECRET{{% /private %}}", 404),
        ("{{< hidden >}}SECRET{{< /hidden >}}", 404),
        ("{{< members-only >}}SECRET{{< /members-only >}}", 404),
        ("{{< draft >}}SECRET{{< /draft >}}", 404),
        ("{% if site.show %}HIDDEN{% endif %}", 404),
        ("{% if site.show %}{% include map.html %}{% endif %}Text", 200),
        ("{{< tip >}}Text{{< /tip >}}", 200),
    ];
    for (number, (text, _)) in texts.iter().enumerate() {
        let page = format!("---\ntitle: T\nslug: p-{number}\ndate: 2020-01-01\n---\n{text}\n");
        write(dir.path(), &format!("{number}.md"), &page);
    }
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(texts.len(), 0, 0, 0, 0), "{lines:#?}");
    for (number, (text, status)) in texts.iter().enumerate() {
        assert_eq!(met(&app, &format!("p-{number}")).await.0, *status, "{text}");
        let draft = format!("{number}.md:6: warning: is a draft here: ");
        assert_eq!(lines.iter().any(|line| line.starts_with(&draft)), *status == 404, "{lines:#?}");
    }
    // Hugo knows no Liquid, and shows what is in it.
    write(dir.path(), "hugo.toml", "");
    let hugo = TestApp::new().await;
    import(&hugo, dir.path());
    assert_eq!(met(&hugo, "p-4").await.0, 200);
    assert_eq!(met(&hugo, "p-0").await, (404, json!("draft")));
}

#[actix_web::test]
async fn what_may_be_a_notice_in_front_matter_is_told_of() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = |slug: &str, more: &str| {
        format!("---\ntitle: T\nslug: {slug}\ndate: 2020-01-01\n{more}---\nText\n")
    };
    for (name, text) in [
        ("a.md", page("a", "kicker: K\ndisclaimer: This is not investment advice.\n")),
        ("b.md", page("b", "showDisclaimer: false\nlayout: post\n")),
        ("c.md", page("c", "layout: disclaimer\n")),
        ("wire/_index.md", "---\ncascade: {copyright: Northwire}\n---\n".to_owned()),
        ("wire/d.md", page("d", "")),
        ("wire/e.md", page("e", "")),
    ] {
        write(dir.path(), name, &text);
    }
    let (done, lines) = import(&app, dir.path());
    assert_eq!((done.created, lines.len()), (5, 3), "{lines:#?}");
    let told = "only in `metadata`: fields that may be notices to readers: ";
    for (line, want) in lines.iter().zip([
        format!("a.md:6: warning: {told}`disclaimer`;"),
        format!("c.md:5: warning: {told}`layout`;"),
        format!("wire/d.md:1: warning: for this file and others, by a folder or the configuration of the site, {told}`copyright`;"),
    ]) {
        assert!(line.starts_with(&want), "{want}: {line}");
    }
    let a = app.get("/v1/articles/a").ok().await;
    assert_eq!(a["metadata"]["disclaimer"], "This is not investment advice.");
}

/// In a site that is not Hugo's an `index.md` is a page among others.
#[actix_web::test]
async fn a_folder_with_an_index_is_a_bundle_only_where_the_site_has_them() {
    for (config, created) in [("hugo.toml", 1), ("_config.yml", 2), ("mkdocs.yml", 2), ("x", 1)] {
        let app = TestApp::new().await;
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), config, "");
        for slug in ["index", "other"] {
            let page = format!("---\ntitle: T\nslug: {slug}\ndate: 2020-01-01\n---\n");
            write(dir.path(), &format!("docs/{slug}.md"), &page);
        }
        assert_eq!(import(&app, &dir.path().join("docs")).0.created, created, "{config}");
    }
}

#[actix_web::test]
async fn nothing_in_a_file_is_lost_in_silence() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "dots.md", "---\ntitle: Dots\ndate: 2020-01-01\n...\nOne\n\n---\n\nTwo\n");
    write(
        dir.path(),
        "tab.md",
        "---\ntitle:\tTab\ndate:\t2020-1-2\n---\nText {{< youtube x >}}\n{% comment %}The source is Ida.{% endcomment %}\n",
    );
    write(
        dir.path(),
        "notice.md",
        "---\ntitle: Notice\ndate: 2020-01-01\n---\nText\n\n{{< disclaimer >}}Supplied.{{< /disclaimer >}}\n",
    );
    write(dir.path(), "json.en.html", "");
    write(
        dir.path(),
        "json.fr.md",
        "{\"title\": \"Json\", \"date\": \"Fri, 03 Jan 2020 10:00:00 +0100\", \"description\": \"D\", \"url\": \"/old/place.html\"}\n\nText\n",
    );
    write(dir.path(), "tag.md", "---\ntitle: Tag\ndate: 2020-01-01\n---\nText\n\n<Disclaimer />\n");
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(3, 0, 0, 0, 2), "{lines:#?}");
    let read = async |slug: &str| app.get(format!("/v1/articles/{slug}")).ok().await;
    assert_eq!(read("dots").await["body"], "One\n\n---\n\nTwo\n");
    let tab = read("tab").await;
    assert_eq!(
        (&tab["title"], &tab["published_at"]),
        (&json!("Tab"), &json!("2020-01-02T00:00:00.000000Z"))
    );
    assert_eq!(tab["body"], "Text {{< youtube x >}}\n\n");
    let json = read("json").await;
    assert_eq!((&json["summary"], &json["language"]), (&json!("D"), &json!("fr")));
    assert_eq!(json["published_at"], "2020-01-03T09:00:00.000000Z");
    assert_eq!(
        app.get("/v1/articles/place").expect(308).await.header("location"),
        "/v1/articles/json"
    );
    assert_eq!(
        lines,
        [
            "notice.md:7: `{{< disclaimer >}}` stands for a notice that only the site's templates know, and it would be lost; write its words out, or attach a disclaimer by a rule, and take it out here",
            "tab.md:6: warning: a remark that readers were never shown is left out",
            "tab.md:5: warning: stays as text, since only the site's templates know it: `{{< youtube >}}`",
            "tag.md:7: `<Disclaimer />` stands for a notice that only the site's templates know, and it would be lost; write its words out, or attach a disclaimer by a rule, and take it out here",
        ]
    );
    // The language that a file says goes before the newsroom's, and an editor's stands where it says none.
    let other = TestApp::new().await;
    let german = vec![("language", json!("de"))];
    import_with(&other, dir.path(), Expiry::Kept, german);
    let languages = async |slug: &str| {
        other.get(format!("/v1/articles/{slug}")).send().await.json()["language"].clone()
    };
    assert_eq!((languages("json").await, languages("dots").await), (json!("fr"), json!("de")));
}

/// What readers of a site do not see in a text or beside it is not public here.
#[actix_web::test]
async fn what_a_file_has_for_the_desk_is_not_public() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "t.md",
        "---\ntitle: T\nslug: t\ndate: 2020-01-01\neditor_note: Call Ida\nkicker: K\n---\nOne <!-- Ida: Quay -->two.\n\n`<!-- shown -->`\n",
    );
    write(
        dir.path(),
        "e.md",
        "---\ntitle: E\nslug: e\ndate: 2020-01-01\nembargo_until: 2999-01-01\n---\nText\n",
    );
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(2, 0, 0, 0, 0), "{lines:#?}");
    for told in [
        "t.md:8: warning: remarks that readers were never shown (comments of HTML) are taken out of the text (1)",
        "t.md:5: warning: lost: `editor_note`, which may be for the desk alone",
    ] {
        assert!(lines.iter().any(|line| line == told), "{told}: {lines:#?}");
    }
    let article = app.get("/v1/articles/t").ok().await;
    assert_eq!(article["body"], "One two.\n\n`<!-- shown -->`\n");
    assert_eq!(article["metadata"], json!({"kicker": "K"}));
    assert_eq!(met(&app, "e").await.0, 404);
    let embargoed = app.key().get("/v1/articles/e").ok().await;
    assert_eq!(embargoed["embargo_until"], "2999-01-01T00:00:00.000000Z");
}

/// What the folder cannot say for certain only the page's own word on just that settles.
#[actix_web::test]
async fn a_page_s_draft_false_does_not_answer_for_its_section() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = |slug: &str, more: &str| {
        format!("---\ntitle: T\nslug: {slug}\ndate: 2020-01-01\ndraft: false\n{more}---\n")
    };
    let target = "---\ncascade: [{_target: {kind: page}, build: {render: never}}]\n---\n";
    for (name, text) in [
        ("a/_index.md", target.to_owned()),
        ("a/silent.md", page("silent", "")),
        ("a/said.md", page("said", "build: {render: always}\n")),
        ("b/_index.html", "---\ncascade: {draft: true}\n---\n<p>".to_owned()),
        ("b/html.md", "---\ntitle: T\nslug: html\ndate: 2020-01-01\n---\n".to_owned()),
        (
            "c/_index.md",
            "---\ncascade: {draft: true, params: {draft: false, kicker: K}}\n---\n".to_owned(),
        ),
        ("c/params.md", "---\ntitle: T\nslug: params\ndate: 2020-01-01\n---\n".to_owned()),
        ("d/_index.md", "---\ncascade: [\n---\n".to_owned()),
        ("d/unread.md", page("unread", "")),
        ("e/index.en.md", page("e", "")),
        ("e/notes.md", page("notes", "")),
        ("f/index.html", String::new()),
        ("f/more.md", page("more", "")),
    ] {
        write(dir.path(), name, &text);
    }
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(4, 0, 0, 2, 2), "{lines:#?}");
    assert_eq!(met(&app, "said").await.0, 200);
    assert_eq!(met(&app, "e").await.0, 200);
    for slug in ["html", "params"] {
        assert_eq!(met(&app, slug).await, (404, json!("draft")), "{slug}");
    }
    for slug in ["silent", "unread", "notes", "more"] {
        assert_eq!(met(&app, slug).await.0, 404, "{slug}");
    }
}

#[actix_web::test]
async fn of_a_site_s_own_folder_only_its_content_is_taken() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let page = |slug: &str| format!("---\ntitle: T\nslug: {slug}\ndate: 2020-01-01\n---\n");
    write(dir.path(), "hugo.toml", "");
    for (name, slug) in [
        ("content/news/a.md", "a"),
        ("content/vendor/b.md", "b"),
        ("themes/t/exampleSite/content/c.md", "c"),
        ("archetypes/d.md", "d"),
        ("docs/e.md", "e"),
        ("content/node_modules/p/f.md", "f"),
    ] {
        write(dir.path(), name, &page(slug));
    }
    let (done, lines) = import(&app, dir.path());
    assert_eq!(done, summary(2, 0, 0, 4, 0), "{lines:#?}");
    for slug in ["a", "b"] {
        assert_eq!(met(&app, slug).await.0, 200, "{slug}");
    }
}

/// What an editor published stays so, whatever a draft's file says; what an import published goes with its file.
#[actix_web::test]
async fn an_editor_s_publication_outlives_an_edit_of_the_file() {
    let app = TestApp::new().await;
    let dir = tempfile::tempdir().unwrap();
    let both = |front: &str, text: &str| {
        for slug in ["mine", "theirs"] {
            write(
                dir.path(),
                &format!("{slug}.md"),
                &format!("---\ntitle: T\nslug: {slug}\ndate: 2020-01-01\n{front}\n---\n{text}\n"),
            );
        }
    };
    both("draft: true", "One");
    import(&app, dir.path());
    let theirs = app.key().get("/v1/articles/theirs").send().await.json();
    app.act(&theirs, "publish", json!({})).await;
    both("draft: true", "Two");
    assert_eq!(import(&app, dir.path()).0.updated, 2);
    assert_eq!(met(&app, "theirs").await.0, 200);
    assert_eq!(met(&app, "mine").await, (404, json!("draft")));
    both("draft: false", "Two");
    import(&app, dir.path());
    both("publishDate: 2999-01-01", "Three");
    import(&app, dir.path());
    assert_eq!(met(&app, "theirs").await.0, 200);
    assert_eq!(met(&app, "mine").await, (404, json!("scheduled")));
    // One that is refused or skipped from now on is told of where readers have it.
    both("draft: maybe", "Four");
    let lines = import(&app, dir.path()).1;
    assert!(
        lines[1].ends_with(
            "its article `theirs` is public and stays so: unpublish it if it should not be"
        ),
        "{lines:?}"
    );
    assert!(!lines[0].contains("stays so"), "{lines:?}");
}
