create table revisions_with_html (
    article_id integer not null references articles (id) on delete cascade,
    last_version integer not null,
    content text,
    body text,
    body_html text,
    primary key (article_id, last_version),
    check ((body is null) = (body_html is null))
) strict;
-- The HTML is gone: the text stands for it as it is, and holds no element.
insert into revisions_with_html (article_id, last_version, content, body, body_html)
    select article_id, last_version, content, body, replace(replace(body, '&', '&amp;'), '<', '&lt;')
    from article_revisions;
drop table article_revisions;
alter table revisions_with_html rename to article_revisions;
create index article_revisions_unkept on article_revisions (article_id, last_version) where content is null;
drop index articles_trashed;
drop table blocked_addresses;
drop table audit_events;
update api_keys set scopes = (
    select json_group_array(value) from json_each(scopes) where value not in ('audit:read', 'metrics:read')
);
