-- The newsroom's first tables. Instants are integer microseconds since the
-- Unix epoch (UTC); JSON is text; public ids are UUIDv7 in lower case.
-- Every enum column lists all values the contract knows, so that later
-- features add rows and columns and rebuild no table.

-- One row: the instant of the newest committed unit of work. Each unit takes
-- max(now, last_at + 1), so history has one order even if the clock steps back.
create table history_clock (
    id integer not null primary key check (id = 1),
    last_at integer not null
) strict;
insert into history_clock (id, last_at) values (1, 0);

-- Keys made by Copydesk. Only the SHA-256 of the secret half is kept.
create table api_keys (
    id integer not null primary key,
    public_id text not null,
    name text not null,
    prefix text not null,
    secret_sha256 blob not null check (length(secret_sha256) = 32),
    scopes text not null default '[]',
    created_at integer not null,
    expires_at integer,
    revoked_at integer
) strict;
-- A key is found by the public half of its token.
create unique index api_keys_prefix on api_keys (prefix);
create unique index api_keys_public_id on api_keys (public_id);

-- Articles without their text. Trashing sets trashed_at and keeps the state,
-- so that a restore knows what to return to. sort_key puts what was never
-- published first (by creation) and everything else by publication;
-- 4611686018427387904 is 2^62, far above any instant.
create table articles (
    id integer not null primary key,
    public_id text not null,
    slug text not null,
    state text not null check (state in ('draft', 'published', 'withdrawn', 'blocked')),
    version integer not null default 1,
    title text not null,
    summary text,
    dateline text,
    body_format text not null check (body_format in ('markdown', 'html', 'text')),
    word_count integer not null default 0,
    authors text not null default '[]',
    source_name text,
    source_url text,
    external_id text,
    canonical_url text,
    language text not null,
    section text,
    tags text not null default '[]',
    image text,
    comments_policy text not null check (comments_policy in ('open', 'moderated', 'closed')),
    comment_count integer not null default 0 check (comment_count >= 0),
    metadata text not null default '{}',
    published_at integer,
    went_public_at integer,
    created_at integer not null,
    updated_at integer not null,
    trashed_at integer,
    sort_key integer not null generated always as
        (coalesce(published_at, created_at + 4611686018427387904)) stored
) strict;
create unique index articles_public_id on articles (public_id);
-- A trashed article's slug is free for another.
create unique index articles_slug on articles (slug) where trashed_at is null;
-- A provider's own id is unique within the provider.
create unique index articles_external_id on articles (coalesce(source_name, ''), external_id)
    where external_id is not null and trashed_at is null;
-- The default list, newest first, for callers who see everything.
create index articles_by_recency on articles (sort_key desc, id desc) where trashed_at is null;
-- The default list of one state: the public's list.
create index articles_by_state_and_recency on articles (state, sort_key desc, id desc)
    where trashed_at is null;

-- The text of an article, apart, so that a page of a list does not read it.
create table article_bodies (
    article_id integer not null primary key references articles (id) on delete cascade,
    body text not null,
    body_html text not null
) strict;

-- One row for each write to an article: what, by whom, why.
create table article_history (
    id integer not null primary key,
    article_id integer not null references articles (id) on delete cascade,
    version integer not null,
    event text not null check (event in ('created', 'edited', 'published', 'unpublished',
        'scheduled', 'withdrawn', 'blocked', 'unblocked', 'trashed', 'restored', 'corrected',
        'attached', 'detached')),
    actor text not null,
    reason text,
    at integer not null
) strict;
-- An article's history in its order.
create index article_history_by_article on article_history (article_id, version);

-- A disclaimer's identity; its content is in its newest version. key and
-- language stand here as well because they are what must be unique.
create table disclaimers (
    id integer not null primary key,
    public_id text not null,
    key text not null,
    language text,
    version integer not null,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index disclaimers_public_id on disclaimers (public_id);
-- A key is unique within a language; null counts as a language of its own.
create unique index disclaimers_key on disclaimers (key, coalesce(language, ''));
-- The list, in the order of keys.
create index disclaimers_by_key on disclaimers (key, id);

-- Each change of a disclaimer, immutable: the proof of what stood there when.
create table disclaimer_versions (
    disclaimer_id integer not null references disclaimers (id) on delete cascade,
    version integer not null,
    key text not null,
    language text,
    title text not null,
    body text not null,
    body_format text not null check (body_format in ('markdown', 'html', 'text')),
    body_html text not null,
    kind text not null check (kind in
        ('legal', 'provider', 'risk', 'sponsorship', 'affiliate', 'ai', 'other')),
    placement text not null check (placement in ('before', 'after')),
    priority integer not null default 0,
    created_at integer not null,
    primary key (disclaimer_id, version)
) strict;

-- Which article carries which disclaimer by hand. Detaching closes the row
-- instead of deleting it: what an article ever carried stays provable.
create table article_disclaimers (
    id integer not null primary key,
    article_id integer not null references articles (id) on delete cascade,
    disclaimer_id integer not null references disclaimers (id) on delete restrict,
    attached_at integer not null,
    detached_at integer
) strict;
-- At most one open attachment of a pair; also the way to an article's disclaimers.
create unique index article_disclaimers_open on article_disclaimers (article_id, disclaimer_id)
    where detached_at is null;
-- Is this disclaimer carried by anything, now or ever?
create index article_disclaimers_by_disclaimer on article_disclaimers (disclaimer_id, article_id);

-- Readers' comments. A DELETE sets deleted_at and the state removed.
create table comments (
    id integer not null primary key,
    public_id text not null,
    article_id integer not null references articles (id) on delete cascade,
    state text not null check (state in ('pending', 'published', 'rejected', 'spam', 'removed')),
    version integer not null default 1,
    author_name text not null,
    author_email text,
    body text not null,
    body_html text not null,
    state_reason text,
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer
) strict;
create unique index comments_public_id on comments (public_id);
-- An article's comments of one state, oldest first.
create index comments_by_article on comments (article_id, state, created_at, id);

-- What the import took from which file, so that a second run changes nothing
-- and an edited file updates the article it made.
create table imported_files (
    path text not null primary key,
    article_id integer not null references articles (id) on delete cascade,
    sha256 blob not null check (length(sha256) = 32),
    imported_at integer not null
) strict;
-- Which file made this article: asked when an article is purged.
create index imported_files_by_article on imported_files (article_id);
