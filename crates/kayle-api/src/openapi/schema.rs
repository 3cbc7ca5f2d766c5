//! The words that schemas are written in. `about` is what a reader is told of the value.

use serde_json::Value;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOfBuilder, AnyOfBuilder, Array, ArrayBuilder, Object, ObjectBuilder,
    OneOfBuilder, SchemaType, Type,
};
use utoipa::openapi::{KnownFormat, Ref, RefOr, Schema, SchemaFormat};

/// A member of an object: its name and what it holds.
pub(super) type Member = (&'static str, RefOr<Schema>);

/// Points to a schema of the document by its name.
pub(super) fn named(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// An answered object: every member is always there, and there is no other.
pub(super) fn closed(members: impl IntoIterator<Item = Member>) -> ObjectBuilder {
    members
        .into_iter()
        .fold(no_other_member(), |object, (name, schema)| {
            object.property(name, schema).required(name)
        })
}

/// A sent object: members that it does not name are ignored.
pub(super) fn open(required: &[&str], members: impl IntoIterator<Item = Member>) -> ObjectBuilder {
    let object = members
        .into_iter()
        .fold(ObjectBuilder::new(), |object, (name, schema)| {
            object.property(name, schema)
        });
    required
        .iter()
        .fold(object, |object, name| object.required(*name))
}

/// A sent object of which at least one member must be given; others are ignored.
pub(super) fn at_least_one(members: Vec<Member>) -> Schema {
    let given = members
        .iter()
        .fold(AnyOfBuilder::new(), |any_of, (name, _)| {
            any_of.item(ObjectBuilder::new().required(*name))
        });
    let all = AllOfBuilder::new()
        .item(open(&[], members))
        .item(Schema::AnyOf(given.build()))
        .description(Some(
            "What is given is replaced. At least one member must be.",
        ));
    Schema::AllOf(all.build())
}

/// An object that has no members but those to come.
pub(super) fn no_other_member() -> ObjectBuilder {
    ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

pub(super) fn text(about: &str) -> ObjectBuilder {
    of_type(Type::String, about)
}

pub(super) fn flag(about: &str) -> ObjectBuilder {
    of_type(Type::Boolean, about)
}

/// A whole number from `least` on.
pub(super) fn count(least: u32, about: &str) -> ObjectBuilder {
    of_type(Type::Integer, about).minimum(Some(f64::from(least)))
}

/// A whole number from `least` to `most`.
pub(super) fn count_to(least: u32, most: u32, about: &str) -> ObjectBuilder {
    count(least, about).maximum(Some(f64::from(most)))
}

/// A string that matches the regular expression.
pub(super) fn matching(pattern: impl Into<String>, about: &str) -> ObjectBuilder {
    text(about).pattern(Some(pattern))
}

/// One of these strings.
pub(super) fn choice<'a>(values: impl IntoIterator<Item = &'a str>, about: &str) -> ObjectBuilder {
    text(about).enum_values(Some(values))
}

/// An id that the service made: prefix and length of the body (contract 2.1).
pub(super) fn id(prefix: &str, body_chars: usize, about: &str) -> ObjectBuilder {
    matching(format!("^{prefix}[a-z0-9]{{{body_chars}}}$"), about)
}

/// An id as callers may write it; it is not checked for its prefix (contract 2.1).
pub(super) fn any_id(about: &str) -> ObjectBuilder {
    matching("^[A-Za-z0-9_-]{1,128}$", about)
}

pub(super) fn uuid(about: &str) -> ObjectBuilder {
    text(about).format(Some(SchemaFormat::Custom("uuid".to_owned())))
}

/// A time as the service writes it: UTC, milliseconds (contract 2.2).
pub(super) fn timestamp(about: &str) -> ObjectBuilder {
    matching(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$", about)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

/// What may be null as well.
pub(super) fn nullable(schema: impl Into<Object>) -> Schema {
    let mut object = schema.into();
    if let SchemaType::Type(only) = object.schema_type {
        object.schema_type = SchemaType::Array(vec![only, Type::Null]);
    }
    if let Some(values) = &mut object.enum_values {
        values.push(Value::Null);
    }
    Schema::Object(object)
}

/// Always null.
pub(super) fn null() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Null)
}

/// A list.
pub(super) fn list(items: impl Into<RefOr<Schema>>, about: &str) -> ArrayBuilder {
    Array::builder()
        .items(items.into())
        .description(described(about))
}

/// One of several shapes.
pub(super) fn either(shapes: impl IntoIterator<Item = RefOr<Schema>>, about: &str) -> OneOfBuilder {
    shapes
        .into_iter()
        .fold(OneOfBuilder::new(), OneOfBuilder::item)
        .description(described(about))
}

fn of_type(kind: Type, about: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(kind)
        .description(described(about))
}

/// What needs no words gets none.
fn described(about: &str) -> Option<&str> {
    (!about.is_empty()).then_some(about)
}
