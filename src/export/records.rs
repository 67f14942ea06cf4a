//! The records of an export, each by itself: its members keep the rules for what clients write, and its numbers and states
//! are such as the program stores.

use serde_json::{Value, json};

use super::line::Languages;
use crate::access::export::ExportedKey;
use crate::articles::ids::ArticleId;
use crate::articles::input::{ActionInput, ArticleInput, BlockInput, CorrectInput, WithdrawInput};
use crate::articles::model::written_members;
use crate::articles::store::exported::{
    ExportedArticle, ExportedContent, ExportedEntry, ExportedRevision, ExportedTerm, Identity,
};
use crate::articles::words::{Standing, TermKind};
use crate::comments::input::{AUTHOR_NAME_MAX, CommentInput, ReportInput};
use crate::comments::store::export::{ExportedComment, is_place};
use crate::comments::words::State;
use crate::db::StoredAt;
use crate::disclaimers::input::DisclaimerInput;
use crate::disclaimers::store::export::{ExportedDisclaimer, ExportedDisclaimerVersion};
use crate::domain::ids::parse_id;
use crate::domain::slug::is_slug;
use crate::problem::reason_of;
use crate::web::input::{Input, read_body};
use crate::web::rules::{Language, Line as TextLine, LineOrEmpty, Slug};

/// What numbers of articles and disclaimers stay below: programs that read JSON lose digits from there on.
const NUMBER_END: i64 = 1 << 53;
/// What numbers of comments stay below: the path of a comment has ten hexadecimal digits for each.
const COMMENT_NUMBER_END: i64 = 1 << 40;
/// Longest name of a key, a term or a scope, in code points. A newsroom gives shorter ones.
const NAME_MAX: usize = 300;
/// Stands for a text or name that is empty, which an erased comment has, and one whose source did not name its author.
const NONE: &str = "-";

/// A public id, in the one form in which it is compared.
pub(super) fn check_id(id: &str) -> Result<(), String> {
    match parse_id(id).is_some_and(|known| known.to_string() == id) {
        true => Ok(()),
        false => Err(format!("{id:?} is no id (a UUID in lower case)")),
    }
}

fn check_number(number: i64, end: i64) -> Result<(), String> {
    match number {
        1.. if number < end => Ok(()),
        _ => Err(format!("`number` is {number}, and numbers go from 1 to {}", end - 1)),
    }
}

fn check_version(version: i64) -> Result<(), String> {
    match version {
        1.. => Ok(()),
        _ => Err(format!("`version` is {version}, and versions begin with 1")),
    }
}

fn check_count(name: &str, count: i64) -> Result<(), String> {
    match count {
        0.. => Ok(()),
        _ => Err(format!("`{name}` is {count}, and cannot be below 0")),
    }
}

/// Passes if a body of these members would be taken.
fn check_body<T: Input>(members: Value) -> Result<(), String> {
    read_body::<T>(members).map(drop).map_err(|problem| reason_of(&problem))
}

/// The same of one member.
fn check_member<T: Input>(name: &str, value: &str) -> Result<(), String> {
    read_body::<T>(json!(value))
        .map(drop)
        .map_err(|problem| format!("{name}{}", reason_of(&problem)))
}

/// Who did something; empty of what was done before that was kept.
fn check_actor(actor: Option<&str>, key_id: Option<&str>) -> Result<(), String> {
    check_member::<LineOrEmpty<NAME_MAX>>("the actor", actor.unwrap_or_default())?;
    key_id.map_or(Ok(()), check_id)
}

/// The newsroom's languages.
pub(super) fn check_languages(line: &Languages) -> Result<(), String> {
    if line.languages.is_empty() {
        return Err("`languages` is empty: a newsroom has a language".to_owned());
    }
    line.languages.iter().try_for_each(|one| check_member::<Language>("a language", &one.language))
}

/// A disclaimer.
pub(super) fn check_disclaimer(disclaimer: &ExportedDisclaimer) -> Result<(), String> {
    check_id(&disclaimer.public_id)?;
    check_number(disclaimer.id.0, NUMBER_END)?;
    check_version(disclaimer.version)
}

/// A version of a disclaimer.
pub(super) fn check_disclaimer_version(version: &ExportedDisclaimerVersion) -> Result<(), String> {
    check_version(version.version)?;
    check_body::<DisclaimerInput>(json!({
        "key": version.key,
        "title": version.title,
        "body": version.body,
        "body_format": version.body_format,
        "language": version.language,
        "kind": version.kind,
        "placement": version.placement,
        "priority": version.priority,
        "text_mode": version.text_mode,
        "applies_to": version.applies_to,
        "effective_from": version.effective_from,
        "effective_until": version.effective_until,
    }))
}

