//! Invariants of articles that no constraint expresses; checked by `copydesk check`.

use crate::db::Invariant;

/// The invariants of articles and of their dependent rows.
pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        broken: "select format('the article %s has no text', public_id) as finding from articles
             where not exists (select 1 from article_bodies where article_id = articles.id)",
        mend: None,
    },
    // Each write increments the version and adds an entry, in one transaction.
    Invariant {
        broken: "select format('the article %s is at version %d and has %d entries in its history, from %d to %d',
                 public_id, articles.version, count(history.version), min(history.version), max(history.version)) as finding
             from articles left join article_history as history on history.article_id = articles.id
             group by articles.id
             having count(history.version) <> ifnull(max(history.version), 0)
                 or ifnull(max(history.version), 0) < articles.version",
        mend: None,
    },
    Invariant {
        broken: "select format('the article %s is at version %d, and its history goes to %d', public_id, version, newest) as finding
             from (select articles.public_id, articles.version, max(history.version) as newest
                 from articles join article_history as history on history.article_id = articles.id group by articles.id)
             where newest > version",
        mend: Some("update articles set version = (select max(version) from article_history where article_id = articles.id)
             where version < (select max(version) from article_history where article_id = articles.id)"),
    },
    // Names and languages are compared by keys; a text without one gets it at the next start.
    Invariant {
        broken: "select format('the %s %s has no key to be compared by', kind, text) as finding from
             (select 'source' as kind, source_name as text from articles where source_name is not null
                 union select 'language', language from articles) as met
             where not exists (select 1 from spellings where (spellings.kind, spellings.text) = (met.kind, met.text))",
        mend: Some("insert or ignore into spellings (kind, text, key, folding)
             select 'source', source_name, '', 0 from articles where source_name is not null
             union select 'language', language, '', 0 from articles"),
    },
    // An edit saves the previous content first; only an import writes published_at separately.
    Invariant {
        broken: "select format('the article %s lacks what it said until version %d, which was changed then', articles.public_id, history.version) as finding
             from article_history as history join articles on articles.id = history.article_id
             where exists (select 1 from json_each(history.changes) where value <> 'published_at')
                 and not exists (select 1 from article_revisions as kept
                     where kept.article_id = history.article_id and kept.last_version = history.version - 1)",
        mend: None,
    },
    Invariant {
        broken: "select format('what the article %s said until version %d is not JSON', articles.public_id, last_version) as finding
             from article_revisions join articles on articles.id = article_id where not ifnull(json_valid(content), 1)",
        mend: None,
    },
    // A saved version is older than the present one.
    Invariant {
        broken: "select format('the article %s has kept text of version %d, which is yet to come', articles.public_id, last_version) as finding
             from article_revisions join articles on articles.id = article_id where last_version >= articles.version",
        mend: None,
    },
    Invariant {
        broken: "select format('the article %s was withdrawn, and it is not kept since when', public_id) as finding from articles
             where state = 'withdrawn' and not exists (select 1 from article_removals
                 where article_id = articles.id and withdrawn_at is not null)",
        mend: Some("insert into article_removals (article_id, withdrawn_at, went_public_at)
             select id, ifnull((select max(at) from article_history where article_id = articles.id and event = 'withdrawn'), updated_at),
                 went_public_at from articles where state = 'withdrawn'
             on conflict (article_id) do update set withdrawn_at = ifnull(withdrawn_at, excluded.withdrawn_at)"),
    },
    Invariant {
        broken: "select format('the article %s was blocked, and it is not kept by whom', public_id) as finding from articles
             where state = 'blocked' and not exists (select 1 from article_removals
                 where article_id = articles.id and authority is not null)",
        mend: None,
    },
    Invariant {
        broken: "select format('the article %s is there, and a removal of it is kept', public_id) as finding
             from article_removals join articles on articles.id = article_id where state in ('draft', 'published')",
        mend: Some("delete from article_removals where article_id in
             (select id from articles where state in ('draft', 'published'))"),
    },
    Invariant {
        broken: "select format('the former slug %s is an article''s own', former_slugs.slug) as finding
             from former_slugs join articles on articles.id = article_id and articles.slug = former_slugs.slug",
        mend: Some("delete from former_slugs where slug = (select slug from articles where articles.id = article_id)"),
    },
    Invariant {
        broken: "select format('the article %s has a member that is not JSON', public_id) as finding from articles
             where not (json_valid(authors) and json_valid(tags) and json_valid(metadata) and ifnull(json_valid(image), 1))",
        mend: None,
    },
    // Words are folded by the program: the whole index is made anew after the repair.
    Invariant {
        broken: "select format('the article %s is not in the search index', public_id) as finding from articles
             where not exists (select 1 from article_search_docsize where id = articles.id)
                 or not exists (select 1 from article_terms where article_id = articles.id and kind = 'title')",
        mend: Some("update reading_rules set version = ''"),
    },
    Invariant {
        broken: "select format('the article %s stands elsewhere in the lists of the %s %s', public_id, kind, key) as finding
             from article_terms join articles on articles.id = article_id
             where article_terms.sort_key <> articles.sort_key or public_until is not articles.expires_at
                 or there <> (articles.trashed_at is null)
                 or public_from is not case when articles.state = 'published' and articles.trashed_at is null
                     then max(articles.went_public_at, coalesce(articles.embargo_until, articles.went_public_at)) end",
        mend: Some("update article_terms set sort_key = articles.sort_key, public_until = articles.expires_at,
                 there = articles.trashed_at is null,
                 public_from = case when articles.state = 'published' and articles.trashed_at is null
                     then max(articles.went_public_at, coalesce(articles.embargo_until, articles.went_public_at)) end
             from articles where articles.id = article_id"),
    },
    Invariant {
        broken: "select 'the clock of the database is gone' as finding where not exists (select 1 from history_clock)",
        mend: Some("insert or ignore into history_clock (id, last_at) select 1, ifnull(max(at), 0) from article_history"),
    },
    // Units of work have increasing instants, each later than all that was written before.
    Invariant {
        broken: "select format('the clock of the database stands at %d, and an entry is of %d', last_at, newest) as finding
             from history_clock, (select max(at) as newest from article_history) where newest > last_at",
        mend: Some("update history_clock set last_at = max(last_at, ifnull((select max(at) from article_history), 0))"),
    },
];
