//! The words that schemas are written in. `about` is what a reader is told of the value.

use serde_json::Value;
use utoipa::openapi::schema::{
    AdditionalProperties, AllOfBuilder, AnyOfBuilder, Array, ArrayBuilder, Object, ObjectBuilder,
    OneOfBuilder, SchemaType, Type,
};
use utoipa::openapi::{KnownFormat, Ref, RefOr, Schema, SchemaFormat};

/// Something that is not a blank, and no U+0000.
pub(crate) const NOT_BLANK: &str = r"^[^\x00]*[^\s\x00][^\x00]*$";

/// A member of an object: its name and what it holds.
pub(crate) type Member = (&'static str, RefOr<Schema>);

/// Points to a schema of the document by its name.
pub(crate) fn named(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// An answered object: every member is always there, and there is no other.
pub(crate) fn closed(members: impl IntoIterator<Item = Member>) -> ObjectBuilder {
    members
        .into_iter()
        .fold(no_other_member(), |object, (name, schema)| {
            object.property(name, schema).required(name)
        })
}

/// A sent object: members that it does not name are ignored.
pub(crate) fn open(required: &[&str], members: impl IntoIterator<Item = Member>) -> ObjectBuilder {
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
pub(crate) fn at_least_one(members: Vec<Member>) -> Schema {
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
pub(crate) fn no_other_member() -> ObjectBuilder {
    ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

pub(crate) fn text(about: &str) -> ObjectBuilder {
    of_type(Type::String, about)
}

pub(crate) fn flag(about: &str) -> ObjectBuilder {
    of_type(Type::Boolean, about)
}

/// A whole number from `least` on.
pub(crate) fn count(least: u32, about: &str) -> ObjectBuilder {
    of_type(Type::Integer, about).minimum(Some(f64::from(least)))
}

/// A whole number from `least` to `most`.
pub(crate) fn count_to(least: u32, most: u32, about: &str) -> ObjectBuilder {
    count(least, about).maximum(Some(f64::from(most)))
}

/// A string that matches the regular expression.
pub(crate) fn matching(pattern: impl Into<String>, about: &str) -> ObjectBuilder {
    text(about).pattern(Some(pattern))
}

/// One of these strings.
pub(crate) fn choice<'a>(values: impl IntoIterator<Item = &'a str>, about: &str) -> ObjectBuilder {
    text(about).enum_values(Some(values))
}

/// An id as callers may write it; it is not checked for its prefix (contract 2.1).
pub(crate) fn any_id(about: &str) -> ObjectBuilder {
    matching("^[A-Za-z0-9_-]{1,128}$", about)
}

pub(crate) fn uuid(about: &str) -> ObjectBuilder {
    text(about).format(Some(SchemaFormat::Custom("uuid".to_owned())))
}

/// A time as the service writes it: UTC, milliseconds (contract 2.2).
pub(crate) fn timestamp(about: &str) -> ObjectBuilder {
    matching(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$", about)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

/// A time as callers may write it: UTC with `Z`. Seconds may be left out, which the format does not
/// know.
pub(crate) fn moment(about: &str) -> ObjectBuilder {
    matching("Z$", about).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

/// What may be null as well.
pub(crate) fn nullable(schema: impl Into<Object>) -> Schema {
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
pub(crate) fn null() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Null)
}

/// A list.
pub(crate) fn list(items: impl Into<RefOr<Schema>>, about: &str) -> ArrayBuilder {
    Array::builder()
        .items(items.into())
        .description(described(about))
}

/// One of several shapes.
pub(crate) fn either(shapes: impl IntoIterator<Item = RefOr<Schema>>, about: &str) -> OneOfBuilder {
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

/// Returns a schema with another description; an empty one changes nothing.
pub(crate) fn about(mut schema: Schema, about: &str) -> Schema {
    if let Some(about) = described(about) {
        let description = match &mut schema {
            Schema::Array(array) => &mut array.description,
            Schema::Object(object) => &mut object.description,
            Schema::OneOf(shapes) => &mut shapes.description,
            Schema::AllOf(all) => &mut all.description,
            Schema::AnyOf(any) => &mut any.description,
            _ => return schema,
        };
        *description = Some(about.to_owned());
    }
    schema
}

/// Returns an object's or a text's schema that says what is assumed if nothing is given.
pub(crate) fn with_default(mut schema: Schema, default: Value) -> Schema {
    if let Schema::Object(object) = &mut schema {
        object.default = Some(default);
    }
    schema
}

/// Declares the schema of a body, which is read member by member and never exists as a value.
macro_rules! body {
    ($(#[$doc:meta])* $body:ident, $name:literal, $schema:expr $(, with $part:ty)*) => {
        $(#[$doc])*
        pub(in crate::routes) enum $body {}

        impl utoipa::PartialSchema for $body {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::RefOr::T($schema.into())
            }
        }

        impl utoipa::ToSchema for $body {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }

            fn schemas(
                schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>,
            ) {
                schemas.extend([$((
                    <$part as utoipa::ToSchema>::name().into_owned(),
                    <$part as utoipa::PartialSchema>::schema(),
                ),)*]);
            }
        }
    };
}

pub(crate) use body;
