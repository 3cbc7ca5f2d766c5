//! Makes derived schemas what customers read.
//!
//! The derivation knows Rust's types and no more. Of an answer we know besides: every member is
//! always there, there is no other, and a value that has no name in the document stands where it is
//! used. Readers are spared the compositions, too.

use std::collections::BTreeMap;

use utoipa::openapi::schema::{AdditionalProperties, AllOf, Array, Object, OneOf, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

use crate::wire::form::{about, nullable};
use crate::wire::is_unnamed;

const PREFIX: &str = "#/components/schemas/";

/// Derived schemas by name, with all that they refer to.
#[derive(Default)]
pub(super) struct Derived(BTreeMap<String, RefOr<Schema>>);

impl Derived {
    /// Takes schemas in; a name that is known already is the same schema.
    pub(super) fn extend(&mut self, schemas: Vec<(String, RefOr<Schema>)>) {
        self.0.extend(schemas);
    }

    /// Returns the schemas that have a name in the document.
    pub(super) fn into_named(self) -> impl Iterator<Item = (String, RefOr<Schema>)> {
        let named = self.0.keys().filter(|name| !is_unnamed(name));
        let flat: Vec<_> = named
            .map(|name| (name.clone(), self.flat(&self.0[name])))
            .collect();
        flat.into_iter()
    }

    fn flat(&self, schema: &RefOr<Schema>) -> RefOr<Schema> {
        match schema {
            RefOr::Ref(reference) => self.flat_reference(reference),
            RefOr::T(Schema::Object(object)) => self.flat_object(object.clone()).into(),
            RefOr::T(Schema::Array(array)) => self.flat_array(array.clone()).into(),
            RefOr::T(Schema::OneOf(shapes)) => self.flat_shapes(shapes.clone()),
            RefOr::T(Schema::AllOf(parts)) => self.merged(parts),
            RefOr::T(other) => RefOr::T(other.clone()),
        }
    }

    /// Puts a form that has no name in the place of its reference.
    fn flat_reference(&self, reference: &Ref) -> RefOr<Schema> {
        match self.unnamed(reference) {
            Some(RefOr::T(form)) => about(form.clone(), &reference.description).into(),
            Some(RefOr::Ref(_)) | None => RefOr::Ref(reference.clone()),
        }
    }

    fn unnamed(&self, reference: &Ref) -> Option<&RefOr<Schema>> {
        let name = reference.ref_location.strip_prefix(PREFIX)?;
        is_unnamed(name).then(|| self.0.get(name))?
    }

    /// Closes an object, and demands every member of it. A map has no members to demand.
    fn flat_object(&self, mut object: Object) -> Schema {
        for schema in object.properties.values_mut() {
            *schema = self.flat(schema);
        }
        if let Some(AdditionalProperties::RefOr(schema)) =
            object.additional_properties.as_deref_mut()
        {
            *schema = self.flat(schema);
        }
        if !object.properties.is_empty() {
            object.required = object.properties.keys().cloned().collect();
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
        Schema::Object(object)
    }

    fn flat_array(&self, mut array: Array) -> Schema {
        if let utoipa::openapi::schema::ArrayItems::RefOrSchema(items) = &mut array.items {
            **items = self.flat(items);
        }
        Schema::Array(array)
    }

    /// Says of one shape or null that it can be null.
    fn flat_shapes(&self, mut shapes: OneOf) -> RefOr<Schema> {
        for shape in &mut shapes.items {
            *shape = self.flat(shape);
        }
        let null = shapes.items.pop_if(|shape| is_null(shape));
        match (null, shapes.items.as_slice()) {
            (Some(_), [RefOr::T(Schema::Object(only))]) => nullable(only.clone()).into(),
            (Some(null), [RefOr::T(Schema::OneOf(several))]) => {
                let mut several = several.clone();
                several.items.push(null);
                Schema::OneOf(several).into()
            }
            (null, _) => {
                shapes.items.extend(null);
                Schema::OneOf(shapes).into()
            }
        }
    }

    /// Makes one object of the parts of a flattened one.
    fn merged(&self, parts: &AllOf) -> RefOr<Schema> {
        let mut whole = Object::new();
        for part in &parts.items {
            let part = match part {
                RefOr::Ref(reference) => {
                    let name = reference.ref_location.trim_start_matches(PREFIX);
                    &self.0[name]
                }
                RefOr::T(_) => part,
            };
            if let RefOr::T(Schema::Object(part)) = part {
                whole.properties.extend(part.properties.clone());
            }
        }
        whole.description.clone_from(&parts.description);
        self.flat_object(whole).into()
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == Type::Null.into())
}