/// An article.
pub(super) fn check_article(article: &ExportedArticle) -> Result<(), String> {
    check_id(&article.id)?;
    check_number(article.number.0, NUMBER_END)?;
    check_version(article.version)?;
    let of_article = |reason: String| format!("the article {}: {reason}", article.id);
    check_state(article).map_err(|lacks| of_article(lacks.to_owned()))?;
    check_removal(article).map_err(of_article)?;
    let identity = Identity {
        number: article.number,
        id: &article.id,
        version: article.version,
        created_at: article.created_at,
        comment_count: 0,
    };
    check_content(&article.content, &identity, &article.body).map_err(of_article)?;
    for former in &article.former_slugs {
        if !is_slug(&former.slug) {
            return Err(of_article(format!("its former slug {:?} is no slug", former.slug)));
        }
        if former.slug == article.content.slug {
            return Err(of_article(format!("its former slug {} is its own", former.slug)));
        }
    }
    for correction in &article.corrections {
        check_id(&correction.id)?;
        check_body::<CorrectInput>(json!({"note": correction.note})).map_err(of_article)?;
    }
    Ok(())
}

/// What is public has a publication; what is withdrawn or blocked says so with all that is told of it, and nothing else
/// does.
fn check_state(article: &ExportedArticle) -> Result<(), &'static str> {
    let content = &article.content;
    let removal = article.removal.as_ref();
    let lacks = match content.state {
        Standing::Draft | Standing::Published if removal.is_some() => {
            "it has a `removal`, and is neither withdrawn nor blocked"
        }
        Standing::Published if content.published_at.is_none() => {
            "it is published, and `published_at` is missing"
        }
        Standing::Published if content.went_public_at.is_none() => {
            "it is published, and `went_public_at` is missing"
        }
        Standing::Withdrawn if removal.is_none_or(|removal| removal.withdrawn_at.is_none()) => {
            "it is withdrawn, and `withdrawn_at` of its `removal` is missing"
        }
        Standing::Withdrawn
            if removal.is_some_and(|removal| {
                removal.authority.is_some()
                    || removal.blocked_at.is_some()
                    || removal.state_before_block.is_some()
            }) =>
        {
            "it is withdrawn, and its `removal` tells of a block"
        }
        Standing::Blocked if removal.is_none_or(|removal| removal.authority.is_none()) => {
            "it is blocked, and `authority` of its `removal` is missing"
        }
        Standing::Blocked if removal.is_none_or(|removal| removal.blocked_at.is_none()) => {
            "it is blocked, and `blocked_at` of its `removal` is missing"
        }
        Standing::Blocked => match removal.and_then(|removal| removal.state_before_block) {
            None | Some(Standing::Blocked) => {
                "it is blocked, and `state_before_block` of its `removal` is not what it was before"
            }
            Some(_) => return Ok(()),
        },
        _ => return Ok(()),
    };
    Err(lacks)
}

fn check_removal(article: &ExportedArticle) -> Result<(), String> {
    let Some(removal) = &article.removal else {
        return Ok(());
    };
    if let Some(by) = &removal.replaced_by {
        check_id(by)?;
    }
    check_body::<WithdrawInput>(json!({"notice": removal.notice}))?;
    match &removal.authority {
        None => Ok(()),
        Some(authority) => check_body::<BlockInput>(
            json!({"authority": authority, "reference": removal.reference}),
        ),
    }
}

/// The content of an article or a former version.
fn check_content(
    content: &ExportedContent,
    identity: &Identity<'_>,
    body: &str,
) -> Result<(), String> {
    check_count("word_count", content.word_count)?;
    let members = content.row(identity).and_then(|row| written_members(&row, body));
    let members = members.map_err(|problem| reason_of(&problem))?;
    check_body::<ArticleInput>(Value::Object(members))
}

/// An entry of an article's history.
pub(super) fn check_entry(entry: &ExportedEntry) -> Result<(), String> {
    check_version(entry.version)?;
    check_actor(Some(&entry.actor), entry.actor_key_id.as_deref())?;
    check_body::<ActionInput>(json!({"reason": entry.reason}))?;
    for name in &entry.changes {
        check_member::<TextLine<NAME_MAX>>("the name of a member", name)?;
    }
    entry.restored_version.map_or(Ok(()), check_version)?;
    entry.subject.as_deref().map_or(Ok(()), check_id)
}

