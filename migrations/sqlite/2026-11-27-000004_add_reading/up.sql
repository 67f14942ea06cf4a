-- Reading: what lists are filtered, ordered and searched by. All of it is made from articles, by the program: it is
-- made anew where `reading_rules` says that older rules made it.

-- What articles are filtered by, one row for each term of an article, in the order of lists: a page of one term is
-- one walk of the primary key. kind 'title' is the order by title. key is the form in which terms are compared.
-- public_from and public_until: when anyone may see the article in lists (null: never; for ever). there: whether it
-- is not in the trash.
create table article_terms (
    kind text not null check (kind in ('section', 'tag', 'author', 'source', 'language', 'title')),
    key text not null,
    sort_key integer not null,
    article_id integer not null references articles (id) on delete cascade,
    public_from integer,
    public_until integer,
    there integer not null check (there in (0, 1)),
    primary key (kind, key, sort_key, article_id)
) strict, without rowid;
-- The terms of an article.
create index article_terms_by_article on article_terms (article_id, kind, key);
-- Dates and states change in many places; the terms follow.
create trigger article_terms_follow after update of state, published_at, went_public_at, embargo_until, expires_at, trashed_at on articles
    when old.state is not new.state or old.published_at is not new.published_at or old.went_public_at is not new.went_public_at
        or old.embargo_until is not new.embargo_until or old.expires_at is not new.expires_at or old.trashed_at is not new.trashed_at
begin
    update article_terms set
        sort_key = coalesce(max(new.published_at, coalesce(new.embargo_until, new.published_at)), new.created_at + 4611686018427387904),
        public_from = case when new.state = 'published' and new.trashed_at is null
            then max(new.went_public_at, coalesce(new.embargo_until, new.went_public_at)) end,
        public_until = new.expires_at,
        there = new.trashed_at is null
    where article_id = new.id;
end;

-- The names that people read for terms. value: what a filter takes. is_given: someone has named it; else the name is
-- the newest spelling, or made from the slug.
create table terms (
    kind text not null check (kind in ('section', 'tag', 'author', 'source', 'language')),
    key text not null,
    value text not null,
    name text not null,
    is_given integer not null default 0 check (is_given in (0, 1)),
    primary key (kind, key)
) strict, without rowid;

-- The words of articles, folded by the program, for full-text search; rowid is the article's id. head: what a teaser
-- shows; body: the text. forms: other spellings of their words. marks: terms, to filter a search by.
create virtual table article_search using fts5 (
    title, summary, names, body, head_forms, body_forms, marks,
    content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3'
);

-- One row: by which version of the rules the tables above were made (0: not yet).
create table reading_rules (
    id integer not null primary key check (id = 1),
    version text not null
) strict;
insert into reading_rules (id, version) values (1, '');

-- The order by the last write.
create index articles_by_update on articles (updated_at desc, id desc) where trashed_at is null;
-- Licensed articles, in the order of lists.
create index articles_restricted on articles (sort_key desc, id desc) where access = 'restricted' and trashed_at is null;
-- The order by the number of comments.
create index articles_by_comment_count on articles (comment_count desc, id desc) where trashed_at is null;
