//! An article as its readers saw it at an instant, and the way there by Memento (RFC 7089).

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{DAY, MINUTE, SECOND, comment_path, path_of, text, texts};

/// The path of an article as of an instant.
fn then(article: &Value, at: &str) -> String {
    format!("{}?as_of={at}", path_of(article))
}

#[actix_web::test]
async fn the_past_is_what_readers_saw() {
    let app = TestApp::new().await;
    let notice = app.disclaimer("notice").await;
    let body = json!({"title": "Old", "body": "The **old** text.", "slug": "old"});
    let article = app.article_of(body).await;
    app.clock.advance(MINUTE);
    app.act(&article, "publish", json!({})).await;
    app.attach(&article, &notice).await;
    app.clock.advance(MINUTE);
    let first = app.comment(&article, "First.").await;
    app.clock.advance(MINUTE);
    let change = json!({"title": "New", "body": "The new text.", "slug": "new", "section": "city"});
    app.key().patch(path_of(&article), change).ok().await;
    app.act(&article, "correct", json!({"note": "It was another."})).await;
    app.key().patch(comment_path(&first), json!({"state": "spam"})).ok().await;
    app.clock.advance(MINUTE);

    let shown = app.get(then(&article, "2026-11-22T10:02:30Z")).ok().await;
    assert_eq!(shown["title"], "Old");
    assert_eq!(shown["slug"], "old");
    assert_eq!(shown["body_html"], "<p>The <strong>old</strong> text.</p>\n");
    assert_eq!(shown["section"], Value::Null);
    assert_eq!(shown["corrections"], json!([]));
    assert_eq!(texts(&shown["disclaimers"], "key"), ["notice"]);
    assert_eq!(shown["comment_count"], 1);
    assert_eq!(shown["version"], 3);
    let now = app.get(then(&article, "2026-11-22T10:03:30Z")).ok().await;
    assert_eq!((&now["title"], &now["comment_count"]), (&json!("New"), &json!(0)));
    let present = app.get(path_of(&article)).ok().await;
    assert_eq!(now, present, "nothing has changed since");
    let fields = format!("{}&fields=title", then(&article, "2026-11-22T10:02:30Z"));
    let shown = app.get(fields).ok().await;
    assert_eq!(
        shown.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["id", "title", "disclaimers"]
    );
    // A draft was nobody's, also of those who could read it.
    let path = then(&article, "2026-11-22T10:00:30Z");
    app.get(&path).refused("article_not_found").await;
    app.key().get(&path).refused("article_not_found").await;
    app.get(then(&article, "2026-11-22T09:00:00Z")).refused("article_not_found").await;
    app.get(then(&article, "2030-01-01T00:00:00Z")).refused("invalid_parameter").await;
    for more in ["include=comments", "format=ninjs"] {
        let path = format!("{}&{more}", then(&article, "2026-11-22T10:02:30Z"));
        app.get(path).refused("invalid_parameter").await;
    }
}

#[actix_web::test]
async fn what_it_was_refused_with_then_it_is_refused_with() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let other = app.article("B").await;
    app.clock.advance(MINUTE);
    let why = json!({"notice": "A mistake.", "replaced_by": other["id"]});
    app.act(&article, "withdraw", why).await;
    app.clock.advance(MINUTE);
    app.act(&article, "publish", json!({})).await;
    app.clock.advance(MINUTE);
    app.act(&article, "block", json!({"authority": "A court", "reference": "4 O 112"})).await;
    app.clock.advance(MINUTE);
    app.act(&article, "unblock", json!({})).await;
    let end = json!({"expires_at": "2026-11-22T10:05:00Z"});
    app.key().patch(path_of(&article), end).ok().await;
    app.clock.advance(2 * MINUTE);
    app.key()
        .patch(path_of(&article), json!({"expires_at": null, "access": "restricted"}))
        .ok()
        .await;
    app.clock.advance(MINUTE);
    app.key().patch(path_of(&article), json!({"access": "public"})).ok().await;

    let gone = app.get(then(&article, "2026-11-22T10:01:30Z")).refused("article_withdrawn").await;
    assert_eq!(gone["withdrawn_at"], "2026-11-22T10:01:00.000000Z");
    assert_eq!(gone["notice"], "A mistake.");
    assert_eq!(gone["replaced_by"], json!({"id": other["id"], "slug": "b"}));
    let blocked = app.get(then(&article, "2026-11-22T10:03:30Z"));
    let blocked = blocked.refused("blocked_for_legal_reasons").await;
    assert_eq!((text(&blocked["authority"]), text(&blocked["reference"])), ("A court", "4 O 112"));
    let over = app.get(then(&article, "2026-11-22T10:05:30Z")).refused("article_expired").await;
    assert_eq!(over["expired_at"], "2026-11-22T10:05:00.000000Z");
    let licensed = then(&article, "2026-11-22T10:06:30Z");
    let teaser = app.get(&licensed).refused("article_restricted").await;
    assert_eq!(teaser["article"]["title"], "A");
    app.key().get(&licensed).ok().await;
    app.get(then(&article, "2026-11-22T10:00:30Z")).ok().await;
    // The ladder of now limits the past.
    app.act(&article, "block", json!({"authority": "A court"})).await;
    app.get(then(&article, "2026-11-22T10:00:30Z")).refused("blocked_for_legal_reasons").await;
    app.key().delete(path_of(&article)).done().await;
    app.get(then(&article, "2026-11-22T10:00:30Z")).refused("article_not_found").await;
}

