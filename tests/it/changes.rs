//! The change feed: what has become public, has changed and is no longer public, each once.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{DAY, MINUTE, SECOND, comment_path, notice_path, path_of, text, texts};

/// The changes after a cursor, and the cursor after them.
async fn changes(app: &TestApp, query: &str) -> (Vec<Value>, String) {
    let page = app.get(format!("/v1/changes?limit=100{query}")).ok().await;
    assert_eq!(page["has_more"], false);
    (page["items"].as_array().unwrap().clone(), text(&page["next"]).to_owned())
}

/// The types of the changes after a cursor.
async fn types(app: &TestApp, query: &str) -> Vec<String> {
    let (items, _) = changes(app, query).await;
    items.iter().map(|item| text(&item["type"]).to_owned()).collect()
}

#[actix_web::test]
async fn an_article_is_told_from_its_first_day_to_its_last() {
    let app = TestApp::new().await;
    let article = app.draft("A").await;
    let (none, start) = changes(&app, "").await;
    assert!(none.is_empty(), "drafts are nobody's business");
    let published = app.act(&article, "publish", json!({})).await;
    let (items, _) = changes(&app, "").await;
    assert_eq!(items.len(), 1);
    let mut told = items[0].clone();
    let id = told.as_object_mut().unwrap().shift_remove("id").unwrap();
    let want = json!({
        "type": "article.published", "article_id": article["id"], "comment_id": null, "disclaimer_id": null, "version": 2,
        "at": published["published_at"],
    });
    assert_eq!(told, want);
    assert!(types(&app, &format!("&after={}", text(&id))).await.is_empty(), "its id is a cursor");
    app.key().patch(path_of(&article), json!({"title": "B"})).ok().await;
    app.act(&article, "withdraw", json!({})).await;
    // Still withdrawn.
    app.act(&article, "correct", json!({"note": "Wrong."})).await;
    app.act(&article, "publish", json!({})).await;
    app.act(&article, "block", json!({"authority": "A court"})).await;
    app.act(&article, "unblock", json!({})).await;
    app.act(&article, "unpublish", json!({})).await;
    app.act(&article, "publish", json!({})).await;
    app.key().delete(path_of(&article)).done().await;
    let after = format!("&after={start}");
    let want = [
        "article.published", "article.updated", "article.withdrawn", "article.published",
        "article.blocked", "article.published", "article.unpublished", "article.published",
        "article.deleted",
    ];
    assert_eq!(types(&app, &after).await, want);
    app.key().delete(format!("{}?purge=true", path_of(&article))).done().await;
    assert_eq!(types(&app, &after).await, want, "it was gone already");
}

#[actix_web::test]
async fn what_the_clock_does_is_told_with_its_own_time() {
    let app = TestApp::new().await;
    let article = app.draft("A").await;
    let at = "2026-11-22T11:00:00.000000Z";
    app.act(&article, "publish", json!({"at": at})).await;
    let end = "2026-11-22T12:00:00.000000Z";
    app.key().patch(path_of(&article), json!({"expires_at": end})).ok().await;
    assert!(types(&app, "").await.is_empty());
    app.clock.advance(3 * 60 * MINUTE);
    let (items, next) = changes(&app, "").await;
    assert_eq!(texts(&json!(items), "type"), ["article.published", "article.expired"]);
    assert_eq!(texts(&json!(items), "at"), [at, end]);
    assert!(types(&app, &format!("&after={next}")).await.is_empty(), "told once");
    // A write tells first what the clock did before it.
    let second = app.draft("B").await;
    app.act(&second, "publish", json!({"at": "2026-11-22T14:00:00Z"})).await;
    app.clock.advance(3 * 60 * MINUTE);
    app.act(&second, "withdraw", json!({})).await;
    let (items, _) = changes(&app, &format!("&after={next}")).await;
    assert_eq!(texts(&json!(items), "type"), ["article.published", "article.withdrawn"]);
    assert_eq!(items[0]["at"], "2026-11-22T14:00:00.000000Z");
}

