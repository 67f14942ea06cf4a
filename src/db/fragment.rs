//! SQL that SQLite alone has, in one place.

use diesel::dsl::{AsExprOf, sql};
use diesel::expression::{SqlLiteral, UncheckedBind};
use diesel::sql_types::{Bool, Text};

/// A condition on a bound text.
pub type Condition = SqlLiteral<Bool, UncheckedBind<SqlLiteral<Bool>, AsExprOf<String, Text>>>;

/// Whether `column` is one of `ids`. The SQL is the same for any number of
/// them, so that the statement is prepared once: `eq_any` writes another for each number.
pub fn is_one_of(column: &'static str, ids: &[i64]) -> Condition {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    sql::<Bool>(&format!("{column} in (select value from json_each("))
        .bind::<Text, _>(format!("[{}]", ids.join(",")))
        .sql("))")
}
