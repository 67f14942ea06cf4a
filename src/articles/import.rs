//! Importing articles from files and from other systems: a second run leaves what is unchanged alone, and applies
//! what was edited there to its article.

use serde_json::{Value, json};

use super::addresses::noted;
use super::carried::carried_by;
use super::ids::ArticleId;
use super::input::{ArticleCreate, ArticleInput};
use super::ladder::Rung;
use super::model::{ArticleRow, BodyRow, written_members};
use super::rules::{initial_published_at, state_of};
use super::store::{self, Attached};
use super::words::{HistoryEvent, InitialState, Standing, State, TermKind};
use super::write::{self, By, Withdrawal};
use super::yielding::settle_slug;
use crate::db::Conn;
use crate::disclaimers;
use crate::disclaimers::ids::DisclaimerId;
use crate::disclaimers::model::{CarriedRow, DisclaimerRow};
use crate::domain::ids::{Entropy, new_id};
use crate::domain::instant::Instant;
use crate::domain::markup::Rendered;
use crate::domain::slug::slugify;
use crate::problem::{FaultCode, Problem};
use crate::web::caller::Actor;
use crate::web::input::read_body;

/// Versions from here on are instants in microseconds (from 2001 on): what a source has that does not count them.
pub const INSTANTS: i64 = 1_000_000_000_000_000;
/// The members of a text.
const BODY: &str = "body";
const BODY_FORMAT: &str = "body_format";
/// Translations of one disclaimer that are looked at: more than a newsroom has languages.
const TRANSLATIONS_MAX: i64 = 100;

/// An article as its source has it.
pub struct ImportedArticle {
    /// What its source knows it by: a file's absolute path, without symbolic links, or the id of a record with the
    /// name of its source. Imported again, it is the same article.
    pub source_id: String,
    /// SHA-256 of the whole file or record and of the options with which it is read.
    pub sha256: [u8; 32],
    /// Its content. A publication in the future is a schedule.
    pub article: ArticleCreate,
    /// The members of `NOT_IN_FILES` that this source does set.
    pub said: Vec<&'static str>,
    /// Its former slugs.
    pub former_slugs: Vec<String>,
    /// The names of its section and tags: the kind, the slug, the name.
    pub names: Vec<(TermKind, String, String)>,
    /// The paths and URLs that it has at its source: comments that come without it find it by them.
    pub addresses: Vec<String>,
    /// The number of its version, where its source counts them, or else the instant at which its source said so, in
    /// microseconds since 1970.
    pub source_version: Option<i64>,
    /// The notice of one that its source has withdrawn; an empty one says nothing.
    pub withdrawn: Option<String>,
    /// The disclaimers whose texts were taken out of its text: it carries them, attached by hand.
    pub disclaimers: Vec<Lifted>,
    /// Whether it is imported although it was purged here.
    pub is_wanted_again: bool,
    /// Its rendered text.
    pub rendered: Rendered,
}

/// A disclaimer whose text was taken out of that of an article: readers are to be shown this text, and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifted {
    /// Its key.
    pub key: String,
    /// Its row: of several translations, this one.
    pub disclaimer: DisclaimerId,
    /// Its version.
    pub version: i64,
}

/// The outcome for an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new article was created, which is in this state now.
    Created(State),
    /// It was edited since the last import, and its article was updated.
    Updated(State),
    /// It is unchanged.
    Unchanged,
    /// It is no newer version than the one that was imported: nothing was changed.
    Older,
    /// It was edited, but its article is in the trash: an import does not undo that.
    InTrash,
    /// Its article was purged here: an import does not undo that.
    Purged,
}

/// What readers have of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It, or its teaser.
    Public,
    /// Nothing now, and it from an instant on: it is scheduled, or its embargo ends then.
    Later,
    /// Nothing.
    Nothing,
}

