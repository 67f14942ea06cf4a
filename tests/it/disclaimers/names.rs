//! Names and languages that differ as text and not to a reader: legal texts go by what a reader sees.

use copydesk::db::{self, Options};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::app::ManualClock;
use crate::support::make::{path_of, text};

/// Spellings of one provider: case, spaces, invisible characters, compatible and look-alike letters.
const SPELLINGS: [&str; 9] = [
    "Northwire", "NORTHWIRE", "northwire", " Northwire ", "North\u{ad}wire", "Northwire\u{200b}",
    "\u{ff2e}\u{ff4f}rthwire", "N\u{43e}rthwire", "N\u{41e}R\u{422}\u{41d}WIRE",
];

async fn disclaimer(app: &TestApp, key: &str, language: Value, applies_to: Value) -> Value {
    let body = json!({"key": key, "title": key, "body": "B", "language": language, "applies_to": applies_to});
    app.key().post("/v1/disclaimers", &body).created().await
}

async fn from(app: &TestApp, source: &str) -> Value {
    app.article_of(json!({"title": "A", "state": "published", "source": {"name": source}})).await
}

/// Key and language of what an article carries.
fn carried(article: &Value) -> Vec<(&str, Option<&str>)> {
    let all = article["disclaimers"].as_array().unwrap().iter();
    all.map(|one| (text(&one["key"]), one["language"].as_str())).collect()
}

async fn preview(app: &TestApp, rule: Value) -> Value {
    let body = json!({"applies_to": rule});
    let path = "/v1/disclaimers/preview?count=true&limit=100";
    app.key().post(path, &body).ok().await
}

#[actix_web::test]
async fn every_spelling_of_a_provider_carries_its_disclaimer() {
    let app = TestApp::new().await;
    disclaimer(&app, "wire", Value::Null, json!({"sources": ["Northwire"]})).await;
    let accents = json!({"sources": ["Le T\u{e9}l\u{e9}gramme"]});
    disclaimer(&app, "telegramme", Value::Null, accents).await;
    for source in SPELLINGS {
        let article = from(&app, source).await;
        assert_eq!(carried(&article), [("wire", None)], "{source:?}");
        assert_eq!(article["disclaimers"][0]["matched_by"], json!(["source:Northwire"]));
    }
    for source in
        ["Le Te\u{301}le\u{301}gramme", "LE T\u{c9}L\u{c9}GRAMME", "Le\u{a0}T\u{e9}l\u{e9}gramme"]
    {
        let article = from(&app, source).await;
        assert_eq!(carried(&article), [("telegramme", None)], "{source:?}");
    }
    // A name in another script, as it is and in capitals.
    let novosti = "\u{420}\u{418}\u{410} \u{41d}\u{43e}\u{432}\u{43e}\u{441}\u{442}\u{438}";
    disclaimer(&app, "novosti", Value::Null, json!({"sources": [novosti]})).await;
    for source in [novosti, &novosti.to_uppercase(), &novosti.to_lowercase()] {
        assert_eq!(carried(&from(&app, source).await), [("novosti", None)], "{source}");
    }
    for source in ["Northwires", "North wire", "Le Telegramme"] {
        assert_eq!(carried(&from(&app, source).await), [], "{source:?}");
    }
    // Lists by rule tell the same, whichever spelling asks.
    for source in SPELLINGS {
        let found = preview(&app, json!({"sources": [source]})).await;
        assert_eq!(found["total"], SPELLINGS.len(), "{source:?}");
        assert_eq!(found["unmatched"], json!([]));
    }
}

#[actix_web::test]
async fn a_preview_says_what_nothing_has() {
    let app = TestApp::new().await;
    let article = json!({"title": "A", "state": "published", "source": {"name": "Northwire"}, "section": "sea", "tags": ["law"], "language": "pt-BR"});
    app.article_of(article).await;
    let rule = json!({"sources": ["Nothwire", "NORTHWIRE"], "sections": ["see", "sea"], "tags": ["law", "lwa"], "languages": ["pt", "de"]});
    let found = preview(&app, rule).await;
    assert_eq!(found["total"], 1);
    let unmatched = json!(["source:Nothwire", "section:see", "tag:lwa", "language:de"]);
    assert_eq!(found["unmatched"], unmatched);
    // What the caller may not list says nothing.
    app.article_of(json!({"title": "D", "source": {"name": "Hidden"}})).await;
    let key = app.key_with(&["disclaimers:write"]).await;
    let body = json!({"applies_to": {"sources": ["Hidden"]}});
    let asked = app.as_key(&key).post("/v1/disclaimers/preview", &body);
    assert_eq!(asked.ok().await["unmatched"], json!(["source:Hidden"]));
}

