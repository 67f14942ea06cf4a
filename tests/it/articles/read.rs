use crate::support::TestApp;
use crate::support::make::{AT_ONCE, NOWHERE, path_of, text};

#[actix_web::test]
async fn an_article_is_read_by_id_and_by_slug() {
    let app = TestApp::new().await;
    let article = app.article("Flood warning").await;
    let by_id = app.get(path_of(&article)).expect(200).await;
    let by_slug = app.get("/v1/articles/flood-warning").expect(200).await;
    assert_eq!(by_id.json(), article);
    assert_eq!(by_id.body, by_slug.body);
    assert_eq!(by_id.header("cache-control"), AT_ONCE);
    let group = text(&article["id"]).replace('-', "");
    assert!(by_id.header("surrogate-key").starts_with(&group));
    assert!(by_id.header("cache-groups").starts_with(&format!("\"{group}\", ")));
    let upper = path_of(&article).to_uppercase().replace("/V1/ARTICLES", "/v1/articles");
    app.get(&upper).ok().await;
}

#[actix_web::test]
async fn a_draft_is_absent_without_a_key() {
    let app = TestApp::new().await;
    let draft = app.draft("Secret").await;
    let hidden = app.get(path_of(&draft)).expect(404).await;
    let absent = app.get(format!("/v1/articles/{NOWHERE}")).expect(404).await;
    let same =
        |text: String, id: &str, request: &str| text.replace(id, "ID").replace(request, "REQUEST");
    let (a, b) =
        (hidden.header("x-request-id").to_owned(), absent.header("x-request-id").to_owned());
    assert_eq!(
        same(hidden.text(), text(&draft["id"]), &a),
        same(absent.text(), NOWHERE, &b),
        "hidden and absent are the same but for the id asked for and the request's"
    );
    let with_key = app.key().get("/v1/articles/secret").expect(200).await;
    assert_eq!(with_key.header("cache-control"), "private, no-store");
}

#[actix_web::test]
async fn a_path_that_is_neither_id_nor_slug_is_400() {
    let app = TestApp::new().await;
    for bad in ["Flood", "a--b", "a%20b", "%ff", "a%2Fb", "-a", "a.b"] {
        let problem = app.get(format!("/v1/articles/{bad}")).refused("invalid_parameter").await;
        assert_eq!(problem["errors"][0]["parameter"], "article", "{bad}");
    }
}

#[actix_web::test]
async fn a_known_representation_is_304_in_any_coding() {
    let app = TestApp::new().await;
    let article = app
        .article_of(
            serde_json::json!({"title": "A", "state": "published", "body": "word ".repeat(400)}),
        )
        .await;
    let path = path_of(&article);
    let plain = app.get(&path).expect(200).await;
    let tag = plain.header("etag").to_owned();
    for coding in ["gzip", "br"] {
        let packed = app.get(&path).header("Accept-Encoding", coding).expect(200).await;
        assert_eq!(packed.header("content-encoding"), coding);
        assert_eq!(packed.header("etag"), format!("{}-{coding}\"", tag.trim_end_matches('"')));
        assert!(packed.body.len() < plain.body.len() / 2);
        assert_eq!(unpack(coding, &packed.body), plain.body);
        for known in [&tag, packed.header("etag")] {
            let answer = app
                .get(&path)
                .header("Accept-Encoding", coding)
                .header("If-None-Match", known)
                .send()
                .await;
            let answer = answer.expect(304);
            assert_eq!(answer.header("etag"), packed.header("etag"));
            assert_eq!(answer.header("cache-control"), AT_ONCE);
        }
    }
    app.comment(&article, "Hello").await;
    let answer = app.get(&path).header("If-None-Match", &tag).expect(200).await;
    assert_eq!(answer.json()["comment_count"], 1);
    assert_eq!(answer.json()["version"], 1, "a comment is no write to the article");
    app.get(&path).header("If-None-Match", "nonsense").expect(400).await;
}

fn unpack(coding: &str, body: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut out = Vec::new();
    match coding {
        "gzip" => flate2::read::GzDecoder::new(body).read_to_end(&mut out).unwrap(),
        _ => brotli::Decompressor::new(body, 4096).read_to_end(&mut out).unwrap(),
    };
    out
}
