//! A page of a list of articles: found, loaded and counted in one read.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::FirstComments;
use super::api::{ArticleListItem, FacetValue};
use super::carrying::{search_carriers, select_carriers_of};
use super::filter::{Key, NEVER_PUBLISHED, Place};
use super::formats::{Piece, Site};
use super::ids::ArticleId;
use super::ladder::{Rung, Sight};
use super::model::{ArticleRow, Counted};
use super::read::{Want, stories};
use super::store::{self, Hit, List};
use super::words::{Facet, Sort, TermKind};
use crate::db::{Conn, ROWS_MAX, WORKER_ROWS_MAX, is_rows_spent, start_counting};
use crate::domain::instant::Instant;
use crate::domain::markup::plain_text;
use crate::domain::search::{Typed, snippet};
use crate::domain::until::Until;
use crate::problem::{Code, Problem};
use crate::web::paging::{Beside, Listing, Page};
use crate::web::query::{Cursor, Fields, Limit};
use crate::web::url::Locator;

/// Most articles of a list that are counted: some 100 ms.
pub const COUNTED_MAX: i64 = 100_000;
/// The same where several filters are checked on each.
pub const CHECKED_MAX: i64 = 10_000;
/// Most articles of a list whose terms are counted: the newest.
pub const FACETED_MAX: i64 = 10_000;
/// Most values of a facet: the most frequent.
const FACET_VALUES_MAX: usize = 100;

/// The start of a page, as cursors have it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Mark {
    /// After a place in a list by publication.
    After(i64, ArticleId),
    /// After a place in a list, or before it.
    At(String, i64, ArticleId, bool),
    /// In a search of the articles up to the first: after an article or before it, which stood at
    /// this rank.
    Ranked(ArticleId, ArticleId, usize, bool, ()),
}

/// What a request asks of a list.
pub struct Asked {
    /// The list.
    pub list: List,
    /// Only articles that carry this disclaimer.
    pub disclaimer: Option<Locator>,
    /// Where its cursors are valid.
    pub listing: Listing,
    /// The page size.
    pub limit: Limit,
    /// Where the page starts.
    pub cursor: Cursor,
    /// What is shown of each.
    pub shown: Shown,
    /// Whether to count.
    pub count: bool,
    /// What to count by.
    pub facets: Vec<Facet>,
}

/// What is shown of the articles of a list, and to whom.
pub struct Shown {
    /// To whom.
    pub sight: Sight,
    /// The members to show.
    pub fields: Fields<ArticleListItem>,
    /// Disclaimers in full.
    pub whole: bool,
    /// The first comments of each.
    pub comments: Option<FirstComments>,
    /// The search whose words are marked.
    pub typed: Option<Typed>,
}

/// A page, and what goes with it.
pub struct Listed<T> {
    /// The page.
    pub page: Page<T>,
    /// The rows of its articles.
    pub ids: Vec<ArticleId>,
    /// What was counted.
    pub beside: Beside,
    /// When the clock changes it.
    pub until: Until,
}

impl<T> Listed<T> {
    /// A list that holds nothing for this caller.
    pub fn nothing(asked: &Asked) -> Self {
        let mut beside = Beside::from(asked.count.then_some(0));
        if asked.count {
            beside.others.insert("total_is_capped".to_owned(), false.into());
        }
        if !asked.facets.is_empty() {
            let none = asked.facets.iter().map(|facet| (facet.word().to_owned(), json!([])));
            beside.others.insert("facets".to_owned(), none.collect::<Map<_, _>>().into());
            beside.others.insert("facets_are_capped".to_owned(), false.into());
        }
        Self { page: Page::empty(), ids: Vec::new(), beside, until: Until::EVER }
    }
}

/// What is shown of some articles, and the time at which that next changes.
pub type Made<T> = Result<(Vec<T>, Until), Problem>;

impl Asked {
    fn sight(&self) -> Sight {
        self.list.sight
    }

    /// True if it most likely costs no more than its page: then it is tried on the worker.
    #[must_use]
    pub fn is_light(&self) -> bool {
        let is_plain = self.shown.typed.is_none() && self.shown.comments.is_none();
        let is_counted = self.count || !self.facets.is_empty();
        is_plain && !is_counted && self.disclaimer.is_none() && self.list.is_one_walk()
    }

    /// Checks the cursor before anything is read.
    ///
    /// # Errors
    /// `invalid_cursor`.
    pub fn check_cursor(&self) -> Result<(), Problem> {
        let mark: Option<Mark> = self.mark()?;
        let is_ranked = matches!(mark, Some(Mark::Ranked(..)));
        let is_of_search = self.list.sort.key().0 == Key::Relevance;
        match mark.is_none() || is_ranked == is_of_search {
            true => Ok(()),
            false => Err(Problem::plain(Code::InvalidCursor)),
        }
    }

