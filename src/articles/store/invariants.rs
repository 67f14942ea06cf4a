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
        broken: "select format('the article %s is at version %s and has %s entries in its history, from %s to %s',
                 public_id, articles.version, count(history.version), min(history.version), max(history.version)) as finding
             from articles left join article_history as history on history.article_id = articles.id
             group by articles.id
             having count(history.version) <> coalesce(max(history.version), 0)
                 or coalesce(max(history.version), 0) < articles.version",
        mend: None,
    },
    Invariant {
        broken: "select format('the article %s is at version %s, and its history goes to %s', public_id, version, newest) as finding
             from (select articles.public_id, articles.version, max(history.version) as newest
                 from articles join article_history as history on history.article_id = articles.id group by articles.id) as told
             where newest > version",
        mend: Some("update articles set version = (select max(history.version) from article_history as history where history.article_id = articles.id)
             where version < (select max(history.version) from article_history as history where history.article_id = articles.id)"),
    },
    // Names and languages are compared by keys; a text without one gets it at the next start.
    Invariant {
        broken: "select format('the %s %s has no key to be compared by', kind, text) as finding from
             (select 'source' as kind, source_name as text from articles where source_name is not null
                 union select 'language', language from articles) as met
             where not exists (select 1 from spellings where spellings.kind = met.kind and spellings.text = met.text)",
        mend: Some("insert into spellings (kind, text, key, folding)
             select 'source' as kind, source_name as text, '' as key, 0 as folding from articles where source_name is not null
             union select 'language', language, '', 0 from articles where true
             on conflict do nothing"),
    },
    // An edit saves the previous content first; only an import writes published_at separately.
    Invariant {
        broken: "select format('the article %s lacks what it said until version %s, which was changed then', articles.public_id, history.version) as finding
             from article_history as history join articles on articles.id = history.article_id
             where exists (select 1 from json_texts(history.changes) as changed where changed.value <> 'published_at')
                 and not exists (select 1 from article_revisions as kept
                     where kept.article_id = history.article_id and kept.last_version = history.version - 1)",
        mend: None,
    },
    Invariant {
        broken: "select format('what the article %s said until version %s is not JSON', articles.public_id, last_version) as finding
             from article_revisions join articles on articles.id = article_id where content is not null and not json_valid(content)",
        mend: None,
    },
    // A saved version is older than the present one.
    Invariant {
        broken: "select format('the article %s has kept text of version %s, which is yet to come', articles.public_id, last_version) as finding
             from article_revisions join articles on articles.id = article_id where last_version >= articles.version",
        mend: None,
    },
    Invariant {
        broken: "select format('the article %s was withdrawn, and it is not kept since when', public_id) as finding from articles
             where state = 'withdrawn' and not exists (select 1 from article_removals
                 where article_id = articles.id and withdrawn_at is not null)",
        mend: Some("insert into article_removals (article_id, withdrawn_at, went_public_at)
             select id, coalesce((select max(at) from article_history where article_id = articles.id and event = 'withdrawn'), updated_at),
                 went_public_at from articles where state = 'withdrawn'
             on conflict (article_id) do update set withdrawn_at = coalesce(article_removals.withdrawn_at, excluded.withdrawn_at)"),
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
             where not (json_valid(authors) and json_valid(tags) and json_valid(metadata) and (image is null or json_valid(image)))",
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
             where article_terms.sort_key <> articles.sort_key or public_until is distinct from articles.expires_at
                 or there <> case when articles.trashed_at is null then 1 else 0 end
                 or public_from is distinct from case when articles.state = 'published' and articles.trashed_at is null
                     then case when articles.embargo_until > articles.went_public_at then articles.embargo_until else articles.went_public_at end end",
        mend: Some("update article_terms set sort_key = articles.sort_key, public_until = articles.expires_at,
                 there = case when articles.trashed_at is null then 1 else 0 end,
                 public_from = case when articles.state = 'published' and articles.trashed_at is null
                     then case when articles.embargo_until > articles.went_public_at then articles.embargo_until else articles.went_public_at end end
             from articles where articles.id = article_id"),
    },
    Invariant {
        broken: "select 'the clock of the database is gone' as finding where not exists (select 1 from history_clock)",
        mend: Some("insert into history_clock (id, last_at) select 1, coalesce(max(at), 0) from article_history where true
             on conflict do nothing"),
    },
    // Units of work have increasing instants, each later than all that was written before.
    Invariant {
        broken: "select format('the clock of the database stands at %s, and an entry is of %s', last_at, newest) as finding
             from history_clock, (select max(at) as newest from article_history) as told where newest > last_at",
        mend: Some("update history_clock set last_at = (select max(at) from article_history)
             where last_at < (select max(at) from article_history)"),
    },
];
