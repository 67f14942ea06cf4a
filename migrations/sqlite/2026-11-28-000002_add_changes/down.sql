drop table followers;
drop trigger article_comments_follow;
drop table article_publicity;
drop table changes;
drop table change_log;
