drop index articles_by_source;
drop table spellings;
