//! JSON as RFC 8259 has it, and stricter where readers differ: no member twice, no number that a
//! double cannot hold, no text that is not Unicode, and a limit of depth. Two libraries that read
//! the same bytes must see the same event.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::limits::{JSON_DEPTH_MAX, JSON_INTEGER_MAX};

/// Returns the one JSON value that the bytes are.
pub(crate) fn parse(bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict {
        left: JSON_DEPTH_MAX,
    }
    .deserialize(&mut reader)
    .ok()?;
    reader.end().ok()?;
    Some(value)
}

/// Returns the object that the bytes are.
pub(crate) fn parse_object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match parse(bytes)? {
        Value::Object(members) => Some(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            None
        }
    }
}

/// Takes a text out of an object.
pub(crate) fn take_text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    match members.remove(name)? {
        Value::String(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// Takes an object out of an object.
pub(crate) fn take_object(
    members: &mut Map<String, Value>,
    name: &str,
) -> Option<Map<String, Value>> {
    match members.remove(name)? {
        Value::Object(inner) => Some(inner),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            None
        }
    }
}

/// Takes an array of texts out of an object.
pub(crate) fn take_texts(members: &mut Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let array = members.remove(name)?;
    let texts = array
        .as_array()?
        .iter()
        .map(|text| text.as_str().map(str::to_owned));
    texts.collect()
}

/// Takes a whole number out of an object; `3.0` and `3e0` are the whole number 3.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it is whole and within 53 bits"
)]
pub(crate) fn take_integer(members: &mut Map<String, Value>, name: &str) -> Option<i64> {
    let number = members.remove(name)?.as_f64()?;
    let whole = number.fract() == 0.0 && number.abs() <= JSON_INTEGER_MAX;
    whole.then_some(number as i64)
}

/// Reads one value that may have `left` levels of arrays and objects.
#[derive(Clone, Copy)]
struct Strict {
    left: usize,
}

impl Strict {
    fn inside<E: Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1);
        let left = left.ok_or_else(|| E::custom("too deep"))?;
        Ok(Self { left })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        number
            .map(Value::Number)
            .ok_or_else(|| E::custom("no double"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(inside)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(Value::Object(object))
    }
}