impl Shown {
    fn of(row: &ArticleRow, now: Instant) -> Self {
        let is_public = |at| matches!(Rung::of(row, at), Rung::Public | Rung::Restricted);
        let starts = row.went_public_at.max(row.embargo_until).map(Instant::from_micros);
        match starts {
            _ if is_public(now) => Self::Public,
            Some(at) if at > now && is_public(at) => Self::Later,
            _ => Self::Nothing,
        }
    }
}

/// The actor in the history.
const ACTOR: Actor<'static> = Actor::named("import");

/// True if `source_id` was imported with this digest, and in no older version: then there is nothing to do.
///
/// # Errors
/// A database fault.
pub fn is_imported(
    conn: &mut Conn,
    source_id: &str,
    version: (&[u8], Option<i64>),
) -> Result<bool, Problem> {
    Ok(store::is_imported(conn, source_id, version)?)
}

/// True if the article that was imported as `source_id` was purged here.
///
/// # Errors
/// A database fault.
pub fn is_purged(conn: &mut Conn, source_id: &str) -> Result<bool, Problem> {
    Ok(store::is_purged(conn, source_id)?)
}

/// Why there is no article for the comments on what is known as `source_id`, if it was imported: it is in the trash, or was
/// purged.
///
/// # Errors
/// A database fault.
pub fn taken_away(conn: &mut Conn, source_id: &str) -> Result<Option<&'static str>, Problem> {
    let imported = store::select_imported(conn, source_id)?;
    if imported.is_some_and(|imported| imported.article.is_none()) {
        return Ok(Some("is on an article that is in the trash here"));
    }
    let purged = store::is_purged(conn, source_id)?;
    Ok(purged.then_some("is on an article that was purged here"))
}

/// The article that was imported as `source_id`, unless it is in the trash.
///
/// # Errors
/// A database fault.
pub fn article_by_source(conn: &mut Conn, source_id: &str) -> Result<Option<ArticleRow>, Problem> {
    let imported = store::select_imported(conn, source_id)?;
    Ok(imported.and_then(|imported| imported.article))
}

/// The slug of the article imported from `source_id`, if readers can see it now.
pub fn public_slug(
    conn: &mut Conn,
    source_id: &str,
    now: Instant,
) -> Result<Option<String>, Problem> {
    let row = article_by_source(conn, source_id)?;
    Ok(row.filter(|row| Shown::of(row, now) == Shown::Public).map(|row| row.slug))
}

/// Members that front matter has no name for: editors set them, and an edited file leaves them as
/// they are.
const NOT_IN_FILES: [&str; 9] = [
    "comments_policy", "comments_close_at", "access", "embargo_until", "section", "language",
    "image", "external_id", "dateline",
];

/// The source's members, completed with the article's present ones where the source sets none, and where an editor has
/// changed them: those are named.
fn over_present(
    conn: &mut Conn,
    (row, text): (&ArticleRow, &BodyRow),
    source: &ArticleInput,
    said: &[&str],
) -> Result<(ArticleInput, Vec<String>), Problem> {
    let present = Value::Object(written_members(row, &text.body)?);
    let mut article = json!(source);
    for name in NOT_IN_FILES.iter().filter(|name| !said.contains(*name)) {
        article[*name] = present[*name].clone();
    }
    // The expiry stays too, unless this source sets one.
    if source.expires_at.is_none() {
        article["expires_at"] = present["expires_at"].clone();
    }
    // A slug made from the title does not change with it later.
    if source.slug.is_none() {
        article["slug"] = present["slug"].clone();
    }
    let mut theirs = store::members_of_others(conn, row.id, ACTOR.name)?;
    // A text is nothing without its format.
    if theirs.contains(BODY) || theirs.contains(BODY_FORMAT) {
        theirs.extend([BODY, BODY_FORMAT].map(str::to_owned));
    }
    theirs.retain(|name| article[name.as_str()] != present[name.as_str()]);
    for name in &theirs {
        article[name.as_str()] = present[name.as_str()].clone();
    }
    Ok((read_body(article)?, theirs.into_iter().collect()))
}

