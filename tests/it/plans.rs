//! The SQL that requests really run, explained: pages and point reads walk an
//! index and sort nothing.

use std::collections::BTreeSet;
use std::sync::Mutex;

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::support::TestApp;
use crate::support::make::{path_of, text};

/// Every query of every connection opened since the listener was set, also of tests that run beside.
static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

struct Listener;

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text
                .split(" -- binds")
                .next()
                .unwrap_or_default()
                .to_owned();
            SEEN.lock().unwrap().insert(sql);
        }
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[actix_web::test]
async fn requests_walk_indexes() {
    set_default_instrumentation(|| Some(Box::new(Listener))).unwrap();
    let app = TestApp::new().await;
    let article = app.article("A").await;
    for slug in ["was-a", "a"] {
        let rename = serde_json::json!({"slug": slug});
        app.patch(&path_of(&article))
            .key()
            .json(&rename)
            .send()
            .await
            .expect(200);
    }
    let notice = app.disclaimer("notice").await;
    app.attach(&article, &notice).await;
    let comment = app.comment(&article, "Hello").await;
    for path in [
        "/v1/articles".to_owned(),
        "/v1/articles?state=draft".to_owned(),
        "/v1/articles?state=scheduled".to_owned(),
        "/v1/articles?state=expired".to_owned(),
        "/v1/articles?state=trashed".to_owned(),
        "/v1/articles/a".to_owned(),
        path_of(&article),
        format!("{}/comments", path_of(&article)),
        format!("/v1/comments/{}", text(&comment["id"])),
        "/v1/disclaimers".to_owned(),
        format!("/v1/disclaimers/{}", text(&notice["id"])),
    ] {
        app.get(&path).send().await.expect(200);
        app.get(&path).key().send().await.expect(200);
    }
    app.get("/v1/keys").key().send().await.expect(200);
    app.get("/v1/articles/was-a").send().await.expect(308);
    let seen: Vec<String> = SEEN.lock().unwrap().iter().cloned().collect();
    let reads: Vec<&String> = seen
        .iter()
        .filter(|sql| sql.starts_with("SELECT `"))
        .collect();
    assert!(reads.len() >= 8, "{reads:#?}");
    let mut conn = SqliteConnection::establish(app.database.to_str().unwrap()).unwrap();
    for sql in reads {
        let plan: Vec<Step> = diesel::sql_query(format!("explain query plan {sql}"))
            .load(&mut conn)
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        let plan: Vec<String> = plan.into_iter().map(|step| step.detail).collect();
        // A handful of disclaimers on a page of articles is sorted; everything else comes in order.
        let sorted = plan.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(!sorted || sql.contains("`detached_at`"), "{sql}: {plan:#?}");
        // The list of ids is no table, and the clock is one row.
        let small = |step: &str| step.contains("json_each") || step.contains("history_clock");
        let scanned = plan
            .iter()
            .any(|step| step.starts_with("SCAN") && !step.contains("USING") && !small(step));
        assert!(!scanned, "{sql}: {plan:#?}");
    }
}
