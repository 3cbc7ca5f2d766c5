//! Sessions and events (contract 2.7, 2.10).

use kayle_endpoints::url::URL_CHARS_MAX;
use kayle_events::claims::STATIC_CLAIMS;
use kayle_events::{ClaimKey, FailureCode, Trigger, TriggerType};
use kayle_primitives::EndpointId;
use kayle_sessions::session::TRIES_MAX;
use kayle_sessions::targets::TARGETS_MAX;
use kayle_sessions::{SessionStatus, ShareSource, Targets};
use serde::Serializer;
use strum::IntoEnumIterator;
use utoipa::openapi::Schema;

use super::form::{count_to, either, list, matching, text};
use super::{Shown, Wire, displayed, named};

pub(crate) type ShownClaimKey = Shown<ClaimKey>;
pub(crate) type ShownFailureCode = Shown<FailureCode>;
pub(crate) type ShownSessionStatus = Shown<SessionStatus>;
pub(crate) type ShownShareSource = Shown<ShareSource>;
pub(crate) type ShownTargets = Shown<Targets>;
pub(crate) type ShownTrigger = Shown<Trigger>;
pub(crate) type ShownTriggerType = Shown<TriggerType>;
pub(crate) type ShownTries = Shown<Tries>;
pub(crate) type ShownVerificationUrl = Shown<VerificationUrl>;

/// How many tries of a check are used up.
#[derive(Clone, Copy)]
pub(crate) struct Tries(pub(crate) u8);

/// Where the person goes.
pub(crate) struct VerificationUrl(pub(crate) String);

named! {
    FailureCode;
    SessionStatus;
    ShareSource;
    TriggerType;
}

displayed! {
    ClaimKey = claim_key();
}

/// 12 to 130.
const AGE: &str = "(1[2-9]|[2-9][0-9]|1[0-2][0-9]|130)";

/// Returns the form of the name of a claim that a customer can ask for, or that the older
/// generation carries (contract 6.3).
fn claim_key() -> utoipa::openapi::schema::ObjectBuilder {
    let names = STATIC_CLAIMS.join("|");
    let photo = ClaimKey::DOCUMENT_PHOTO;
    matching(
        format!("^({names}|{photo}|age_over_{AGE})$"),
        "A claim of the catalogue.",
    )
}

impl Wire for Targets {
    fn form() -> Schema {
        let several = list(EndpointId::form(), "")
            .min_items(Some(2))
            .max_items(Some(TARGETS_MAX));
        let shapes = [EndpointId::form().into(), several.into()];
        Schema::OneOf(either(shapes, "").build())
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_slice() {
            [] => serializer.serialize_none(),
            [only] => only.write(serializer),
            several => serializer.collect_seq(several.iter().map(EndpointId::as_str)),
        }
    }
}

impl Wire for Trigger {
    fn form() -> Schema {
        matching("^(vs_[a-z0-9]{64}|va_[a-z0-9]{26})$", "").into()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Session(id) => id.write(serializer),
            Self::Attempt(id) => id.write(serializer),
        }
    }
}

impl Wire for Tries {
    fn form() -> Schema {
        count_to(0, u32::from(TRIES_MAX), "").into()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.0)
    }
}

impl Wire for VerificationUrl {
    fn form() -> Schema {
        text("").max_length(Some(URL_CHARS_MAX)).into()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
