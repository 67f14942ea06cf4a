//! What readers report.

use std::sync::Arc;

use actix_web::test::TestRequest;
use copydesk::comments::policy::{Holds, Policy};
use copydesk::web::limit::Limit;
use serde_json::{Value, json};

use crate::support::contract;
use crate::support::make::{NOWHERE, comment_path, text};
use crate::support::{Answer, TestApp};

async fn app() -> TestApp {
    TestApp::changed(|parts| {
        parts.comments = Arc::new(Policy {
            holds: Holds { reports: Some(3), ..Holds::default() },
            report_limit: Limit::new("reports", 5, &parts.clock),
            ..Policy::default()
        });
    })
    .await
}

async fn report(app: &TestApp, comment: &Value, from: &str) -> Answer {
    let path = format!("{}/reports", comment_path(comment));
    let request = TestRequest::post()
        .uri(&path)
        .peer_addr(format!("{from}:4711").parse().unwrap())
        .set_json(json!({"reason": format!("Says {from}")}));
    let answer = app.call(request.to_request()).await;
    contract::check("POST", &path, &answer);
    answer
}

async fn seen(app: &TestApp, comment: &Value) -> (Value, Value, Value) {
    let comment = app.key().get(comment_path(comment)).ok().await;
    (comment["state"].clone(), comment["held_by"].clone(), comment["report_count"].clone())
}

#[actix_web::test]
async fn so_many_readers_hold_a_comment_and_a_moderator_decides() {
    let app = app().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "Well").await;
    for from in ["192.0.2.1", "192.0.2.1", "192.0.2.2"] {
        report(&app, &comment, from).await.expect(204);
    }
    assert_eq!(seen(&app, &comment).await, (json!("published"), Value::Null, json!(2)));
    let public = app.get(comment_path(&comment)).ok().await;
    assert_eq!(public["report_count"], Value::Null, "readers do not see it");
    let found = app.key().get("/v1/comments?state=published&reported=true&count=true").send().await;
    assert_eq!(found.expect(200).json()["total"], 1);
    report(&app, &comment, "192.0.2.3").await.expect(204);
    assert_eq!(seen(&app, &comment).await, (json!("pending"), json!("reports"), json!(3)));
    report(&app, &comment, "192.0.2.4").await.expect(404);
    let history = format!("{}/history", comment_path(&comment));
    let entry = app.key().get(&history).ok().await["items"][0].clone();
    assert_eq!((&entry["actor"], &entry["held_by"]), (&json!("anonymous"), &json!("reports")));
    // Once it is decided on, the count starts anew, and nobody counts twice.
    let decide = app.key().patch(comment_path(&comment), json!({"state": "published"}));
    assert_eq!(decide.ok().await["report_count"], 0);
    for from in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        report(&app, &comment, from).await.expect(204);
    }
    assert_eq!(seen(&app, &comment).await, (json!("published"), Value::Null, json!(0)));
    report(&app, &comment, "192.0.2.5").await.expect(204);
    let path = format!("{}/reports?limit=2", comment_path(&comment));
    let page = app.key().get(&path).ok().await;
    let told =
        |at: usize| (page["items"][at]["reason"].clone(), page["items"][at]["settled"].clone());
    assert_eq!(told(0), (json!("Says 192.0.2.5"), json!(false)));
    assert_eq!(told(1), (json!("Says 192.0.2.3"), json!(true)));
    assert!(page["next"].is_string());
    app.get(&path).expect(401).await;
}

#[actix_web::test]
async fn what_may_not_be_reported_says_so() {
    let app = app().await;
    let article = app.article("A").await;
    let nowhere = json!({"id": NOWHERE});
    report(&app, &nowhere, "192.0.2.1").await.expect(404);
    let comment = app.comment(&article, "Well").await;
    for _ in 0..5 {
        report(&app, &comment, "192.0.2.1").await.expect(204);
    }
    let refused = report(&app, &comment, "192.0.2.1").await.expect(429);
    assert_eq!(refused.header("ratelimit-policy"), "\"reports\";q=5;w=60");
    // The newsroom's own comments are reported, and not held.
    let site = app.key_with(&["comments:write"]).await;
    let path = format!("/v1/articles/{}/comments", text(&article["id"]));
    let own = app.as_key(&site).post(&path, json!({"author_name": "Desk", "body": "We"}));
    let own = own.created().await;
    for from in ["192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"] {
        report(&app, &own, from).await.expect(204);
    }
    assert_eq!(seen(&app, &own).await, (json!("published"), Value::Null, json!(4)));
    app.key().post_empty(format!("{}/reports", comment_path(&own))).done().await;
}
