//! The ledger: each code of the catalogue is met over HTTP, and no other.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::web::Bytes;
use copydesk::db::Options;
use copydesk::problem::{CATALOGUE, Problem};
use copydesk::web::{Call, Operation, Reply};
use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use serde_json::json;

use crate::support::app::Setup;
use crate::support::make::{NOWHERE, attachment, path_of, text};
use crate::support::{Answer, TestApp};

/// Panics; a handler that must not take the process with it.
#[utoipa::path(get, path = "/test/panic", responses((status = 200, description = "Never.")))]
async fn panic_at_once(_call: Call) -> Result<Reply, Problem> {
    panic!("as this test wants it")
}

/// Panics inside the writer.
#[utoipa::path(post, path = "/test/panic", responses((status = 200, description = "Never.")))]
async fn panic_in_writer(call: Call) -> Result<Reply, Problem> {
    call.services
        .db
        .write::<()>(|_, _| panic!("as this test wants it"))
        .await?;
    Ok(Reply::no_content())
}

/// Panics inside a read transaction.
#[utoipa::path(put, path = "/test/panic", responses((status = 200, description = "Never.")))]
async fn panic_in_reader(call: Call) -> Result<Reply, Problem> {
    call.services
        .db
        .read::<()>(|_| panic!("as this test wants it"))?;
    Ok(Reply::no_content())
}

fn panicking() -> Vec<Operation> {
    vec![
        Operation::new(__path_panic_at_once, panic_at_once),
        Operation::new(__path_panic_in_writer, panic_in_writer),
        Operation::new(__path_panic_in_reader, panic_in_reader),
    ]
}

/// Asks the writer's connection for a state that its file could be in.
async fn pragma(app: &TestApp, sql: &'static str) {
    // The unit itself may be the first to feel it.
    let _ = app
        .db()
        .write(move |conn, _| Ok(conn.batch_execute(sql)?))
        .await;
}

