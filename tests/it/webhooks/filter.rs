//! Webhooks that are sent the changes of some articles only.

use serde_json::{Value, json};

use super::{Hook, all, follower, newsroom, path_of_hook};
use crate::support::make::{path_of, text};

#[actix_web::test]
async fn a_filter_narrows_what_is_sent() {
    let app = newsroom().await;
    let hook = Hook::new();
    let filter = json!({"sections": ["city", "city"], "languages": ["PT"]});
    let body =
        json!({"url": hook.url, "types": ["article", "comment", "disclaimer"], "filter": filter});
    let webhook = app.key().post("/v1/webhooks", body).created().await;
    let filter = json!({"sources": [], "sections": ["city"], "tags": [], "languages": ["pt"]});
    assert_eq!(webhook["filter"], filter);
    let follower = follower(&app);
    let make = async |section: &str, language: &str| {
        let body = json!({"title": "A", "body": "B", "state": "published", "section": section, "language": language});
        app.key().post("/v1/articles", body).created().await
    };
    let comment_on = async |article: &Value, text: &str| {
        let body = json!({"author_name": "Ida", "body": text});
        app.post(format!("{}/comments", path_of(article)), body).created().await
    };
    let kinds = async || {
        all(&follower).await;
        let sent = hook.taken();
        sent.iter().map(|sent| text(&sent.json()["type"]).to_owned()).collect::<Vec<_>>()
    };
    let (inside, outside) = (make("city", "pt-BR").await, make("city", "en").await);
    make("sport", "pt").await;
    assert_eq!(kinds().await, ["article.published"]);
    comment_on(&outside, "One").await;
    comment_on(&inside, "Two").await;
    assert_eq!(kinds().await, ["comment.published"]);
    // What leaves is sent once more, and what comes later is not; what comes in is sent.
    app.key().patch(path_of(&inside), json!({"section": "sport"})).ok().await;
    assert_eq!(kinds().await, ["article.updated"]);
    app.key().patch(path_of(&inside), json!({"title": "C"})).ok().await;
    comment_on(&inside, "Three").await;
    assert_eq!(kinds().await, [""; 0]);
    app.key().patch(path_of(&outside), json!({"language": "pt-PT"})).ok().await;
    app.key().delete(path_of(&outside)).done().await;
    assert_eq!(kinds().await, ["article.updated", "article.deleted", "comment.removed"]);
    let notice = json!({"key": "notice", "title": "N", "body": "B"});
    app.key().post("/v1/disclaimers", notice).created().await;
    assert_eq!(kinds().await, ["disclaimer.created"]);
    // Null and a filter that allows everything are one.
    let path = path_of_hook(&webhook);
    let changed =
        app.key().patch(&path, json!({"filter": {"sections": [], "languages": []}})).ok().await;
    assert_eq!(changed["filter"], Value::Null);
    make("sport", "en").await;
    assert_eq!(kinds().await, ["article.published"]);
    let faults = app.key().patch(&path, json!({"filter": {"section": ["x"]}})).faults().await;
    assert_eq!(faults[0].0, "/filter/section");
}
