//! One connection to one of the two engines, and how queries run on it.
//!
//! Each query is compiled for both, so SQL that one of them lacks does not compile, and each engine keeps its own cache
//! of prepared statements. (Diesel's `MultiConnection` writes every query anew and misses that cache: by slug it takes
//! twice as long.)

use diesel::connection::{
    AnsiTransactionManager, Instrumentation, SimpleConnection, TransactionManager as _,
};
use diesel::dsl::Limit;
use diesel::query_dsl::methods::{ExecuteDsl, LimitDsl, LoadQuery};
use diesel::result::Error;
use diesel::sqlite::Sqlite;
use diesel::{
    Connection as _, PgConnection, QueryResult, RunQueryDsl, Selectable, SqliteConnection,
};

/// A connection to the database: the only name for its type outside this folder.
pub enum Conn {
    /// To a file.
    Sqlite(SqliteConnection),
    /// To a server.
    Postgres(PgConnection),
}

impl From<SqliteConnection> for Conn {
    fn from(conn: SqliteConnection) -> Self {
        Self::Sqlite(conn)
    }
}

impl From<PgConnection> for Conn {
    fn from(conn: PgConnection) -> Self {
        Self::Postgres(conn)
    }
}

impl Conn {
    /// Runs SQL without bound values, and forgets its rows. It is prepared at each call.
    ///
    /// # Errors
    /// A database error.
    pub fn batch_execute(&mut self, sql: &str) -> QueryResult<()> {
        match self {
            Self::Sqlite(conn) => conn.batch_execute(sql),
            Self::Postgres(conn) => conn.batch_execute(sql),
        }
    }

    /// Runs `work` in a transaction that begins with `begin`: all of it or nothing.
    ///
    /// # Errors
    /// The error of `work`, or a database error.
    pub(super) fn transaction<T, E: From<Error>>(
        &mut self,
        begin: &str,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction_ending_with(begin, |conn| Ok((work(conn)?, None)))
    }

    /// The same, with SQL that is run together with the commit: on a server that saves a round trip.
    pub(super) fn transaction_ending_with<T, E: From<Error>>(
        &mut self,
        begin: &str,
        work: impl FnOnce(&mut Self) -> Result<(T, Option<String>), E>,
    ) -> Result<T, E> {
        match self {
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, begin)?,
            Self::Postgres(conn) => {
                let begun = AnsiTransactionManager::begin_transaction_sql(conn, begin);
                if begun.is_err() {
                    // It has begun where only what comes after it has failed, as a lock that was waited for.
                    let _ = conn.batch_execute("rollback");
                }
                begun?;
            }
        }
        match work(self) {
            Ok((value, ending)) => {
                match (self, ending) {
                    (Self::Sqlite(conn), ending) => {
                        ending.map_or(Ok(()), |sql| conn.batch_execute(&sql))?;
                        AnsiTransactionManager::commit_transaction(conn)?;
                    }
                    (Self::Postgres(conn), None) => {
                        AnsiTransactionManager::commit_transaction(conn)?;
                    }
                    (Self::Postgres(conn), Some(sql)) => {
                        // After an error libpq says that the transaction is at an end, or broken, and Diesel listens.
                        if let Err(error) = conn.batch_execute(&format!("{sql}; commit")) {
                            let _ = AnsiTransactionManager::rollback_transaction(conn);
                            return Err(error.into());
                        }
                    }
                }
                Ok(value)
            }
            Err(error) => {
                let undone = match self {
                    Self::Sqlite(conn) => AnsiTransactionManager::rollback_transaction(conn),
                    Self::Postgres(conn) => AnsiTransactionManager::rollback_transaction(conn),
                };
                match undone {
                    // What `work` met says more than that the connection is broken since.
                    Ok(()) | Err(Error::BrokenTransactionManager) => Err(error),
                    Err(undone) => Err(undone.into()),
                }
            }
        }
    }

    /// True if Diesel will not use the connection again: its transaction ended in a way that it did not see.
    pub(super) fn is_broken(&mut self) -> bool {
        match self {
            Self::Sqlite(conn) => AnsiTransactionManager::is_broken_transaction_manager(conn),
            Self::Postgres(conn) => AnsiTransactionManager::is_broken_transaction_manager(conn),
        }
    }

    /// The connection to a file.
    ///
    /// # Errors
    /// A database error, if it is one to a server: a fault of the program.
    pub(super) fn file(&mut self) -> QueryResult<&mut SqliteConnection> {
        match self {
            Self::Sqlite(conn) => Ok(conn),
            Self::Postgres(_) => Err(Error::QueryBuilderError("this is for files alone".into())),
        }
    }

    /// The connection to a server.
    ///
    /// # Errors
    /// A database error, if it is one to a file: a fault of the program.
    pub(super) fn server(&mut self) -> QueryResult<&mut PgConnection> {
        match self {
            Self::Postgres(conn) => Ok(conn),
            Self::Sqlite(_) => Err(Error::QueryBuilderError("this is for servers alone".into())),
        }
    }

    /// Tells of each query.
    pub fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        match self {
            Self::Sqlite(conn) => conn.set_instrumentation(instrumentation),
            Self::Postgres(conn) => conn.set_instrumentation(instrumentation),
        }
    }
}

