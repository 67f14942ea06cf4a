//! Selected members: of an entry is written what `fields` asks for, and nothing else is looked at.

use std::fmt;

use serde::ser::{Error as _, Impossible, Serialize, SerializeMap, SerializeStruct, Serializer};

/// The members to write.
#[derive(Clone, Copy)]
pub struct Selection<'a> {
    /// Those that the client selects; all if `None`.
    pub fields: Option<&'a [&'a str]>,
    /// Those that are always written.
    pub always: &'a [&'a str],
}

impl Selection<'_> {
    fn has(self, name: &str) -> bool {
        self.always.contains(&name) || self.fields.is_none_or(|fields| fields.contains(&name))
    }
}

/// An object with some of its members.
pub struct Selected<'a, T> {
    /// The object.
    pub item: &'a T,
    /// The members to write.
    pub selection: Selection<'a>,
}

impl<T: Serialize> Serialize for Selected<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.item.serialize(Selecting { serializer, selection: self.selection })
    }
}

/// Writes an object, and refuses anything else.
struct Selecting<'a, S> {
    serializer: S,
    selection: Selection<'a>,
}

/// The methods of a serializer that does not take such a value.
macro_rules! refuse {
    ($why:literal: $($name:ident($($value:ty),*))*) => {
        $(fn $name(self, $(_: $value),*) -> Result<Self::Ok, Self::Error> {
            Err(Self::Error::custom($why))
        })*
        fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Self::Ok, Self::Error> {
            Err(Self::Error::custom($why))
        }
        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<Self::Ok, Self::Error> {
            Err(Self::Error::custom($why))
        }
        fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Self::Error> {
            Err(Self::Error::custom($why))
        }
        fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Self::Error> {
            Err(Self::Error::custom($why))
        }
        fn serialize_tuple_struct(
            self,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeTupleStruct, Self::Error> {
            Err(Self::Error::custom($why))
        }
        fn serialize_tuple_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeTupleVariant, Self::Error> {
            Err(Self::Error::custom($why))
        }
        fn serialize_struct_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeStructVariant, Self::Error> {
            Err(Self::Error::custom($why))
        }
        type SerializeSeq = Impossible<Self::Ok, Self::Error>;
        type SerializeTuple = Impossible<Self::Ok, Self::Error>;
        type SerializeTupleStruct = Impossible<Self::Ok, Self::Error>;
        type SerializeTupleVariant = Impossible<Self::Ok, Self::Error>;
        type SerializeStructVariant = Impossible<Self::Ok, Self::Error>;
    };
}

impl<'a, S: Serializer> Serializer for Selecting<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeMap = Members<'a, S::SerializeMap>;
    type SerializeStruct = Members<'a, S::SerializeMap>;

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Self::Error> {
        let map = self.serializer.serialize_map(None)?;
        Ok(Members { map, selection: self.selection, is_next: false })
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, Self::Error> {
        self.serialize_map(None)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Self::Ok, Self::Error> {
        value.serialize(self)
    }

    refuse! { "an entry of a list is no object":
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_f32(f32)
        serialize_f64(f64) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8]) serialize_none()
        serialize_unit() serialize_unit_struct(&'static str)
        serialize_unit_variant(&'static str, u32, &'static str)
    }
}

/// The members of an object, of which some are written.
struct Members<'a, M> {
    map: M,
    selection: Selection<'a>,
    /// True if the name that came last was written, so that its value is too.
    is_next: bool,
}

impl<M: SerializeMap> SerializeMap for Members<'_, M> {
    type Ok = M::Ok;
    type Error = M::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), M::Error> {
        self.is_next = key.serialize(IsIn(self.selection)).map_err(M::Error::custom)?;
        if self.is_next { self.map.serialize_key(key) } else { Ok(()) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), M::Error> {
        if self.is_next { self.map.serialize_value(value) } else { Ok(()) }
    }

    fn end(self) -> Result<M::Ok, M::Error> {
        self.map.end()
    }
}

impl<M: SerializeMap> SerializeStruct for Members<'_, M> {
    type Ok = M::Ok;
    type Error = M::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), M::Error> {
        if self.selection.has(name) { self.map.serialize_entry(name, value) } else { Ok(()) }
    }

    fn end(self) -> Result<M::Ok, M::Error> {
        self.map.end()
    }
}

/// True if a member's name is selected.
struct IsIn<'a>(Selection<'a>);

impl Serializer for IsIn<'_> {
    type Ok = bool;
    type Error = fmt::Error;
    type SerializeMap = Impossible<bool, fmt::Error>;
    type SerializeStruct = Impossible<bool, fmt::Error>;

    fn serialize_str(self, name: &str) -> Result<bool, fmt::Error> {
        Ok(self.0.has(name))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<bool, fmt::Error> {
        value.serialize(self)
    }

    refuse! { "a name is no text":
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_f32(f32)
        serialize_f64(f64) serialize_char(char) serialize_bytes(&[u8]) serialize_none() serialize_unit()
        serialize_unit_struct(&'static str) serialize_unit_variant(&'static str, u32, &'static str)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    #[derive(serde::Serialize)]
    struct Head {
        id: u8,
        title: &'static str,
    }

    #[derive(serde::Serialize)]
    struct Item {
        #[serde(flatten)]
        head: Head,
        tags: Vec<&'static str>,
        #[serde(flatten)]
        others: Map<String, Value>,
    }

    #[test]
    fn selected_members_are_written_in_their_order_and_no_others() {
        let others = json!({"x": {"id": 1}, "y": 2}).as_object().unwrap().clone();
        let item = Item { head: Head { id: 7, title: "A" }, tags: vec!["t"], others };
        let written = |fields: Option<&[&str]>, always: &[&str]| {
            let selected = Selected { item: &item, selection: Selection { fields, always } };
            sonic_rs::to_string(&selected).unwrap()
        };
        assert_eq!(written(Some(&["x", "title"]), &["id"]), r#"{"id":7,"title":"A","x":{"id":1}}"#);
        assert_eq!(written(Some(&["tags"]), &[]), r#"{"tags":["t"]}"#);
        assert_eq!(written(Some(&[]), &[]), "{}");
        assert_eq!(written(None, &[]), sonic_rs::to_string(&item).unwrap());
        let head = &item.head;
        let selection = Selection { fields: Some(&["title"]), always: &[] };
        let selected = Selected { item: head, selection };
        assert_eq!(serde_json::to_value(selected).unwrap(), json!({"title": "A"}));
        let selected = Selected { item: &"no object", selection };
        assert!(sonic_rs::to_string(&selected).is_err());
    }
}