#[actix_web::test]
async fn comments_come_and_go_with_their_article() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let first = app.comment(&article, "First.").await;
    let second = app.comment(&article, "Second.").await;
    let (_, next) = changes(&app, "&types=comment").await;
    let edit = app.with_token(text(&first["edit_token"]));
    edit.patch(comment_path(&first), json!({"body": "Changed."})).ok().await;
    app.key().patch(comment_path(&second), json!({"state": "spam"})).ok().await;
    app.key().patch(path_of(&article), json!({"access": "restricted"})).ok().await;
    app.key().patch(comment_path(&second), json!({"state": "published"})).ok().await;
    app.key().patch(path_of(&article), json!({"access": "public"})).ok().await;
    app.act(&article, "withdraw", json!({})).await;
    let (items, _) = changes(&app, &format!("&types=comment&after={next}")).await;
    let told: Vec<(&str, bool)> =
        items.iter().map(|item| (text(&item["type"]), item["comment_id"] == first["id"])).collect();
    let want = [
        ("comment.edited", true),
        ("comment.removed", false),
        ("comment.removed", true),
        ("comment.published", true),
        ("comment.published", false),
        ("comment.removed", true),
        ("comment.removed", false),
    ];
    assert_eq!(told, want);
    assert!(items.iter().all(|item| item["article_id"] == article["id"]));
}

#[actix_web::test]
async fn disclaimers_are_told_to_those_who_ask() {
    let app = TestApp::new().await;
    let notice = app.disclaimer("a").await;
    app.key().patch(notice_path(&notice), json!({"title": "Another"})).ok().await;
    app.key().post_empty(format!("{}/retire", notice_path(&notice))).ok().await;
    app.key().delete(notice_path(&notice)).done().await;
    assert!(types(&app, "").await.is_empty());
    let want =
        ["disclaimer.created", "disclaimer.updated", "disclaimer.retired", "disclaimer.deleted"];
    assert_eq!(types(&app, "&types=disclaimer").await, want);
    assert_eq!(types(&app, "&types=disclaimer.deleted,article").await, ["disclaimer.deleted"]);
}

#[actix_web::test]
async fn a_cursor_is_good_as_long_as_nothing_after_it_is_missing() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let (_, before) = changes(&app, "").await;
    app.key().patch(path_of(&article), json!({"title": "B"})).ok().await;
    app.clock.advance(DAY);
    app.compact().await;
    // What was published and then updated is an update alone.
    assert_eq!(types(&app, "").await, ["article.updated"]);
    assert_eq!(types(&app, &format!("&after={before}")).await, ["article.updated"]);
    let (_, after) = changes(&app, "").await;
    app.act(&article, "withdraw", json!({})).await;
    let (_, end) = changes(&app, "").await;
    // Who has begun by now has a day.
    let (_, begun) = changes(&app, "").await;
    app.clock.advance(DAY / 2);
    app.compact().await;
    assert_eq!(types(&app, &format!("&after={after}")).await, ["article.withdrawn"]);
    app.clock.advance(DAY);
    app.compact().await;
    for cursor in [before, after] {
        let gone = app.get(format!("/v1/changes?after={cursor}")).refused("cursor_expired").await;
        assert_eq!(gone["restart"], "/v1/changes");
    }
    assert!(types(&app, &format!("&after={end}")).await.is_empty());
    assert!(types(&app, "").await.is_empty());
    assert!(types(&app, &format!("&after={begun}")).await.is_empty());
    app.get("/v1/changes?since=2026-11-22T10:00:00Z").refused("cursor_expired").await;
}

