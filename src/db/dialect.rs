//! SQL that only one engine understands, and how SQL that both understand is written for each.
//!
//! Queries elsewhere are Diesel's, or SQL that both engines understand but for a few words, which [`Engine::written`]
//! writes for each: `json_numbers(?list)`, `json_texts(?list)` and `json_rows(?list)` are the members of a JSON list, with
//! the column `value`; `path_step(id)` is an id in a path of comments; `cross join .. on` joins in the order in which it is
//! written.

use std::borrow::Cow;
use std::sync::OnceLock;

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, Bool, HasSqlType, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl};

use super::conn::{Conn, Run};

/// A database engine.
pub trait Engine: Backend + HasSqlType<Bool> {
    /// SQL as this engine understands it.
    fn written(sql: &str) -> Cow<'_, str>;

    /// What is this one's of two.
    fn of<T>(both: &Both<T>) -> &T;

    /// Binds a value.
    ///
    /// # Errors
    /// A database error.
    fn bind<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b Bound) -> QueryResult<()>;
}

impl Engine for Sqlite {
    fn written(sql: &str) -> Cow<'_, str> {
        replaced(
            sql,
            &[
                ("json_numbers(", "json_each("),
                ("json_texts(", "json_each("),
                ("json_rows(", "json_each("),
                ("path_step(", "printf('%010x', "),
            ],
        )
    }

    fn of<T>(both: &Both<T>) -> &T {
        &both.sqlite
    }

    fn bind<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b Bound) -> QueryResult<()> {
        value.push(out)
    }
}

impl Engine for Pg {
    fn written(sql: &str) -> Cow<'_, str> {
        // Its planner finds the order of joins and the index itself.
        replaced(
            sql,
            &[
                ("cross join", "join"),
                (MATCHES, MATCHES_POSTGRES),
                ("indexed by comments_in_thread", ""),
                ("article_search_docsize where id", "article_search where rowid"),
            ],
        )
    }

    fn of<T>(both: &Both<T>) -> &T {
        &both.postgres
    }

    fn bind<'b>(out: &mut AstPass<'_, 'b, Self>, value: &'b Bound) -> QueryResult<()> {
        value.push(out)
    }
}

/// A text with each of some words replaced.
fn replaced<'a>(sql: &'a str, words: &[(&str, &str)]) -> Cow<'a, str> {
    let met = words.iter().filter(|(word, _)| sql.contains(word));
    met.fold(Cow::Borrowed(sql), |sql, (word, own)| Cow::Owned(sql.replace(word, own)))
}

/// The condition that a row of `article_search` matches the values of `words::matching`.
pub const MATCHES: &str = "article_search match ?words";
/// The same on PostgreSQL: by the index, and where that finds too much, word by word.
const MATCHES_POSTGRES: &str = "article_search.words @@ (?words)::tsquery
    and (?exact is null or search_meets((?exact)::jsonb, article_search.words, article_search.title, article_search.names, article_search.body))";

/// One for each engine.
#[derive(Clone, Debug)]
pub struct Both<T> {
    /// SQLite's.
    pub(super) sqlite: T,
    /// PostgreSQL's.
    pub(super) postgres: T,
}

/// A statement that was written once, with `?` for each value.
pub type Written = Both<String>;

impl Written {
    /// The statement that Diesel writes for a query.
    pub fn of<Q: QueryFragment<Sqlite> + QueryFragment<Pg>>(query: &Q) -> Self {
        let without_values = |text: String| {
            let sql = text.split(" -- binds").next();
            sql.unwrap_or_default().to_owned()
        };
        let numbered = without_values(diesel::debug_query::<Pg, _>(query).to_string());
        Self {
            sqlite: without_values(diesel::debug_query::<Sqlite, _>(query).to_string()),
            postgres: unnumbered(&numbered),
        }
    }
}

/// PostgreSQL numbers the places of values in the order in which they come.
fn unnumbered(sql: &str) -> String {
    let mut pieces = sql.split('$');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |sql, piece| {
        sql + "?" + piece.trim_start_matches(|c: char| c.is_ascii_digit())
    })
}

/// True if a text has a pattern in it, in any case of ASCII letters (`like` with `\\`; PostgreSQL calls it `ilike`).
#[derive(Clone, Debug, QueryId)]
pub struct Contains<C> {
    column: C,
    pattern: String,
}

/// True if `column` matches `pattern`.
pub fn contains<C>(column: C, pattern: &str) -> Contains<C> {
    Contains { column, pattern: pattern.to_owned() }
}

impl<C> Expression for Contains<C> {
    type SqlType = Bool;
}

