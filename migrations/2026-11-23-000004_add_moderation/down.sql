drop table comment_reports;
drop table comment_addresses;
drop index comments_reported;
drop index comments_by_email;
drop index comments_by_author;
alter table comments drop column email_key;
alter table comments drop column erased_at;
alter table comments drop column report_count;
alter table comments drop column by_site;
