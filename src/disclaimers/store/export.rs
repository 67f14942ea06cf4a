//! Disclaimers as an export has them: each with all its versions, and the newsroom's languages.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{delete, select_key_owner};
use crate::db::StoredAt;
use crate::db::prelude::*;
use crate::db::schema::{disclaimer_marks, disclaimer_versions, disclaimers, site_languages};
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::rules::Rule;
use crate::disclaimers::words::{BodyFormat, Kind, Placement, TextMode};
use crate::domain::ids::parse_id;
use crate::domain::slug::SLUG_MAX;
use crate::problem::Problem;

/// The newsroom's own language from an instant on: it decides which translation of a disclaimer stands where that of the
/// article's language is missing.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = site_languages)]
#[serde(deny_unknown_fields)]
pub struct ExportedLanguage {
    /// From then on.
    pub since: StoredAt,
    /// The language (BCP 47).
    pub language: String,
}

/// A disclaimer. Its versions are the lines after it. One that was changed while the export was made has another such
/// line further down, with the versions that came.
#[derive(Clone, Debug, Queryable, Selectable, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = disclaimers)]
#[serde(deny_unknown_fields)]
pub struct ExportedDisclaimer {
    /// The number of its row: disclaimers are numbered in the order in which they were created, with gaps.
    #[serde(rename = "number")]
    #[schema(value_type = i64, minimum = 1)]
    pub id: DisclaimerId,
    /// Its id.
    #[serde(rename = "id")]
    pub public_id: String,
    /// The number of its newest version.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When it was created.
    pub created_at: StoredAt,
    /// When its newest version was made.
    pub updated_at: StoredAt,
}

/// The articles to which a rule attaches a disclaimer: entries of one list are alternatives, all
/// lists that are not empty must match.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AppliesTo)]
pub struct ExportedRule {
    /// Every article that the lists allow.
    pub all: bool,
    /// Articles of one of these providers.
    pub sources: Vec<String>,
    /// Articles in one of these sections.
    pub sections: Vec<String>,
    /// Articles with one of these tags.
    pub tags: Vec<String>,
    /// Articles in one of these languages (RFC 4647 section 3.3.1: `pt` also matches `pt-BR`).
    pub languages: Vec<String>,
}

impl From<Rule> for ExportedRule {
    fn from(rule: Rule) -> Self {
        let Rule { all, sources, sections, tags, languages } = rule;
        Self { all, sources, sections, tags, languages }
    }
}

/// A version of a disclaimer, as it has been in force since it was made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportedDisclaimerVersion {
    /// The id of the disclaimer.
    pub disclaimer: String,
    /// The number of the version, from 1 on without gaps.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When it was made.
    pub created_at: StoredAt,
    /// Its name for programs and editors.
    pub key: String,
    /// Its language (BCP 47); without it, for all languages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Its headline.
    pub title: String,
    /// Its text.
    pub body: String,
    /// The format of its text.
    pub body_format: BodyFormat,
    /// Its text as sanitised HTML, as readers have seen it.
    pub body_html: String,
    /// Its category.
    pub kind: Kind,
    /// Its position.
    pub placement: Placement,
    /// Its order among those in the same position, the smallest first.
    pub priority: i64,
    /// Which version articles show.
    pub text_mode: TextMode,
    /// The rule by which it attaches to articles; without it, by none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_to: Option<ExportedRule>,
    /// From when on the rule applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<StoredAt>,
    /// Until when the rule applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<StoredAt>,
    /// Since when it is retired: it attaches itself to nothing that is published later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<StoredAt>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = disclaimer_versions)]
struct VersionRow {
    version: i64,
    created_at: StoredAt,
    key: String,
    language: Option<String>,
    title: String,
    body: String,
    body_format: BodyFormat,
    body_html: String,
    kind: Kind,
    placement: Placement,
    priority: i64,
    text_mode: TextMode,
    applies_to: Option<String>,
    effective_from: Option<StoredAt>,
    effective_until: Option<StoredAt>,
    retired_at: Option<StoredAt>,
}

