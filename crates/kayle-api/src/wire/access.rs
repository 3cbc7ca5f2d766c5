//! API keys and who did something (contract 2.9, 10).

use kayle_app::access::api_key::{
    METADATA_KEY_CHARS_MAX, METADATA_KEYS_MAX, METADATA_TEXT_CHARS_MAX, NAME_CHARS_MAX,
};
use kayle_app::access::{ApiKeyMetadata, ApiKeyName, MetadataValue, Scope};
use serde::Serializer;
use serde::ser::SerializeMap;
use strum::IntoEnumIterator;
use utoipa::openapi::Schema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::form::{NOT_BLANK, choice, either, flag, matching};
use super::{Shown, Wire, named, texts};

pub(crate) type ShownActorKind = Shown<ActorKind>;
pub(crate) type ShownApiKeyMetadata = Shown<ApiKeyMetadata>;
pub(crate) type ShownScope = Shown<Scope>;

named! {
    Scope;
}

impl Wire for ApiKeyMetadata {
    fn form() -> Schema {
        let number = ObjectBuilder::new().schema_type(Type::Number);
        let shapes = [
            matching(r"^[^\x00]*$", "")
                .max_length(Some(METADATA_TEXT_CHARS_MAX))
                .into(),
            number.into(),
            flag("").into(),
        ];
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .property_names(Some(matching(
                format!("^[A-Za-z0-9_.:-]{{1,{METADATA_KEY_CHARS_MAX}}}$"),
                "",
            )))
            .max_properties(Some(METADATA_KEYS_MAX))
            .additional_properties(Some(Schema::OneOf(either(shapes, "").build())))
            .description(Some("Whatever you want to note about it."))
            .into()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values().len()))?;
        for (name, value) in self.values() {
            match value {
                MetadataValue::Text(text) => map.serialize_entry(name, text)?,
                MetadataValue::Number(number) => map.serialize_entry(name, number)?,
                MetadataValue::Boolean(boolean) => map.serialize_entry(name, boolean)?,
            }
        }
        map.end()
    }
}

/// What kind of actor did something, as the actor names it.
#[derive(Clone, Copy)]
pub(crate) struct ActorKind(pub(crate) &'static str);

texts! {
    ActorKind, |kind| kind.0, choice(["user", "api_key", "service", "system"], "");
    ApiKeyName, |name| name.as_str(), matching(
        NOT_BLANK,
        "For people. Surrounding blanks are removed.",
    )
    .min_length(Some(1))
    .max_length(Some(NAME_CHARS_MAX));
}