#[actix_web::test]
async fn pages_go_on_where_the_one_before_ended() {
    let app = TestApp::new().await;
    for number in 0..5 {
        app.article(&format!("Article {number}")).await;
        app.disclaimer(&format!("notice-{number}")).await;
    }
    let (mut after, mut seen) = (String::new(), 0);
    loop {
        let answer = app.get(format!("/v1/changes?limit=2{after}")).expect(200).await;
        let page = answer.json();
        let count = page["items"].as_array().unwrap().len();
        assert!(count <= 2);
        seen += count;
        after = format!("&after={}", text(&page["next"]));
        let link = format!("</v1/changes?limit=2{after}>; rel=\"next\"");
        assert_eq!(answer.header("link"), link);
        assert_eq!(answer.header("cache-control"), "no-store");
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(seen, 5);
    app.clock.advance(SECOND);
    app.article("Late").await;
    assert_eq!(types(&app, "&since=2026-11-22T10:00:01Z").await, ["article.published"]);
}

#[actix_web::test]
async fn wrong_starts_are_refused() {
    let app = TestApp::new().await;
    app.get("/v1/changes?after=nonsense").refused("invalid_cursor").await;
    app.get("/v1/changes/stream?after=nonsense").refused("invalid_cursor").await;
    let (_, next) = changes(&app, "").await;
    app.get("/v1/changes?since=2030-01-01T00:00:00Z").refused("invalid_parameter").await;
    app.get(format!("/v1/changes?since=2026-01-01T00:00:00Z&after={next}"))
        .refused("invalid_parameter")
        .await;
    app.get("/v1/changes?types=articles").refused("invalid_parameter").await;
}

#[actix_web::test]
async fn another_log_is_another_start() {
    let app = TestApp::new().await;
    app.article("A").await;
    let (_, next) = changes(&app, "").await;
    app.run_beside("update change_log_epochs set epoch = '0123456789abcdef'");
    app.get(format!("/v1/changes?after={next}")).refused("cursor_expired").await;
}

#[actix_web::test]
async fn what_was_reached_in_a_state_that_was_lost_is_told_from_it() {
    let app = TestApp::in_file().await;
    app.article("A").await;
    let (_, kept) = changes(&app, "").await;
    app.clock.advance(SECOND);
    app.article("B").await;
    let (_, lost) = changes(&app, "").await;
    // As a copy from before B that another server begins to serve.
    app.run_beside(
        "delete from changes where subject = (select public_id from articles where title = 'B')",
    );
    app.run_beside("update history_clock set last_at = (select max(id) from changes)");
    let begin =
        |epoch: &'static str| app.db_write(move |conn| copydesk::changes::begin_epoch(conn, epoch));
    begin("second").await;
    app.get(format!("/v1/changes?after={lost}")).refused("cursor_expired").await;
    app.clock.advance(SECOND);
    app.article("C").await;
    app.get(format!("/v1/changes?after={lost}")).refused("cursor_expired").await;
    let (items, next) = changes(&app, &format!("&after={kept}")).await;
    assert_eq!(texts(&json!(items), "type"), ["article.published"]);
    // A restart alone expires nothing.
    begin("third").await;
    for cursor in [next, kept] {
        changes(&app, &format!("&after={cursor}")).await;
    }
}

#[actix_web::test]
async fn a_stream_tells_what_is_there_and_what_comes() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let mut stream = app.stream("/v1/changes/stream", &[]).await;
    assert_eq!(stream.next().await, "retry: 1000\n\n");
    let first = stream.next().await;
    let (items, _) = changes(&app, "").await;
    let id = text(&items[0]["id"]);
    assert_eq!(first, format!("id: {id}\nevent: article.published\ndata: {}\n\n", items[0]));
    app.key().patch(path_of(&article), json!({"title": "B"})).ok().await;
    assert!(stream.next().await.contains("event: article.updated\n"));
    // Only what comes after.
    let mut again = app.stream("/v1/changes/stream", &[("Last-Event-ID", id)]).await;
    again.next().await;
    assert!(again.next().await.contains("event: article.updated\n"));
    let refused = app.get("/v1/changes/stream").header("Last-Event-ID", "nonsense");
    refused.refused("invalid_cursor").await;
}
