drop table site_secrets;
drop table comment_history;
drop index comments_in_queue;
drop index comments_by_parent;
drop index comments_in_thread;
-- SQLite drops no column that refers to a table: the table is made anew as it was.
create table comments_before (
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
insert into comments_before select id, public_id, article_id, state, version, author_name, author_email,
    body, body_html, state_reason, created_at, updated_at, deleted_at from comments;
drop table comments;
alter table comments_before rename to comments;
create unique index comments_public_id on comments (public_id);
create index comments_by_article on comments (article_id, state, created_at, id);