#[actix_web::test]
async fn each_code_is_met() {
    let app = TestApp::with(Setup {
        extra: panicking(),
        ..Setup::default()
    })
    .await;
    let article = app.article("A").await;
    let closed = app.article_of(json!({"title": "C", "state": "published", "comments_policy": "closed", "external_id": "1"})).await;
    let notice = app.disclaimer("notice").await;
    app.attach(&article, &notice).await;
    let nobody_special = app.key_with(&[]).await;
    let published = |more: serde_json::Value| {
        let mut body = json!({"title": "P", "state": "published"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        app.article_of(body)
    };
    let licensed = published(json!({"access": "restricted"})).await;
    let embargoed = published(json!({"embargo_until": "2030-01-01T00:00:00Z"})).await;
    let expired = published(json!({"expires_at": "2020-01-01T00:00:00Z"})).await;
    let withdrawn = published(json!({})).await;
    app.act(&withdrawn, "withdraw", json!({})).await;
    let blocked = published(json!({})).await;
    app.act(&blocked, "block", json!({"authority": "A court"}))
        .await;
    let path = path_of(&article);
    let hello = json!({"author_name": "Sam", "body": "Hello"});
    let create = |body: serde_json::Value| app.post("/v1/articles").key().json(&body).send();

    let mut answers: Vec<Answer> = vec![
        app.post("/v1/articles")
            .key()
            .header("Content-Type", "application/json")
            .bytes("{")
            .send()
            .await,
        app.get("/v1/articles?nothing=1").send().await,
        app.get("/v1/articles?cursor=abc").send().await,
        app.post("/v1/articles").send().await,
        app.get("/v1/articles")
            .header("Authorization", "Bearer x")
            .send()
            .await,
        app.post(&format!("{}/comments", path_of(&closed)))
            .json(&hello)
            .send()
            .await,
        app.get("/nothing").send().await,
        app.get("/v1/articles/nothing").send().await,
        app.get(&format!("/v1/comments/{NOWHERE}")).send().await,
        app.get(&format!("/v1/disclaimers/{NOWHERE}")).send().await,
        app.get(&format!("{path}/revisions/99")).key().send().await,
        app.get(&format!(
            "/v1/disclaimers/{}/versions/99",
            notice["id"].as_str().unwrap()
        ))
        .send()
        .await,
        by_rule(&app).await,
        app.delete(&format!("{path}/corrections/{NOWHERE}"))
            .key()
            .send()
            .await,
        app.get(&format!("/v1/keys/{NOWHERE}")).key().send().await,
        app.get("/v1/keys").with(&nobody_special).send().await,
        app.get(&path_of(&licensed)).send().await,
        app.get(&path_of(&embargoed))
            .with(&nobody_special)
            .send()
            .await,
        app.get(&path_of(&withdrawn)).send().await,
        app.get(&path_of(&expired)).send().await,
        app.get(&path_of(&blocked)).send().await,
        app.get("/problems/nothing").send().await,
        app.delete("/v1/articles").send().await,
        app.get("/v1/articles")
            .header("Accept", "text/html")
            .send()
            .await,
        create(json!({"title": "B", "slug": "a"})).await,
        app.post("/v1/disclaimers")
            .key()
            .json(&json!({"key": "notice", "title": "T", "body": "B"}))
            .send()
            .await,
        create(json!({"title": "B", "external_id": "1"})).await,
        app.post(&format!("{path}/publish")).key().send().await,
        app.delete(&format!(
            "/v1/disclaimers/{}",
            notice["id"].as_str().unwrap()
        ))
        .key()
        .send()
        .await,
        app.delete(&attachment(&article, &notice))
            .key()
            .header("If-Match", "\"9-x\"")
            .send()
            .await,
        app.post("/v1/articles")
            .key()
            .bytes("x".repeat(3_000_000))
            .send()
            .await,
        app.post("/v1/articles").key().bytes("{}").send().await,
        create(json!({})).await,
        another_body(&app).await,
        too_deep(&app, &article).await,
        said_twice(&app, &article).await,
        with_token(&app, &article, 0, "not a token").await,
        with_token(&app, &article, 16 * 60_000_000, "").await,
        app.get("/test/panic").send().await,
    ];
    // The process, the reader and the writer live on.
    app.post("/test/panic")
        .send()
        .await
        .expect(500)
        .problem("internal");
    app.put("/test/panic")
        .send()
        .await
        .expect(500)
        .problem("internal");
    create(json!({"title": "After the panics"}))
        .await
        .expect(201);
    assert_eq!(
        app.get("/v1/articles/after-the-panics")
            .key()
            .send()
            .await
            .expect(200)
            .json()["version"],
        1
    );

    pragma(&app, "pragma query_only = on").await;
    answers.push(create(json!({"title": "B"})).await);
    app.get(&path).send().await.expect(200);
    answers.push(stopping().await);
    answers.push(without_if_match().await);
    answers.push(too_many().await);
    answers.push(damaged().await);
    answers.push(replaced().await);
    answers.push(last_key().await);
    answers.push(slow_body().await);
    answers.push(busy().await);
    answers.push(full().await);

    let met: BTreeSet<String> = answers
        .iter()
        .map(|answer| answer.json()["code"].as_str().unwrap().to_owned())
        .collect();
    let known: BTreeSet<String> = CATALOGUE
        .iter()
        .map(|entry| entry.name.to_owned())
        .collect();
    assert_eq!(
        met.symmetric_difference(&known).collect::<Vec<_>>(),
        [""; 0]
    );
    assert_eq!(answers.len(), known.len(), "one request a code");
}

/// A key that was sent before, with another body.
async fn another_body(app: &TestApp) -> Answer {
    let post = |title: &str| {
        let request = app.post("/v1/articles").key();
        let request = request.header("Idempotency-Key", "one");
        request.json(&json!({"title": title})).send()
    };
    post("One").await.expect(201);
    post("Two").await
}

/// Detaching what a rule attaches.
async fn by_rule(app: &TestApp) -> Answer {
    let body = json!({"key": "rule", "title": "T", "body": "B", "applies_to": {"tags": ["rule"]}});
    let made = app.post("/v1/disclaimers").key().json(&body).send().await;
    let article = app
        .article_of(json!({"title": "R", "tags": ["rule"]}))
        .await;
    let path = attachment(&article, &made.expect(201).json());
    app.delete(&path).key().send().await
}

/// A comment that was written just before.
async fn said_twice(app: &TestApp, article: &serde_json::Value) -> Answer {
    app.comment(article, "Twice").await;
    let body = json!({"author_name": "Sam", "body": "Twice"});
    let request = app.post(&format!("{}/comments", path_of(article)));
    request.json(&body).send().await
}

/// An answer to what stands at the deepest level.
async fn too_deep(app: &TestApp, article: &serde_json::Value) -> Answer {
    let mut parent = serde_json::Value::Null;
    for level in 0..=10 {
        let body =
            json!({"author_name": "Sam", "body": format!("And {level}?"), "parent_id": parent});
        let request = app.post(&format!("{}/comments", path_of(article)));
        parent = request.json(&body).send().await.expect(201).json()["id"].clone();
    }
    let body = json!({"author_name": "Sam", "body": "And?", "parent_id": parent});
    let request = app.post(&format!("{}/comments", path_of(article)));
    request.json(&body).send().await
}

/// A comment's author deletes it after a while, with its token or another one.
async fn with_token(app: &TestApp, article: &serde_json::Value, after: i64, other: &str) -> Answer {
    let comment = app.comment(article, &format!("Hello {after}")).await;
    app.clock.advance(after);
    let token = match other {
        "" => comment["edit_token"].as_str().unwrap(),
        other => other,
    };
    let path = format!("/v1/comments/{}", comment["id"].as_str().unwrap());
    app.delete(&path).header("Edit-Token", token).send().await
}

/// A write to what is there, where that needs the version it is about.
async fn without_if_match() -> Answer {
    let app = TestApp::with(Setup {
        change: Some(|parts| parts.require_if_match = true),
        ..Setup::default()
    })
    .await;
    let article = app.article("A").await;
    let nowhere = app.delete(&format!("/v1/articles/{NOWHERE}")).key();
    nowhere.send().await.expect(404);
    let any = app.delete(&path_of(&article)).key().header("If-Match", "*");
    let answer = app.delete(&path_of(&article)).key().send().await;
    any.send().await.expect(204);
    answer
}

/// A comment too much for an article.
async fn too_many() -> Answer {
    let app = TestApp::with(Setup {
        change: Some(|parts| {
            parts.site = std::sync::Arc::new(copydesk::web::site::Site {
                article_limit: copydesk::web::limit::Limit::new("article", 1, &parts.clock),
                ..Default::default()
            });
        }),
        ..Setup::default()
    })
    .await;
    let article = app.article("A").await;
    app.comment(&article, "One").await;
    let two = json!({"author_name": "Sam", "body": "Two"});
    let request = app.post(&format!("{}/comments", path_of(&article)));
    request.json(&two).send().await
}

async fn stopping() -> Answer {
    let app = TestApp::new().await;
    app.parts
        .stopping
        .store(true, std::sync::atomic::Ordering::Relaxed);
    app.get("/readyz").send().await
}

/// A read has met a page that is not what it was; `start.rs` does that to a file.
async fn damaged() -> Answer {
    let app = TestApp::new().await;
    app.get("/readyz").send().await.expect(200);
    let met: Result<(), Problem> = app
        .db()
        .read(|_| Err(Problem::internal("database disk image is malformed")));
    assert!(met.is_err());
    app.get("/v1/articles").send().await.expect(200);
    app.get("/readyz").send().await
}

/// The file was moved away beneath the server; `faults.rs` does the same to a process.
async fn replaced() -> Answer {
    let app = TestApp::new().await;
    app.article("A").await;
    std::fs::rename(&app.database, app.database.with_extension("moved")).unwrap();
    app.get("/v1/articles/a").send().await.expect(200);
    app.get("/readyz").send().await
}

/// The only key that makes keys revokes itself.
async fn last_key() -> Answer {
    let app = TestApp::with(Setup {
        change: Some(|parts| parts.has_admin_key = false),
        ..Setup::default()
    })
    .await;
    let body = json!({"name": "One", "scopes": ["keys:manage"]});
    let made = app.post("/v1/keys").key().json(&body).send().await.json();
    let path = format!("/v1/keys/{}", text(&made["id"]));
    app.delete(&path).with(text(&made["key"])).send().await
}

/// A body that never comes.
async fn slow_body() -> Answer {
    let app = TestApp::with(Setup {
        change: Some(|parts| parts.body_timeout = Duration::ZERO),
        ..Setup::default()
    })
    .await;
    let never = futures_util::stream::pending::<Result<Bytes, actix_http::error::PayloadError>>();
    let request = actix_web::test::TestRequest::post()
        .uri("/v1/articles")
        .append_header((
            "Authorization",
            format!("Bearer {}", crate::support::app::KEY),
        ))
        .to_request();
    let never: std::pin::Pin<Box<dyn futures_util::Stream<Item = _>>> = Box::pin(never);
    let (request, _) = request.replace_payload(actix_http::Payload::Stream { payload: never });
    let answer = app.call(request).await;
    crate::support::contract::check("POST", "/v1/articles", &answer);
    answer
}

/// Another process is in the middle of a write.
async fn busy() -> Answer {
    let options = Options {
        busy_timeout: Duration::from_millis(1),
        ..Options::default()
    };
    let app = TestApp::with(Setup {
        options: Some(options),
        ..Setup::default()
    })
    .await;
    let mut other = SqliteConnection::establish(app.database.to_str().unwrap()).unwrap();
    other.batch_execute("begin immediate").unwrap();
    let answer = app
        .post("/v1/articles")
        .key()
        .json(&json!({"title": "B"}))
        .send()
        .await;
    assert_eq!(answer.header("retry-after"), "1");
    app.get("/v1/articles").send().await.expect(200);
    other.batch_execute("rollback").unwrap();
    assert_eq!(
        app.article("B").await["slug"],
        "b",
        "nothing was written before"
    );
    answer
}

/// The disk is full: all that shares the transaction is refused, and nothing of it stays.
async fn full() -> Answer {
    let app = TestApp::new().await;
    pragma(&app, "pragma max_page_count = 1").await;
    let post = |title: &str, size: usize| {
        let body = json!({"title": title, "state": "published", "body": "x".repeat(size)});
        app.post("/v1/articles").key().json(&body).send()
    };
    let answers = futures_util::future::join_all([
        post("First", 1),
        post("Second", 400_000),
        post("Third", 1),
    ])
    .await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    let kept = app
        .get("/v1/articles?count=true")
        .send()
        .await
        .expect(200)
        .json()["total"]
        .clone();
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        kept.as_u64().unwrap() as usize,
        "{statuses:?}"
    );
    assert_eq!(statuses[1], 507);
    // The connection that the full disk broke is made anew.
    app.article("After").await;
    answers.into_iter().nth(1).unwrap()
}
