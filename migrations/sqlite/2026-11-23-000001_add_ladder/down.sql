drop table former_slugs;
drop table article_removals;
drop table article_seen;
drop index articles_expiring;
drop index articles_embargoed;
drop index articles_going_public;
drop index articles_in_trash;
drop index articles_by_state_and_recency;
drop index articles_by_recency;
alter table articles drop column sort_key;
alter table articles add column sort_key integer not null generated always as
    (coalesce(published_at, created_at + 4611686018427387904)) virtual;
create index articles_by_recency on articles (sort_key desc, id desc) where trashed_at is null;
create index articles_by_state_and_recency on articles (state, sort_key desc, id desc)
    where trashed_at is null;
alter table articles drop column comments_close_at;
alter table articles drop column expires_at;
alter table articles drop column embargo_until;
alter table articles drop column access;
drop index api_keys_in_force;
alter table api_keys drop column last_used_at;
