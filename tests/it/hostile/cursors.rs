//! Cursors that were not made here: a digest binds them to their list, and anyone can compute it. What they hold must
//! do no more than lead to another place of the same list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use copydesk::web::paging::Listing;
use serde_json::{Value, json};

use super::corpus::Hostile;
use super::walk::{Operation, Sent, Walk, operations};
use crate::support::make::{NOWHERE, text};

/// Parameters that bind no cursor.
const UNBOUND: [&str; 4] = ["limit", "cursor", "count", "fields"];
/// Bytes of the digest before the key.
const DIGEST: usize = 8;

/// Values that stand at the ends of what a key can hold.
fn scalars() -> Vec<Value> {
    vec![
        json!(null),
        json!(0),
        json!(-1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(true),
        json!(""),
        json!("\u{0}"),
        json!("9999-12-31T23:59:59.999999Z"),
        json!(NOWHERE),
        json!("x".repeat(300)),
        json!({}),
    ]
}

/// Keys of one, two and three of them.
fn keys() -> Vec<Value> {
    let scalars = scalars();
    let mut keys = scalars.clone();
    for one in &scalars {
        keys.push(json!([one]));
        for other in &scalars {
            keys.push(json!([one, other]));
            keys.push(json!([other, one, one]));
        }
    }
    keys
}

/// The key in a cursor that was made here, with each of its parts replaced.
fn changed(cursor: &str) -> Vec<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap();
    let key: Value = serde_json::from_slice(&bytes[DIGEST..]).unwrap();
    let mut all = Vec::new();
    for scalar in scalars() {
        match &key {
            Value::Array(parts) => {
                for at in 0..parts.len() {
                    let mut parts = parts.clone();
                    parts[at] = scalar.clone();
                    all.push(Value::Array(parts));
                }
            }
            _ => all.push(scalar),
        }
    }
    all
}

fn is_unbound_list(operation: &Operation) -> bool {
    let names: Vec<&str> =
        operation.parameters("query").iter().map(|one| text(&one["name"])).collect();
    operation.method == "GET"
        && names.contains(&"cursor")
        && names.iter().all(|name| UNBOUND.contains(name))
}

/// Entries for a second page.
async fn entries(walk: &Walk, path: &str) {
    let app = &walk.app;
    if let Some((article, _)) = path.strip_prefix("/v1/articles/").and_then(|it| it.split_once('/'))
    {
        for title in ["Two", "Three"] {
            app.key().patch(format!("/v1/articles/{article}"), json!({"title": title})).ok().await;
        }
    } else if let Some((comment, _)) =
        path.strip_prefix("/v1/comments/").and_then(|it| it.split_once('/'))
    {
        for state in ["spam", "published"] {
            let decision = json!({"state": state});
            app.key().patch(format!("/v1/comments/{comment}"), &decision).ok().await;
        }
    } else if let Some((notice, _)) =
        path.strip_prefix("/v1/disclaimers/").and_then(|it| it.split_once('/'))
    {
        for body in ["Two", "Three"] {
            app.key().patch(format!("/v1/disclaimers/{notice}"), json!({"body": body})).ok().await;
        }
    } else {
        walk.populate().await;
        app.disclaimer("another").await;
    }
}

#[actix_web::test]
async fn forged_cursors_lead_nowhere_else() {
    let (mut lists, mut taken, mut real) = (0, 0, 0);
    for operation in operations().iter().filter(|operation| is_unbound_list(operation)) {
        let mut walk = Walk::new(operation.name).await;
        let path = walk.stage(operation).await;
        entries(&walk, &path).await;
        let first = walk.app.key().get(format!("{path}?limit=1")).ok().await;
        let mut all = keys();
        if let Some(next) = first["next"].as_str() {
            all.extend(changed(next));
            real += 1;
        }
        let listing = Listing::new(&path, &[]);
        for key in all {
            let cursor = listing.seal(&key);
            let uri = format!("{path}?limit=1&cursor={cursor}");
            let hostile = Hostile::Text(key.to_string());
            let answer = walk.send(&Sent::new("GET", uri, ("cursor", &hostile))).await;
            taken += usize::from(answer.is_some_and(|answer| answer.status == 200));
        }
        lists += 1;
    }
    assert!(lists > 3 && real > 2 && taken > 20, "{lists} lists, {real} pages, {taken} cursors");
}

/// A cursor of a list, broken at each place.
#[actix_web::test]
async fn broken_cursors_are_refused() {
    let mut walk = Walk::new("broken cursors").await;
    walk.populate().await;
    for list in ["/v1/articles", "/v1/comments", "/v1/tags"] {
        let first = walk.app.key().get(format!("{list}?limit=1")).ok().await;
        // A list of one page has none.
        let Some(cursor) = first["next"].as_str() else {
            assert_ne!(list, "/v1/articles");
            continue;
        };
        for at in 0..cursor.len() {
            let other = if cursor.as_bytes()[at] == b'A' { 'B' } else { 'A' };
            let swapped = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
            for broken in [cursor[..at].to_owned(), cursor[at + 1..].to_owned(), swapped] {
                let hostile = Hostile::Text(broken.clone());
                let uri = format!("{list}?limit=1&cursor={broken}");
                let answer = walk.send(&Sent::new("GET", uri, ("cursor", &hostile))).await;
                let status = answer.map(|answer| answer.status);
                // The last character of Base64 may hold bits that say nothing.
                let is_last = at + 1 == cursor.len();
                assert!(status == Some(400) || is_last, "{list}: {broken} instead of {cursor}");
            }
        }
    }
}
