use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{path_of, text, texts};

fn slugs(list: &Value) -> Vec<&str> {
    texts(&list["items"], "slug")
}

async fn newsroom() -> TestApp {
    let app = TestApp::new().await;
    for (slug, published_at) in [
        ("old", "2001-01-01T00:00:00Z"),
        ("new", "2020-01-01T00:00:00Z"),
        ("mid", "2010-01-01T00:00:00Z"),
    ] {
        app.article_of(json!({"title": slug, "slug": slug, "state": "published", "published_at": published_at})).await;
    }
    app.draft("draft-a").await;
    app.draft("draft-b").await;
    app
}

#[actix_web::test]
async fn what_was_never_published_stands_first_and_only_a_key_sees_it() {
    let app = newsroom().await;
    let public = app.get("/v1/articles?count=true").ok().await;
    assert_eq!(slugs(&public), ["new", "mid", "old"]);
    assert_eq!((&public["total"], &public["next"]), (&json!(3), &Value::Null));
    let all = app.key().get("/v1/articles?count=true").ok().await;
    assert_eq!(slugs(&all), ["draft-b", "draft-a", "new", "mid", "old"]);
    assert_eq!(all["total"], 5);
}

#[actix_web::test]
async fn a_state_is_a_filter_and_no_way_around() {
    let app = newsroom().await;
    for (query, with_key, without) in [
        ("state=draft&count=true", vec!["draft-b", "draft-a"], vec![]),
        ("state=published&count=true", vec!["new", "mid", "old"], vec!["new", "mid", "old"]),
    ] {
        let path = format!("/v1/articles?{query}");
        let seen = app.key().get(&path).ok().await;
        assert_eq!((slugs(&seen), &seen["total"]), (with_key.clone(), &json!(with_key.len())));
        let public = app.get(&path).ok().await;
        assert_eq!((slugs(&public), &public["total"]), (without.clone(), &json!(without.len())));
    }
    app.get("/v1/articles?state=draft&cursor=AAAA").refused("invalid_cursor").await;
    app.get("/v1/articles?state=archived").expect(400).await;
}

#[actix_web::test]
async fn pages_show_each_article_once_while_others_come() {
    let app = TestApp::new().await;
    for number in 0..7 {
        app.article(&format!("n{number}")).await;
    }
    let mut path = "/v1/articles?limit=3".to_owned();
    let mut seen = Vec::new();
    loop {
        let answer = app.get(&path).expect(200).await;
        let page = answer.json();
        seen.extend(slugs(&page).into_iter().map(str::to_owned));
        app.article("comes later").await;
        let Some(next) = page["next"].as_str() else {
            assert!(!answer.header("link").contains("rel=\"next\""));
            break;
        };
        let link = format!("</v1/articles?limit=3&cursor={next}>; rel=\"next\"");
        assert!(answer.header("link").starts_with(&link));
        path = format!("/v1/articles?limit=3&cursor={next}");
    }
    assert_eq!(seen, ["n6", "n5", "n4", "n3", "n2", "n1", "n0"]);
}

#[actix_web::test]
async fn a_cursor_belongs_to_its_filters() {
    let app = newsroom().await;
    let page = app.key().get("/v1/articles?limit=1").ok().await;
    let next = text(&page["next"]);
    app.key().get(format!("/v1/articles?limit=2&fields=title&count=true&cursor={next}")).ok().await;
    for query in [
        format!("state=published&cursor={next}"),
        format!("cursor={}", &next[1..]),
        "cursor=AAAA".to_owned(),
    ] {
        app.key().get(format!("/v1/articles?{query}")).refused("invalid_cursor").await;
    }
    app.get(format!("/v1/disclaimers?cursor={next}")).refused("invalid_cursor").await;
}

/// The part of a cursor that binds it to its list: a digest of the list and of the place in it.
fn binding(list: &str, cursor: &str) -> (Vec<u8>, Vec<u8>) {
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).unwrap();
    let (digest, place) = bytes.split_at(8);
    let bound = [list.as_bytes(), &[0], place].concat();
    (digest.to_vec(), Sha256::digest(bound)[..8].to_vec())
}