#[actix_web::test]
async fn a_providers_own_ids_are_unique_whichever_way_it_is_spelled() {
    let app = TestApp::new().await;
    let item = |source: &str| json!({"title": "A", "source": {"name": source}, "external_id": "7"});
    let first = app.article_of(item("Northwire")).await;
    for source in &SPELLINGS[1..] {
        let taken = app.key().post("/v1/articles", item(source)).send().await;
        let problem = taken.expect(409).problem("external_id_taken");
        assert_eq!(problem["conflicting_id"], first["id"], "{source:?}");
    }
    // Its own article may be spelled anew.
    app.key().patch(path_of(&first), json!({"source": {"name": "NORTHWIRE"}})).ok().await;
    app.article_of(item("Southwire")).await;
    app.article_of(json!({"title": "A", "external_id": "7"})).await;
}

#[actix_web::test]
async fn the_longest_translation_that_fits_stands() {
    let app = TestApp::new().await;
    let all = || json!({"all": true});
    for language in ["zh", "zh-Hant", "iw", "de"] {
        disclaimer(&app, "notice", json!(language), all()).await;
        app.clock.advance(ManualClock::START / 1_000_000);
    }
    for (article, want) in [
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-Hant", "zh-Hant"),
        ("zh-Hans-CN", "zh"),
        ("zh-cmn-Hant", "zh-Hant"),
        ("he", "iw"),
        ("he-IL", "iw"),
        ("de-AT", "de"),
    ] {
        let body = json!({"title": "A", "state": "published", "language": article});
        let made = app.article_of(body).await;
        assert_eq!(carried(&made), [("notice", Some(want))], "{article}");
    }
    disclaimer(&app, "hebrew", Value::Null, json!({"languages": ["he"]})).await;
    let made = app.article_of(json!({"title": "A", "language": "iw"})).await;
    assert!(carried(&made).contains(&("hebrew", None)), "{made}");
    assert_eq!(preview(&app, json!({"languages": ["iw"]})).await["total"], 3);
}

/// A newsroom from before names were compared by keys gets them at its next start.
#[actix_web::test]
async fn what_was_written_before_is_found_as_well() {
    let app = TestApp::new().await;
    let article = from(&app, "NORTHWIRE").await;
    let edit = json!({"source": {"name": "Northwire "}, "language": "iw"});
    app.key().patch(path_of(&article), &edit).ok().await;
    app.run_beside("update spellings set key = '', folding = 0");
    let rule = || json!({"sources": ["northwire"], "languages": ["he"]});
    assert_eq!(preview(&app, rule()).await["total"], 0);
    db::ensure(&app.location, &Options::default(), None).unwrap();
    assert_eq!(preview(&app, rule()).await["total"], 1);
}

/// Two articles from before names were compared so stay editable: what they have is their own.
#[actix_web::test]
async fn a_pair_of_spellings_from_before_can_be_edited() {
    let app = TestApp::new().await;
    let item = |source: &str, id: &str| json!({"title": "A", "source": {"name": source}, "external_id": id});
    let first = app.article_of(item("Wire A", "1")).await;
    app.article_of(item("WIRE A", "2")).await;
    app.run_beside("update articles set external_id = '1'");
    let edit = async |body: Value| app.key().patch(path_of(&first), &body).send().await.status;
    assert_eq!(edit(json!({"title": "New"})).await, 200);
    assert_eq!(edit(json!({"source": {"name": "wire a"}})).await, 200);
    assert_eq!(edit(json!({"external_id": "2"})).await, 200);
    assert_eq!(edit(json!({"external_id": "1"})).await, 409);
}

/// However many names are misspelt, they are told of in one look.
#[actix_web::test]
async fn many_unmatched_names_are_told_of_on_the_first_page() {
    let app = TestApp::new().await;
    for number in 0..3 {
        app.article_of(json!({"title": "A", "source": {"name": "Wire"}, "tags": ["law"], "slug": format!("a-{number}")})).await;
    }
    let names: Vec<String> = (0..200).map(|number| format!("Unknown {number}")).collect();
    let mut sources = names.clone();
    sources[7] = "wire".to_owned();
    let rule = json!({"applies_to": {"sources": sources, "tags": ["law", "lwa"]}});
    let page = async |cursor: &str| {
        app.key().post(format!("/v1/disclaimers/preview?limit=2{cursor}"), &rule).ok().await
    };
    let first = page("").await;
    assert_eq!(first["unmatched"].as_array().unwrap().len(), 200);
    let second = page(&format!("&cursor={}", text(&first["next"]))).await;
    assert_eq!((&second["unmatched"], &second["next"]), (&Value::Null, &Value::Null));
}
