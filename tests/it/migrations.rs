//! Each migration goes up, down and up again over sample data, and the tables
//! are those that the code believes in.

use copydesk::db::{MIGRATIONS, TABLES};
use copydesk::domain::scope::Scopes;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel_migrations::MigrationHarness;

use crate::support::database::{fresh_database, migration_files};

const SAMPLE: &str = "
    insert into articles (id, public_id, slug, state, title, body_format, language, comments_policy, published_at, created_at, updated_at)
        values (1, 'a1', 'one', 'published', 'One', 'markdown', 'en', 'open', 5, 1, 1),
               (2, 'a2', 'two', 'draft', 'Two', 'markdown', 'en', 'closed', null, 2, 2);
    insert into article_bodies values (1, 'Text', '<p>Text</p>'), (2, '', '');
    insert into article_history (article_id, version, event, actor, at) values (1, 1, 'created', 'admin', 1);
    insert into disclaimers (id, public_id, key, version, created_at, updated_at) values (1, 'd1', 'notice', 1, 1, 1);
    insert into disclaimer_versions (disclaimer_id, version, key, title, body, body_format, body_html, kind, placement, created_at)
        values (1, 1, 'notice', 'T', 'B', 'text', 'B', 'legal', 'after', 1);
    insert into article_disclaimers (article_id, disclaimer_id, attached_at) values (1, 1, 1);
    insert into comments (public_id, article_id, state, author_name, body, body_html, created_at, updated_at)
        values ('c1', 1, 'published', 'Sam', 'Hi', 'Hi', 1, 1);
    insert into comment_history (comment_id, version, state, actor, at) values (1, 1, 'published', 'anonymous', 1);
    insert into imported_files values ('a.md', 1, zeroblob(32), 1, null);
    insert into imported_comments values ('c.xml comment 1', 1, zeroblob(32), 1, 1);
    insert into imported_addresses values ('/one/', 1);
    insert into purged_imports values (zeroblob(32), 1);
    insert into api_keys (public_id, name, prefix, secret_sha256, created_at) values ('k1', 'admin', 'p', zeroblob(32), 1);
    insert into article_removals (article_id, blocked_at, authority, state_before_block) values (2, 1, 'Court', 'draft');
    insert into article_seen values (1, 5);
    insert into former_slugs (slug, article_id, left_at) values ('uno', 1, 1);
    insert into article_revisions values (1, 0, '{}', 'Text');
    insert into audit_events (public_id, event, at, last_at, count) values ('e1', 'key_refused', 1, 1, 1);
    insert into blocked_addresses (public_id, address, comment, created_at, until, actor) values ('b1', 'x', 'c1', 1, 2, 'admin');
    insert into article_corrections (public_id, article_id, note, corrected_at) values ('x1', 1, 'Wrong', 1);
    insert into article_history (article_id, version, event, actor, subject, state, at) values (2, 1, 'correction_withdrawn', 'admin', 'x1', 'draft', 1);
    insert into idempotent_answers values (zeroblob(32), zeroblob(32), '{}', '', 'a1', 1);
    insert into webhooks (id, public_id, url, types, secret_number, position, created_at, updated_at, created_by)
        values (1, 'w1', 'https://site.example/', '[]', 1, 0, 1, 1, 'admin');
    insert into webhook_deliveries (public_id, webhook_id, event, body, state, attempts, created_at, last_at)
        values ('w2', 1, 'webhook.test', '{}', 'delivered', 0, 1, 1);
";

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn tables(conn: &mut SqliteConnection) -> Vec<String> {
    let sql = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name not like '\\_\\_%' escape '\\' order by name";
    diesel::sql_query(sql).load::<Name>(conn).unwrap().into_iter().map(|row| row.name).collect()
}

#[test]
fn up_down_up_on_sample_data() {
    let (_dir, path) = fresh_database();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("pragma foreign_keys = on").unwrap();
    let made = tables(&mut conn);
    assert!(made.contains(&"articles".to_owned()));
    conn.batch_execute(SAMPLE).unwrap();
    conn.revert_all_migrations(MIGRATIONS).unwrap();
    assert_eq!(tables(&mut conn), [""; 0], "nothing is left behind");
    conn.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(tables(&mut conn), made);
    conn.batch_execute(SAMPLE).unwrap();
}

