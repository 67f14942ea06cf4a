drop table followers;
drop trigger article_comments_follow on article_publicity;
drop function article_comments_follow;
drop table article_publicity;
drop table changes;
drop table change_log;
