-- Content in motion: the log of what readers could notice.

-- One row: how much of the log is no longer there.
create table change_log (
    id integer not null primary key check (id = 1),
    -- The position up to which removals may be missing.
    removed_until integer not null default 0,
    -- The position up to which changes of what has changed again are missing.
    compacted_until integer not null default 0
) strict;
insert into change_log (id) values (1);

-- Each start of a server, with the position of the log then: what was read of a state that was lost is told from it.
create table change_log_epochs (
    number integer not null primary key,
    epoch text not null,
    position integer not null
) strict;
-- One start by its name.
create unique index change_log_epochs_epoch on change_log_epochs (epoch);
insert into change_log_epochs (number, epoch, position) values (1, lower(hex(randomblob(8))), 0);

-- Changes of what is public, in the order of their commits. Of what was changed again, old rows go after a time.
create table changes (
    -- The position: the instant of its unit of work in microseconds, or the next free number.
    id integer not null primary key,
    kind text not null check (kind in (
        'article.published', 'article.updated', 'article.unpublished', 'article.withdrawn', 'article.blocked',
        'article.expired', 'article.deleted', 'comment.published', 'comment.edited', 'comment.removed',
        'disclaimer.created', 'disclaimer.updated', 'disclaimer.retired', 'disclaimer.deleted', 'terms.named',
        'comment.touched'
    )),
    -- The public id of the article, comment or disclaimer; the key of a term.
    subject text not null,
    -- The public id of a comment's article.
    article text,
    version integer,
    at integer not null,
    -- The cache groups that it changes besides those that follow from the subject, with spaces between.
    cache_groups text
) strict;
-- The last change of one thing.
create index changes_by_subject on changes (subject, id);

-- What the log says of each article: what readers can see of it, and when the clock changes that.
create table article_publicity (
    article_id integer not null primary key references articles (id) on delete cascade,
    shows text not null check (shows in ('nothing', 'teaser', 'article')),
    -- The next instant at which the clock may change it.
    due_at integer,
    -- The instant of the last change.
    at integer not null
) strict;
-- What the clock has changed.
create index article_publicity_due on article_publicity (due_at) where due_at is not null;

-- An article takes its comments along, when it is shown and when it no longer is.
create trigger article_comments_follow after update of shows on article_publicity
when (old.shows = 'article') <> (new.shows = 'article')
begin
    insert into changes (id, kind, subject, article, version, at)
        select (select max(id) from changes) + row_number() over (order by comments.id),
            case when new.shows = 'article' then 'comment.published' else 'comment.removed' end,
            comments.public_id, articles.public_id, comments.version, new.at
        from articles join comments on comments.article_id = articles.id
        where articles.id = new.article_id and comments.state = 'published';
end;

-- What is there already is told when the log is first read, in the order in which it became public.
insert into article_publicity (article_id, shows, due_at, at)
    select id, 'nothing',
        case when state = 'published' and trashed_at is null
            then max(went_public_at, coalesce(embargo_until, went_public_at)) end,
        0
    from articles;
insert into changes (id, kind, subject, version, at)
    select row_number() over (order by created_at, id), 'disclaimer.created', public_id, version, created_at from disclaimers;

-- Who is sent what changes: each webhook has its own place in the log.
create table webhooks (
    id integer not null primary key,
    public_id text not null,
    url text not null,
    -- The kinds of changes that are sent, a JSON list of words.
    types text not null check (json_valid(types)),
    -- The articles whose changes are sent, as JSON; null for all.
    filter text check (json_valid(filter)),
    description text,
    -- Secrets are not stored: they follow from the newsroom's own, the public id and this number.
    secret_number integer not null check (secret_number >= 1),
    -- Until when the secret before it signs too.
    former_secret_until integer,
    -- The position in the log up to which everything was taken, given up, or is of no interest.
    position integer not null,
    -- The first failure since the last success.
    failing_since integer,
    -- Since when nothing is sent, and why.
    disabled_at integer,
    disabled_reason text check (disabled_reason in ('by_hand', 'gone', 'failing', 'behind')),
    -- Of several servers, the one that sends to it, and until when no other does.
    sender text,
    sender_until integer not null default 0,
    created_at integer not null,
    updated_at integer not null,
    created_by text not null,
    -- The public id of the key that created it.
    created_by_key_id text,
    check ((disabled_at is null) = (disabled_reason is null))
) strict;
-- One webhook by its public id.
create unique index webhooks_public_id on webhooks (public_id);

-- What was sent to each webhook: one row an event, with its last attempt. The newest are kept.
create table webhook_deliveries (
    id integer not null primary key,
    -- What the receiver knows the event by, the same for each attempt.
    public_id text not null,
    webhook_id integer not null references webhooks (id) on delete cascade,
    -- The kind of change, or `webhook.test`.
    event text not null,
    -- The position of the change in the log; none of a test.
    change integer,
    -- What is sent, byte for byte.
    body text not null,
    state text not null check (state in ('waiting', 'delivered', 'given_up')),
    -- How often it was sent in its turn.
    attempts integer not null check (attempts >= 0),
    created_at integer not null,
    -- The last attempt, its answer's status, why it failed, and how many milliseconds the answer took.
    last_at integer not null,
    -- When it is sent again.
    next_at integer,
    status integer,
    failure text check (failure in ('status', 'address', 'connection', 'timeout')),
    took integer,
    check ((state = 'waiting') = (next_at is not null))
) strict;
-- One delivery by its public id.
create unique index webhook_deliveries_public_id on webhook_deliveries (public_id);
-- The deliveries of a webhook, the newest first.
create index webhook_deliveries_by_webhook on webhook_deliveries (webhook_id, id);
-- The delivery of a webhook that is sent again: one at most, as the next event waits for it.
create unique index webhook_deliveries_waiting on webhook_deliveries (webhook_id) where next_at is not null;
-- The oldest, for their end.
create index webhook_deliveries_by_time on webhook_deliveries (last_at);

-- Keys that could do everything still can.
update api_keys set scopes = json_insert(scopes, '$[#]', 'webhooks:manage')
where (
    select count(distinct value) from json_each(scopes)
    where value in (
        'drafts:read', 'embargo:read', 'restricted:read', 'articles:write', 'articles:publish',
        'articles:purge', 'comments:write', 'comments:moderate', 'disclaimers:write', 'keys:manage',
        'audit:read', 'metrics:read'
    )
) = 12;
