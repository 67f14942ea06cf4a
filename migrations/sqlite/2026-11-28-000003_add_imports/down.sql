drop index comment_addresses_by_age;
drop index articles_by_external_id;
drop table purged_imports;
drop table unfinished_imports;
drop table imported_addresses;
drop table imported_comments;
alter table imported_files drop column source_version;