/// Keeps what leads to an article: redirects from its former slugs, unless another article has or had them, and its
/// addresses at its source. And the names of its terms, unless someone has named them before.
fn keep_names(
    conn: &mut Conn,
    article: ArticleId,
    source: &ImportedArticle,
    now: Instant,
) -> Result<(), Problem> {
    for slug in &source.former_slugs {
        store::insert_alias(conn, article, slug, now)?;
    }
    for address in source.addresses.iter().flat_map(|address| noted(address)) {
        store::note_address(conn, article, &address)?;
    }
    for (kind, slug, name) in &source.names {
        store::suggest_name(conn, *kind, slug, name)?;
    }
    Ok(())
}

/// The disclaimer with this key that articles can still be given, in all its translations.
fn disclaimers_of(conn: &mut Conn, key: &str) -> Result<Vec<DisclaimerRow>, Problem> {
    let from = (key.to_owned(), DisclaimerId::START);
    let mut rows = disclaimers::store::select_page(conn, &from, TRANSLATIONS_MAX)?;
    rows.retain(|row| row.key == key && row.retired_at.is_none());
    Ok(rows)
}

/// Attaches the disclaimers whose texts were taken out of the source's, unless the article carries them by hand
/// already. One that an editor has detached is refused, and one in whose place readers are shown other words. Returns
/// the article after it.
fn attach(
    conn: &mut Conn,
    mut row: ArticleRow,
    lifted: &[Lifted],
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    for Lifted { key, disclaimer, version } in lifted {
        let refused = |what: &str| {
            let detail = format!("names `{key}`, {what}");
            Problem::fault("/disclaimers", FaultCode::UnknownValue, detail)
        };
        let all = disclaimers_of(conn, key)?;
        let is_it = |one: &&DisclaimerRow| (one.id, one.version) == (*disclaimer, *version);
        let Some(one) = all.iter().find(is_it) else {
            return Err(refused("which was changed or retired during this import: import again"));
        };
        let own = store::attached(conn, row.id, [one.id])?;
        let any = store::attached(conn, row.id, all.iter().map(|one| one.id))?;
        // Its text is without the notice by now: it would leave without one.
        if [own, any].contains(&Attached::Before) {
            return Err(refused(
                "which was detached here: attach it to the article, or import without --lift-disclaimers",
            ));
        }
        if own == Attached::Never {
            write::attach(conn, &row, (one.id, &one.public_id), by)?;
            row = store::select_row(conn, row.id)?;
        }
        if let Some(other) = shown_instead(conn, &row, one, by.now())? {
            return Err(refused(&format!(
                "whose version {version} its text ends with, and readers of the article are shown {other}, which says something else: publish the article again here, which shows the newest version, or import without --lift-disclaimers"
            )));
        }
    }
    Ok(row)
}

/// What readers of an article are shown in place of this disclaimer, if its text differs: its version is that of the
/// publication. Of an article that they do not have yet it is what they would be shown now.
fn shown_instead(
    conn: &mut Conn,
    row: &ArticleRow,
    wanted: &DisclaimerRow,
    now: Instant,
) -> Result<Option<String>, Problem> {
    let since = row.went_public_at.filter(|since| *since <= now.as_micros());
    let public = ArticleRow { went_public_at: since.or(Some(now.as_micros())), ..row.clone() };
    let shown = carried_by(conn, [&public], now, true)?.take(row.id);
    // A former version may have had another key.
    let is_it = |shown: &CarriedRow| shown.disclaimer == wanted.id || shown.key == wanted.key;
    let shown = shown.into_iter().find(is_it);
    Ok(match shown {
        Some(shown) if shown.body_html == wanted.body_html => None,
        Some(shown) if shown.disclaimer == wanted.id => Some(format!("version {}", shown.version)),
        Some(shown) => {
            let language = shown.language.as_deref().unwrap_or("all languages");
            Some(format!("its translation for {language}"))
        }
        None => Some("none of its versions".to_owned()),
    })
}

