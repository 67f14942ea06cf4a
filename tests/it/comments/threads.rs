//! Threads: each answer below what it answers, whatever becomes of what it answers.

use std::collections::HashMap;

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{NOWHERE, comment_path, comments_of, path_of, text};

async fn answer(app: &TestApp, article: &Value, to: Option<&Value>, body: &str) -> Value {
    let parent = to.map(|comment| comment["id"].clone());
    let words = json!({"author_name": "Sam", "body": body, "parent_id": parent});
    app.post(comments_of(article), &words).created().await
}

async fn list(app: &TestApp, article: &Value, query: &str) -> Value {
    app.get(format!("{}/comments?limit=100{query}", path_of(article))).ok().await
}

/// Body, depth and number of answers of each entry.
fn shape(list: &Value) -> Vec<(String, i64, i64)> {
    let items = list["items"].as_array().unwrap().iter();
    let entry = |item: &Value| {
        let body = item["body"].as_str().unwrap_or("-").to_owned();
        (body, item["depth"].as_i64().unwrap(), item["reply_count"].as_i64().unwrap())
    };
    items.map(entry).collect()
}

fn entries(want: &[(&str, i64, i64)]) -> Vec<(String, i64, i64)> {
    want.iter().map(|(body, depth, replies)| ((*body).to_owned(), *depth, *replies)).collect()
}

#[actix_web::test]
async fn answers_stand_below_what_they_answer() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let a = answer(&app, &article, None, "a").await;
    let b = answer(&app, &article, None, "b").await;
    let a1 = answer(&app, &article, Some(&a), "a1").await;
    answer(&app, &article, Some(&b), "b1").await;
    let a11 = answer(&app, &article, Some(&a1), "a11").await;
    answer(&app, &article, Some(&a), "a2").await;
    assert_eq!((&a11["parent_id"], &a11["depth"]), (&a1["id"], &json!(2)));
    let thread = list(&app, &article, "&count=true").await;
    let want = [("a", 0, 2), ("a1", 1, 1), ("a11", 2, 0), ("a2", 1, 0), ("b", 0, 1), ("b1", 1, 0)];
    assert_eq!((shape(&thread), &thread["total"]), (entries(&want), &json!(6)));
    // Page by page the same.
    let (mut path, mut read) = (format!("{}/comments?limit=1", path_of(&article)), Vec::new());
    loop {
        let page = app.get(&path).ok().await;
        read.extend(shape(&page));
        match page["next"].as_str() {
            Some(next) => path = format!("{}/comments?limit=2&cursor={next}", path_of(&article)),
            None => break,
        }
    }
    assert_eq!(read, entries(&want));
    let below = list(&app, &article, &format!("&count=true&parent_id={}", text(&a["id"]))).await;
    assert_eq!((shape(&below), &below["total"]), (entries(&want[1..4]), &json!(3)));
    let flat = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let names = |list: &Value| shape(list).into_iter().map(|(body, _, _)| body).collect::<Vec<_>>();
    let oldest = list(&app, &article, "&order=oldest").await;
    assert_eq!(names(&oldest), flat(&["a", "b", "a1", "b1", "a11", "a2"]));
    let since = format!("&order=newest&since={}", text(&a1["created_at"]));
    assert_eq!(names(&list(&app, &article, &since).await), flat(&["a2", "a11", "b1", "a1"]));
}

#[actix_web::test]
async fn what_is_taken_away_leaves_its_place_while_it_has_answers() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    let a = answer(&app, &article, None, "a").await;
    let b = answer(&app, &article, Some(&a), "b").await;
    let c = answer(&app, &article, Some(&b), "c").await;
    let decide = async |comment: &Value, state: &str| {
        app.key().patch(comment_path(comment), json!({"state": state})).ok().await;
    };
    let shown = async || shape(&list(&app, &article, "").await);
    for state in ["removed", "spam", "rejected", "pending"] {
        decide(&b, state).await;
        assert_eq!(shown().await, entries(&[("a", 0, 1), ("-", 1, 1), ("c", 2, 0)]), "{state}");
        let place = list(&app, &article, "").await["items"][1].clone();
        assert_eq!(
            (&place["state"], &place["author_name"], &place["id"]),
            (&json!("removed"), &Value::Null, &b["id"])
        );
    }
    let count = async || app.get(path_of(&article)).send().await.json()["comment_count"].clone();
    assert_eq!(count().await, 2);
    // The last answer goes, and with it the places above it.
    decide(&a, "removed").await;
    let path = comment_path(&c);
    app.key().delete(&path).done().await;
    assert_eq!((shown().await, count().await), (Vec::new(), json!(0)));
    // And comes back with them.
    let back = json!({"ids": [c["id"], NOWHERE], "state": "published"});
    let decided = app.key().post("/v1/comments/moderate", &back).ok().await;
    let absent = |id: &Value| json!({"id": id, "state": null, "code": "comment_not_found"});
    assert_eq!(decided["items"], json!([absent(&c["id"]), absent(&json!(NOWHERE))]));
    app.key().post_empty(format!("{path}/restore")).ok().await;
    assert_eq!(shown().await, entries(&[("-", 0, 1), ("-", 1, 1), ("c", 2, 0)]));
    // Flat lists have no empty places.
    assert_eq!(shape(&list(&app, &article, "&order=oldest").await), entries(&[("c", 2, 0)]));
}

