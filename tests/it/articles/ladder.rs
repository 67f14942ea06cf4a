//! The ladder over HTTP: each rung, each pair of them that can hold at once, each caller.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{
    AT_ONCE, NOT_KEPT, NOWHERE, SECOND, comment_path, comments_of, path_of, text,
};

/// What can be true of an article, from the top of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact {
    Draft,
    Scheduled,
    Embargoed,
    Blocked,
    Withdrawn,
    Expired,
    Restricted,
}

use Fact::{Blocked, Draft, Embargoed, Expired, Restricted, Scheduled, Withdrawn};

const FACTS: [Fact; 7] = [Draft, Scheduled, Embargoed, Blocked, Withdrawn, Expired, Restricted];

/// Which callers there are: with no key, with a key that may nothing, with one that may read all.
const STRANGER: usize = 1;

/// What the first rung that holds answers: nobody, a stranger, a reader of everything.
fn want(fact: Fact) -> [(u16, &'static str); 3] {
    match fact {
        Draft | Scheduled => [(404, "article_not_found"), (404, "article_not_found"), (200, "")],
        Embargoed => [(404, "article_not_found"), (403, "article_embargoed"), (200, "")],
        Blocked => {
            [(451, "blocked_for_legal_reasons"), (451, "blocked_for_legal_reasons"), (200, "")]
        }
        Withdrawn => [(410, "article_withdrawn"), (410, "article_withdrawn"), (200, "")],
        Expired => [(410, "article_expired"), (410, "article_expired"), (200, "")],
        Restricted => [(403, "article_restricted"), (403, "article_restricted"), (200, "")],
    }
}

/// Whether two facts can hold of one article.
fn can_hold(a: Fact, b: Fact) -> bool {
    let states = [Draft, Scheduled, Blocked, Withdrawn];
    a == b || !(states.contains(&a) && states.contains(&b))
}

/// An article of which both are true, and the facts that it stays public by are not.
async fn article_with(app: &TestApp, facts: &[Fact]) -> Value {
    let mut body = json!({"title": "A"});
    let has = |fact| facts.contains(&fact);
    if has(Restricted) {
        body["access"] = json!("restricted");
    }
    if has(Expired) {
        body["expires_at"] = json!("2020-01-01T00:00:00Z");
    }
    if !has(Draft) && !has(Scheduled) {
        body["state"] = json!("published");
    }
    let article = app.article_of(body).await;
    if has(Scheduled) {
        app.act(&article, "publish", json!({"at": "2030-01-01T00:00:00Z"})).await;
    }
    // It was public for a moment: else nobody may hear that it was blocked or taken back.
    app.clock.advance(SECOND);
    if has(Blocked) {
        app.act(&article, "block", json!({"authority": "A court", "reference": "1 O 1/26"})).await;
    }
    if has(Withdrawn) {
        app.act(&article, "withdraw", json!({"notice": "A mistake."})).await;
    }
    if has(Embargoed) {
        let until = json!({"embargo_until": "2030-01-01T00:00:00Z"});
        app.key().patch(path_of(&article), &until).ok().await;
    }
    article
}

#[actix_web::test]
async fn the_first_rung_that_holds_decides() {
    let app = TestApp::new().await;
    let keys = [
        String::new(),
        app.key_with(&[]).await,
        app.key_with(&["drafts:read", "embargo:read", "restricted:read"]).await,
    ];
    for (index, first) in FACTS.into_iter().enumerate() {
        for second in FACTS.into_iter().skip(index).filter(|second| can_hold(first, *second)) {
            let article = article_with(&app, &[first, second]).await;
            for (caller, key) in keys.iter().enumerate() {
                let (status, code) = want(first)[caller];
                let place = format!("{first:?} and {second:?} to caller {caller}");
                for path in [path_of(&article), comments_of(&article)] {
                    let answer = app.as_key(key).get(&path).send().await;
                    assert_eq!(answer.status, status, "{place}: {}", answer.text());
                    if status != 200 {
                        assert_eq!(answer.header("cache-control"), "no-store");
                        answer.problem(code);
                    }
                }
                // A write answers what a read would.
                if caller == STRANGER {
                    let writer = app.key_with(&["articles:write"]).await;
                    let patch = app.as_key(&writer).patch(path_of(&article), json!({}));
                    patch.expect(status).await.problem(code);
                }
                let list = app.as_key(key).get("/v1/articles?limit=100").ok().await;
                let items = list["items"].as_array().unwrap();
                let listed = items.iter().any(|item| item["id"] == article["id"]);
                assert_eq!(listed, status == 200 || first == Restricted, "{place} in the list");
            }
            app.key().delete(path_of(&article)).done().await;
        }
    }
}

#[actix_web::test]
async fn each_refusal_says_why() {
    let app = TestApp::new().await;
    let key = app.key_with(&[]).await;
    let get = async |fact| {
        let article = article_with(&app, &[fact]).await;
        app.as_key(&key).get(path_of(&article)).send().await
    };
    let embargoed = get(Embargoed).await.problem("article_embargoed");
    assert_eq!(embargoed["embargo_until"], "2030-01-01T00:00:00.000000Z");
    let blocked = get(Blocked).await;
    assert_eq!(blocked.header("link"), "</>; rel=\"blocked-by\"");
    let blocked = blocked.problem("blocked_for_legal_reasons");
    assert_eq!(blocked["authority"], "A court");
    assert_eq!(blocked["reference"], "1 O 1/26");
    let expired = get(Expired).await.problem("article_expired");
    assert_eq!(expired["expired_at"], "2020-01-01T00:00:00.000000Z");

    // A teaser has its disclaimers in full, and no text.
    let notice = app.disclaimer("notice").await;
    let licensed = app
        .article_of(json!({"title": "L", "body": "The secret text.", "access": "restricted", "state": "published"}))
        .await;
    app.attach(&licensed, &notice).await;
    let refused = app.get(path_of(&licensed)).expect(403).await;
    assert!(!refused.text().contains("secret"));
    let refused = refused.problem("article_restricted");
    assert_eq!(refused["required_scope"], "restricted:read");
    assert_eq!(refused["article"]["title"], "L");
    assert_eq!(refused["article"]["disclaimers"][0]["body_html"], "<p>The text of notice.</p>\n");
    let list = app.get("/v1/articles?fields=title,body,body_html").expect(200).await;
    assert!(!list.text().contains("secret"));
    assert_eq!(list.json()["items"][0]["body"], Value::Null);
    let reader = app.key_with(&["restricted:read"]).await;
    let list = app.as_key(&reader).get("/v1/articles?fields=body").send().await;
    assert_eq!(list.json()["items"][0]["body"], "The secret text.");

    // What was taken back leads on to what may be read.
    let successor = app.article("Better").await;
    let old = app.article("Worse").await;
    let said = json!({"notice": "Wrong.", "replaced_by": successor["id"]});
    app.act(&old, "withdraw", said).await;
    let gone = app.get("/v1/articles/worse").refused("article_withdrawn").await;
    assert_eq!(gone["notice"], "Wrong.");
    assert_eq!(gone["replaced_by"], json!({"id": successor["id"], "slug": "better"}));
    app.act(&successor, "unpublish", json!({})).await;
    let gone = app.get("/v1/articles/worse").refused("article_withdrawn").await;
    assert_eq!(gone["replaced_by"], Value::Null, "nobody hears of a draft");
}

/// What is hidden answers as what never was, byte for byte but for the ids.
#[actix_web::test]
async fn hidden_and_absent_are_the_same() {
    let app = TestApp::new().await;
    let writer = app.key_with(&["articles:write", "articles:publish", "comments:moderate"]).await;
    let mut hidden: Vec<Value> =
        vec![app.draft("Draft").await, article_with(&app, &[Scheduled]).await];
    let blocked = app.draft("Blocked").await;
    app.act(&blocked, "block", json!({"authority": "A court"})).await;
    hidden.push(blocked);
    // Withdrawn and blocked before anyone could see it, also once its time has come.
    let early = app
        .article_of(
            json!({"title": "E", "state": "published", "embargo_until": "2026-11-22T10:01:00Z"}),
        )
        .await;
    app.act(&early, "withdraw", json!({})).await;
    app.clock.advance(120 * SECOND);
    hidden.push(early);
    let trashed = app.article("Trashed").await;
    app.key().delete(path_of(&trashed)).done().await;
    hidden.push(trashed);
    let renamed = app.draft("Renamed").await;
    app.key().patch(path_of(&renamed), json!({"slug": "new-name"})).ok().await;
    let mut ids: Vec<String> =
        hidden.iter().map(|article| text(&article["id"]).to_owned()).collect();
    ids.extend(["renamed".to_owned(), "new-name".to_owned()]);
    for key in ["", writer.as_str()] {
        for (method, rest, body) in [
            ("GET", "", None),
            ("GET", "/comments", None),
            ("PATCH", "", Some(json!({"title": "T"}))),
            ("PUT", "", Some(json!({"title": "T"}))),
            ("DELETE", "", None),
            ("POST", "/comments", Some(json!({"author_name": "S", "body": "B"}))),
            ("POST", "/publish", None),
            ("POST", "/block", Some(json!({"authority": "A"}))),
        ] {
            let ask = async |id: &str| {
                let request = app.as_key(key).request(method, &format!("/v1/articles/{id}{rest}"));
                let request = request.header("X-Request-Id", NOWHERE).header("If-Match", "\"9-x\"");
                let answer = match &body {
                    Some(body) => request.json(body).send().await,
                    None => request.send().await,
                };
                let headers = format!("{:?}", answer.headers.iter().collect::<Vec<_>>());
                (answer.status, headers, answer.text().replace(id, "ID"))
            };
            let absent = ask("0192d5a0-0000-7000-8000-00000000aaaa").await;
            for id in &ids {
                assert_eq!(ask(id).await, absent, "{method} {id}{rest}");
            }
        }
    }
}

/// Schedule, embargo, end and closing act at their microsecond, and no answer is kept past it.
#[actix_web::test]
async fn the_clock_acts_at_its_microsecond() {
    let app = TestApp::new().await;
    let at = |seconds: i64| format!("2026-11-22T10:00:{seconds:02}Z");
    let scheduled = app.draft("Scheduled").await;
    app.act(&scheduled, "publish", json!({"at": at(10)})).await;
    let kept = app
        .article_of(json!({"title": "Kept", "state": "published", "embargo_until": at(20), "expires_at": at(40), "comments_close_at": at(30)}))
        .await;
    let status = async |article: &Value| app.get(path_of(article)).send().await.status;
    let hello = json!({"author_name": "Sam", "body": "Hello"});
    let comment = async || app.post(comments_of(&kept), &hello).send().await.status;
    // The clock stands at 10:00:00; each step ends a microsecond before, then on the instant.
    // A cache that counts whole seconds keeps what may be kept for one second for up to two.
    app.clock.advance(8 * SECOND);
    let list = app.get("/v1/articles").send().await;
    assert_eq!(list.header("cache-control"), AT_ONCE, "two seconds before");
    app.clock.advance(1);
    let list = app.get("/v1/articles").send().await;
    assert_eq!(list.header("cache-control"), NOT_KEPT, "under two seconds before");
    app.clock.advance(2 * SECOND - 2);
    assert_eq!((status(&scheduled).await, status(&kept).await), (404, 404));
    assert_eq!(app.get("/v1/articles").send().await.header("cache-control"), NOT_KEPT);
    app.clock.advance(1);
    assert_eq!((status(&scheduled).await, status(&kept).await), (200, 404));
    let shown = app.get(path_of(&scheduled)).send().await;
    assert_eq!(shown.header("cache-control"), AT_ONCE);
    assert_eq!(shown.json()["published_at"], "2026-11-22T10:00:10.000000Z");
    app.clock.advance(10 * SECOND - 1);
    assert_eq!(status(&kept).await, 404);
    app.clock.advance(1);
    let lifted = app.get(path_of(&kept)).ok().await;
    assert_eq!(
        lifted["published_at"], "2026-11-22T10:00:20.000000Z",
        "since the embargo was lifted"
    );
    let list = app.get("/v1/articles?fields=slug").send().await.json();
    assert_eq!(list["items"][0]["slug"], "kept");
    app.clock.advance(10 * SECOND - 1);
    assert_eq!(comment().await, 201);
    app.clock.advance(1);
    assert_eq!(comment().await, 403);
    let closed = app.post(comments_of(&kept), &hello).send().await;
    assert_eq!(closed.problem("comments_closed")["closed_at"], "2026-11-22T10:00:30.000000Z");
    app.clock.advance(10 * SECOND - 1);
    assert_eq!(app.get(path_of(&kept)).expect(200).await.header("cache-control"), NOT_KEPT);
    app.clock.advance(1);
    assert_eq!(status(&kept).await, 410);
    assert_eq!(app.get("/v1/articles").send().await.json()["items"].as_array().unwrap().len(), 1);
    let expired = app.key().get("/v1/articles?state=expired").send().await.json();
    assert_eq!(expired["items"][0]["id"], kept["id"]);
    assert_eq!(app.get("/v1/articles?state=expired").send().await.json()["items"], json!([]));
}

#[actix_web::test]
async fn a_comment_is_as_visible_as_its_article() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let comment = app.comment(&article, "Hello").await;
    let path = comment_path(&comment);
    app.get(&path).ok().await;
    let reader = app.key_with(&["drafts:read"]).await;
    let moderator = app.key_with(&["comments:moderate"]).await;
    app.act(&article, "withdraw", json!({})).await;
    app.get(&path).expect(404).await;
    app.as_key(&moderator).get(&path).expect(404).await;
    app.as_key(&reader).get(&path).ok().await;
}