    fn mark(&self) -> Result<Option<Mark>, Problem> {
        let start = |cursor: &String| self.listing.open(cursor);
        self.cursor.0.as_ref().map(start).transpose()
    }

    /// Reads the page on the worker; `None` if that would take longer than others should wait.
    ///
    /// # Errors
    /// A database fault.
    pub fn try_read<T>(
        &self,
        conn: &mut Conn,
        make: impl Fn(&mut Conn, Vec<ArticleRow>, &Shown) -> Made<T>,
    ) -> Result<Option<Listed<T>>, Problem> {
        start_counting(WORKER_ROWS_MAX);
        match self.found(conn, make) {
            Err(problem) if is_rows_spent(&problem) => Ok(None),
            listed => listed.map(Some),
        }
    }

    /// Reads the page, and counts what is to be counted; for the side pool.
    ///
    /// # Errors
    /// `overloaded` if the filters leave too few of too many articles, or a database fault.
    pub fn read<T>(
        &self,
        conn: &mut Conn,
        make: impl Fn(&mut Conn, Vec<ArticleRow>, &Shown) -> Made<T>,
    ) -> Result<Listed<T>, Problem> {
        start_counting(ROWS_MAX);
        self.found(conn, make).map_err(|problem| match is_rows_spent(&problem) {
            true => problem.saying(TOO_MANY_ROWS),
            false => problem,
        })
    }

    fn found<T>(
        &self,
        conn: &mut Conn,
        make: impl Fn(&mut Conn, Vec<ArticleRow>, &Shown) -> Made<T>,
    ) -> Result<Listed<T>, Problem> {
        // Later pages of a search look no further than the first did.
        let newest = match self.mark()? {
            Some(Mark::Ranked(newest, ..)) => Some(newest),
            _ => None,
        };
        let found = match &self.shown.typed {
            Some(typed) => Some(self.search(conn, typed, newest.unwrap_or(ArticleId(i64::MAX)))?),
            None => None,
        };
        let mut list = self.list.clone();
        let page = match &found {
            Some((hits, _)) if list.sort.key().0 == Key::Relevance => {
                let newest = newest.or(hits.iter().map(|hit| hit.id).max());
                self.ranked(hits, newest.unwrap_or(ArticleId::START))?
            }
            // With another order, what was found is put in that.
            Some((hits, _)) => {
                list.filter.found = Some(ids_of(hits));
                self.ordered(conn, &list)?
            }
            None => self.ordered(conn, &list)?,
        };
        let rows = store::select_rows(conn, &page.items)?;
        let (items, until) = make(conn, rows, &self.shown)?;
        let until = until.and(store::select_listed_until(conn, self.sight())?);
        let found = found.as_ref().map(|(hits, is_cut)| (hits.as_slice(), *is_cut));
        let beside = self.beside(conn, found)?;
        let ids = page.items;
        Ok(Listed { page: Page { items, next: page.next, prev: page.prev }, ids, beside, until })
    }

    /// What a search finds, and whether there is more.
    fn search(
        &self,
        conn: &mut Conn,
        typed: &Typed,
        newest: ArticleId,
    ) -> Result<(Vec<Hit>, bool), Problem> {
        match &self.disclaimer {
            Some(named) => search_carriers(conn, (&self.list, named), typed, newest),
            None => Ok(store::search(conn, &self.list, typed, newest)?),
        }
    }

    /// Up to `rows` places of the list.
    fn places(
        &self,
        conn: &mut Conn,
        list: &List,
        start: Option<&Place>,
        backwards: bool,
        rows: i64,
    ) -> Result<Vec<Place>, Problem> {
        match &self.disclaimer {
            // What a search has found carries it.
            Some(named) if list.filter.found.is_none() => {
                select_carriers_of(conn, (list, named), start, backwards, rows)
            }
            _ => Ok(list.select_places(conn, start, backwards, rows)?),
        }
    }

    /// A page of the list in its order.
    fn ordered(&self, conn: &mut Conn, list: &List) -> Result<Page<ArticleId>, Problem> {
        let (start, backwards) = match self.mark()? {
            None => (None, false),
            Some(Mark::After(number, id)) => (Some(Place(String::new(), number, id)), false),
            Some(Mark::At(text, number, id, backwards)) => {
                (Some(Place(text, number, id)), backwards)
            }
            Some(Mark::Ranked(..)) => return Err(Problem::plain(Code::InvalidCursor)),
        };
        let places = self.places(conn, list, start.as_ref(), backwards, self.limit.0 + 1)?;
        let is_default = self.list.sort == Sort::Newest;
        let cursor = |Place(text, number, id): &Place, backwards: bool| match backwards {
            false if is_default => self.listing.seal(&Mark::After(*number, *id)),
            _ => self.listing.seal(&Mark::At(text.clone(), *number, *id, backwards)),
        };
        let page = Page::between(places, self.limit, (start.is_some(), backwards), cursor);
        Ok(page.map(|place| place.2))
    }

