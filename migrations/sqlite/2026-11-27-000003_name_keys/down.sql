drop index api_keys_revoked;
alter table api_keys drop column revoked_by_key_id;
alter table api_keys drop column revoked_by;
alter table api_keys drop column created_by_key_id;
alter table api_keys drop column created_by;
alter table comment_history drop column actor_key_id;
alter table article_history drop column actor_key_id;