impl VersionRow {
    fn exported(self, disclaimer: &str) -> Result<ExportedDisclaimerVersion, Problem> {
        let rule = self.applies_to.as_deref().map(serde_json::from_str::<Rule>).transpose();
        let rule = rule.map_err(|error| {
            Problem::internal(format!(
                "the rule in version {} of the disclaimer {disclaimer} is damaged: {error}",
                self.version
            ))
        })?;
        Ok(ExportedDisclaimerVersion {
            disclaimer: disclaimer.to_owned(),
            version: self.version,
            created_at: self.created_at,
            key: self.key,
            language: self.language,
            title: self.title,
            body: self.body,
            body_format: self.body_format,
            body_html: self.body_html,
            kind: self.kind,
            placement: self.placement,
            priority: self.priority,
            text_mode: self.text_mode,
            applies_to: rule.map(ExportedRule::from),
            effective_from: self.effective_from,
            effective_until: self.effective_until,
            retired_at: self.retired_at,
        })
    }
}

/// The mark of what disclaimers and languages are now: another one after each change (primary key).
pub fn select_mark(conn: &mut Conn) -> QueryResult<Vec<u8>> {
    disclaimer_marks::table.find(1).select(disclaimer_marks::mark).first(conn)
}

/// The newsroom's languages, the oldest first (primary key).
pub fn select_languages(conn: &mut Conn) -> QueryResult<Vec<ExportedLanguage>> {
    site_languages::table
        .filter(site_languages::since.ge(i64::MIN))
        .order(site_languages::since.asc())
        .select(ExportedLanguage::columns())
        .load(conn)
}

/// Puts these languages in the place of those that are there.
pub fn replace_languages(conn: &mut Conn, languages: &[ExportedLanguage]) -> QueryResult<()> {
    let all = site_languages::table.filter(site_languages::since.ge(i64::MIN));
    diesel::delete(all).execute(conn)?;
    for ExportedLanguage { since, language } in languages {
        diesel::insert_into(site_languages::table)
            .values((site_languages::since.eq(since.0), site_languages::language.eq(language)))
            .execute(conn)?;
    }
    Ok(())
}

/// The next disclaimers after `after`, in the order in which they were created (primary key).
pub fn select_next_exported(
    conn: &mut Conn,
    after: DisclaimerId,
    most: i64,
) -> QueryResult<Vec<ExportedDisclaimer>> {
    disclaimers::table
        .filter(disclaimers::id.gt(after))
        .order(disclaimers::id.asc())
        .limit(most)
        .select(ExportedDisclaimer::columns())
        .load(conn)
}

/// The next versions of a disclaimer after `after` (primary key of `disclaimer_versions`).
///
/// # Errors
/// `internal` if a stored rule is damaged, or a database fault.
pub fn select_next_versions(
    conn: &mut Conn,
    disclaimer: &ExportedDisclaimer,
    after: i64,
    most: i64,
) -> Result<Vec<ExportedDisclaimerVersion>, Problem> {
    let rows: Vec<VersionRow> = disclaimer_versions::table
        .filter(disclaimer_versions::disclaimer_id.eq(disclaimer.id))
        .filter(disclaimer_versions::version.gt(after))
        .order(disclaimer_versions::version.asc())
        .limit(most)
        .select(VersionRow::columns())
        .load(conn)?;
    rows.into_iter().map(|row| row.exported(&disclaimer.public_id)).collect()
}

/// The disclaimer in a row, if it is the one with this public id.
pub fn select_exported(
    conn: &mut Conn,
    id: DisclaimerId,
    public_id: &str,
) -> QueryResult<Option<ExportedDisclaimer>> {
    disclaimers::table
        .find(id)
        .filter(disclaimers::public_id.eq(public_id))
        .select(ExportedDisclaimer::columns())
        .first(conn)
        .optional()
}

/// True for the public id of a disclaimer that this import has stored: what others wrote meanwhile is left alone.
pub type IsOurs<'a> = dyn Fn(&str) -> bool + 'a;

/// How a disclaimer was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It was not there.
    New,
    /// It was there, and has further versions.
    Newer,
    /// It is new, and has the number of another one, with this public id, which is deleted: so it was while the export was
    /// made, as numbers are given anew.
    InPlaceOf(String),
}