/// What Diesel's `RunQueryDsl` is for one connection, for either.
pub trait Run: RunQueryDsl<SqliteConnection> + RunQueryDsl<PgConnection> + Sized {
    /// All rows.
    ///
    /// # Errors
    /// A database error.
    fn load<'query, U>(self, conn: &mut Conn) -> QueryResult<Vec<U>>
    where
        Self: LoadQuery<'query, SqliteConnection, U> + LoadQuery<'query, PgConnection, U>,
    {
        match conn {
            Conn::Sqlite(conn) => RunQueryDsl::load(self, conn),
            Conn::Postgres(conn) => RunQueryDsl::load(self, conn),
        }
    }

    /// The first row of those that the query gives.
    ///
    /// # Errors
    /// A database error, or that there is none.
    fn get_result<'query, U>(self, conn: &mut Conn) -> QueryResult<U>
    where
        Self: LoadQuery<'query, SqliteConnection, U> + LoadQuery<'query, PgConnection, U>,
    {
        match conn {
            Conn::Sqlite(conn) => RunQueryDsl::get_result(self, conn),
            Conn::Postgres(conn) => RunQueryDsl::get_result(self, conn),
        }
    }

    /// The first row: the query is limited to it.
    ///
    /// # Errors
    /// A database error, or that there is none.
    fn first<'query, U>(self, conn: &mut Conn) -> QueryResult<U>
    where
        Self: LimitDsl,
        Limit<Self>: LoadQuery<'query, SqliteConnection, U> + LoadQuery<'query, PgConnection, U>,
    {
        match conn {
            Conn::Sqlite(conn) => RunQueryDsl::first(self, conn),
            Conn::Postgres(conn) => RunQueryDsl::first(self, conn),
        }
    }

    /// Runs it, and returns the number of rows that it has changed.
    ///
    /// # Errors
    /// A database error.
    fn execute(self, conn: &mut Conn) -> QueryResult<usize>
    where
        Self: ExecuteDsl<SqliteConnection> + ExecuteDsl<PgConnection>,
    {
        match conn {
            Conn::Sqlite(conn) => RunQueryDsl::execute(self, conn),
            Conn::Postgres(conn) => RunQueryDsl::execute(self, conn),
        }
    }
}

impl<T: RunQueryDsl<SqliteConnection> + RunQueryDsl<PgConnection>> Run for T {}

/// The columns of a row, for `select` and `returning`. (Diesel's `as_select` and `as_returning` are for one engine.)
pub trait Columns: Selectable<Sqlite> {
    /// Its columns, in the order of its fields.
    #[must_use]
    fn columns() -> Self::SelectExpression {
        Self::construct_selection()
    }
}

impl<T: Selectable<Sqlite>> Columns for T {}

/// The type of a row's columns.
pub type Selection<T> = <T as Selectable<Sqlite>>::SelectExpression;

/// What queries are written with: Diesel's own prelude, with [`Run`] in the place of `RunQueryDsl`.
pub mod prelude {
    pub use diesel::associations::Identifiable;
    pub use diesel::expression::IntoSql as _;
    pub use diesel::expression_methods::*;
    pub use diesel::prelude::{
        AsChangeset, Insertable, JoinOnDsl, OptionalExtension, QueryDsl, QueryResult, Queryable,
        Selectable,
    };

    pub use super::{Columns, Conn, Run};
}
