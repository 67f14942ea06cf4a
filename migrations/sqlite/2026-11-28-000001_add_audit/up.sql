-- Kept safe: who was given access and who tried to get it; addresses that may not comment.

-- What changes access, and attempts to get it. Wrong keys are one row an hour and address, with their number.
create table audit_events (
    id integer not null primary key,
    public_id text not null,
    event text not null
        check (event in ('key_created', 'key_revoked', 'key_refused', 'block_created', 'block_lifted')),
    at integer not null,
    -- The last of several.
    last_at integer not null,
    count integer not null check (count >= 1),
    actor text,
    actor_key_id text,
    -- The public id of the key, or of the block.
    subject text,
    -- Keyed digest of the client's address, for some days.
    address text,
    -- The key's name, or the reason of a block.
    note text
) strict;
-- One event by its public id.
create unique index audit_events_public_id on audit_events (public_id);
-- Events of one kind, the newest first.
create index audit_events_by_event on audit_events (event, id);
-- Wrong keys from an address in this hour, and its blocks.
create index audit_events_refused on audit_events (address, at) where address is not null;
-- The oldest, for their end.
create index audit_events_by_time on audit_events (at);
-- The oldest addresses, for their end.
create index audit_events_with_address on audit_events (at) where address is not null;

-- Keys that could do everything still can.
update api_keys set scopes = json_insert(scopes, '$[#]', 'audit:read', '$[#]', 'metrics:read')
where (
    select count(distinct value) from json_each(scopes)
    where value in (
        'drafts:read', 'embargo:read', 'restricted:read', 'articles:write', 'articles:publish',
        'articles:purge', 'comments:write', 'comments:moderate', 'disclaimers:write', 'keys:manage'
    )
) = 10;

-- Addresses from which no comment is taken, until an instant.
create table blocked_addresses (
    id integer not null primary key,
    public_id text not null,
    -- Keyed digest of the address.
    address text not null,
    -- The public id of the comment by which it was blocked; the comment may be gone.
    comment text not null,
    reason text,
    created_at integer not null,
    until integer not null,
    actor text not null,
    actor_key_id text
) strict;
-- One block by its public id.
create unique index blocked_addresses_public_id on blocked_addresses (public_id);
-- The block of an address: one at most.
create unique index blocked_addresses_address on blocked_addresses (address);
-- Those that have ended.
create index blocked_addresses_until on blocked_addresses (until);

-- Articles in the trash, those that have been there the longest first.
create index articles_trashed on articles (trashed_at) where trashed_at is not null;

-- The HTML of what an article said before is made when it is read: it took as much room as the text.
create table revisions_without_html (
    article_id integer not null references articles (id) on delete cascade,
    last_version integer not null,
    content text,
    body text,
    primary key (article_id, last_version)
) strict;
insert into revisions_without_html (article_id, last_version, content, body)
    select article_id, last_version, content, body from article_revisions;
drop table article_revisions;
alter table revisions_without_html rename to article_revisions;
-- Up to which version nothing was kept.
create index article_revisions_unkept on article_revisions (article_id, last_version) where content is null;