/// Stores a disclaimer whose versions come after it; one that is there already gets its new number of the newest version.
///
/// # Errors
/// A database error, also if one that is not ours has its number, or articles carry the one that had it.
pub fn restore(
    conn: &mut Conn,
    disclaimer: &ExportedDisclaimer,
    is_ours: &IsOurs<'_>,
) -> QueryResult<Stored> {
    let known: Option<String> = disclaimers::table
        .find(disclaimer.id)
        .select(disclaimers::public_id)
        .first(conn)
        .optional()?;
    let known = known.filter(|known| is_ours(known));
    if known.as_ref() == Some(&disclaimer.public_id) {
        diesel::update(disclaimers::table.find(disclaimer.id))
            .set((
                disclaimers::version.eq(disclaimer.version),
                disclaimers::updated_at.eq(disclaimer.updated_at.0),
            ))
            .execute(conn)?;
        return Ok(Stored::Newer);
    }
    if let Some(gone) = &known {
        delete(conn, disclaimer.id, gone)?;
    }
    diesel::insert_into(disclaimers::table)
        .values((
            disclaimers::id.eq(disclaimer.id),
            disclaimers::public_id.eq(&disclaimer.public_id),
            // Its versions say what it is called; until the first of them comes, nothing else is called like this.
            disclaimers::key.eq(&disclaimer.public_id),
            disclaimers::version.eq(disclaimer.version),
            disclaimers::created_at.eq(disclaimer.created_at.0),
            disclaimers::updated_at.eq(disclaimer.updated_at.0),
        ))
        .execute(conn)?;
    Ok(known.map_or(Stored::New, Stored::InPlaceOf))
}

/// Stores the next version of a disclaimer, as it was made then. The last one says what the disclaimer is called. Returns
/// the public id of another that was called like this, and gives way: it has left the key while the export was made, and
/// its version that says so comes later, or [`name_again`] names it.
///
/// # Errors
/// A database error, also if one that is not ours is called like this.
pub fn restore_version(
    conn: &mut Conn,
    id: DisclaimerId,
    version: &ExportedDisclaimerVersion,
    is_ours: &IsOurs<'_>,
) -> QueryResult<Option<String>> {
    let rule = version.applies_to.as_ref().map(serde_json::to_string).transpose();
    let rule = rule.map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
    if rule.is_some() {
        diesel::update(disclaimers::table.find(id))
            .set(disclaimers::ever_rule.eq(1))
            .execute(conn)?;
    }
    diesel::insert_into(disclaimer_versions::table)
        .values((
            disclaimer_versions::disclaimer_id.eq(id),
            disclaimer_versions::version.eq(version.version),
            disclaimer_versions::key.eq(&version.key),
            disclaimer_versions::language.eq(version.language.as_deref()),
            disclaimer_versions::title.eq(&version.title),
            disclaimer_versions::body.eq(&version.body),
            disclaimer_versions::body_format.eq(version.body_format.word()),
            disclaimer_versions::body_html.eq(&version.body_html),
            disclaimer_versions::kind.eq(version.kind.word()),
            disclaimer_versions::placement.eq(version.placement.word()),
            disclaimer_versions::priority.eq(version.priority),
            disclaimer_versions::created_at.eq(version.created_at.0),
            disclaimer_versions::text_mode.eq(version.text_mode.word()),
            disclaimer_versions::applies_to.eq(rule),
            disclaimer_versions::effective_from.eq(version.effective_from.map(|at| at.0)),
            disclaimer_versions::effective_until.eq(version.effective_until.map(|at| at.0)),
            disclaimer_versions::retired_at.eq(version.retired_at.map(|at| at.0)),
        ))
        .execute(conn)?;
    // The newest alone has to be unique: an older one may be called as another is now.
    let newest: i64 = disclaimers::table.find(id).select(disclaimers::version).first(conn)?;
    if newest != version.version {
        return Ok(None);
    }
    let language = version.language.as_deref();
    let other = select_key_owner(conn, &version.key, language, Some(id))?;
    let other = other.filter(|other| is_ours(other));
    if let Some(other) = &other {
        diesel::update(disclaimers::table.filter(disclaimers::public_id.eq(other)))
            .set(disclaimers::key.eq(other))
            .execute(conn)?;
    }
    set_name(conn, id, &version.key, language)?;
    Ok(other)
}

