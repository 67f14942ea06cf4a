create table revisions_with_html (
    article_id integer not null references articles (id) on delete cascade,
    last_version integer not null,
    content text,
    body text,
    body_html text,
    primary key (article_id, last_version),
    check ((body is null) = (body_html is null))
) strict;
-- The HTML is gone: the text is there, to be rendered again.
insert into revisions_with_html (article_id, last_version, content, body, body_html)
    select article_id, last_version, content, body, body from article_revisions;
drop table article_revisions;
alter table revisions_with_html rename to article_revisions;
create index article_revisions_unkept on article_revisions (article_id, last_version) where content is null;
drop index articles_trashed;
drop table blocked_addresses;
drop table audit_events;