    /// A page of what was found, the best first.
    fn ranked(&self, hits: &[Hit], newest: ArticleId) -> Result<Page<ArticleId>, Problem> {
        let mark = match self.mark()? {
            Some(Mark::Ranked(_, id, rank, backwards, ())) => Some((id, rank, backwards)),
            _ => None,
        };
        let ids = ids_of(hits);
        // Where that article stands now; where it stood, if it is gone.
        let place = mark.map(|(id, rank, backwards)| {
            let at = ids.iter().position(|known| *known == id);
            (at.unwrap_or(rank.min(ids.len())), at.is_some(), backwards)
        });
        let rows = usize::try_from(self.limit.0 + 1).unwrap_or_default();
        let (found, backwards): (Vec<ArticleId>, bool) = match place {
            None => (ids.iter().copied().take(rows).collect(), false),
            Some((at, _, true)) => (ids[..at].iter().rev().copied().take(rows).collect(), true),
            Some((at, is_there, false)) => {
                let from = (at + usize::from(is_there)).min(ids.len());
                (ids[from..].iter().copied().take(rows).collect(), false)
            }
        };
        let cursor = |id: &ArticleId, backwards: bool| {
            let rank = ids.iter().position(|known| known == id).unwrap_or_default();
            self.listing.seal(&Mark::Ranked(newest, *id, rank, backwards, ()))
        };
        Ok(Page::between(found, self.limit, (mark.is_some(), backwards), cursor))
    }

    /// What was counted.
    fn beside(&self, conn: &mut Conn, found: Option<(&[Hit], bool)>) -> Result<Beside, Problem> {
        let mut beside = Beside::default();
        if self.count {
            let (total, is_capped) = self.total(conn, found)?;
            beside.total = Some(total);
            beside.others.insert("total_is_capped".to_owned(), is_capped.into());
        }
        if !self.facets.is_empty() {
            let (facets, is_capped) = self.facets(conn, found)?;
            beside.others.insert("facets".to_owned(), facets.into());
            beside.others.insert("facets_are_capped".to_owned(), is_capped.into());
        }
        Ok(beside)
    }

    /// The number of articles on all pages, and whether there are more.
    fn total(
        &self,
        conn: &mut Conn,
        found: Option<(&[Hit], bool)>,
    ) -> Result<(i64, bool), Problem> {
        let (total, most) = match found {
            Some((hits, is_cut)) => return Ok((as_number(hits.len()), is_cut)),
            None if self.disclaimer.is_none() => {
                let most = match self.list.is_counted_fast() {
                    true => COUNTED_MAX,
                    false => CHECKED_MAX,
                };
                (self.list.count(conn, most + 1)?, most)
            }
            None => {
                let carriers = self.places(conn, &self.list, None, false, FACETED_MAX + 1)?;
                (as_number(carriers.len()), FACETED_MAX)
            }
        };
        Ok((total.min(most), total > most))
    }

    /// The terms of the list's articles with their numbers, and whether these are of its newest
    /// alone.
    fn facets(
        &self,
        conn: &mut Conn,
        found: Option<(&[Hit], bool)>,
    ) -> Result<(Map<String, Value>, bool), Problem> {
        start_counting(ROWS_MAX);
        let (ids, is_capped) = match found {
            Some((hits, is_cut)) => (ids_of(hits), is_cut),
            None => {
                let list = List { sort: Sort::Newest, ..self.list.clone() };
                let most = usize::try_from(FACETED_MAX).unwrap_or_default();
                let mut places = self.places(conn, &list, None, false, FACETED_MAX + 1)?;
                let is_capped = places.len() > most;
                places.truncate(most);
                (places.into_iter().map(|place| place.2).collect(), is_capped)
            }
        };
        let kinds: Vec<TermKind> =
            self.facets.iter().filter_map(|facet| facet.term_kind()).collect();
        let terms = store::count_terms_of(conn, &kinds, &ids)?;
        let mut facets = Map::new();
        for facet in &self.facets {
            let mut counted: Vec<Counted> = match facet.term_kind() {
                Some(kind) => {
                    let of_kind = terms.iter().filter(|(of, _)| of == kind.word());
                    of_kind.map(|(_, counted)| counted.clone()).collect()
                }
                None => months(&store::select_sort_keys(conn, &ids)?),
            };
            match facet {
                Facet::Month => counted.reverse(),
                _ => counted.sort_by(|a, b| (b.count, &a.key).cmp(&(a.count, &b.key))),
            }
            counted.truncate(FACET_VALUES_MAX);
            let values: Vec<FacetValue> = counted.into_iter().map(FacetValue::from).collect();
            facets.insert(facet.word().to_owned(), json!(values));
        }
        Ok((facets, is_capped))
    }
}

