-- What moderation by rules needs: who wrote what from where, for a while, and what readers report.

-- Whether the newsroom wrote it itself: nothing but the article's policy holds it.
alter table comments add column by_site integer not null default 0 check (by_site in (0, 1));
-- Reports since a moderator last decided on it.
alter table comments add column report_count integer not null default 0 check (report_count >= 0);
-- When name and text were erased at somebody's request; the row keeps its place in the thread.
alter table comments add column erased_at integer;
-- The mail address as it is looked for: in any case of ASCII letters.
alter table comments add column email_key text generated always as (lower(author_email)) virtual;
-- Who said what where, as a digest: the same again is found at once, whoever else has that name.
alter table comments add column said integer;
-- What was said lately.
create index comments_said on comments (said, created_at) where said is not null;
-- What somebody wrote lately.
create index comments_by_author on comments (author_name, created_at);
-- What somebody wrote, by mail address.
create index comments_by_email on comments (email_key, state) where email_key is not null;
-- What readers report, as the queue has it.
create index comments_reported on comments (state, created_at, id) where report_count > 0;

-- From where a comment came: a keyed hash, for some days. Rows are as old as their comments, so the
-- oldest come first.
create table comment_addresses (
    comment_id integer not null primary key references comments (id) on delete cascade,
    address text not null,
    at integer not null
) strict;
-- What came from one address.
create index comment_addresses_by_address on comment_addresses (address);

-- One row for each reader who reports a comment. reporter: a key's id, or a keyed hash of an address
-- for some days and then null. settled: a moderator has decided since.
create table comment_reports (
    id integer not null primary key,
    comment_id integer not null references comments (id) on delete cascade,
    reporter text,
    reason text,
    settled integer not null default 0 check (settled in (0, 1)),
    at integer not null
) strict;
-- A reader reports a comment once.
create unique index comment_reports_once on comment_reports (comment_id, reporter) where reporter is not null;
-- A comment's reports in their order.
create index comment_reports_by_comment on comment_reports (comment_id, id);
-- Reporters that are to be forgotten, the oldest first.
create index comment_reports_by_age on comment_reports (at) where reporter is not null;
