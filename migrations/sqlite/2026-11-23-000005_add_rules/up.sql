-- Disclaimers that attach themselves: rules are part of a version, and so is that one is retired.

-- Which version of it an article shows: the one in force when it was published, or the newest.
alter table disclaimer_versions add column text_mode text not null default 'pinned' check (text_mode in ('pinned', 'current'));
-- The rule, as JSON; null for none.
alter table disclaimer_versions add column applies_to text;
-- From when until when the rule attaches.
alter table disclaimer_versions add column effective_from integer;
alter table disclaimer_versions add column effective_until integer;
-- Since when it attaches itself to nothing that is published later.
alter table disclaimer_versions add column retired_at integer;
-- Whether any of its versions ever had a rule.
alter table disclaimers add column ever_rule integer not null default 0 check (ever_rule in (0, 1));
-- Those that may attach themselves.
create index disclaimers_with_rule on disclaimers (ever_rule, id);

-- Since when an article that is public was so, as a write left it: what a text was pinned to then.
alter table article_history add column went_public_at integer;
update article_history set went_public_at = (select published.at from article_history as published
    where published.article_id = article_history.article_id and published.version <= article_history.version
        and (published.event = 'published' or (published.event = 'created' and published.state = 'published'))
    order by published.version desc limit 1);

-- Since when readers have an article by one publication of it: what its disclaimers are pinned to, whatever is
-- said of embargoes later. until: when another publication took its place. Written once something else is.
create table article_publications (
    id integer not null primary key,
    article_id integer not null references articles (id) on delete cascade,
    since integer not null,
    until integer
) strict;
-- At most one of an article is in force.
create unique index article_publications_open on article_publications (article_id) where until is null;
-- That which was in force at an instant.
create index article_publications_by_article on article_publications (article_id, since);

-- The newsroom's own language from an instant on: which translation stands where an article's own is missing.
create table site_languages (
    since integer not null primary key,
    language text not null
) strict;
insert into site_languages (since, language) values (0, 'en');