/// Articles as other formats show them to a caller, and the time at which that next changes.
///
/// # Errors
/// A database fault.
pub fn pieces(conn: &mut Conn, rows: Vec<ArticleRow>, sight: Sight, site: &Site) -> Made<Piece> {
    let (stories, until) = stories(conn, rows, Want::ALL, sight)?;
    let pieces = stories.into_iter().map(|story| Piece::new(story, sight, site));
    Ok((pieces.collect::<Result<_, _>>()?, until))
}

/// Articles as a caller sees them in a list, and the time at which that next changes.
///
/// # Errors
/// A database fault.
pub fn items(conn: &mut Conn, rows: Vec<ArticleRow>, shown: &Shown) -> Made<ArticleListItem> {
    let Shown { sight, fields, whole, comments, typed } = shown;
    let reads: Vec<bool> = rows.iter().map(|row| sight.reads(Rung::of(row, sight.now))).collect();
    let ids: Vec<ArticleId> = rows.iter().map(|row| row.id).collect();
    let snippets = match typed {
        Some(typed) => Some(snippets(conn, typed, &rows, &reads)?),
        None => None,
    };
    let texts = fields.has("body") || fields.has("body_html");
    let want = Want { texts, corrections: true, notices: *whole };
    let (stories, until) = stories(conn, rows, want, *sight)?;
    let mut items = Vec::new();
    for (at, story) in stories.into_iter().enumerate() {
        let mut item = ArticleListItem::new(story, *sight, fields, *whole)?;
        if let Some(snippets) = &snippets {
            item.snippet = Some(snippets[at].clone());
        }
        if let Some(first_comments) = comments {
            // A teaser shows no comments.
            item.comments = Some(match reads[at] {
                true => Some(first_comments(conn, ids[at], &item.head.id, *sight)?),
                false => None,
            });
        }
        items.push(item);
    }
    Ok((items, until))
}

/// The detail if filters leave too few of too many articles.
const TOO_MANY_ROWS: &str = "These filters leave few of very many articles, and looking at all of them would take too long. Add the filter that leaves the fewest: a rarer `tag`, an `author`, `updated_after`, or a span of `published_after` and `published_before`; or leave out `sort`.";

fn as_number(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn ids_of(hits: &[Hit]) -> Vec<ArticleId> {
    hits.iter().map(|hit| hit.id).collect()
}

impl Facet {
    /// The kind of its terms; months are none.
    const fn term_kind(self) -> Option<TermKind> {
        match self {
            Self::Section => Some(TermKind::Section),
            Self::Tag => Some(TermKind::Tag),
            Self::Author => Some(TermKind::Author),
            Self::Source => Some(TermKind::Source),
            Self::Language => Some(TermKind::Language),
            Self::Month => None,
        }
    }
}

/// Months of publication (UTC), with their numbers.
fn months(sort_keys: &[Option<i64>]) -> Vec<Counted> {
    let mut counts = std::collections::BTreeMap::new();
    for key in sort_keys.iter().flatten().filter(|key| **key < NEVER_PUBLISHED) {
        let month = Instant::from_micros(*key).to_string();
        let month = month.get(..MONTH).unwrap_or_default().to_owned();
        let (count, newest) = counts.entry(month).or_insert((0, *key));
        *count += 1;
        *newest = (*newest).max(*key);
    }
    let counted = |(month, (count, newest)): (String, (i64, i64))| Counted {
        key: month.clone(),
        value: month.clone(),
        name: month,
        count,
        newest,
    };
    counts.into_iter().map(counted).collect()
}

/// Characters of a month: "2026-11".
const MONTH: usize = 7;

/// The excerpt of each article that shows why it was found: of its text if the caller may read it,
/// else of its summary or its headline.
fn snippets(
    conn: &mut Conn,
    typed: &Typed,
    rows: &[ArticleRow],
    reads: &[bool],
) -> Result<Vec<Option<String>>, Problem> {
    let read = rows.iter().zip(reads).filter(|(_, reads)| **reads).map(|(row, _)| row.id);
    let texts = store::select_bodies(conn, read)?;
    let of = |row: &ArticleRow| {
        let body = texts.iter().find(|(id, _)| *id == row.id);
        let body = body.map(|(_, text)| plain_text(&text.body_html));
        [body.as_deref(), row.summary.as_deref(), Some(&*row.title)]
            .into_iter()
            .flatten()
            .find_map(|text| snippet(typed, text))
    };
    Ok(rows.iter().map(of).collect())
}