/// A newsroom that moves to another database takes everything along.
#[test]
fn every_table_is_copied_or_made_anew() {
    let (_dir, path) = fresh_database();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let mut made = tables(&mut conn);
    made.retain(|name| !name.starts_with("article_search"));
    let mut known: Vec<&str> = TABLES.into_iter().chain(["reading_rules"]).collect();
    known.sort_unstable();
    assert_eq!(made, known);
}

#[test]
fn the_audit_keeps_rights_and_brings_no_html_back() {
    let (_dir, path) = fresh_database();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(SAMPLE).unwrap();
    let all = serde_json::to_string(&Scopes::ALL.words()).unwrap();
    let former = all.replace(",\"audit:read\",\"metrics:read\",\"webhooks:manage\"", "");
    let some = "[\"drafts:read\",\"keys:manage\"]";
    for (id, scopes) in [("full", &all[..]), ("some", some)] {
        let sql =
            "insert into api_keys (public_id, name, prefix, secret_sha256, created_at, scopes)
             values (?1, 'x', ?1, randomblob(32), 1, ?2)";
        let insert = diesel::sql_query(sql).bind::<Text, _>(id).bind::<Text, _>(scopes);
        insert.execute(&mut conn).unwrap();
    }
    conn.batch_execute("update article_revisions set body = '<script>1 & 2'").unwrap();
    let text = |conn: &mut SqliteConnection, sql: &str| {
        diesel::sql_query(format!("select ({sql}) as name")).get_result::<Name>(conn).unwrap().name
    };
    let scopes_of = |id: &str| format!("select scopes from api_keys where public_id = '{id}'");
    // The change log and imports of comments came after it.
    for _ in 0..3 {
        conn.revert_last_migration(MIGRATIONS).unwrap();
    }
    assert_eq!(text(&mut conn, &scopes_of("full")), former);
    let html = text(&mut conn, "select body_html from article_revisions");
    assert_eq!(html, "&lt;script>1 &amp; 2");
    conn.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(text(&mut conn, &scopes_of("full")), all);
    assert_eq!(text(&mut conn, &scopes_of("some")), some);
    assert_eq!(text(&mut conn, "select body from article_revisions"), "<script>1 & 2");
}

#[test]
fn the_database_itself_refuses_what_must_not_be() {
    let (_dir, path) = fresh_database();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("pragma foreign_keys = on").unwrap();
    conn.batch_execute(SAMPLE).unwrap();
    for sql in [
        "update articles set state = 'archived'",
        "update articles set version = 'two'",
        "update articles set comment_count = -1",
        "update comments set state = 'gone'",
        "update disclaimer_versions set kind = 'x'",
        "update articles set slug = 'one'",
        "insert into comments (public_id, article_id, state, author_name, body, body_html, created_at, updated_at) values ('c2', 99, 'published', 'S', 'B', 'B', 1, 1)",
        "delete from disclaimers",
        "insert into article_disclaimers (article_id, disclaimer_id, attached_at) values (1, 1, 2)",
    ] {
        assert!(conn.batch_execute(sql).is_err(), "{sql}");
    }
}

#[test]
fn every_table_is_strict_and_every_table_and_index_has_its_comment() {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Integer)]
        strict: i32,
    }
    let (_dir, path) = fresh_database();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let rows: Vec<Table> = diesel::sql_query(
        "select name, strict from pragma_table_list where schema = 'main' and type = 'table'",
    )
    .load(&mut conn)
    .unwrap();
    for table in rows
        .iter()
        .filter(|table| !table.name.starts_with("sqlite_") && !table.name.starts_with("__"))
    {
        assert_eq!(table.strict, 1, "{}", table.name);
    }
    let ups: String = migration_files()
        .iter()
        .filter(|path| path.ends_with("up.sql"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let lines: Vec<&str> = ups.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        let own_comment = number > 0
            && (lines[number - 1].starts_with("--")
                || lines[number - 1].starts_with("create unique index"));
        assert!(
            !line.starts_with("create") || own_comment || line.starts_with("create unique index"),
            "no comment above: {line}"
        );
    }
}

#[test]
fn an_instant_fits_below_the_sort_key_of_what_was_never_published() {
    #[derive(QueryableByName)]
    struct Key {
        #[diesel(sql_type = BigInt)]
        sort_key: i64,
    }
    let (_dir, path) = fresh_database();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(SAMPLE).unwrap();
    let keys: Vec<Key> = diesel::sql_query("select sort_key from articles order by sort_key")
        .load(&mut conn)
        .unwrap();
    assert_eq!(keys.iter().map(|key| key.sort_key).collect::<Vec<_>>(), [5, (1 << 62) + 2]);
}
