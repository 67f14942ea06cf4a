//! SQL that SQLite alone has, in one place.

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;

/// Whether a column is one of a list of ids: `column in (select value from json_each(?))`.
///
/// Its SQL is the same for any number of ids, and its type says so to Diesel's
/// cache, so that the statement is prepared once. `eq_any` and literal SQL are
/// both prepared anew at each call.
#[derive(Clone, Debug, QueryId)]
pub struct IsOneOf<C> {
    column: C,
    ids: String,
}

/// Whether `column` is one of `ids`.
pub fn is_one_of<C>(column: C, ids: &[i64]) -> IsOneOf<C> {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    IsOneOf {
        column,
        ids: format!("[{}]", ids.join(",")),
    }
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
        out.push_bind_param::<Text, _>(&self.ids)?;
        out.push_sql("))");
        Ok(())
    }
}
