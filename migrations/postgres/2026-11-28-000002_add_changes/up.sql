-- Content in motion: the log of what readers could notice.

-- One row: what positions in the log belong to, and how far removals are no longer in it.
create table change_log (
    id bigint primary key check (id = 1),
    -- Another one once a backup is restored: what was read before is of another log.
    epoch text collate "C" not null,
    -- The position up to which removals may be missing.
    removed_until bigint not null default 0
);
insert into change_log (id, epoch) values (1, substr(md5(gen_random_uuid()::text), 1, 16));

-- Changes of what is public, in the order of their commits. Of what was changed again, old rows go after a time.
create table changes (
    -- The position: the instant of its unit of work in microseconds, or the next free number.
    id bigint primary key,
    kind text collate "C" not null check (kind in (
        'article.published', 'article.updated', 'article.unpublished', 'article.withdrawn', 'article.blocked',
        'article.expired', 'article.deleted', 'comment.published', 'comment.edited', 'comment.removed',
        'disclaimer.created', 'disclaimer.updated', 'disclaimer.retired', 'disclaimer.deleted', 'terms.named'
    )),
    -- The public id of the article, comment or disclaimer; the key of a term.
    subject text collate "C" not null,
    -- The public id of a comment's article.
    article text collate "C",
    version bigint,
    at bigint not null,
    -- The cache groups that it changes besides those that follow from the subject, with spaces between.
    cache_groups text collate "C"
);
-- The last change of one thing.
create index changes_by_subject on changes (subject, id);

-- How far those have come who follow the log for this newsroom, as what tells caches.
create table followers (
    name text collate "C" primary key,
    -- The log that it has read.
    epoch text collate "C" not null,
    position bigint not null
);

-- What the log says of each article: what readers can see of it, and when the clock changes that.
create table article_publicity (
    article_id bigint primary key references articles (id) on delete cascade,
    shows text collate "C" not null check (shows in ('nothing', 'teaser', 'article')),
    -- The next instant at which the clock may change it.
    due_at bigint,
    -- The instant of the last change.
    at bigint not null
);
-- What the clock has changed.
create index article_publicity_due on article_publicity (due_at) where due_at is not null;

-- An article takes its comments along, when it is shown and when it no longer is.
create function article_comments_follow() returns trigger language plpgsql as $$
begin
    insert into changes (id, kind, subject, article, version, at)
        select (select max(id) from changes) + row_number() over (order by comments.id),
            case when new.shows = 'article' then 'comment.published' else 'comment.removed' end,
            comments.public_id, articles.public_id, comments.version, new.at
        from articles join comments on comments.article_id = articles.id
        where articles.id = new.article_id and comments.state = 'published';
    return null;
end $$;
create trigger article_comments_follow after update of shows on article_publicity
    for each row when ((old.shows = 'article') <> (new.shows = 'article'))
    execute function article_comments_follow();

-- What is there already is told when the log is first read, in the order in which it became public.
insert into article_publicity (article_id, shows, due_at, at)
    select id, 'nothing',
        case when state = 'published' and trashed_at is null then greatest(went_public_at, embargo_until) end,
        0
    from articles;
insert into changes (id, kind, subject, version, at)
    select row_number() over (order by created_at, id), 'disclaimer.created', public_id, version, created_at from disclaimers;
