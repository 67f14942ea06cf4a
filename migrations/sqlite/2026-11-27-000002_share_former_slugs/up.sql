alter table former_slugs rename to former_slugs_before;
-- The slugs that articles had before: each leads to the one that left it last, of those that the caller may know of, until
-- one that the caller may know of has it as its own. What leaves no trace (a draft, a purged article) takes no address away.
create table former_slugs (
    slug text not null,
    left_at integer not null,
    article_id integer not null references articles (id) on delete cascade,
    primary key (slug, left_at, article_id)
) strict, without rowid;
insert into former_slugs (slug, left_at, article_id) select slug, left_at, article_id from former_slugs_before;
drop table former_slugs_before;
-- An article's former slugs.
create index former_slugs_by_article on former_slugs (article_id, slug);
