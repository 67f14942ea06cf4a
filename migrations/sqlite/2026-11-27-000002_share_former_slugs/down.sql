alter table former_slugs rename to former_slugs_after;
create table former_slugs (
    slug text not null primary key,
    article_id integer not null references articles (id) on delete cascade,
    left_at integer not null
) strict;
insert or replace into former_slugs (slug, article_id, left_at)
    select slug, article_id, left_at from former_slugs_after
    where slug not in (select slug from articles where trashed_at is null) order by left_at;
drop table former_slugs_after;
create index former_slugs_by_article on former_slugs (article_id);
