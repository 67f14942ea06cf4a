-- Content coming in: what was taken from other systems, by their own ids.

-- imported_files.path is what any source knows an article by. source_version: the number of its version, where the source
-- counts them, or else the instant at which the source said so: an older one changes nothing.
alter table imported_files add column source_version integer;

-- What the import took as which comment, so that a second run changes nothing and an edited comment is edited here.
-- sha256: of the record at its source. source_version: the instant at which the source said so: an older one changes
-- nothing.
create table imported_comments (
    source_id text not null primary key,
    comment_id integer not null references comments (id) on delete cascade,
    sha256 blob not null check (length(sha256) = 32),
    imported_at integer not null,
    source_version integer
) strict;
-- Which record made this comment: asked when a comment is purged with its article.
create index imported_comments_by_comment on imported_comments (comment_id);

-- The paths and URLs that articles have or had at their sources: comments that come without their article find it by them.
create table imported_addresses (
    address text not null primary key,
    article_id integer not null references articles (id) on delete cascade
) strict;
-- The addresses of an article: asked when it is purged.
create index imported_addresses_by_article on imported_addresses (article_id);

-- What was purged here: no import makes it again, unless that is asked for. sha256: of what its source knows it by
-- (imported_files.path), so that no word is left of what was erased.
create table purged_imports (
    sha256 blob not null primary key check (length(sha256) = 32),
    purged_at integer not null
) strict;

-- That an export is being read back: one row from its first unit to its last. An import that was killed leaves it, and the
-- next one takes out what is here of that. began_at: what the export has is older, and what others write since is younger.
-- keys_before: the greatest number of a key that was there. taken_at: when an import has last taken it up; one that finds
-- another's instant there ends.
create table unfinished_imports (
    id integer not null primary key check (id = 1),
    began_at integer not null,
    keys_before integer not null,
    taken_at integer not null
) strict;

-- An article by its provider's id alone, for comments that name nothing else.
create index articles_by_external_id on articles (external_id) where external_id is not null and trashed_at is null;

-- Addresses that are to be forgotten, the oldest first: comments that were imported are older than their rows.
create index comment_addresses_by_age on comment_addresses (at);
