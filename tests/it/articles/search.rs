//! Full-text search of articles.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::make::{path_of, text, texts};

async fn found(app: &TestApp, q: &str) -> Vec<String> {
    slugs(&app.get(format!("/v1/articles?q={}", encoded(q))).ok().await)
}

fn slugs(list: &Value) -> Vec<String> {
    texts(&list["items"], "slug").into_iter().map(str::to_owned).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn story(app: &TestApp, slug: &str, body: &str) -> Value {
    app.article_of(json!({"title": slug, "slug": slug, "body": body, "state": "published"})).await
}

#[actix_web::test]
async fn words_are_and_and_the_rest_of_the_language() {
    let app = TestApp::new().await;
    story(&app, "one", "The **night** buses return to the hill.").await;
    story(&app, "two", "Night trains, and buses by day.").await;
    story(&app, "three", "Nightly news: <b>Amp</b> & co.").await;
    for (q, want) in [
        ("night", vec!["two", "one"]),
        ("NIGHT buses", vec!["two", "one"]),
        ("\"night buses\"", vec!["one"]),
        ("night*", vec!["three", "two", "one"]),
        ("buses -trains", vec!["one"]),
        ("buses -\"night buses\"", vec!["two"]),
        ("amp", vec!["three"]),
        ("b", vec![]),
        ("strong", vec![]),
        ("-buses", vec![]),
        ("\"", vec![]),
        ("buses OR", vec![]),
    ] {
        let mut got = found(&app, q).await;
        got.sort();
        let mut want = want.clone();
        want.sort_unstable();
        assert_eq!(got, want, "{q}");
    }
}

#[actix_web::test]
async fn the_headline_counts_more_and_all_parts_are_searched() {
    let app = TestApp::new().await;
    story(&app, "body-alone", "The harbour, once.").await;
    app.article_of(
        json!({"title": "Harbour", "slug": "headline", "body": "Nothing.", "state": "published"}),
    )
    .await;
    app.article_of(json!({"title": "T", "slug": "tag", "tags": ["harbour"], "state": "published"}))
        .await;
    app.article_of(
        json!({"title": "T", "slug": "summary", "summary": "At the harbour", "state": "published"}),
    )
    .await;
    app.article_of(json!({"title": "T", "slug": "author", "authors": [{"name": "Ana Harbour"}], "state": "published"})).await;
    let got = found(&app, "harbour").await;
    assert_eq!(got[0], "headline");
    assert_eq!(got.last().unwrap(), "body-alone");
    assert_eq!(got.len(), 5);
    let sorted = app.get("/v1/articles?q=harbour&sort=published_at").ok().await;
    assert_eq!(slugs(&sorted), ["body-alone", "headline", "tag", "summary", "author"]);
}

#[actix_web::test]
async fn an_excerpt_shows_why_and_is_safe() {
    let app = TestApp::new().await;
    app.article_of(json!({"title": "<script>x</script> fox", "slug": "a", "body": "A & B: `<b>` the fox.", "state": "published", "tags": ["hen"]})).await;
    let first = async |q: &str, more: &str| {
        app.get(format!("/v1/articles?q={q}{more}")).ok().await["items"][0]["snippet"].clone()
    };
    assert_eq!(first("fox", "").await, "A &amp; B: &lt;b&gt; the <mark>fox</mark>.");
    assert_eq!(first("fox", "&fields=title").await, "A &amp; B: &lt;b&gt; the <mark>fox</mark>.");
    assert_eq!(
        first("script", "").await,
        "&lt;<mark>script</mark>&gt;x&lt;/<mark>script</mark>&gt; fox"
    );
    assert_eq!(first("hen", "").await, Value::Null);
    assert_eq!(app.get("/v1/articles").ok().await["items"][0].get("snippet"), None);
}

/// What a teaser hides finds nothing and leaves out nothing, in any form of a query.
#[actix_web::test]
async fn a_licensed_text_is_not_guessed_word_by_word() {
    let app = TestApp::new().await;
    app.article_of(json!({"title": "Licensed report", "slug": "l", "body": "The secret number is forty-two; Müller knows.", "access": "restricted", "state": "published"})).await;
    story(&app, "p", "A public report without it.").await;
    let reader = app.key_with(&["restricted:read"]).await;
    for (q, anonymous, with_key) in [
        ("report", 2, 2),
        ("secret", 0, 1),
        ("report secret", 0, 1),
        ("report -secret", 2, 1),
        ("\"secret number\"", 0, 1),
        ("licensed -\"secret number\"", 1, 0),
        ("secr*", 0, 1),
        ("mueller", 0, 1),
        ("report -mueller", 2, 1),
        ("fortytwo", 0, 1),
    ] {
        let query = format!("/v1/articles?count=true&q={}", encoded(q));
        let anonymous_list = app.get(&query).ok().await;
        assert_eq!(anonymous_list["items"].as_array().unwrap().len(), anonymous, "{q}");
        assert_eq!(anonymous_list["total"], anonymous, "{q}");
        let key_list = app.as_key(&reader).get(&query).ok().await;
        assert_eq!(key_list["items"].as_array().unwrap().len(), with_key, "{q}");
        for item in anonymous_list["items"].as_array().unwrap() {
            let snippet = item["snippet"].as_str().unwrap_or_default();
            assert!(!snippet.contains("number") && !snippet.contains("knows"), "{snippet}");
        }
        for access in ["public", "restricted"] {
            let narrowed = app.get(format!("{query}&access={access}")).ok().await;
            let of_it = anonymous_list["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|item| item["access"] == access);
            assert_eq!(narrowed["total"], of_it.count(), "{q} {access}");
        }
    }
}

#[actix_web::test]
async fn a_search_finds_what_the_caller_may_see_as_it_is_now() {
    let app = TestApp::new().await;
    let article = story(&app, "a", "about foxes").await;
    let path = path_of(&article);
    app.article_of(json!({"title": "draft of foxes", "slug": "d"})).await;
    app.article_of(json!({"title": "foxes later", "slug": "e", "state": "published", "embargo_until": "2026-11-22T11:00:00Z"})).await;
    assert_eq!(found(&app, "foxes").await, ["a"]);
    assert_eq!(
        app.key().get("/v1/articles?q=foxes").ok().await["items"].as_array().unwrap().len(),
        3
    );
    app.key().patch(&path, json!({"body": "about hens", "tags": ["otters"]})).ok().await;
    assert_eq!((found(&app, "foxes").await.len(), found(&app, "hens otters").await.len()), (0, 1));
    app.key().patch(&path, json!({"title": "geese"})).ok().await;
    assert_eq!((found(&app, "geese hens").await.len(), found(&app, "a").await.len()), (1, 0));
    app.act(&article, "withdraw", json!({})).await;
    assert_eq!(found(&app, "hens").await.len(), 0);
    app.act(&article, "publish", json!({})).await;
    app.key().delete(&path).done().await;
    assert_eq!(found(&app, "hens").await.len(), 0);
    assert_eq!(
        app.key().get("/v1/articles?q=hens&state=trashed").ok().await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    app.act(&article, "restore", json!({})).await;
    assert_eq!(found(&app, "hens").await.len(), 1);
    app.clock.advance(2 * 60 * 60_000_000);
    assert_eq!(found(&app, "foxes").await, ["e"], "its embargo is over");
}

/// A purged article's words are neither found nor left in the file.
#[actix_web::test]
async fn a_purge_forgets_the_words_of_all_versions() {
    let app = TestApp::in_file().await;
    for number in 0..30 {
        story(&app, &format!("n{number}"), "others stay here").await;
    }
    let article = story(&app, "gone", "first zyzzyvafirst").await;
    let path = path_of(&article);
    app.key()
        .patch(&path, json!({"body": "then zyzzyvathen", "authors": [{"name": "Zyzzyva Author"}]}))
        .ok()
        .await;
    let holds = |word: &str| {
        let files = ["", "-wal"].map(|end| format!("{}{end}", app.file().display()));
        files.iter().any(|file| {
            let bytes = std::fs::read(file).unwrap_or_default();
            bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
        })
    };
    assert!(holds("zyzzyva"));
    app.key().delete(format!("{path}?purge=true")).done().await;
    assert!(!holds("zyzzyva"));
    assert_eq!(found(&app, "others").await.len(), 20);
    assert_eq!(app.get("/v1/authors").ok().await["items"], json!([]));
}

#[actix_web::test]
async fn pages_of_a_search_are_stable_while_others_write() {
    let app = TestApp::new().await;
    for number in 0..9 {
        story(&app, &format!("n{number}"), &"fox ".repeat(1 + number % 3)).await;
    }
    let whole = found(&app, "fox").await;
    let mut path = "/v1/articles?q=fox&limit=2".to_owned();
    let (mut seen, mut prev) = (Vec::new(), None);
    loop {
        let answer = app.get(&path).expect(200).await;
        seen.extend(slugs(&answer.json()));
        prev = answer
            .find("link")
            .filter(|link| link.contains("\"prev\""))
            .map(str::to_owned)
            .or(prev);
        story(&app, &format!("new-{}", seen.len()), "fox fox fox").await;
        let Some(next) = answer.json()["next"].as_str().map(str::to_owned) else {
            break;
        };
        path = format!("/v1/articles?q=fox&limit=2&cursor={next}");
    }
    assert_eq!(seen, whole);
    let prev = prev.unwrap();
    let back = prev.rsplit('<').next().unwrap().split('>').next().unwrap();
    assert_eq!(slugs(&app.get(back).ok().await), whole[6..8]);
    // The article that a cursor names may go.
    let page = app.get("/v1/articles?q=fox&limit=3").ok().await;
    let last = text(&page["items"][2]["id"]).to_owned();
    app.key().delete(format!("/v1/articles/{last}")).done().await;
    app.get(format!("/v1/articles?q=fox&limit=3&cursor={}", text(&page["next"]))).ok().await;
}

/// Whatever is typed: an answer, and no fault.
#[actix_web::test]
async fn anything_that_can_be_typed_is_safe() {
    let app = TestApp::new().await;
    story(&app, "a", "Some text: C++, AT&T, l\u{2019}\u{e9}t\u{e9}, \u{5317}\u{4eac}.").await;
    let pieces = [
        "\"", "*", "-", "(", ")", "^", ":", "{", "}", "+", "NOT ", "AND ", "OR ", "NEAR(", "a",
        "text", " ", "'", ";", "--", "/*", "\\", "%", "_", "\u{5317}", "\u{301}", "\u{200d}",
        "\u{1f600}", "\u{e000}restricted", "marks:", "title :", "\u{5d0}\"\u{5d1}", "C++",
        "\u{e001}", "\u{a0}", "#", "&", "\u{feff}", "0", ",", ".", "\u{2019}", "\u{ac00}",
        "\u{e01}",
    ];
    let mut state = 88_172_645_463_325_252_u64;
    let mut below = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % most as u64).unwrap()
    };
    for _ in 0..1_000 {
        let q: String = (0..1 + below(12)).map(|_| pieces[below(pieces.len())]).collect();
        app.get(format!("/v1/articles?q={}", encoded(&q))).ok().await;
    }
    for q in ["\u{1}", &"a ".repeat(250), &"-a ".repeat(166), &"\"".repeat(500)] {
        app.get(format!("/v1/articles?q={}", encoded(q))).ok().await;
    }
    app.get(format!("/v1/articles?q={}", "a".repeat(501))).refused("invalid_parameter").await;
}

/// What came here last is found of a very common word, and the answer says that there is more.
#[actix_web::test]
async fn a_search_ends_where_it_says() {
    let app = TestApp::new().await;
    let hand = app.disclaimer("hand").await;
    let oldest = story(&app, "oldest", "wombat").await;
    app.attach(&oldest, &hand).await;
    for number in 0..1_001 {
        let body = json!({"title": "T", "slug": format!("n{number}"), "body": "wombat", "state": "published", "published_at": "2020-01-01T00:00:00Z"});
        app.article_of(body).await;
    }
    for sort in ["relevance", "-published_at", "title"] {
        let list = app
            .get(format!("/v1/articles?q=wombat&sort={sort}&count=true&facets=tag&limit=1"))
            .ok()
            .await;
        assert_eq!(
            (&list["total"], &list["total_is_capped"], &list["facets_are_capped"]),
            (&json!(1_000), &json!(true), &json!(true)),
            "{sort}"
        );
    }
    let carried = app.get("/v1/articles?q=wombat&has_disclaimer=hand&count=true").ok().await;
    assert_eq!(
        (slugs(&carried), &carried["total"], &carried["total_is_capped"]),
        (vec!["oldest".to_owned()], &json!(1), &json!(false))
    );
}

/// A cursor tells nothing of what its reader may not see.
#[actix_web::test]
async fn a_cursor_does_not_count_drafts() {
    let app = TestApp::new().await;
    for slug in ["one", "two"] {
        story(&app, slug, "fox").await;
    }
    let before = app.get("/v1/articles?q=fox&limit=1").expect(200).await;
    app.draft("Draft of a fox").await;
    let after = app.get("/v1/articles?q=fox&limit=1").expect(200).await;
    assert_eq!((before.json(), before.header("etag")), (after.json(), after.header("etag")));
}
