//! The yardstick of `tests/load/speed.py`: actix and SQLite with nothing between them.
//!
//! `GET /static` answers 4 KB from memory. `POST /comments` inserts one row, counts it, and commits: a transaction a
//! request, durable, through one connection on a blocking thread.

#![expect(missing_docs, reason = "tables that nobody else sees")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

/// Bytes of the answer from memory: a hot article of some 3 KB.
const STATIC_BYTES: usize = 4096;

diesel::table! {
    comments (id) { id -> BigInt, public_id -> Text, article_id -> BigInt, body -> Text, created_at -> BigInt, }
}
diesel::table! {
    articles (id) { id -> BigInt, comment_count -> BigInt, }
}

/// Comments so far: each has an id of its own, as long as a UUID and in order.
static COMMENTS: AtomicU64 = AtomicU64::new(0);

type Pool = Arc<Mutex<SqliteConnection>>;

fn open(path: &str) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(path).expect("the file opens");
    conn.batch_execute(
        "pragma journal_mode = wal;
         pragma synchronous = full;
         create table if not exists articles (id integer primary key, comment_count integer not null);
         insert or ignore into articles values (1, 0);
         create table if not exists comments (id integer primary key, public_id text not null,
             article_id integer not null, body text not null, created_at integer not null);
         create unique index if not exists comments_public_id on comments (public_id);
         create index if not exists comments_by_article on comments (article_id, created_at);",
    )
    .expect("the tables are made");
    conn
}

async fn comment(pool: Data<Pool>, body: Bytes) -> HttpResponse {
    let pool = Arc::clone(&pool);
    let inserted = web::block(move || {
        let text = String::from_utf8_lossy(&body).into_owned();
        let mut conn = pool.lock().unwrap_or_else(PoisonError::into_inner);
        conn.immediate_transaction(|conn| {
            let row = (
                comments::public_id.eq(format!("{:036}", COMMENTS.fetch_add(1, Ordering::Relaxed))),
                comments::article_id.eq(1),
                comments::body.eq(&text),
                comments::created_at.eq(1),
            );
            diesel::insert_into(comments::table).values(row).execute(conn)?;
            diesel::update(articles::table.find(1))
                .set(articles::comment_count.eq(articles::comment_count + 1))
                .execute(conn)
        })
        .map(|_| text)
    });
    let text = inserted.await.expect("the pool runs").expect("the row is written");
    HttpResponse::Created().insert_header((CONTENT_TYPE, "application/json")).body(text)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|one| !one.starts_with("--")).collect();
    let [address, path] = arguments.as_slice() else {
        println!("bare: a yardstick, run by tests/load/speed.py");
        return Ok(());
    };
    let pool: Pool = Arc::new(Mutex::new(open(path)));
    let body = Bytes::from(format!("{{\"text\":\"{}\"}}", "x".repeat(STATIC_BYTES - 11)));
    HttpServer::new(move || {
        let body = body.clone();
        App::new()
            .app_data(Data::new(Arc::clone(&pool)))
            .route(
                "/static",
                web::get().to(move || {
                    let body = body.clone();
                    async move {
                        HttpResponse::Ok()
                            .insert_header((CONTENT_TYPE, "application/json"))
                            .body(body)
                    }
                }),
            )
            .route("/comments", web::post().to(comment))
    })
    .tcp_nodelay(true)
    .bind(address.as_str())?
    .run()
    .await
}
