-- The ladder: who may see what, and what an article goes through.

-- When a key was last used, to the minute: writing it at each use would make every read a write.
alter table api_keys add column last_used_at integer;
-- Keys made before there were scopes could do everything.
update api_keys set scopes = '["drafts:read","embargo:read","restricted:read","articles:write","articles:publish","articles:purge","comments:write","comments:moderate","disclaimers:write","keys:manage"]';
-- The list of keys in force, in the order in which they were made.
create index api_keys_in_force on api_keys (id) where revoked_at is null;

-- Who may read it, and until and from when. These instants may lie in the past; what they mean is
-- worked out at each read, so nothing has to happen when they come.
alter table articles add column access text not null default 'public'
    check (access in ('public', 'restricted'));
alter table articles add column embargo_until integer;
alter table articles add column expires_at integer;
alter table articles add column comments_close_at integer;
-- An embargo moves an article in the list to where it is lifted. A generated column is not
-- altered but made anew; a new one is virtual, and kept in the indexes.
drop index articles_by_recency;
drop index articles_by_state_and_recency;
alter table articles drop column sort_key;
alter table articles add column sort_key integer not null generated always as
    (coalesce(max(published_at, coalesce(embargo_until, published_at)), created_at + 4611686018427387904)) virtual;
-- The default list, newest first, for callers who see more than the public.
create index articles_by_recency on articles (sort_key desc, id desc) where trashed_at is null;
-- The default list of one state: the public's list.
create index articles_by_state_and_recency on articles (state, sort_key desc, id desc)
    where trashed_at is null;
-- The trash, newest first.
create index articles_in_trash on articles (sort_key desc, id desc) where trashed_at is not null;
-- What is next to become public, so that no answer is kept past it.
create index articles_going_public on articles (state, went_public_at) where trashed_at is null;
-- Which embargo is lifted next.
create index articles_embargoed on articles (embargo_until) where embargo_until is not null and trashed_at is null;
-- What expires next.
create index articles_expiring on articles (expires_at) where expires_at is not null and trashed_at is null;
-- Since when an article was seen by the public, once it was. It is noted at the next write, from
-- what the article was until then: edits of the embargo or a new schedule must not undo it.
create table article_seen (
    article_id integer not null primary key references articles (id) on delete cascade,
    first_seen_at integer not null
) strict;

-- What is said of an article that was taken back or blocked; it has a row as long as it is.
-- went_public_at is what the article had when it was taken back. The article's own is null from then
-- on where nobody had seen it, so that nobody hears of it when its time comes.
create table article_removals (
    article_id integer not null primary key references articles (id) on delete cascade,
    withdrawn_at integer,
    notice text,
    replaced_by integer references articles (id) on delete set null,
    blocked_at integer,
    authority text,
    reference text,
    state_before_block text check (state_before_block in ('draft', 'published', 'withdrawn')),
    went_public_at integer
) strict;
-- Which articles does this one replace? Asked when it is purged.
create index article_removals_by_replacement on article_removals (replaced_by)
    where replaced_by is not null;

-- The slugs that an article had before: they lead to it until another takes them.
create table former_slugs (
    slug text not null primary key,
    article_id integer not null references articles (id) on delete cascade,
    left_at integer not null
) strict;
-- An article's former slugs.
create index former_slugs_by_article on former_slugs (article_id);
