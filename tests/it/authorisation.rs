//! Who may call what: every operation of the document, every kind of caller. A new
//! operation fails here until it has its row.

use copydesk::domain::scope::{Preset, Scope};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::contract::DOCUMENT;
use crate::support::make::{NOWHERE, text};

/// Whom an operation lets in.
#[derive(Clone, Copy)]
enum Door {
    /// Looks at no credentials.
    Open,
    /// Anyone; a bad key is refused.
    Public,
    /// Any key.
    Key,
    /// Keys with one of these.
    Scopes(&'static [Scope]),
}

use Door::{Key, Open, Public, Scopes};

const WRITE: Door = Scopes(&[Scope::ArticlesWrite]);
const DRAFTS: Door = Scopes(&[Scope::DraftsRead]);
const PUBLISH: Door = Scopes(&[Scope::ArticlesPublish]);
const ATTACH: Door = Scopes(&[Scope::ArticlesWrite, Scope::DisclaimersWrite]);
const MODERATE: Door = Scopes(&[Scope::CommentsModerate]);
const DISCLAIMERS: Door = Scopes(&[Scope::DisclaimersWrite]);
const KEYS: Door = Scopes(&[Scope::KeysManage]);

const WEBHOOKS: Door = Scopes(&[Scope::WebhooksManage]);
const DOORS: &[(&str, Door)] = &[
    ("list_articles", Public),
    ("create_article", WRITE),
    ("read_article", Public),
    ("list_related", Public),
    ("read_rss_feed", Public),
    ("read_atom_feed", Public),
    ("read_json_feed", Public),
    ("read_sitemap_index", Public),
    ("read_sitemap", Public),
    ("read_news_sitemap", Public),
    ("list_sections", Public),
    ("read_section", Public),
    ("name_section", WRITE),
    ("list_tags", Public),
    ("read_tag", Public),
    ("name_tag", WRITE),
    ("list_authors", Public),
    ("list_sources", Public),
    ("replace_article", WRITE),
    ("update_article", WRITE),
    ("delete_article", WRITE),
    ("publish_article", PUBLISH),
    ("unpublish_article", PUBLISH),
    ("withdraw_article", PUBLISH),
    ("block_article", PUBLISH),
    ("unblock_article", PUBLISH),
    ("correct_article", WRITE),
    ("withdraw_correction", WRITE),
    ("list_history", DRAFTS),
    ("read_timemap", Public),
    ("list_revisions", DRAFTS),
    ("read_revision", DRAFTS),
    ("restore_revision", WRITE),
    ("restore_article", WRITE),
    ("list_carried", Public),
    ("attach_disclaimer", ATTACH),
    ("detach_disclaimer", ATTACH),
    ("list_comments", Public),
    ("create_comment", Public),
    ("count_comments", Public),
    ("list_queue", MODERATE),
    ("export_comments", MODERATE),
    ("erase_comments", MODERATE),
    ("list_reports", MODERATE),
    ("report_comment", Public),
    ("block_address", MODERATE),
    ("list_blocks", MODERATE),
    ("read_block", MODERATE),
    ("unblock_address", MODERATE),
    ("moderate_comments", MODERATE),
    ("list_comment_history", MODERATE),
    ("read_comment", Public),
    ("update_comment", MODERATE),
    ("delete_comment", MODERATE),
    ("restore_comment", MODERATE),
    ("list_disclaimers", Public),
    ("create_disclaimer", DISCLAIMERS),
    ("read_disclaimer", Public),
    ("replace_disclaimer", DISCLAIMERS),
    ("update_disclaimer", DISCLAIMERS),
    ("delete_disclaimer", DISCLAIMERS),
    ("retire_disclaimer", DISCLAIMERS),
    ("list_disclaimer_versions", Public),
    ("read_disclaimer_version", Public),
    ("list_carriers", DISCLAIMERS),
    ("preview_rule", DISCLAIMERS),
    ("list_keys", KEYS),
    ("create_key", KEYS),
    ("read_own_key", Key),
    ("read_key", KEYS),
    ("revoke_key", KEYS),
    ("list_changes", Public),
    ("stream_changes", Public),
    ("list_webhooks", WEBHOOKS),
    ("create_webhook", WEBHOOKS),
    ("read_webhook", WEBHOOKS),
    ("update_webhook", WEBHOOKS),
    ("delete_webhook", WEBHOOKS),
    ("rotate_webhook_secret", WEBHOOKS),
    ("test_webhook", WEBHOOKS),
    ("list_webhook_deliveries", WEBHOOKS),
    ("resend_webhook_delivery", WEBHOOKS),
    ("list_audit", Scopes(&[Scope::AuditRead])),
    ("read_metrics", Scopes(&[Scope::MetricsRead])),
    ("read_index", Open),
    ("read_api_catalog", Open),
    ("read_docs", Open),
    ("check_health", Open),
    ("check_readiness", Open),
    ("read_openapi", Open),
    ("list_problems", Open),
    ("read_problem", Open),
];

/// What an answer says about the caller.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    LetIn,
    NoKey,
    BadKey,
    NoScope,
}