fn set_name(
    conn: &mut Conn,
    id: DisclaimerId,
    key: &str,
    language: Option<&str>,
) -> QueryResult<()> {
    diesel::update(disclaimers::table.find(id))
        .set((disclaimers::key.eq(key), disclaimers::language.eq(language)))
        .execute(conn)
        .map(drop)
}

/// Calls a disclaimer that has given way, and got no other key since, as its newest version says. If another is called
/// like this still, it gets another key, which is returned with the one that it had: in the newsroom of the export it was
/// deleted in between, and its text stays here all the same.
///
/// # Errors
/// A database error.
pub fn name_again(conn: &mut Conn, public_id: &str) -> QueryResult<Option<(String, String)>> {
    let found: Option<(DisclaimerId, i64, String)> = disclaimers::table
        .filter(disclaimers::public_id.eq(public_id))
        .select((disclaimers::id, disclaimers::version, disclaimers::key))
        .first(conn)
        .optional()?;
    let Some((id, version, _)) = found.filter(|(.., key)| key == public_id) else {
        return Ok(None);
    };
    let (key, language): (String, Option<String>) = disclaimer_versions::table
        .find((id, version))
        .select((disclaimer_versions::key, disclaimer_versions::language))
        .first(conn)?;
    let language = language.as_deref();
    if select_key_owner(conn, &key, language, Some(id))?.is_none() {
        set_name(conn, id, &key, language)?;
        return Ok(None);
    }
    let mut number = id.0;
    let mut free = numbered(&key, number);
    while select_key_owner(conn, &free, language, Some(id))?.is_some() {
        number += 1;
        free = numbered(&key, number);
    }
    set_name(conn, id, &free, language)?;
    diesel::update(disclaimer_versions::table.find((id, version)))
        .set(disclaimer_versions::key.eq(&free))
        .execute(conn)?;
    Ok(Some((key, free)))
}

/// A slug with a number behind it: a slug still, and never a UUID.
#[must_use]
pub fn numbered(slug: &str, number: i64) -> String {
    let end = format!("-{number}");
    let room = SLUG_MAX.saturating_sub(end.len());
    let base = slug.get(..room).unwrap_or(slug).trim_end_matches('-');
    let whole = format!("{base}{end}");
    match parse_id(&whole) {
        None => whole,
        Some(_) => format!("n-{whole}"),
    }
}

/// Deletes a disclaimer that was just stored, if it is the one in its row.
///
/// # Errors
/// A database error, also if an article carries it by now.
pub fn forget(conn: &mut Conn, id: DisclaimerId, public_id: &str) -> QueryResult<()> {
    match select_exported(conn, id, public_id)? {
        Some(_) => delete(conn, id, public_id),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::slug::is_slug;

    #[test]
    fn a_rule_with_a_member_that_is_not_known_is_not_read() {
        let known = r#"{"all":true,"sources":[],"sections":[],"tags":[],"languages":[]}"#;
        assert!(serde_json::from_str::<ExportedRule>(known).is_ok());
        let more = known.replace("}", ",\"authors\":[\"Ida Marsh\"]}");
        assert!(serde_json::from_str::<ExportedRule>(&more).is_err());
    }

    #[test]
    fn a_slug_with_a_number_is_one() {
        assert_eq!(numbered("storm", 7), "storm-7");
        let long = "a".repeat(SLUG_MAX);
        let cut = numbered(&long, 123);
        assert!(is_slug(&cut) && cut.len() == SLUG_MAX && cut.ends_with("a-123"), "{cut}");
        let words = "ab-".repeat(70)[..SLUG_MAX].trim_end_matches('-').to_owned();
        assert!((1..100_000).step_by(777).all(|number| is_slug(&numbered(&words, number))));
        let id = numbered("0192d5a0-0000-7000-8000", 123_456_789_012);
        assert!(is_slug(&id), "{id}");
    }
}