#[actix_web::test]
async fn a_client_of_memento_finds_each_public_version() {
    let app = TestApp::new().await;
    let article = app.draft("A").await;
    app.act(&article, "publish", json!({"at": "2026-11-22T11:00:00Z"})).await;
    app.clock.advance(2 * 60 * MINUTE);
    app.key().patch(path_of(&article), json!({"title": "B"})).ok().await;
    app.clock.advance(MINUTE);
    app.act(&article, "withdraw", json!({})).await;
    app.clock.advance(MINUTE);
    app.act(&article, "publish", json!({})).await;
    app.clock.advance(DAY);

    let shown = app.get(path_of(&article)).expect(200).await;
    let id = text(&article["id"]);
    let links = format!(
        "</v1/articles/{id}>; rel=\"original timegate\", </v1/articles/{id}/timemap>; rel=\"timemap\"; type=\"application/link-format\""
    );
    assert_eq!(shown.header("link"), links);
    assert!(shown.header("vary").contains("Accept-Datetime"));
    let map =
        app.get(format!("{}/timemap", path_of(&article))).header("Host", "news.example").ok().await;
    let original = format!("http://news.example/v1/articles/{id}");
    assert_eq!((text(&map["original"]), map["items"].as_array().unwrap().len()), (&*original, 3));
    let versions: Vec<i64> = map["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["version"].as_i64().unwrap())
        .collect();
    assert_eq!(versions, [2, 3, 5]);
    let times = texts(&map["items"], "at");
    assert_eq!(times[..2], ["2026-11-22T11:00:00.000000Z", "2026-11-22T12:00:00.000000Z"]);
    for one in map["items"].as_array().unwrap() {
        let path = text(&one["url"]).trim_start_matches("http://news.example");
        let memento = app.get(path).expect(200).await;
        assert_eq!(memento.json()["version"], one["version"]);
        assert_eq!(memento.header("link"), links);
        assert!(memento.header("memento-datetime").ends_with(" GMT"));
    }
    let text_map = app.get(format!("{}/timemap", path_of(&article)));
    let text_map = text_map.header("Accept", "application/link-format").expect(200).await;
    let lines: Vec<String> = text_map.text().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[2].contains("rel=\"first memento\";datetime=\"Sun, 22 Nov 2026 11:00:00 GMT\""));

    let ask = async |date: &str| {
        let asked = app.get(path_of(&article)).header("Accept-Datetime", date);
        let answer = asked.expect(302).await;
        assert!(answer.header("vary").contains("Accept-Datetime"));
        assert_eq!(answer.header("link"), links);
        answer.header("location").to_owned()
    };
    let path = path_of(&article);
    // Before the first there is the first.
    let first = ask("Thu, 01 Jan 2026 00:00:00 GMT").await;
    assert_eq!(first, format!("{path}?as_of=2026-11-22T11:00:00.000000Z"));
    let second = ask("Sun, 22 Nov 2026 12:00:00 GMT").await;
    assert_eq!(app.get(&second).ok().await["title"], "B", "{second}");
    let last = ask("Fri, 01 Jan 2100 00:00:00 GMT").await;
    assert_eq!(app.get(&last).ok().await["version"], 5, "{last}");
    app.get(&path).header("Accept-Datetime", "yesterday").refused("invalid_parameter").await;
    // Memory holds what is true now alone.
    app.get(&path).ok().await;
    ask("Sun, 22 Nov 2026 12:00:00 GMT").await;
    app.clock.advance(SECOND);
    assert_eq!(app.get(&path).ok().await["version"], 5);
}