/// A former version of an article.
pub(super) fn check_revision(revision: &ExportedRevision) -> Result<(), String> {
    check_version(revision.version)?;
    check_count("comment_count", revision.comment_count)?;
    let Some(content) = &revision.content else {
        return Ok(());
    };
    let identity = Identity {
        // It stands behind its article, whose number was looked at.
        number: ArticleId::START,
        id: &revision.article,
        version: revision.version,
        created_at: StoredAt(0),
        comment_count: revision.comment_count,
    };
    check_content(content, &identity, revision.body.as_deref().unwrap_or_default())
}

/// A comment.
pub(super) fn check_comment(comment: &ExportedComment) -> Result<(), String> {
    check_id(&comment.id)?;
    check_number(comment.number.0, COMMENT_NUMBER_END)?;
    check_version(comment.version)?;
    if comment.place.as_deref().is_some_and(|place| !is_place(place)) {
        return Err("`place` is no place in a thread".to_owned());
    }
    if comment.deleted_at.is_some() && comment.state != State::Removed {
        return Err("it is deleted, and its `state` is not `removed`".to_owned());
    }
    let has_text = !comment.body.is_empty()
        || !comment.author_name.is_empty()
        || comment.author_email.is_some();
    if comment.erased_at.is_some() && (has_text || comment.state != State::Removed) {
        return Err("it is erased, and there is something left of it".to_owned());
    }
    let filled = |text: &str| if text.is_empty() { NONE.to_owned() } else { text.to_owned() };
    check_member::<LineOrEmpty<AUTHOR_NAME_MAX>>("author_name", &comment.author_name)?;
    check_body::<CommentInput>(json!({
        "author_name": filled(&comment.author_name),
        "author_email": comment.author_email,
        "body": filled(&comment.body),
    }))?;
    check_body::<ActionInput>(json!({"reason": comment.state_reason}))?;
    let mut last = 0;
    for entry in &comment.history {
        check_version(entry.version)?;
        if entry.version <= last {
            return Err("its history is not in the order of its versions".to_owned());
        }
        last = entry.version;
        check_actor(Some(&entry.actor), entry.actor_key_id.as_deref())?;
        check_body::<ActionInput>(json!({"reason": entry.reason}))?;
    }
    if last != comment.version {
        return Err(format!(
            "its history does not lead to its version, {}: lines or entries are missing",
            comment.version
        ));
    }
    for report in &comment.reports {
        check_body::<ReportInput>(json!({"reason": report.reason}))?;
        check_actor(report.reporter.as_deref(), None)?;
    }
    Ok(())
}

/// The name of a term.
pub(super) fn check_term(term: &ExportedTerm) -> Result<(), String> {
    match term.kind {
        TermKind::Section | TermKind::Tag => check_member::<Slug>("`value`", &term.value)?,
        // Ranges of languages, which are no languages by themselves, are terms too.
        TermKind::Author | TermKind::Source | TermKind::Language => {
            check_member::<TextLine<NAME_MAX>>("`value`", &term.value)?;
        }
    }
    check_member::<TextLine<NAME_MAX>>("`name`", &term.name)
}