impl<C> ValidGrouping<()> for Contains<C> {
    type IsAggregate = is_aggregate::No;
}

impl<C: AppearsOnTable<T>, T> AppearsOnTable<T> for Contains<C> {}

impl<C: QueryFragment<E>, E: Engine> QueryFragment<E> for Contains<C>
where
    String: ToSql<Text, E>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, E>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        let word: &&str = E::of(&Both { sqlite: " like ", postgres: " ilike " });
        out.push_sql(word);
        out.push_bind_param::<Text, _>(&self.pattern)?;
        out.push_sql(" escape '\\'");
        Ok(())
    }
}

/// A list of numbers as a JSON text, for `json_numbers`.
pub fn json_list(numbers: impl IntoIterator<Item = i64>) -> String {
    let texts: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
    format!("[{}]", texts.join(","))
}

/// The pieces of a statement, each with the name of the value that is bound before it.
pub fn pieces(sql: &str) -> Vec<(&str, &str)> {
    let (first, others) = sql.split_once('?').unwrap_or((sql, ""));
    let bound = others.split('?').map(|piece| {
        let end = piece.find(|c: char| !c.is_ascii_lowercase() && c != '_');
        piece.split_at(end.unwrap_or(piece.len()))
    });
    std::iter::once(("", first)).chain(bound).collect()
}

/// A filter that is always true if no value is given. So a list has one statement for any filters;
/// but such a condition uses no index.
#[macro_export]
macro_rules! if_given {
    ($given:expr, $condition:expr) => {
        diesel::IntoSql::into_sql::<diesel::sql_types::Bool>($given.is_none()).or($condition)
    };
}

/// The rows of a boxed query: it is built for the engine of the connection.
#[macro_export]
macro_rules! load_boxed {
    ($conn:expr, $query:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite(conn) => diesel::RunQueryDsl::load($query, conn),
            $crate::db::Conn::Postgres(conn) => diesel::RunQueryDsl::load($query, conn),
        }
    };
}

/// Declares a query in raw SQL: `?name` is a bound value. Its text never changes and its type says
/// so to Diesel's statement cache, so it is prepared once; `sql_query` is prepared at each call.
#[macro_export]
macro_rules! fixed_query {
    ($(#[doc = $doc:literal])+ struct $name:ident { $($bound:ident: $ty:ty => $sql_type:ty),+ $(,)? } -> $row:ty = $sql:literal;) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, diesel::query_builder::QueryId)]
        struct $name { $($bound: $ty),+ }

        impl diesel::query_builder::Query for $name {
            type SqlType = $row;
        }

        impl<C> diesel::RunQueryDsl<C> for $name {}

        impl<B: $crate::db::dialect::Engine> diesel::query_builder::QueryFragment<B> for $name
        where
            $(B: diesel::sql_types::HasSqlType<$sql_type>, $ty: diesel::serialize::ToSql<$sql_type, B>,)+
        {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, B>,
            ) -> diesel::QueryResult<()> {
                // The name identifies the query in logs and plans.
                const SQL: &str = concat!("/* ", stringify!($name), " */ ", $sql);
                static WRITTEN: $crate::db::dialect::Fixed = $crate::db::dialect::Fixed::new(SQL);
                for (bound, sql) in WRITTEN.pieces::<B>() {
                    $( if **bound == *stringify!($bound) {
                        out.push_bind_param::<$sql_type, _>(&self.$bound)?;
                    } )+
                    out.push_sql(sql);
                }
                Ok(())
            }
        }
    };
}

/// The text of a fixed query, taken to pieces once for each engine.
pub struct Fixed {
    sql: Cow<'static, str>,
    pieces: Both<OnceLock<Vec<Piece>>>,
}

/// The name of a value, and the SQL after it.
type Piece = (Box<str>, Box<str>);

impl Fixed {
    /// A query: `?name` is a bound value.
    #[must_use]
    pub const fn new(sql: &'static str) -> Self {
        Self::written_as(Cow::Borrowed(sql))
    }

    /// The same of a text that is put together.
    #[must_use]
    pub const fn of(sql: String) -> Self {
        Self::written_as(Cow::Owned(sql))
    }

    const fn written_as(sql: Cow<'static, str>) -> Self {
        Self { sql, pieces: Both { sqlite: OnceLock::new(), postgres: OnceLock::new() } }
    }

    /// Its pieces for an engine, each with the name of the value that is bound before it.
    pub fn pieces<E: Engine>(&self) -> &[Piece] {
        E::of(&self.pieces).get_or_init(|| {
            let sql = E::written(&self.sql);
            pieces(&sql).into_iter().map(|(name, sql)| (name.into(), sql.into())).collect()
        })
    }
}

