//! SQL that only SQLite understands, in one place; and the name of its backend.
//!
//! SQL that only another engine understands would be here too. Queries elsewhere are Diesel's, or
//! SQL that every engine understands.

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;

/// The database engine.
pub type Backend = Sqlite;

/// A list of numbers as a JSON text, for `json_each`.
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

        impl diesel::RunQueryDsl<$crate::db::Conn> for $name {}

        impl diesel::query_builder::QueryFragment<$crate::db::dialect::Backend> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, $crate::db::dialect::Backend>,
            ) -> diesel::QueryResult<()> {
                // The name identifies the query in logs and plans.
                const SQL: &str = concat!("/* ", stringify!($name), " */ ", $sql);
                static PIECES: std::sync::OnceLock<Vec<(&str, &str)>> = std::sync::OnceLock::new();
                for (bound, sql) in PIECES.get_or_init(|| $crate::db::dialect::pieces(SQL)) {
                    $( if *bound == stringify!($bound) {
                        out.push_bind_param::<$sql_type, _>(&self.$bound)?;
                    } )+
                    out.push_sql(sql);
                }
                Ok(())
            }
        }
    };
}

/// A value of a [`Statement`].
#[derive(Clone, Debug)]
pub enum Bound {
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
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        match self {
            Self::Number(value) => out.push_bind_param::<Nullable<BigInt>, _>(value),
            Self::Text(value) => out.push_bind_param::<Nullable<Text>, _>(value),
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

impl<R> RunQueryDsl<crate::db::Conn> for Statement<R> {}

impl<R> QueryFragment<Backend> for Statement<R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        for (name, sql) in pieces(&self.sql) {
            match self.values.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => value.push(&mut out)?,
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
    sql: &'static str,
    values: Vec<Bound>,
    types: std::marker::PhantomData<fn() -> (M, R)>,
}

impl<M, R> Prepared<M, R> {
    /// The query `sql` with its values.
    pub fn new(sql: &'static str, values: Vec<Bound>) -> Self {
        Self { sql, values, types: std::marker::PhantomData }
    }
}

/// A query in raw SQL whose values have names, `?name`, for [`Prepared`]: which value comes where is found out once.
pub struct Arranged {
    sql: String,
    /// The place of each value in a list of all.
    places: Vec<usize>,
}

impl Arranged {
    /// The query `sql`, whose values come in a list like this one.
    #[must_use]
    pub fn new(sql: &str, values: &[(&'static str, Bound)]) -> Self {
        let (mut text, mut places) = (String::new(), Vec::new());
        for (name, piece) in pieces(sql) {
            if let Some(place) = values.iter().position(|(known, _)| *known == name) {
                places.push(place);
                text.push('?');
            } else {
                debug_assert!(name.is_empty(), "no value for ?{name}");
            }
            text.push_str(piece);
        }
        Self { sql: text, places }
    }

    /// Its SQL, with `?` for each value.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The values in the order of its SQL.
    #[must_use]
    pub fn arrange(&self, values: &[(&'static str, Bound)]) -> Vec<Bound> {
        self.places.iter().map(|place| values[*place].1.clone()).collect()
    }
}

/// The SQL of a query, with `?` for each value.
pub fn sql_of<Q: QueryFragment<Backend>>(query: &Q) -> String {
    let text = diesel::debug_query::<Backend, _>(query).to_string();
    text.split(" -- binds").next().unwrap_or_default().to_owned()
}

impl<M: 'static, R: 'static> QueryId for Prepared<M, R> {
    type QueryId = Prepared<M, R>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<M, R> diesel::query_builder::Query for Prepared<M, R> {
    type SqlType = R;
}

impl<M, R> RunQueryDsl<crate::db::Conn> for Prepared<M, R> {}

impl<M, R> QueryFragment<Backend> for Prepared<M, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        let mut pieces = self.sql.split('?');
        out.push_sql(pieces.next().unwrap_or_default());
        for (value, sql) in self.values.iter().zip(pieces) {
            value.push(&mut out)?;
            out.push_sql(sql);
        }
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Backend) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Runs a statement that is always the same and gives no rows: it is prepared once, as those of Diesel's transactions
/// are not.
pub fn run(conn: &mut crate::db::Conn, sql: &str) -> QueryResult<()> {
    Statement::<BigInt>::new(sql.to_owned(), Vec::new()).execute(conn).map(drop)
}

/// True if a column is in a list of ids: `column in (select value from json_each(?))`.
///
/// Its SQL is the same for any number of ids, and its type says so to Diesel's statement cache, so
/// the statement is prepared once. `eq_any` and literal SQL are both prepared at each call.
#[derive(Clone, Debug, QueryId)]
pub struct IsOneOf<C> {
    column: C,
    ids: String,
}

/// True if `column` is one of `ids`.
pub fn is_one_of<C>(column: C, ids: impl IntoIterator<Item = i64>) -> IsOneOf<C> {
    IsOneOf { column, ids: json_list(ids) }
}

impl<C> Expression for IsOneOf<C> {
    type SqlType = Bool;
}

impl<C> ValidGrouping<()> for IsOneOf<C> {
    type IsAggregate = is_aggregate::No;
}

impl<C: AppearsOnTable<T>, T> AppearsOnTable<T> for IsOneOf<C> {}

impl<C: QueryFragment<Backend>> QueryFragment<Backend> for IsOneOf<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" in (select value from json_each(");
        out.push_bind_param::<Text, _>(&self.ids)?;
        out.push_sql("))");
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

impl<M, S> RunQueryDsl<crate::db::Conn> for Named<M, S> {}

impl<M, S: QueryFragment<Backend>> QueryFragment<Backend> for Named<M, S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.statement.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Backend) -> QueryResult<bool> {
        Ok(true)
    }
}