fn verdict(status: u16, body: &Value) -> Verdict {
    match (status, body["code"].as_str()) {
        (401, Some("unauthenticated")) => Verdict::NoKey,
        (401, _) => Verdict::BadKey,
        (403, Some("insufficient_scope")) => Verdict::NoScope,
        _ => Verdict::LetIn,
    }
}

#[actix_web::test]
async fn every_operation_lets_in_whom_it_should() {
    let app = TestApp::new().await;
    let make = async |scopes: Vec<&str>, expires: Option<&str>| {
        let body = json!({"name": "N", "scopes": scopes, "expires_at": expires});
        app.key().post("/v1/keys", &body).created().await
    };
    let expired = make(Vec::new(), Some("2026-11-22T10:00:01Z")).await;
    let revoked = make(Vec::new(), None).await;
    app.clock.advance(2_000_000);
    let path = format!("/v1/keys/{}", text(&revoked["id"]));
    app.key().delete(&path).done().await;
    let unknown = "cdk_aaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let bad = [unknown, text(&expired["key"]), text(&revoked["key"]), "junk"];
    let mut presets = Vec::new();
    for word in Preset::WORDS {
        let scopes = Preset::from_word(word).unwrap().scopes();
        let key = text(&make(scopes.words(), None).await["key"]).to_owned();
        presets.push((*word, scopes, key));
    }
    let mut checked = 0;
    for (pattern, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, documented) in item.as_object().unwrap() {
            let Some(name) = documented["operationId"].as_str() else {
                continue;
            };
            let row = DOORS.iter().find(|(known, _)| *known == name);
            let door = row.unwrap_or_else(|| panic!("{name} has no row in this table")).1;
            let mut path = pattern.replace("{code}", "nothing").replace("{slug}", "nothing");
            path = path.replace("{version}", "1").replace("{part}", "1");
            for parameter in [
                "{article}", "{block}", "{comment}", "{correction}", "{delivery}", "{disclaimer}",
                "{key}", "{webhook}",
            ] {
                path = path.replace(parameter, NOWHERE);
            }
            let ask = async |key: &str| {
                let answer = app.as_key(key).request(&method.to_uppercase(), &path).send().await;
                verdict(answer.status, &serde_json::from_slice(&answer.body).unwrap_or_default())
            };
            let (nobody, stranger) = match door {
                Open => (Verdict::LetIn, Verdict::LetIn),
                Public => (Verdict::LetIn, Verdict::BadKey),
                Key | Scopes(_) => (Verdict::NoKey, Verdict::BadKey),
            };
            assert_eq!(ask("").await, nobody, "{name}");
            for key in bad {
                assert_eq!(ask(key).await, stranger, "{name} to {key}");
            }
            for (preset, scopes, key) in &presets {
                let want = match door {
                    Scopes(any_of) if !any_of.iter().any(|scope| scopes.has(*scope)) => {
                        Verdict::NoScope
                    }
                    _ => Verdict::LetIn,
                };
                assert_eq!(ask(key).await, want, "{name} to {preset}");
            }
            checked += 1 + bad.len() + presets.len();
        }
    }
    assert_eq!(checked, DOORS.len() * 11, "every row is an operation");
}
