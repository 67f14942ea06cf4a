-- Threads of comments, their limits and who moderates them.

-- What a comment answers, and where it stands in the thread: the ids of those above it and its own,
-- ten hexadecimal digits each, so that the thread in the order in which it is shown is one range of
-- an index. shown: 0 not, 1 as it is, 2 as the empty place of one that has answers.
alter table comments add column parent_id integer references comments (id) on delete cascade;
alter table comments add column parent_public_id text;
alter table comments add column path text not null default '';
alter table comments add column depth integer not null default 0 check (depth between 0 and 10);
alter table comments add column reply_count integer not null default 0 check (reply_count >= 0);
alter table comments add column shown integer not null default 0 check (shown between 0 and 2);
-- Why it waits for a moderator, null where it does not.
alter table comments add column held_by text;
update comments set path = printf('%010x', id), shown = (state = 'published'),
    held_by = case state when 'pending' then 'policy' end;
alter table comments add column in_thread integer not null generated always as (shown > 0) virtual;
-- An article's thread, in the order in which it is shown.
create index comments_in_thread on comments (article_id, in_thread, path);
-- The answers to a comment.
create index comments_by_parent on comments (parent_id) where parent_id is not null;
-- The moderators' queue.
create index comments_in_queue on comments (state, created_at, id);

-- One row for each write to a comment: what it was from then on, by whom, why.
create table comment_history (
    id integer not null primary key,
    comment_id integer not null references comments (id) on delete cascade,
    version integer not null,
    state text not null check (state in ('pending', 'published', 'rejected', 'spam', 'removed')),
    actor text not null,
    reason text,
    held_by text,
    edited integer not null default 0 check (edited in (0, 1)),
    at integer not null
) strict;
-- A comment's history in its order. Those from before it was kept begin with what they were then.
create unique index comment_history_by_comment on comment_history (comment_id, version);
insert into comment_history (comment_id, version, state, actor, reason, held_by, at)
    select id, version, state, '', state_reason, held_by, updated_at from comments;

-- The newsroom's own secret: what its readers' tokens are made with.
create table site_secrets (
    id integer not null primary key check (id = 1),
    secret blob not null check (length(secret) = 32)
) strict;
insert into site_secrets (id, secret) values (1, randomblob(32));