/// The state that a source wants for its article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    Draft,
    Public,
    /// Public from an instant in the future.
    Later(Instant),
    /// Public until now: readers are told that it was withdrawn.
    Withdrawn,
}

/// The wanted state, and the input to create the article with now: a date in the future is a
/// schedule, or only kept for a draft, and no past publication.
fn wanted(source: &ImportedArticle, now: Instant) -> (Wants, ArticleCreate) {
    let mut article = source.article.clone();
    let later = article.creation.published_at.filter(|at| *at > now);
    let wants = match (article.creation.state, later, &source.withdrawn) {
        (InitialState::Draft, _, None) => Wants::Draft,
        // Nothing says when it was public, if it was: where readers have it here, it is taken back.
        (InitialState::Draft, _, Some(_)) => Wants::Withdrawn,
        // Readers never had it, and are told nothing.
        (InitialState::Published, Some(_), Some(_)) => Wants::Draft,
        (InitialState::Published, None, Some(_)) => Wants::Withdrawn,
        (InitialState::Published, None, None) => Wants::Public,
        (InitialState::Published, Some(at), None) => Wants::Later(at),
    };
    if let Some(at) = later {
        article.creation.state = InitialState::Draft;
        article.creation.published_at = None;
        // A draft keeps its date, for the editor who publishes it.
        if wants == Wants::Draft {
            let metadata = &mut article.article.metadata.0;
            metadata.entry("date").or_insert_with(|| at.to_string().into());
        }
    }
    (wants, article)
}

/// The notice of a withdrawal.
fn notice_of(source: &ImportedArticle) -> Option<&str> {
    source.withdrawn.as_deref().filter(|notice| !notice.trim().is_empty())
}

/// What an import did with an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What became of it.
    pub outcome: Outcome,
    /// What readers have of it now, if it was created or updated.
    pub shown: Option<Shown>,
    /// What its source says and is not so here, since an editor has decided otherwise, or another article has its slug.
    pub left: Vec<String>,
    /// If it was created beside a public article that has the slug which it would have had: the slug, and what the source of
    /// that one knows it by. The same text may have moved at its source.
    pub namesake: Option<(String, String)>,
}

impl Done {
    /// Nothing was done.
    fn without(outcome: Outcome) -> Self {
        Self { outcome, shown: None, left: Vec::new(), namesake: None }
    }
}

