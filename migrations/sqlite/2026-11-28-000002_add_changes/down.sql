drop table webhook_deliveries;
drop table webhooks;
update api_keys set scopes = (
    select json_group_array(value) from json_each(scopes) where value <> 'webhooks:manage'
);
drop trigger article_comments_follow;
drop table article_publicity;
drop table changes;
drop table change_log_epochs;
drop table change_log;
