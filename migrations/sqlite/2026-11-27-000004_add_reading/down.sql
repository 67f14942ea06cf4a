drop index articles_restricted;
drop index articles_by_comment_count;
drop index articles_by_update;
drop table reading_rules;
drop table article_search;
drop table terms;
drop trigger article_terms_follow;
drop table article_terms;