/// A value of a [`Statement`].
#[derive(Clone, Debug)]
pub enum Bound {
    /// A text for each engine.
    Either(Both<String>),
    /// A number.
    Number(Option<i64>),
    /// A text.
    Text(Option<String>),
    /// A truth value.
    Truth(bool),
}

impl From<i64> for Bound {
    fn from(value: i64) -> Self {
        Self::Number(Some(value))
    }
}

impl From<Option<i64>> for Bound {
    fn from(value: Option<i64>) -> Self {
        Self::Number(value)
    }
}

impl From<String> for Bound {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<&str> for Bound {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<Option<String>> for Bound {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for Bound {
    fn from(value: bool) -> Self {
        Self::Truth(value)
    }
}

impl Bound {
    fn push<'b, E: Engine>(&'b self, out: &mut AstPass<'_, 'b, E>) -> QueryResult<()>
    where
        Option<i64>: ToSql<Nullable<BigInt>, E>,
        Option<String>: ToSql<Nullable<Text>, E>,
        bool: ToSql<Bool, E>,
        String: ToSql<Text, E>,
    {
        match self {
            Self::Number(value) => out.push_bind_param::<Nullable<BigInt>, _>(value),
            Self::Text(value) => out.push_bind_param::<Nullable<Text>, _>(value),
            Self::Either(value) => out.push_bind_param::<Text, _>(E::of(value)),
            Self::Truth(value) => out.push_bind_param::<Bool, _>(value),
        }
    }
}

/// A query in raw SQL that is put together from a few parts: `?name` is a bound value. Diesel keeps
/// it prepared by its text, so there must be few different ones. Its columns are of the types `R`.
pub struct Statement<R> {
    sql: String,
    values: Vec<(&'static str, Bound)>,
    row: std::marker::PhantomData<fn() -> R>,
}

impl<R> Statement<R> {
    /// The query `sql`, which begins with its name in a comment.
    pub fn new(sql: String, values: Vec<(&'static str, Bound)>) -> Self {
        Self { sql, values, row: std::marker::PhantomData }
    }
}

impl<R: 'static> QueryId for Statement<R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R> diesel::query_builder::Query for Statement<R> {
    type SqlType = R;
}

impl<R, C> RunQueryDsl<C> for Statement<R> {}

impl<R, E: Engine> QueryFragment<E> for Statement<R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, E>) -> QueryResult<()> {
        for (name, sql) in pieces(&E::written(&self.sql)) {
            match self.values.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => E::bind(&mut out, value)?,
                None => debug_assert!(name.is_empty(), "no value for ?{name}"),
            }
            out.push_sql(sql);
        }
        Ok(())
    }
}

/// A query that Diesel wrote once, and of which only the values change: they are bound in the order of its `?`. Its type
/// says to Diesel's statement cache that it is always the same, by the name `M`; Diesel's own queries are that too, but
/// each is walked column by column at each call, which takes longer than SQLite does.
pub struct Prepared<M, R> {
    sql: &'static Written,
    values: Vec<Bound>,
    types: std::marker::PhantomData<fn() -> (M, R)>,
}

impl<M, R> Prepared<M, R> {
    /// The query `sql` with its values.
    pub fn new(sql: &'static Written, values: Vec<Bound>) -> Self {
        Self { sql, values, types: std::marker::PhantomData }
    }
}

/// A query in raw SQL whose values have names, `?name`: which value comes where is found out once, for each engine.
pub struct Arranged(Both<(String, Vec<usize>)>);

