//! Values as an export has them: instants and digests, which are text in JSON.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::instant::Instant;

/// A stored instant, in microseconds since the Unix epoch. As JSON it is an RFC 3339 instant to the microsecond, so that
/// nothing of it is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = BigInt)]
pub struct StoredAt(pub i64);

impl<B: Backend> ToSql<BigInt, B> for StoredAt
where
    i64: ToSql<BigInt, B>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, B>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl<B: Backend> FromSql<BigInt, B> for StoredAt
where
    i64: FromSql<BigInt, B>,
{
    fn from_sql(bytes: B::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self)
    }
}

impl From<Instant> for StoredAt {
    fn from(at: Instant) -> Self {
        Self(at.as_micros())
    }
}

impl From<StoredAt> for Instant {
    fn from(at: StoredAt) -> Self {
        Self::from_micros(at.0)
    }
}

impl Serialize for StoredAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Instant::from(*self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for StoredAt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Instant::parse(&text).map(Self::from).ok_or_else(|| {
            serde::de::Error::custom(format_args!(
                "{text:?} is no instant (RFC 3339, with up to six digits of a second)"
            ))
        })
    }
}

impl PartialSchema for StoredAt {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant (RFC 3339), written to the microsecond and in UTC."))
            .into()
    }
}

impl ToSchema for StoredAt {
    fn name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }
}

/// A stored SHA-256 digest. As JSON it is its 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDigest(pub Vec<u8>);

/// Bytes of a SHA-256 digest.
const DIGEST_BYTES: usize = 32;

impl Serialize for StoredDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&digits)
    }
}

impl<'de> Deserialize<'de> for StoredDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_one = text.len() == 2 * DIGEST_BYTES && text.bytes().all(|c| c.is_ascii_hexdigit());
        let bytes = (0..text.len()).step_by(2).map(|at| {
            // Two ASCII characters, where it is one.
            text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok())
        });
        let bytes: Option<Vec<u8>> = if is_one { bytes.collect() } else { None };
        bytes.map(Self).ok_or_else(|| {
            serde::de::Error::custom(format_args!(
                "{text:?} is no SHA-256 in 64 hexadecimal digits"
            ))
        })
    }
}

impl PartialSchema for StoredDigest {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9A-Fa-f]{64}$"))
            .description(Some("A SHA-256 digest, in hexadecimal digits."))
            .into()
    }
}

impl ToSchema for StoredDigest {
    fn name() -> std::borrow::Cow<'static, str> {
        "Sha256".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_sixty_four_digits() {
        let digest = StoredDigest((0..32).collect());
        let text = serde_json::to_string(&digest).unwrap();
        assert!(text.starts_with("\"000102") && text.len() == 66, "{text}");
        assert_eq!(serde_json::from_str::<StoredDigest>(&text).unwrap(), digest);
        for wrong in ["\"\"", "\"00\"", &text.replace('1', "g"), &text.replace("00", "\u{e9}")] {
            assert!(serde_json::from_str::<StoredDigest>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_of_an_instant_is_lost() {
        for micros in [0, 1, -1, 1_795_341_600_000_001, 253_402_300_799_999_999] {
            let text = serde_json::to_string(&StoredAt(micros)).unwrap();
            let again: StoredAt = serde_json::from_str(&text).unwrap();
            assert_eq!(again, StoredAt(micros), "{text}");
        }
        assert!(serde_json::from_str::<StoredAt>("\"yesterday\"").is_err());
        assert!(serde_json::from_str::<StoredAt>("5").is_err());
    }
}
