//! What is written comes out whole, and what does not is told.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{notice_path, path_of, text};

/// A body with elements that no article has.
const LOSSY: &str = "<p>a</p><script>1</script><iframe src=\"https://player.example.com/1\"></iframe>\
                     <iframe></iframe><font>b</font>";

fn lost() -> Value {
    json!([
        {"element": "font", "count": 1, "content": "kept"},
        {"element": "iframe", "count": 2, "content": "removed"},
        {"element": "script", "count": 1, "content": "removed"},
    ])
}

#[actix_web::test]
async fn a_write_tells_what_its_text_has_lost() {
    let app = TestApp::new().await;
    let body = json!({"title": "A", "body_format": "html", "body": LOSSY, "state": "published"});
    let made = app.key().post("/v1/articles", &body).created().await;
    assert_eq!((&made["removed"], &made["body"]), (&lost(), &json!(LOSSY)));
    assert_eq!(made["body_html"], "<p>a</p>b");
    let path = path_of(&made);
    assert!(app.key().get(&path).ok().await.get("removed").is_none(), "no member of an article");
    // Only a write of the text tells it.
    let other = app.key().patch(&path, json!({"title": "B"})).ok().await;
    assert!(other.get("removed").is_none(), "{other}");
    assert_eq!(app.key().patch(&path, json!({"body": LOSSY})).ok().await["removed"], lost());
    // An answer can be sent back as it came.
    let answer = app.key().patch(&path, json!({"body": LOSSY})).ok().await;
    assert_eq!(app.key().put(&path, &answer).ok().await["removed"], lost());
    let corrected = json!({"note": "It was a video.", "body": LOSSY});
    assert_eq!(app.act(&made, "correct", corrected).await["removed"], lost());
    let plain = app.act(&made, "correct", json!({"note": "x", "body": "<p>c</p>"})).await;
    assert!(plain.get("removed").is_none(), "{plain}");
    // A repeated request gets the same answer.
    let once = || app.key().post("/v1/articles", &body).header("Idempotency-Key", "k");
    assert_eq!(once().created().await, once().created().await);
}

#[actix_web::test]
async fn a_disclaimer_tells_it_too() {
    let app = TestApp::new().await;
    let body = json!({"key": "n", "title": "N", "body_format": "html", "body": LOSSY});
    let made = app.key().post("/v1/disclaimers", &body).created().await;
    assert_eq!(made["removed"], lost());
    let path = notice_path(&made);
    let other = app.key().patch(&path, json!({"title": "M"})).ok().await;
    assert!(other.get("removed").is_none(), "{other}");
    assert_eq!(app.key().patch(&path, json!({"body": LOSSY})).ok().await["removed"], lost());
    assert!(app.key().get(&path).ok().await.get("removed").is_none());
}

#[actix_web::test]
async fn frames_stay_where_the_setting_names_their_host() {
    let app = TestApp::changed(|parts| {
        let hosts = vec!["player.example.com".to_owned()];
        parts.live.change(|live| live.renderer.embed_hosts = hosts);
    })
    .await;
    let body = json!({"title": "A", "body_format": "html", "body": LOSSY});
    let made = app.key().post("/v1/articles", &body).created().await;
    let html = text(&made["body_html"]);
    assert!(html.contains("<iframe src=\"https://player.example.com/1\""), "{html}");
    assert_eq!(made["removed"][1], json!({"element": "iframe", "count": 1, "content": "removed"}));
}

#[actix_web::test]
async fn ids_in_a_text_are_of_its_owner() {
    let app = TestApp::new().await;
    let body = json!({"title": "A", "body": "A[^1].\n\n[^1]: Note.\n", "state": "published"});
    let article = app.key().post("/v1/articles", &body).created().await;
    let id = text(&article["id"]);
    let has = |html: &Value, part: &str| {
        assert!(text(html).contains(&part.replace("ID", id)), "{part}: {html}");
    };
    has(&article["body_html"], "href=\"#ID-fn-1\"");
    has(&article["body_html"], "<li id=\"ID-fn-1\">");
    has(&article["body_html"], "href=\"#ID-fnref-1\"");
    assert_eq!(app.get(path_of(&article)).ok().await["body_html"], article["body_html"]);
    // A change that is addressed by its slug, and one to the slug.
    let changed =
        app.key().patch("/v1/articles/a", json!({"slug": "b", "body": "B[^x].\n\n[^x]: N\n"}));
    has(&changed.ok().await["body_html"], "<li id=\"ID-fn-1\">");
    let notice = json!({"key": "n", "title": "N", "body": "<p id=\"x\" dir=\"rtl\">a</p>"});
    let notice = app.key().post("/v1/disclaimers", &notice).created().await;
    let expected = format!("<p id=\"{}-x\" dir=\"rtl\">a</p>", text(&notice["id"]));
    assert_eq!(notice["body_html"], expected);
}