impl Arranged {
    /// The query `sql`, whose values come in a list like this one.
    #[must_use]
    pub fn new(sql: &str, values: &[(&'static str, Bound)]) -> Self {
        let arranged = |sql: &str| {
            let (mut text, mut places) = (String::with_capacity(sql.len()), Vec::new());
            for (name, piece) in pieces(sql) {
                if let Some(place) = values.iter().position(|(known, _)| *known == name) {
                    places.push(place);
                    text.push('?');
                } else {
                    debug_assert!(name.is_empty(), "no value for ?{name}");
                }
                text.push_str(piece);
            }
            (text, places)
        };
        Self(Both {
            sqlite: arranged(&Sqlite::written(sql)),
            postgres: arranged(&Pg::written(sql)),
        })
    }

    /// The query with values, in the order of those that it was made with. `M` is its name for Diesel's statement cache.
    pub fn with<M, R>(&'static self, values: Vec<(&'static str, Bound)>) -> WithValues<M, R> {
        WithValues { query: self, values, types: std::marker::PhantomData }
    }
}

/// An [`Arranged`] query with its values.
pub struct WithValues<M, R> {
    query: &'static Arranged,
    values: Vec<(&'static str, Bound)>,
    types: std::marker::PhantomData<fn() -> (M, R)>,
}

impl<M: 'static, R: 'static> QueryId for WithValues<M, R> {
    type QueryId = WithValues<M, R>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<M, R> diesel::query_builder::Query for WithValues<M, R> {
    type SqlType = R;
}

impl<M, R, C> RunQueryDsl<C> for WithValues<M, R> {}

impl<M, R, E: Engine> QueryFragment<E> for WithValues<M, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, E>) -> QueryResult<()> {
        let (sql, places) = E::of(&self.query.0);
        let mut pieces = sql.split('?');
        out.push_sql(pieces.next().unwrap_or_default());
        for (place, sql) in places.iter().zip(pieces) {
            if let Some((_, value)) = self.values.get(*place) {
                E::bind(&mut out, value)?;
            }
            out.push_sql(sql);
        }
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _engine: &E) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<M: 'static, R: 'static> QueryId for Prepared<M, R> {
    type QueryId = Prepared<M, R>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<M, R> diesel::query_builder::Query for Prepared<M, R> {
    type SqlType = R;
}

impl<M, R, C> RunQueryDsl<C> for Prepared<M, R> {}

impl<M, R, E: Engine> QueryFragment<E> for Prepared<M, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, E>) -> QueryResult<()> {
        let mut pieces = E::of(self.sql).split('?');
        out.push_sql(pieces.next().unwrap_or_default());
        for (value, sql) in self.values.iter().zip(pieces) {
            E::bind(&mut out, value)?;
            out.push_sql(sql);
        }
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _engine: &E) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Runs a statement that is always the same and gives no rows: it is prepared once, as those of Diesel's transactions
/// are not.
pub fn run(conn: &mut Conn, sql: &str) -> QueryResult<()> {
    Run::execute(Statement::<BigInt>::new(sql.to_owned(), Vec::new()), conn).map(drop)
}

/// True if a column is in a list of ids: `column in (select value from json_each(?))`, or `column = any($1)`.
///
/// Its SQL is the same for any number of ids, and its type says so to Diesel's statement cache, so
/// the statement is prepared once. `eq_any` and literal SQL are both prepared at each call.
#[derive(Clone, Debug, QueryId)]
pub struct IsOneOf<C> {
    column: C,
    ids: Vec<i64>,
    list: String,
}

/// True if `column` is one of `ids`.
pub fn is_one_of<C>(column: C, ids: impl IntoIterator<Item = i64>) -> IsOneOf<C> {
    let ids: Vec<i64> = ids.into_iter().collect();
    IsOneOf { column, list: json_list(ids.iter().copied()), ids }
}

impl<C> Expression for IsOneOf<C> {
    type SqlType = Bool;
}

impl<C> ValidGrouping<()> for IsOneOf<C> {
    type IsAggregate = is_aggregate::No;
}

impl<C: AppearsOnTable<T>, T> AppearsOnTable<T> for IsOneOf<C> {}

impl<C: QueryFragment<Sqlite>> QueryFragment<Sqlite> for IsOneOf<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" in (select value from json_each(");
        out.push_bind_param::<Text, _>(&self.list)?;
        out.push_sql("))");
        Ok(())
    }
}

impl<C: QueryFragment<Pg>> QueryFragment<Pg> for IsOneOf<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" = any(");
        out.push_bind_param::<Array<BigInt>, _>(&self.ids)?;
        out.push_sql(")");
        Ok(())
    }
}

/// A statement whose SQL never changes, named by `M`: it is prepared once. Diesel's own updates
/// are prepared at each call, because a changeset may leave columns out; one that never does
/// (`treat_none_as_null`) can be named here.
pub struct Named<M, S> {
    statement: S,
    name: std::marker::PhantomData<M>,
}

/// Names a statement whose SQL never changes.
pub fn named<M: 'static, S>(statement: S) -> Named<M, S> {
    Named { statement, name: std::marker::PhantomData }
}

impl<M: 'static, S> QueryId for Named<M, S> {
    type QueryId = Named<M, ()>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<M, S: diesel::query_builder::Query> diesel::query_builder::Query for Named<M, S> {
    type SqlType = S::SqlType;
}

impl<M, S, C> RunQueryDsl<C> for Named<M, S> {}

impl<M, S: QueryFragment<E>, E: Engine> QueryFragment<E> for Named<M, S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, E>) -> QueryResult<()> {
        self.statement.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _engine: &E) -> QueryResult<bool> {
        Ok(true)
    }
}
