//! Sections, tags, authors and providers; and related articles.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{path_of, text, texts};

async fn newsroom() -> TestApp {
    let app = TestApp::new().await;
    for (slug, section, tags, author, at) in [
        ("a", "city", json!(["harbour", "weather"]), "Ada Marsh", "2026-01-01T00:00:00Z"),
        ("b", "city", json!(["harbour"]), "ada  marsh", "2026-01-02T00:00:00Z"),
        ("c", "sao-paulo", json!(["harbour", "c-plus-plus"]), "Bo Ek", "2026-01-03T00:00:00Z"),
        ("d", "sao-paulo", json!(["weather"]), "Bo Ek", "2026-01-04T00:00:00Z"),
    ] {
        let body = json!({"title": slug, "slug": slug, "section": section, "tags": tags, "authors": [{"name": author}],
            "published_at": at, "state": "published", "source": {"name": "Northwire"}});
        app.article_of(body).await;
    }
    app.article_of(json!({"title": "draft", "section": "secret", "tags": ["harbour"]})).await;
    app
}

#[actix_web::test]
async fn terms_have_names_and_numbers_of_what_the_caller_may_see() {
    let app = newsroom().await;
    let sections = app.get("/v1/sections?count=true").ok().await;
    assert_eq!(
        sections,
        json!({"items": [
            {"value": "city", "name": "City", "article_count": 2, "last_published_at": "2026-01-02T00:00:00.000000Z"},
            {"value": "sao-paulo", "name": "Sao paulo", "article_count": 2, "last_published_at": "2026-01-04T00:00:00.000000Z"},
        ], "next": null, "total": 2})
    );
    let all = app.key().get("/v1/sections").ok().await;
    assert_eq!(texts(&all["items"], "value"), ["city", "sao-paulo", "secret"]);
    assert_eq!(
        (&all["items"][2]["article_count"], &all["items"][2]["last_published_at"]),
        (&json!(1), &Value::Null)
    );
    app.get("/v1/sections/secret").refused("term_not_found").await;
    app.key().get("/v1/sections/secret").ok().await;
    let tags = app.get("/v1/tags?sort=-article_count&fields=article_count").ok().await;
    assert_eq!(tags["items"][0], json!({"value": "harbour", "article_count": 3}));
    let newest = app.get("/v1/tags?sort=-last_published_at").ok().await;
    assert_eq!(texts(&newest["items"], "value"), ["weather", "c-plus-plus", "harbour"]);
    let authors = app.get("/v1/authors").ok().await;
    assert_eq!(
        texts(&authors["items"], "value"),
        ["ada  marsh", "Bo Ek"],
        "one author, under the newest spelling"
    );
    assert_eq!(app.get("/v1/sources").ok().await["items"][0]["article_count"], 4);
}

#[actix_web::test]
async fn a_term_gets_the_name_that_people_read() {
    let app = newsroom().await;
    let named =
        app.key().put("/v1/sections/sao-paulo", json!({"name": "S\u{e3}o Paulo"})).ok().await;
    assert_eq!((&named["name"], &named["article_count"]), (&json!("S\u{e3}o Paulo"), &json!(2)));
    app.key().put("/v1/tags/c-plus-plus", json!({"name": "C++"})).ok().await;
    // It stays with later articles.
    app.article_of(json!({"title": "E", "tags": ["c-plus-plus", "c-sharp"], "section": "sao-paulo", "state": "published"})).await;
    assert_eq!(app.get("/v1/tags/c-plus-plus").ok().await["name"], "C++");
    assert_eq!(app.get("/v1/tags/c-sharp").ok().await["name"], "C sharp");
    let facets = app.get("/v1/articles?facets=section").ok().await;
    assert_eq!(facets["facets"]["section"][0]["name"], "S\u{e3}o Paulo");
    let taken_away = app.key().put("/v1/sections/sao-paulo", json!({"name": null})).ok().await;
    assert_eq!(taken_away["name"], "Sao paulo");
    app.key().put("/v1/sections/nothing", json!({"name": "N"})).refused("term_not_found").await;
    app.put_empty("/v1/sections/city").refused("unauthenticated").await;
}

#[actix_web::test]
async fn terms_are_paged_forward_and_back() {
    let app = TestApp::new().await;
    let tags: Vec<String> = (0..7).map(|number| format!("tag-{number}")).collect();
    app.article_of(json!({"title": "A", "tags": tags, "state": "published"})).await;
    for sort in ["name", "-article_count", "-last_published_at"] {
        let mut path = format!("/v1/tags?limit=3&sort={sort}");
        let mut seen = Vec::new();
        let last = loop {
            let answer = app.get(&path).expect(200).await;
            let page = answer.json();
            seen.extend(texts(&page["items"], "value").into_iter().map(str::to_owned));
            match page["next"].as_str() {
                Some(next) => path = format!("/v1/tags?limit=3&sort={sort}&cursor={next}"),
                None => break answer,
            }
        };
        assert_eq!(seen, tags);
        let link = last.header("link");
        let back = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"prev\"").unwrap();
        assert_eq!(texts(&app.get(back).ok().await["items"], "value"), tags[3..6]);
    }
}