#[actix_web::test]
async fn words_are_counted_as_they_are_read() {
    let app = TestApp::new().await;
    for (body, words) in [
        ("AT&T R&D Q&A", 3),
        ("\u{79c1}\u{306f}\u{5b66}\u{751f}\u{3067}\u{3059}\u{3002}", 4),
        ("caf&eacute; &amp; tea", 2),
    ] {
        assert_eq!(app.article_of(json!({"title": "A", "body": body})).await["word_count"], words);
    }
}

#[actix_web::test]
async fn a_correction_is_of_the_headline_too() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "A", "summary": "S", "body": "B", "state": "published"}))
        .await;
    let correct = json!({"note": "It was C.", "title": "C"});
    let corrected = app.act(&article, "correct", correct).await;
    let seen = |article: &Value| json!([article["title"], article["summary"], article["body"]]);
    assert_eq!(seen(&corrected), json!(["C", "S", "B"]));
    assert_eq!((&corrected["version"], &corrected["slug"]), (&json!(2), &json!("a")));
    let all = json!({"note": "All.", "title": "D", "summary": "T", "body": "E"});
    let corrected = app.act(&article, "correct", all).await;
    assert_eq!((seen(&corrected), &corrected["version"]), (json!(["D", "T", "E"]), &json!(3)));
    let none = json!({"note": "None.", "title": null, "summary": null, "body": null});
    let corrected = app.act(&article, "correct", none).await;
    assert_eq!(seen(&corrected), json!(["D", "T", "E"]));
    let history = app.key().get(format!("{}/history", path_of(&article))).ok().await;
    assert_eq!(history["items"][1]["changes"], json!(["title", "summary", "body"]));
}

#[actix_web::test]
async fn an_empty_alternative_text_is_not_none() {
    let app = TestApp::new().await;
    let url = "HTTPS://Example.com/x.png";
    for alt in [json!(""), json!("A river"), Value::Null] {
        let article =
            app.article_of(json!({"title": "A", "image": {"url": url, "alt": alt}})).await;
        assert_eq!((&article["image"]["alt"], &article["image"]["url"]), (&alt, &json!(url)));
    }
    let body = json!({"title": "A", "image": {"url": url, "alt": " "}});
    let faults = app.key().post("/v1/articles", body).faults().await;
    assert_eq!(faults[0].0, "/image/alt");
}

#[actix_web::test]
async fn a_replacement_is_named_by_id_or_slug() {
    let app = TestApp::new().await;
    let next = app.article("Next").await;
    app.key().patch(path_of(&next), json!({"slug": "renamed"})).ok().await;
    for name in [text(&next["id"]), "renamed", "next"] {
        let article = app.article("A").await;
        app.act(&article, "withdraw", json!({"replaced_by": name})).await;
        let gone = app.get(path_of(&article)).refused("article_withdrawn").await;
        assert_eq!(gone["replaced_by"]["slug"], "renamed", "{name}");
        let history = app.key().get(format!("{}/history", path_of(&article))).ok().await;
        assert_eq!(history["items"][0]["details"]["replaced_by"], next["id"], "{name}");
    }
    let article = app.article("A").await;
    for (name, code) in [("nowhere", "unknown_value"), ("Not a slug", "wrong_form")] {
        let path = format!("{}/withdraw", path_of(&article));
        let faults = app.key().post(path, json!({"replaced_by": name})).faults().await;
        assert_eq!(faults, [("/replaced_by".to_owned(), code.to_owned())]);
    }
}