#[actix_web::test]
async fn cursors_are_bound_as_they_ever_were() {
    let app = newsroom().await;
    let article = app.article("A").await;
    for body in ["One", "Two"] {
        app.comment(&article, body).await;
    }
    let (path, thread) = (path_of(&article), format!("{}/comments", path_of(&article)));
    // An upgrade must not break a page that somebody is about to turn.
    for (asked, list) in [
        ("/v1/articles?limit=1".to_owned(), "/v1/articles\nstate=".to_owned()),
        (
            "/v1/articles?limit=1&state=published&include=disclaimers".to_owned(),
            "/v1/articles\nstate=published".to_owned(),
        ),
        (format!("{thread}?limit=1"), format!("{thread}\norder=\nstate=\nsince=\nparent_id=")),
        (
            format!("{thread}?limit=1&order=oldest"),
            format!("{thread}\norder=oldest\nstate=\nsince=\nparent_id="),
        ),
        (
            "/v1/comments?limit=1&state=published".to_owned(),
            "/v1/comments\nstate=published\narticle=\nauthor=\nheld_by=\nq=\ncreated_after=\ncreated_before=\nreported=\nsame_address_as=\norder=".to_owned(),
        ),
    ] {
        let page = app.key().get(&asked).ok().await;
        let (digest, want) = binding(&list, text(&page["next"]));
        assert_eq!(digest, want, "{asked}");
    }
    let whole = app.get(format!("{path}?include=comments")).ok().await;
    assert!(whole["comments"]["next"].is_null());
}

#[actix_web::test]
async fn what_is_shown_may_change_from_page_to_page() {
    let app = newsroom().await;
    for (first, next) in
        [("", "include=disclaimers&"), ("include=disclaimers&", ""), ("", "fields=title&")]
    {
        let page = app.get(format!("/v1/articles?limit=1&{first}")).ok().await;
        let cursor = text(&page["next"]);
        app.get(format!("/v1/articles?{next}limit=2&count=true&cursor={cursor}")).ok().await;
    }
}

#[actix_web::test]
async fn fields_thin_the_items_but_never_take_the_disclaimers() {
    let app = TestApp::new().await;
    let article = app.article_of(json!({"title": "A", "body": "Text", "state": "published"})).await;
    let notice = app.disclaimer("notice").await;
    app.attach(&article, &notice).await;
    let first = |answer: Value| answer["items"][0].clone();
    let thin = first(app.get("/v1/articles?fields=title,body").ok().await);
    let reference = json!([{"key": "notice", "version": 1, "placement": "after"}]);
    assert_eq!(
        thin,
        json!({"id": article["id"], "title": "A", "body": "Text", "disclaimers": reference})
    );
    let usual = first(app.get("/v1/articles").ok().await);
    for name in ["body", "body_html", "comment_count"] {
        assert_eq!(usual.get(name), None, "{name} is left out of lists");
    }
    assert_eq!((&usual["disclaimers"], usual.as_object().unwrap().len()), (&reference, 29));
    let whole = first(app.get("/v1/articles?fields=body_html,comment_count").ok().await);
    assert_eq!(
        (&whole["body_html"], &whole["comment_count"]),
        (&json!("<p>Text</p>\n"), &json!(0))
    );
    app.key().delete(path_of(&article)).done().await;
    assert_eq!(app.key().get("/v1/articles").ok().await["items"], json!([]));
}

#[actix_web::test]
async fn every_bad_parameter_is_named_at_once() {
    let app = TestApp::new().await;
    let path = "/v1/articles?limit=0&limit=5&cursor=&count=yes&fields=title,nope&page=2&state=x%ff";
    let problem = app.get(path).refused("invalid_parameter").await;
    let names: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| text(&fault["parameter"]))
        .collect();
    assert_eq!(names, ["limit", "limit", "cursor", "count", "fields", "page", "state=x%ff"]);
    for bad in ["limit=101", "limit=+5", "limit=1.0", "limit", "fields=", "fields=title,,id"] {
        app.get(format!("/v1/articles?{bad}")).expect(400).await;
    }
    for fine in ["", "limit=1", "limit=100", "fields=title%2Cslug", "&limit=5&"] {
        app.get(format!("/v1/articles?{fine}")).ok().await;
    }
}