/// Imports one article, as one unit of the writer.
///
/// # Errors
/// `slug_taken`, `external_id_taken`, `validation_failed`, or a database fault.
pub fn import(
    conn: &mut Conn,
    source: &ImportedArticle,
    entropy: &dyn Entropy,
    now: Instant,
) -> Result<Done, Problem> {
    let by = By::itself(ACTOR, now);
    let (wants, mut says) = wanted(source, now);
    let is_draft = wants == Wants::Draft;
    let version = (&source.sha256[..], source.source_version);
    let Some(before) = store::select_imported(conn, &source.source_id)? else {
        if source.is_wanted_again {
            store::forget_purged(conn, &source.source_id)?;
        } else if store::is_purged(conn, &source.source_id)? {
            return Ok(Done::without(Outcome::Purged));
        }
        let slug = says.article.slug.as_deref().map(str::to_owned);
        let slug = slug.unwrap_or_else(|| slugify(&says.article.title));
        let left = settle_slug(conn, &mut says.article, (None, is_draft), by)?;
        let row = write::create(conn, &says, &source.rendered, new_id(now, entropy), by)?;
        let namesake = namesake(conn, &row, &slug, now)?;
        store::upsert_imported(conn, &source.source_id, row.id, version, now)?;
        let row = attach(conn, row, &source.disclaimers, by)?;
        let row = match wants {
            Wants::Later(at) => write::schedule(conn, &row, at, None, by)?,
            Wants::Withdrawn if row.state == Standing::Published => {
                withdraw(conn, &row, notice_of(source), by)?
            }
            Wants::Draft | Wants::Public | Wants::Withdrawn => row,
        };
        keep_names(conn, row.id, source, now)?;
        let shown = Some(Shown::of(&row, now));
        let outcome = Outcome::Created(state_of(&row, now));
        return Ok(Done { outcome, shown, left: left.into_iter().collect(), namesake });
    };
    if before.sha256 == source.sha256 {
        // What is older than this is older than what its source still says.
        let newer = source.source_version.filter(|version| Some(*version) > before.source_version);
        if let Some(version) = newer {
            store::note_source_version(conn, &source.source_id, version)?;
        }
        return Ok(Done::without(Outcome::Unchanged));
    }
    let Some(row) = before.article else {
        return Ok(Done::without(Outcome::InTrash));
    };
    if let Some((version, known)) = source.source_version.zip(before.source_version) {
        // The same version may be read in another way; it does not undo a withdrawal.
        let undoes = wants != Wants::Withdrawn && is_withdrawn_by_import(conn, &row, by)?;
        // Of a number and an instant neither is the older one: a withdrawal counts in any case.
        let are_alike = (version < INSTANTS) == (known < INSTANTS);
        if are_alike && version < known || (!are_alike || version == known) && undoes {
            return Ok(Done::without(Outcome::Older));
        }
    }
    let settled = match wants {
        Wants::Withdrawn => None,
        _ => settle_slug(conn, &mut says.article, (Some(&row), is_draft), by)?,
    };
    let mut left: Vec<String> = settled.into_iter().collect();
    let after = match wants {
        // What a withdrawal says of the article is no text for readers.
        Wants::Withdrawn => row,
        _ => edit(conn, row, (source, &says, wants), &mut left, by)?,
    };
    let after = turn(conn, after, wants, notice_of(source), &mut left, by)?;
    keep_names(conn, after.id, source, now)?;
    store::upsert_imported(conn, &source.source_id, after.id, version, now)?;
    let shown = Some(Shown::of(&after, now));
    Ok(Done { outcome: Outcome::Updated(state_of(&after, now)), shown, left, namesake: None })
}

/// The public article that has the slug `wanted`, which the created one would have had, and what its source knows it by.
fn namesake(
    conn: &mut Conn,
    created: &ArticleRow,
    wanted: &str,
    now: Instant,
) -> Result<Option<(String, String)>, Problem> {
    if created.slug == wanted {
        return Ok(None);
    }
    let Some((owner, _)) = store::select_slug_owner(conn, wanted)? else {
        return Ok(None);
    };
    let owner = store::select_row(conn, owner)?;
    let source = match Shown::of(&owner, now) {
        Shown::Public => store::select_source(conn, owner.id)?,
        Shown::Later | Shown::Nothing => None,
    };
    Ok(source.map(|source| (owner.slug, source)))
}

/// Edits an article as its source was edited, but for what an editor has changed here.
fn edit(
    conn: &mut Conn,
    row: ArticleRow,
    (source, says, wants): (&ImportedArticle, &ArticleCreate, Wants),
    left: &mut Vec<String>,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    let text = store::select_body(conn, row.id)?;
    let (article, theirs) = over_present(conn, (&row, &text), &says.article, &source.said)?;
    if !theirs.is_empty() {
        left.push(format!("was edited here, and stays so: {}", theirs.join(", ")));
    }
    // A schedule is on the row itself, and the day of what an editor published is the editor's.
    let is_out = row.state == Standing::Published;
    let is_ours = !is_out || store::is_published_by(conn, row.id, ACTOR.name)?;
    let has_day = says.creation.published_at.is_some() || wants == Wants::Draft || !is_out;
    if is_ours && has_day && !matches!(wants, Wants::Later(_)) {
        store::set_published_at(conn, row.id, initial_published_at(&says.creation, by.now())?)?;
    }
    let words = usize::try_from(row.word_count).unwrap_or_default();
    let own = Rendered::of_html(text.body_html.clone(), words);
    let is_kept = theirs.iter().any(|name| name == BODY);
    let rendered = if is_kept { &own } else { &source.rendered };
    let after = write::edit(conn, (&row, &text), &article, rendered, by)?;
    attach(conn, after, &source.disclaimers, by)
}

