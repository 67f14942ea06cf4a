-- History and certainty: versions kept whole, corrections, and answers that are given twice.

-- One row for each write to an article: what, by whom, why, what it changed, and what the article
-- was from then on. `subject` is the public id of the disclaimer or correction that it was about,
-- `details` is what an action was given (whose demand, which notice, when); state and published_at are null in rows from before they were kept.
create table article_history_anew (
    id integer not null primary key,
    article_id integer not null references articles (id) on delete cascade,
    version integer not null,
    event text not null check (event in ('created', 'edited', 'published', 'unpublished',
        'scheduled', 'withdrawn', 'blocked', 'unblocked', 'trashed', 'restored', 'corrected',
        'correction_withdrawn', 'attached', 'detached')),
    actor text not null,
    reason text,
    changes text not null default '[]',
    subject text,
    restored_version integer,
    details text not null default '{}' check (json_valid(details)),
    state text check (state in ('draft', 'scheduled', 'published', 'withdrawn', 'blocked', 'trashed')),
    published_at integer,
    at integer not null
) strict;
insert into article_history_anew (id, article_id, version, event, actor, reason, at)
    select id, article_id, version, event, actor, reason, at from article_history;
drop table article_history;
alter table article_history_anew rename to article_history;
-- An article's history in its order: one entry for each version.
create unique index article_history_by_article on article_history (article_id, version);
-- What the newest entry of each article left is still there to be seen.
update article_history set (state, published_at) = (
    select case when articles.trashed_at is not null then 'trashed'
                when articles.state = 'published' and articles.went_public_at > article_history.at then 'scheduled'
                else articles.state end, articles.published_at
    from articles where articles.id = article_history.article_id)
where version = (select articles.version from articles where articles.id = article_history.article_id);

-- What an article said up to and including a version, put aside when an edit changed it; what it
-- says now stands in articles alone. The text is put aside where it changed, and is else that of the
-- next row that has one. Without content: versions from before they were kept.
create table article_revisions (
    article_id integer not null references articles (id) on delete cascade,
    last_version integer not null,
    content text,
    body text,
    body_html text,
    primary key (article_id, last_version),
    check ((body is null) = (body_html is null))
) strict;
-- Up to which version nothing was kept.
create index article_revisions_unkept on article_revisions (article_id, last_version) where content is null;
insert into article_revisions (article_id, last_version)
    select id, version - 1 from articles where version > 1;

-- What was put right in an article after readers had seen it. One that was withdrawn stays, marked.
create table article_corrections (
    id integer not null primary key,
    public_id text not null,
    article_id integer not null references articles (id) on delete cascade,
    note text not null,
    corrected_at integer not null,
    withdrawn_at integer
) strict;
-- An article's corrections, in the order in which they were made.
create index article_corrections_by_article on article_corrections (article_id, id);
create unique index article_corrections_public_id on article_corrections (public_id);

-- Answers to requests that may be sent again with the same Idempotency-Key, for a day. The digest is
-- of caller, path and key. `subject` is the public id of the article that the answer is about.
create table idempotent_answers (
    request_sha256 blob not null primary key check (length(request_sha256) = 32),
    body_sha256 blob not null check (length(body_sha256) = 32),
    answer text not null,
    body text not null,
    subject text not null,
    kept_at integer not null
) strict;
-- What can be forgotten, oldest first.
create index idempotent_answers_by_age on idempotent_answers (kept_at);
-- What is forgotten with its subject.
create index idempotent_answers_by_subject on idempotent_answers (subject);

-- What an article carried at an instant, also what it does not carry any more.
create index article_disclaimers_by_article on article_disclaimers (article_id, attached_at);
