//! Rust's own types in columns: ids of rows, and enums of words.

/// Makes enums of [`words!`](crate::words) readable from text columns. A word that is not a value
/// of its enum is a deserialization error.
#[macro_export]
macro_rules! stored_words {
    ($($name:ty),+ $(,)?) => { $(
        impl<B: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, B> for $name
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, B>,
        {
            fn from_sql(bytes: B::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let word = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, B>>::from_sql(bytes)?;
                Self::from_word(&word).ok_or_else(|| $crate::domain::words::UnknownWord(word).into())
            }
        }

        impl<B: diesel::backend::Backend> diesel::deserialize::Queryable<diesel::sql_types::Text, B> for $name
        where
            Self: diesel::deserialize::FromSql<diesel::sql_types::Text, B>,
        {
            type Row = Self;

            fn build(row: Self::Row) -> diesel::deserialize::Result<Self> {
                Ok(row)
            }
        }
    )+ };
}

/// Declares the id type of a table's rows: never a bare number, so that two kinds cannot be mixed
/// up.
#[macro_export]
macro_rules! row_ids {
    ($( $(#[doc = $doc:literal])+ pub struct $name:ident; )+) => { $(
        $(#[doc = $doc])+
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Before every row: where a list in the order of ids starts.
            pub const START: Self = Self(0);
        }

        impl<B: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::BigInt, B> for $name
        where
            i64: diesel::serialize::ToSql<diesel::sql_types::BigInt, B>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, B>,
            ) -> diesel::serialize::Result {
                self.0.to_sql(out)
            }
        }

        impl<B: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::BigInt, B> for $name
        where
            i64: diesel::deserialize::FromSql<diesel::sql_types::BigInt, B>,
        {
            fn from_sql(bytes: B::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                i64::from_sql(bytes).map(Self)
            }
        }
    )+ };
}
