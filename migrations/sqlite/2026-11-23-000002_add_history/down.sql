drop index article_disclaimers_by_article;
drop table idempotent_answers;
drop table article_corrections;
drop table article_revisions;
create table article_history_before (
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
insert into article_history_before (id, article_id, version, event, actor, reason, at)
    select id, article_id, version,
        case event when 'correction_withdrawn' then 'corrected' else event end, actor, reason, at
    from article_history;
drop table article_history;
alter table article_history_before rename to article_history;
create index article_history_by_article on article_history (article_id, version);