/// Withdraws an article with the notice of its source.
fn withdraw(
    conn: &mut Conn,
    row: &ArticleRow,
    notice: Option<&str>,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    write::withdraw(conn, row, &Withdrawal { notice, replaced_by: None, reason: None }, by)
}

/// Moves an article to the state that its source wants, unless an editor has decided otherwise: an article that an
/// editor has published, scheduled, unpublished, withdrawn or blocked stays so, and where its source takes it back that
/// is told.
fn turn(
    conn: &mut Conn,
    row: ArticleRow,
    wants: Wants,
    notice: Option<&str>,
    left: &mut Vec<String>,
    by: By<'_>,
) -> Result<ArticleRow, Problem> {
    let is_out = row.state == Standing::Published;
    let to_come = |at: &i64| is_out && *at > by.now().as_micros();
    let scheduled = row.went_public_at.filter(to_come);
    let is_new = row.state == Standing::Draft && !is_unpublished_by_others(conn, &row, by)?;
    // An article that an editor has published or scheduled is left to the editor.
    let is_ours = is_out && store::is_published_by(conn, row.id, ACTOR.name)?;
    match wants {
        Wants::Draft if is_ours => write::unpublish(conn, &row, None, by),
        Wants::Public if is_new || is_ours && scheduled.is_some() => {
            write::publish(conn, &row, None, None, by)
        }
        // Its source had withdrawn it, and shows it again.
        Wants::Public if is_withdrawn_by_import(conn, &row, by)? => {
            write::publish(conn, &row, None, None, by)
        }
        Wants::Later(at) if is_new => write::schedule(conn, &row, at, None, by),
        Wants::Later(at) if is_ours && scheduled == Some(at.as_micros()) => Ok(row),
        Wants::Later(at) if is_ours && scheduled.is_some() => {
            write::schedule(conn, &row, at, None, by)
        }
        // Its site no longer shows it until then.
        Wants::Later(at) if is_ours => {
            let draft = write::unpublish(conn, &row, None, by)?;
            write::schedule(conn, &draft, at, None, by)
        }
        // Nobody has seen it yet.
        Wants::Withdrawn if is_ours && scheduled.is_some() => {
            write::unpublish(conn, &row, None, by)
        }
        Wants::Withdrawn if is_ours => withdraw(conn, &row, notice, by),
        Wants::Draft | Wants::Withdrawn | Wants::Later(_) if is_out => {
            left.push(
                "its source does not show it now, and an editor has published it here: it stays so; unpublish or withdraw it if it should not be public"
                    .to_owned(),
            );
            Ok(row)
        }
        Wants::Public if row.state == Standing::Draft => {
            left.push("was unpublished here, and stays so".to_owned());
            Ok(row)
        }
        _ => Ok(row),
    }
}

/// True if somebody else than an import has taken an article back to a draft last.
fn is_unpublished_by_others(
    conn: &mut Conn,
    row: &ArticleRow,
    by: By<'_>,
) -> Result<bool, Problem> {
    let entry = store::select_last_entry(conn, row.id, HistoryEvent::Unpublished, by.now())?;
    Ok(entry.is_some_and(|entry| entry.actor != ACTOR.name))
}

/// True if an article is withdrawn, and an import did that.
fn is_withdrawn_by_import(conn: &mut Conn, row: &ArticleRow, by: By<'_>) -> Result<bool, Problem> {
    if row.state != Standing::Withdrawn {
        return Ok(false);
    }
    let entry = store::select_last_entry(conn, row.id, HistoryEvent::Withdrawn, by.now())?;
    Ok(entry.is_some_and(|entry| entry.actor == ACTOR.name && entry.actor_key_id.is_none()))
}