#[actix_web::test]
async fn what_stands_below_an_empty_place_is_read_whoever_emptied_it() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    for (nth, way) in ["author", "moderator", "erased"].into_iter().enumerate() {
        let top = answer(&app, &article, None, &format!("top {nth}")).await;
        answer(&app, &article, Some(&top), &format!("below {nth}")).await;
        let path = comment_path(&top);
        let emptied = match way {
            "author" => app.with_token(text(&top["edit_token"])).delete(&path),
            "moderator" => app.key().patch(&path, json!({"state": "spam"})),
            _ => app.key().post("/v1/comments/erase", json!({"ids": [top["id"]]})),
        };
        assert!(emptied.send().await.status < 300, "{way}");
        let below = list(&app, &article, &format!("&parent_id={}", text(&top["id"]))).await;
        assert_eq!(shape(&below), entries(&[(&format!("below {nth}"), 1, 0)]), "{way}");
    }
    // Without answers there is no place.
    let alone = answer(&app, &article, None, "alone").await;
    app.key().delete(comment_path(&alone)).done().await;
    let path = format!("{}/comments?parent_id={}", path_of(&article), text(&alone["id"]));
    app.get(&path).expect(404).await;
    // The default order is the same list, whether it is named or not.
    let first = list(&app, &article, "&order=thread").await;
    assert_eq!(first["items"].as_array().unwrap().len(), 6);
    let page = app.get(format!("{}/comments?limit=1&order=thread", path_of(&article)));
    let next = page.send().await.json()["next"].clone();
    app.get(format!("{}/comments?cursor={}", path_of(&article), text(&next))).ok().await;
}

#[actix_web::test]
async fn a_parent_is_a_published_comment_of_this_article() {
    let app = TestApp::new().await;
    let (article, other) = (app.article("A").await, app.article("B").await);
    let elsewhere = answer(&app, &other, None, "x").await;
    let gone = answer(&app, &article, None, "gone").await;
    app.key().delete(comment_path(&gone)).done().await;
    for parent in [&elsewhere["id"], &gone["id"], &json!(NOWHERE)] {
        let words = json!({"author_name": "Sam", "body": "x", "parent_id": parent});
        let faults = app.post(comments_of(&article), &words).faults().await;
        assert_eq!(faults, [("/parent_id".to_owned(), "unknown_value".to_owned())]);
    }
    for (query, status) in [
        (format!("parent_id={}", text(&elsewhere["id"])), 404),
        (format!("parent_id={NOWHERE}"), 404),
        ("parent_id=x".to_owned(), 400),
        (format!("order=newest&parent_id={NOWHERE}"), 400),
        ("since=2026-01-01T00:00:00Z".to_owned(), 400),
        ("order=thread&state=published".to_owned(), 400),
        ("order=oldest&since=yesterday".to_owned(), 400),
    ] {
        app.get(format!("{}/comments?{query}", path_of(&article))).expect(status).await;
    }
}

/// Top comments, and how deep a chain of answers hangs on each: 100,000 in all, 10 deep.
const TOPS: usize = 10_000;
const CHAIN: usize = 10;

#[actix_web::test]
async fn a_thread_of_100_000_is_read_whole_while_others_write() {
    let app = TestApp::new().await;
    let article = app.article("A").await;
    // As many requests would take minutes; these are the rows that they would leave.
    let is_file = app.location.path().is_some();
    let hex = |number: &str, digits: usize| match is_file {
        true => format!("printf('%0{digits}x', {number})"),
        false => format!("lpad(to_hex({number}), {digits}, '0')"),
    };
    let joined = if is_file { "group_concat" } else { "string_agg" };
    let (id, step) =
        (hex(&format!("n * {CHAIN} + d + 1"), 12), hex(&format!("n * {CHAIN} + up.d + 1"), 10));
    app.run_beside(&format!(
        "with recursive top(n) as (select 0 union all select n + 1 from top where n < {TOPS} - 1),
             level(d) as (select 0 union all select d + 1 from level where d < {CHAIN} - 1)
         insert into comments (id, public_id, article_id, state, author_name, body, body_html, created_at, updated_at,
             parent_id, path, depth, reply_count, shown)
         select n * {CHAIN} + d + 1, '0192d5a0-0000-7000-8000-' || {id}, 1, 'published', 'Sam', 'x', '<p>x</p>', 1, 1,
             case when d > 0 then n * {CHAIN} + d end,
             (select {joined}({step}, '' order by up.d) from level as up where up.d <= level.d),
             d, case when d < {CHAIN} - 1 then 1 else 0 end, 1
         from top, level"
    ));
    if !is_file {
        app.run_beside(
            "select setval(pg_get_serial_sequence('comments', 'id'), max(id)) from comments",
        );
    }
    let mut seen = HashMap::new();
    let mut path = format!("{}/comments?limit=100", path_of(&article));
    for page in 0.. {
        if page % 100 == 0 {
            // At the top, and below something that stands anywhere.
            let below = format!("0192d5a0-0000-7000-8000-{:012x}", page * 97 % (TOPS * CHAIN) + 1);
            let depth = page * 97 % CHAIN;
            answer(&app, &article, None, &format!("new {page}")).await;
            if depth < 9 {
                let parent = json!({"id": below});
                answer(&app, &article, Some(&parent), &format!("below {page}")).await;
            }
        }
        // Its form was compared often enough elsewhere.
        let answer = app.call(TestRequest::get().uri(&path).to_request()).await.expect(200).json();
        for item in answer["items"].as_array().unwrap() {
            *seen.entry(text(&item["id"]).to_owned()).or_insert(0) += 1;
        }
        match answer["next"].as_str() {
            Some(next) => path = format!("{}/comments?limit=100&cursor={next}", path_of(&article)),
            None => break,
        }
    }
    let of_old = seen.keys().filter(|id| id.starts_with("0192d5a0-0000-7000-8000-")).count();
    assert_eq!(of_old, TOPS * CHAIN);
    assert!(seen.values().all(|times| *times == 1), "each once");
}
