-- Names of keys can be alike: history says which key it was as well, null for whom no stored key stands.
alter table article_history add column actor_key_id text;
alter table comment_history add column actor_key_id text;
-- Who made and who revoked a key, as history names them; null from before this was kept.
alter table api_keys add column created_by text;
alter table api_keys add column created_by_key_id text;
alter table api_keys add column revoked_by text;
alter table api_keys add column revoked_by_key_id text;
-- The keys that were revoked, in the order in which they were made.
create index api_keys_revoked on api_keys (id) where revoked_at is not null;
