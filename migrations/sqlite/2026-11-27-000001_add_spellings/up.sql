-- Spellings of one thing: what providers and languages are called in articles and in their revisions, and the form
-- in which two spellings are compared. folding: which rules made the key; what was made by older ones is made anew
-- at the start (0: not yet).
create table spellings (
    kind text not null check (kind in ('source', 'language')),
    text text not null,
    key text not null,
    folding integer not null,
    primary key (kind, text)
) strict, without rowid;
-- All spellings of one key.
create index spellings_by_key on spellings (kind, key);
-- Those whose key is to be made anew.
create index spellings_by_folding on spellings (folding);
insert into spellings (kind, text, key, folding)
    select 'source', source_name, '', 0 from articles where source_name is not null
    union select 'source', content ->> '$.source_name', '', 0 from article_revisions where content ->> '$.source_name' is not null
    union select 'language', language, '', 0 from articles
    union select 'language', content ->> '$.language', '', 0 from article_revisions where content ->> '$.language' is not null;

-- The articles of a provider, by one spelling.
create index articles_by_source on articles (source_name, external_id) where source_name is not null;