#[actix_web::test]
async fn related_articles_share_tags_and_the_rare_ones_count_more() {
    let app = newsroom().await;
    let slugs = |list: &Value| {
        texts(&list["items"], "slug").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let related = app.get("/v1/articles/a/related").ok().await;
    assert_eq!(
        slugs(&related),
        ["d", "b", "c"],
        "weather is rarer than harbour; the section decides then"
    );
    assert_eq!(slugs(&app.get("/v1/articles/a/related?limit=1").ok().await), ["d"]);
    let with_drafts = app.key().get("/v1/articles/a/related").ok().await;
    assert_eq!(with_drafts["items"].as_array().unwrap().len(), 4);
    let thin = app.get("/v1/articles/a/related?fields=title&limit=1").ok().await;
    assert_eq!(thin["items"][0].as_object().unwrap().len(), 3);
    let draft = app.draft("Alone").await;
    app.get(format!("{}/related", path_of(&draft))).refused("article_not_found").await;
    assert_eq!(
        app.key().get(format!("{}/related", path_of(&draft))).ok().await["items"],
        json!([])
    );
    let article = app.get("/v1/articles/a").ok().await;
    app.key().patch(path_of(&article), json!({"slug": "a2"})).ok().await;
    let moved = app.get("/v1/articles/a/related?limit=1").expect(308).await;
    assert_eq!(moved.header("location"), "/v1/articles/a2/related?limit=1");
    assert!(!text(&article["id"]).is_empty());
}

/// Readers do not learn how a draft spells a name.
#[actix_web::test]
async fn a_draft_changes_no_public_name() {
    let app = newsroom().await;
    let draft = app
        .article_of(
            json!({"title": "D", "source": {"name": "NORTHWIRE"}, "authors": [{"name": "BO EK"}]}),
        )
        .await;
    let names = async || {
        let (sources, authors) =
            (app.get("/v1/sources").ok().await, app.get("/v1/authors").ok().await);
        (
            text(&sources["items"][0]["name"]).to_owned(),
            text(&authors["items"][1]["name"]).to_owned(),
        )
    };
    assert_eq!(names().await, ("Northwire".to_owned(), "Bo Ek".to_owned()));
    app.key().delete(format!("{}?purge=true", path_of(&draft))).done().await;
    assert_eq!(names().await, ("Northwire".to_owned(), "Bo Ek".to_owned()));
    // A public one does, until it is purged.
    let public = app
        .article_of(json!({"title": "P", "source": {"name": "NorthWire"}, "state": "published"}))
        .await;
    assert_eq!(names().await.0, "NorthWire");
    app.key().delete(format!("{}?purge=true", path_of(&public))).done().await;
    assert_eq!(names().await.0, "Northwire");
}

#[actix_web::test]
async fn a_term_is_written_as_any_other_thing() {
    let app = newsroom().await;
    let shown = app.key().get("/v1/tags/harbour").expect(200).await;
    let mut body = shown.json();
    body["name"] = "The harbour".into();
    app.key()
        .put("/v1/tags/harbour", &body)
        .header("If-Match", "\"nope\"")
        .refused("precondition_failed")
        .await;
    app.key().put("/v1/tags/harbour", &body).header("If-Match", shown.header("etag")).ok().await;
    assert_eq!(app.get("/v1/tags/harbour").ok().await["name"], "The harbour");
    body["article_count"] = 7.into();
    app.key().put("/v1/tags/harbour", json!({"value": "other"})).faults().await;
    // Who may not see a draft does not learn of its tags.
    let writer = app.key_with(&["articles:write"]).await;
    app.as_key(&writer)
        .put("/v1/sections/secret", json!({"name": "S"}))
        .refused("term_not_found")
        .await;
    app.key().put("/v1/sections/secret", json!({"name": "S"})).ok().await;
}

/// What the clock changes in a list of terms is kept no longer than that.
#[actix_web::test]
async fn terms_change_with_the_clock() {
    let app = TestApp::new().await;
    app.article_of(json!({"title": "A", "section": "city", "state": "published"})).await;
    app.article_of(json!({"title": "E", "section": "city", "state": "published", "embargo_until": "2026-11-22T10:00:10Z"})).await;
    app.clock.advance(9_000_000);
    for path in ["/v1/sections", "/v1/sections/city"] {
        assert!(
            app.get(path).expect(200).await.header("cache-control").contains("max-age=0"),
            "{path}"
        );
    }
    app.clock.advance(2_000_000);
    assert_eq!(app.get("/v1/sections/city").ok().await["article_count"], 2);
}
