//! Endpoints and encryption keys (contract 2.3, 2.5).

use kayle_endpoints::encryption_key::{ALGORITHM, KEY_ID_CHARS_MAX, KEY_TYPE, KeyId};
use kayle_endpoints::endpoint::NAME_CHARS_MAX;
use kayle_endpoints::labels::{LABEL_CHARS_MAX, LABELS_MAX};
use kayle_endpoints::url::URL_CHARS_MAX;
use kayle_endpoints::{
    EndpointName, EndpointUrl, Labels, Prover, Retention, RetryScheduleName, SigningSecret,
    Subscription,
};
use kayle_events::EventType;
use serde::Serializer;
use serde_json::{Value, json};
use strum::IntoEnumIterator;
use utoipa::openapi::Schema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::form::{self, NOT_BLANK, choice, list, matching, text};
use super::{Shown, Wire, named, texts};

pub(crate) type ShownAlgorithm = Shown<Algorithm>;
pub(crate) type ShownEndpointName = Shown<EndpointName>;
pub(crate) type ShownEndpointUrl = Shown<EndpointUrl>;
pub(crate) type ShownEventType = Shown<EventType>;
pub(crate) type ShownKeyId = Shown<KeyId>;
pub(crate) type ShownKeyType = Shown<KeyType>;
pub(crate) type ShownLabels = Shown<Labels>;
pub(crate) type ShownProver = Shown<Prover>;
pub(crate) type ShownRetention = Shown<Retention>;
pub(crate) type ShownRetryScheduleName = Shown<RetryScheduleName>;
pub(crate) type ShownKeyOperations = Shown<KeyOperations>;
pub(crate) type ShownSubscription = Shown<Subscription>;
pub(crate) type ShownSigningSecret<'a> = Shown<&'a SigningSecret>;

/// The one algorithm of encryption keys.
#[derive(Clone, Copy)]
pub(crate) struct Algorithm;

/// What public keys are for.
#[derive(Clone, Copy)]
pub(crate) struct KeyOperations;

/// The one type of encryption keys.
#[derive(Clone, Copy)]
pub(crate) struct KeyType;

named! {
    Prover;
}

impl Wire for Labels {
    fn form() -> Schema {
        let label = matching(NOT_BLANK, "Surrounding blanks are removed.")
            .min_length(Some(1))
            .max_length(Some(LABEL_CHARS_MAX));
        list(label, "For people. No two may differ in case only.")
            .max_items(Some(LABELS_MAX))
            .unique_items(true)
            .into()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.as_slice())
    }
}

impl Wire for EventType {
    const NAME: Option<&'static str> = Some("EventType");

    fn form() -> Schema {
        let names = EventType::iter().map(EventType::as_str);
        choice(names, "What happened. Each is described under webhooks.").into()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Wire for Subscription {
    fn form() -> Schema {
        list(
            form::named("EventType"),
            "What is delivered; an empty list is nothing.",
        )
        .unique_items(true)
        .into()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = self.as_slice().iter();
        serializer.collect_seq(names.map(|event_type| event_type.as_str()))
    }
}

impl Wire for Retention {
    fn form() -> Schema {
        let hours = [Self::None, Self::OneDay, Self::ThreeDays, Self::SevenDays];
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .enum_values(Some(hours.map(|retention| Value::from(retention.hours()))))
            .default(Some(json!(Self::default().hours())))
            .description(Some(
                "How long a payload is kept after its last attempt failed, to be retried by hand.",
            ))
            .into()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.hours())
    }
}

impl Wire for KeyOperations {
    fn form() -> Schema {
        list(choice(["encrypt"], ""), "")
            .min_items(Some(1))
            .max_items(Some(1))
            .into()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(["encrypt"])
    }
}

texts! {
    EndpointName, |name| name.as_str(), endpoint_name();
    EndpointUrl, |url| url.as_submitted(), text("")
        .max_length(Some(URL_CHARS_MAX))
        .examples([json!("https://shop.example/webhooks/kayle")]);
    RetryScheduleName, |name| name.as_str(), retry_schedule_name();
    &SigningSecret, |secret| secret.expose(), matching(
        "^whsec_[a-z0-9]{32}$",
        "The key of every signature: the UTF-8 bytes of the whole text, prefix included.",
    );
    KeyId, |id| id.as_str(), matching(
        r"^[^\x00]+$",
        "Your own name for the key: `kid` of everything that is encrypted with it.",
    )
    .min_length(Some(1))
    .max_length(Some(KEY_ID_CHARS_MAX));
    Algorithm, |_| ALGORITHM, choice([ALGORITHM], "RSA-OAEP with SHA-256.");
    KeyType, |_| KEY_TYPE, choice([KEY_TYPE], "The only type of key.");
}

/// Returns the form of an endpoint's name.
pub(crate) fn endpoint_name() -> ObjectBuilder {
    matching(NOT_BLANK, "For people. Surrounding blanks are removed.")
        .min_length(Some(1))
        .max_length(Some(NAME_CHARS_MAX))
}

fn retry_schedule_name() -> ObjectBuilder {
    choice(
        RetryScheduleName::iter().map(RetryScheduleName::as_str),
        "`standard`: eight attempts over 27 hours and 35 minutes. `short`: three attempts over \
         three minutes.",
    )
    .default(Some(json!(RetryScheduleName::default().as_str())))
}
