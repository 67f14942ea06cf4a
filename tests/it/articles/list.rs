use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{path_of, text};

fn slugs(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(&item["slug"]))
        .collect()
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
    let public = app
        .get("/v1/articles?count=true")
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(slugs(&public), ["new", "mid", "old"]);
    assert_eq!(
        (&public["total"], &public["next"]),
        (&json!(3), &Value::Null)
    );
    let all = app
        .get("/v1/articles?count=true")
        .key()
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(slugs(&all), ["draft-b", "draft-a", "new", "mid", "old"]);
    assert_eq!(all["total"], 5);
}

#[actix_web::test]
async fn a_state_is_a_filter_and_no_way_around() {
    let app = newsroom().await;
    for (query, with_key, without) in [
        ("state=draft&count=true", vec!["draft-b", "draft-a"], vec![]),
        (
            "state=published&count=true",
            vec!["new", "mid", "old"],
            vec!["new", "mid", "old"],
        ),
    ] {
        let path = format!("/v1/articles?{query}");
        let seen = app.get(&path).key().send().await.expect(200).json();
        assert_eq!(
            (slugs(&seen), &seen["total"]),
            (with_key.clone(), &json!(with_key.len()))
        );
        let public = app.get(&path).send().await.expect(200).json();
        assert_eq!(
            (slugs(&public), &public["total"]),
            (without.clone(), &json!(without.len()))
        );
    }
    app.get("/v1/articles?state=draft&cursor=AAAA")
        .send()
        .await
        .expect(400)
        .problem("invalid_cursor");
    app.get("/v1/articles?state=archived")
        .send()
        .await
        .expect(400);
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
        let answer = app.get(&path).send().await.expect(200);
        let page = answer.json();
        seen.extend(slugs(&page).into_iter().map(str::to_owned));
        app.article("comes later").await;
        let Some(next) = page["next"].as_str() else {
            assert_eq!(answer.find("link"), None);
            break;
        };
        assert_eq!(
            answer.header("link"),
            format!("</v1/articles?limit=3&cursor={next}>; rel=\"next\"")
        );
        path = format!("/v1/articles?limit=3&cursor={next}");
    }
    assert_eq!(seen, ["n6", "n5", "n4", "n3", "n2", "n1", "n0"]);
}

#[actix_web::test]
async fn a_cursor_belongs_to_its_filters() {
    let app = newsroom().await;
    let page = app
        .get("/v1/articles?limit=1")
        .key()
        .send()
        .await
        .expect(200)
        .json();
    let next = text(&page["next"]);
    app.get(&format!(
        "/v1/articles?limit=2&fields=title&count=true&cursor={next}"
    ))
    .key()
    .send()
    .await
    .expect(200);
    for query in [
        format!("state=published&cursor={next}"),
        format!("cursor={}", &next[1..]),
        "cursor=AAAA".to_owned(),
    ] {
        app.get(&format!("/v1/articles?{query}"))
            .key()
            .send()
            .await
            .expect(400)
            .problem("invalid_cursor");
    }
    app.get(&format!("/v1/disclaimers?cursor={next}"))
        .send()
        .await
        .expect(400)
        .problem("invalid_cursor");
}

#[actix_web::test]
async fn fields_thin_the_items_but_never_take_the_disclaimers() {
    let app = TestApp::new().await;
    let article = app
        .article_of(json!({"title": "A", "body": "Text", "state": "published"}))
        .await;
    let notice = app.disclaimer("notice").await;
    app.attach(&article, &notice).await;
    let first = |answer: Value| answer["items"][0].clone();
    let thin = first(
        app.get("/v1/articles?fields=title,body")
            .send()
            .await
            .expect(200)
            .json(),
    );
    let reference = json!([{"key": "notice", "version": 1, "placement": "after"}]);
    assert_eq!(
        thin,
        json!({"id": article["id"], "title": "A", "body": "Text", "disclaimers": reference})
    );
    let usual = first(app.get("/v1/articles").send().await.expect(200).json());
    for name in ["body", "body_html", "comment_count"] {
        assert_eq!(usual.get(name), None, "{name} is left out of lists");
    }
    assert_eq!(
        (&usual["disclaimers"], usual.as_object().unwrap().len()),
        (&reference, 28)
    );
    let whole = first(
        app.get("/v1/articles?fields=body_html,comment_count")
            .send()
            .await
            .expect(200)
            .json(),
    );
    assert_eq!(
        (&whole["body_html"], &whole["comment_count"]),
        (&json!("<p>Text</p>\n"), &json!(0))
    );
    app.delete(&path_of(&article))
        .key()
        .send()
        .await
        .expect(204);
    assert_eq!(
        app.get("/v1/articles")
            .key()
            .send()
            .await
            .expect(200)
            .json()["items"],
        json!([])
    );
}

#[actix_web::test]
async fn every_bad_parameter_is_named_at_once() {
    let app = TestApp::new().await;
    let path = "/v1/articles?limit=0&limit=5&cursor=&count=yes&fields=title,nope&page=2&state=x%ff";
    let problem = app
        .get(path)
        .send()
        .await
        .expect(400)
        .problem("invalid_parameter");
    let names: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| text(&fault["parameter"]))
        .collect();
    assert_eq!(
        names,
        [
            "limit",
            "limit",
            "cursor",
            "count",
            "fields",
            "page",
            "state=x%ff"
        ]
    );
    for bad in [
        "limit=101",
        "limit=+5",
        "limit=1.0",
        "limit",
        "fields=",
        "fields=title,,id",
    ] {
        app.get(&format!("/v1/articles?{bad}"))
            .send()
            .await
            .expect(400);
    }
    for fine in [
        "",
        "limit=1",
        "limit=100",
        "fields=title%2Cslug",
        "&limit=5&",
    ] {
        app.get(&format!("/v1/articles?{fine}"))
            .send()
            .await
            .expect(200);
    }
}
