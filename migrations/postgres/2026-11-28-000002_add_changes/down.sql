drop table webhook_deliveries;
drop table webhooks;
update api_keys set scopes = (
    select coalesce(jsonb_agg(value), '[]') from jsonb_array_elements_text(scopes::jsonb) as had (value)
    where value <> 'webhooks:manage'
)::text;
drop trigger article_comments_follow on article_publicity;
drop function article_comments_follow;
drop table article_publicity;
drop table changes;
drop table change_log_epochs;
drop table change_log;
