//! What a person may ask for, and what is forgotten by itself.

use std::sync::Arc;

use actix_web::test::TestRequest;
use copydesk::comments::policy::Policy;
use copydesk::db::Run;
use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{DAY, NOWHERE, bodies, comment_path, comments_of, path_of, text};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    let found =
        app.db().read(move |conn| Ok(Run::get_result::<Number>(diesel::sql_query(sql), conn)?));
    found.unwrap().n
}

async fn say(app: &TestApp, article: &Value, mail: Option<&str>, body: &str, more: Value) -> Value {
    let mut words = json!({"author_name": "Sam", "author_email": mail, "body": body});
    words.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let request = TestRequest::post()
        .uri(&comments_of(article))
        .peer_addr("192.0.2.1:4711".parse().unwrap())
        .append_header(("Idempotency-Key", body.replace(' ', "-")))
        .set_json(words);
    app.call(request.to_request()).await.expect(201).json()
}

#[actix_web::test]
async fn a_person_gets_everything_and_loses_everything() {
    let app = TestApp::in_file().await;
    let (article, drafted) = (app.article("A").await, app.article("B").await);
    let mail = Some("Sam@Example.org");
    let first = say(&app, &article, mail, "Needle one", json!({})).await;
    let parent = json!({"parent_id": first["id"]});
    say(&app, &article, Some("ada@example.org"), "An answer", parent).await;
    let deleted = say(&app, &article, Some("sam@example.org"), "Needle two", json!({})).await;
    let path = comment_path(&deleted);
    app.key().delete(&path).done().await;
    say(&app, &drafted, mail, "Needle three", json!({})).await;
    app.act(&drafted, "unpublish", json!({})).await;
    let nameless = say(&app, &article, None, "Needle four", json!({})).await;
    let reported = format!("/v1/comments/{}/reports", text(&first["id"]));
    app.post(&reported, json!({"reason": "Needle of Sam"})).done().await;
    let key = app.key_with(&["comments:moderate"]).await;
    let ask =
        |what: &str, body: Value| app.as_key(&key).post(format!("/v1/comments/{what}"), &body);

    let by_mail = json!({"author_email": "sam@example.ORG"});
    let all = ask("export", by_mail.clone()).expect(200).await;
    assert_eq!(all.header("cache-control"), "no-store");
    assert_eq!(bodies(&all.json()), ["Needle one", "Needle two", "Needle three"]);
    assert_eq!(all.json()["items"][1]["state"], "removed");
    // Those that are named, first, and each once; page by page.
    let ids =
        json!({"author_email": "sam@example.org", "ids": [nameless["id"], NOWHERE, deleted["id"]]});
    let mut found = Vec::new();
    let mut query = "export?limit=1".to_owned();
    loop {
        let page = ask(&query, ids.clone()).ok().await;
        found.extend(bodies(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => query = format!("export?limit=1&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, ["Needle four", "Needle two", "Needle one", "Needle three"]);
    let other = query.replace("limit=1", "limit=2");
    ask(&other, by_mail.clone()).refused("invalid_cursor").await;
    for nobody in [json!({}), json!({"author_email": null, "ids": []})] {
        let refused = ask("erase", nobody).refused("validation_failed").await;
        assert_eq!(refused["errors"][0]["pointer"], "/author_email");
    }
    app.post("/v1/comments/erase", &by_mail).expect(401).await;

    assert_eq!(ask("erase", by_mail.clone()).ok().await["erased"], 3);
    assert_eq!(ask("erase", by_mail.clone()).ok().await["erased"], 0);
    assert_eq!(bodies(&ask("export", by_mail).ok().await), [""; 0]);
    // The place of the one with an answer stays; the others are nowhere, and come back by no way.
    let thread = app.key().get(comments_of(&article)).send().await.json();
    let shape: Vec<_> =
        thread["items"].as_array().unwrap().iter().map(|one| one["body"].clone()).collect();
    assert_eq!(shape, [Value::Null, json!("An answer"), json!("Needle four")]);
    let back = json!({"ids": [first["id"]], "state": "published"});
    let back = ask("moderate", back).ok().await;
    assert_eq!(back["items"][0]["code"], "comment_not_found");
    let removed = ask_removed(&app).await;
    assert_eq!(removed, 0);
    let article = app.get(path_of(&article)).send().await.json();
    assert_eq!(article["comment_count"], 2);
    // An id that is named twice is one comment, and a draft's is not this moderator's to name.
    let hidden = say(&app, &app.article("C").await, None, "Hidden", json!({})).await;
    let hidden_article = json!({"id": hidden["article_id"]});
    app.act(&hidden_article, "unpublish", json!({})).await;
    let named = json!({"ids": [hidden["id"], hidden["id"]]});
    assert_eq!(bodies(&ask("export", named.clone()).ok().await), [""; 0]);
    assert_eq!(ask("erase", named.clone()).ok().await["erased"], 0);
    app.act(&hidden_article, "publish", json!({})).await;
    assert_eq!(ask("erase", named).ok().await["erased"], 1);
    let left = app.get(path_of(&hidden_article)).send().await.json();
    assert_eq!(left["comment_count"], 0);
    // By id as well; and then no byte of it is left in the file.
    let by_id = json!({"ids": [nameless["id"]]});
    assert_eq!(ask("erase", by_id).ok().await["erased"], 1);
    for file in ["", "-wal"] {
        let path = format!("{}{file}", app.file().display());
        let bytes = std::fs::read(path).unwrap();
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|part| part == needle);
        assert!(!holds(b"Needle") && !holds(b"am@Example"), "left in the file{file}");
    }
    let left = "select (select count(*) from comments where body like '%Needle%' or author_email like 'sam%')
        + (select count(*) from idempotent_answers where body like '%Needle%')
        + (select count(*) from comment_reports where reason like '%Sam%') as n";
    assert_eq!(count(&app, left).await, 0);
    assert_eq!(count(&app, "select count(*) as n from comment_addresses").await, 1);
}

async fn ask_removed(app: &TestApp) -> i64 {
    app.key().get("/v1/comments?state=removed&count=true").ok().await["total"].as_i64().unwrap()
}

#[actix_web::test]
async fn an_address_is_kept_as_a_hash_and_for_so_long() {
    let app = TestApp::changed(|parts| {
        parts.comments =
            Arc::new(Policy { addresses_kept_for: Some(2 * DAY), ..Policy::default() });
    })
    .await;
    let article = app.article("A").await;
    let old = say(&app, &article, None, "One", json!({})).await;
    let report = TestRequest::post()
        .uri(&format!("/v1/comments/{}/reports", text(&old["id"])))
        .peer_addr("192.0.2.1:4711".parse().unwrap());
    app.call(report.to_request()).await.expect(204);
    let kept = "select (select count(*) from comment_addresses where length(address) = 43)
        + (select count(*) from comment_reports where length(reporter) = 43) as n";
    assert_eq!(count(&app, kept).await, 2);
    let plain = "select count(*) as n from comment_addresses where address like '%192%'";
    assert_eq!(count(&app, plain).await, 0);
    app.clock.advance(2 * DAY + 1_000_000);
    say(&app, &article, None, "Two", json!({})).await;
    assert_eq!(count(&app, kept).await, 1, "that of the new one");
    assert_eq!(count(&app, "select count(*) as n from comment_reports").await, 1);
    // The newsroom's own address is nobody's business.
    let request = TestRequest::post()
        .uri(&comments_of(&article))
        .peer_addr("192.0.2.1:4711".parse().unwrap())
        .append_header((
            "Authorization",
            format!("Bearer {}", app.key_with(&["comments:write"]).await),
        ))
        .set_json(json!({"author_name": "Desk", "body": "We"}));
    app.call(request.to_request()).await.expect(201);
    assert_eq!(count(&app, kept).await, 1);
}
