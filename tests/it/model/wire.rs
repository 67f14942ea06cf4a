//! What the model's newsroom looks like on the wire.

use copydesk::domain::instant::Instant;
use serde_json::{Value, json};

use super::article::Article;
use super::newsroom::{BODIES, Micros, POLICIES};
use super::steps::{Who, Words};

/// The keys of the disclaimers that there are.
pub const NOTICES: [&str; 2] = ["n0", "n1"];

pub fn instant(at: Micros) -> String {
    Instant::from_micros(at).to_string()
}

/// How history names a caller.
pub fn actor(who: Who) -> String {
    match who {
        Who::Admin => "admin".to_owned(),
        who => format!("Key of {who:?}"),
    }
}

fn html(body: &str) -> String {
    body.split("\n\n")
        .filter(|text| !text.is_empty())
        .map(|text| format!("<p>{text}</p>\n"))
        .collect()
}

/// The disclaimers, in their order, without the ids that only the server knows.
fn notices(article: &Article) -> Vec<Value> {
    let mut carried = article.notices.clone();
    carried.sort_unstable();
    let whole = |notice: usize| {
        json!({"key": NOTICES[notice], "version": 1, "title": "Notice", "body_html": format!("<p>The text of {}.</p>\n", NOTICES[notice]),
            "placement": "after", "kind": "legal", "language": null, "matched_by": ["manual"]})
    };
    carried.into_iter().map(whole).collect()
}

/// The article as whoever reads it gets it at `now`.
pub fn article(article: &Article, now: Micros) -> Value {
    let at = |at: Option<Micros>| json!(at.map(instant));
    let corrections: Vec<Value> = article
        .corrections
        .iter()
        .map(|one| json!({"id": one.id, "note": one.note, "corrected_at": instant(one.corrected_at), "withdrawn_at": at(one.withdrawn_at)}))
        .collect();
    json!({
        "id": article.id, "slug": article.slug, "state": article.state(now), "version": article.version,
        "title": article.title, "summary": null, "body_format": "markdown",
        "word_count": article.body.split_whitespace().count(), "dateline": null, "authors": [], "source": null,
        "external_id": article.external_id, "canonical_url": null, "language": "en", "section": null,
        "tags": [], "image": null, "comments_policy": article.policy,
        "comments_close_at": null, "comments_open": article.policy != "closed", "access": if article.restricted { "restricted" } else { "public" },
        "embargo_until": at(article.embargo), "expires_at": at(article.end), "metadata": {},
        "published_at": at(article.shown_published_at(now)), "created_at": instant(article.created_at),
        "updated_at": instant(article.updated_at), "body": article.body, "body_html": html(article.body),
        "comment_count": article.published_remarks(), "corrections": corrections, "disclaimers": notices(article), "comments": null,
    })
}

/// The same as an entry of a list; a teaser where it is not read.
pub fn list_item(of: &Article, is_read: bool, now: Micros) -> Value {
    let mut item = article(of, now);
    let members = item.as_object_mut().unwrap();
    for name in ["body", "body_html", "comment_count", "comments"] {
        members.remove(name);
    }
    let references = members["disclaimers"].as_array().unwrap().iter();
    let reference = |one: &Value| json!({"key": one["key"], "version": one["version"], "placement": one["placement"]});
    members["disclaimers"] = references.map(reference).collect();
    if !is_read {
        members["word_count"] = json!(0);
        members["comments_open"] = json!(false);
        members["external_id"] = Value::Null;
        members["corrections"] = json!([]);
    }
    item
}

/// What everyone may see of a licensed article.
pub fn teaser(of: &Article, now: Micros) -> Value {
    let whole = article(of, now);
    let mut teaser = json!({});
    for name in [
        "id", "slug", "title", "summary", "dateline", "authors", "source", "language", "section",
        "tags", "image", "access", "published_at", "disclaimers",
    ] {
        teaser[name] = whole[name].clone();
    }
    teaser
}

/// What history says of a write that left `article`.
pub fn entry(article: &Value, who: Who, said: &Value, changes: &[&str]) -> Value {
    let details = match &said["details"] {
        Value::Null => json!({}),
        given => given.clone(),
    };
    json!({
        "details": details, "version": article["version"], "event": said["event"], "actor": actor(who), "reason": said["reason"],
        "changes": changes, "disclaimer_id": said["disclaimer_id"], "correction_id": said["correction_id"],
        "restored_version": said["restored_version"], "at": article["updated_at"],
    })
}

/// A body that says these words.
pub fn words(words: &Words, is_there: bool, asked: Micros) -> Value {
    let mut body = json!({});
    if words.with_title || !is_there {
        body["title"] = json!(super::newsroom::TITLES[usize::from(words.title)]);
    }
    let at = |offset: Option<i64>| json!(offset.map(|millis| instant(asked + millis * 1_000)));
    if let Some(slug) = words.slug {
        body["slug"] = json!(super::newsroom::SLUGS[usize::from(slug)]);
    }
    if let Some(text) = words.body {
        body["body"] = json!(BODIES[usize::from(text)]);
    }
    if let Some(restricted) = words.restricted {
        body["access"] = json!(if restricted { "restricted" } else { "public" });
    }
    if let Some(embargo) = words.embargo {
        body["embargo_until"] = at(embargo);
    }
    if let Some(end) = words.end {
        body["expires_at"] = at(end);
    }
    if let Some(id) = words.external_id {
        body["external_id"] = json!(id.map(|id| format!("x{id}")));
    }
    if let Some(policy) = words.policy {
        body["comments_policy"] = json!(POLICIES[usize::from(policy)]);
    }
    body
}