/// A key.
pub(super) fn check_key(key: &ExportedKey) -> Result<(), String> {
    check_id(&key.id)?;
    check_member::<TextLine<NAME_MAX>>("`name`", &key.name)?;
    for scope in &key.scopes {
        check_member::<TextLine<NAME_MAX>>("a scope", scope)?;
    }
    check_actor(key.created_by.as_deref(), key.created_by_key_id.as_deref())?;
    check_actor(key.revoked_by.as_deref(), key.revoked_by_key_id.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(change: impl FnOnce(&mut Value)) -> Result<(), String> {
        let mut line = json!({"number": 3, "id": "0192d5a0-0000-7000-8000-000000000001", "version": 1,
            "created_at": "2024-01-01T00:00:00Z", "body": "Text", "body_html": "<p>Text</p>",
            "content": {"slug": "old", "state": "published", "access": "public",
                "published_at": "2024-01-01T00:00:00Z", "went_public_at": "2024-01-01T00:00:00Z",
                "updated_at": "2024-01-01T00:00:00Z", "title": "Old", "body_format": "text",
                "language": "en", "comments_policy": "open"}});
        change(&mut line);
        check_article(&serde_json::from_value(line).unwrap())
    }

    #[test]
    fn an_article_is_what_the_program_stores() {
        assert_eq!(article(|_| ()), Ok(()));
        let at = "2024-01-02T00:00:00Z";
        let changes: [(&str, fn(&mut Value)); 8] = [
            ("numbers go from 1", |line| line["number"] = json!(1_i64 << 53)),
            ("versions begin with 1", |line| line["version"] = json!(0)),
            ("`word_count` is -1", |line| line["content"]["word_count"] = json!(-1)),
            ("`went_public_at` is missing", |line| {
                line["content"]["went_public_at"] = Value::Null;
            }),
            ("`published_at` is missing", |line| line["content"]["published_at"] = Value::Null),
            ("is its own", |line| {
                line["former_slugs"] = json!([{"slug": "old", "left_at": "2024-01-01T00:00:00Z"}]);
            }),
            ("is no slug", |line| {
                line["former_slugs"] = json!([{"slug": "A b", "left_at": "2024-01-01T00:00:00Z"}]);
            }),
            ("slug must be", |line| line["content"]["slug"] = json!("A b")),
        ];
        for (want, change) in changes {
            let told = article(change).unwrap_err();
            assert!(told.contains(want), "{want} in {told}");
        }
        for (state, removal, want) in [
            ("withdrawn", json!({"withdrawn_at": at}), None),
            ("withdrawn", json!({"withdrawn_at": at, "authority": "A"}), Some("tells of a block")),
            ("withdrawn", json!({"withdrawn_at": at, "blocked_at": at}), Some("tells of a block")),
            (
                "blocked",
                json!({"blocked_at": at, "authority": "A", "state_before_block": "draft"}),
                None,
            ),
            (
                "blocked",
                json!({"authority": "A", "state_before_block": "draft"}),
                Some("`blocked_at`"),
            ),
            ("blocked", json!({"blocked_at": at, "authority": "A"}), Some("`state_before_block`")),
            (
                "blocked",
                json!({"blocked_at": at, "authority": "A", "state_before_block": "blocked"}),
                Some("`state_before_block`"),
            ),
            ("published", json!({"withdrawn_at": at}), Some("neither withdrawn nor blocked")),
        ] {
            let told = article(|line| {
                line["content"]["state"] = json!(state);
                line["removal"] = removal.clone();
            });
            match want {
                None => assert_eq!(told, Ok(()), "{state} {removal}"),
                Some(want) => assert!(told.unwrap_err().contains(want), "{state} {removal}"),
            }
        }
    }

    #[test]
    fn a_comment_is_what_the_program_stores() {
        let comment = |name: &str, value: Value| {
            let mut line = json!({"number": 7, "id": "0192d5a0-0000-7000-8000-000000000002",
                "article": "0192d5a0-0000-7000-8000-000000000001", "version": 1, "state": "published",
                "created_at": "2024-01-02T00:00:00Z", "updated_at": "2024-01-02T00:00:00Z",
                "author_name": "", "body": "Hello", "history": [{"version": 1,
                "at": "2024-01-02T00:00:00Z", "state": "published", "actor": ""}]});
            line[name] = value;
            check_comment(&serde_json::from_value(line).unwrap())
        };
        assert_eq!(comment("number", json!((1_i64 << 40) - 1)), Ok(()), "nobody is named");
        for (name, value, want) in [
            ("number", json!(1_i64 << 40), "numbers go from 1"),
            ("author_name", json!("a\u{202e}b"), "author_name"),
            ("author_email", json!("nobody"), "author_email"),
            ("body", json!("a".repeat(5_001)), "body"),
            ("state_reason", json!("a\nb"), "reason"),
            ("version", json!(0), "versions begin with 1"),
            ("version", json!(2), "does not lead to its version"),
        ] {
            let told = comment(name, value).unwrap_err();
            assert!(told.contains(want), "{want} in {told}");
        }
    }

    #[test]
    fn names_are_names() {
        let term = |kind: &str, value: &str, name: &str| {
            let line = json!({"kind": kind, "value": value, "name": name});
            check_term(&serde_json::from_value(line).unwrap())
        };
        assert_eq!(term("section", "city-hall", "City hall"), Ok(()));
        assert_eq!(term("language", "en-x", "en-x"), Ok(()));
        assert!(term("section", "City hall", "City hall").is_err());
        assert!(term("author", "Ida", "Ida\u{1b}[2J").is_err());
        let key = json!({"id": "0192d5a0-0000-7000-8000-000000000003", "name": "Desk",
            "scopes": ["a\nb"], "created_at": "2024-01-02T00:00:00Z"});
        assert!(check_key(&serde_json::from_value(key).unwrap()).is_err());
    }
}
