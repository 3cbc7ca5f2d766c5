//! Ids and times (contract 2.1, 2.2).

use kayle_primitives::id::{IdBody, IdKind};
use kayle_primitives::{
    ApiKeyId, AttemptId, AuditId, DeliveryAttemptId, DeliveryId, EncryptionKeyId, EndpointId,
    EventId, Id, OrganizationId, SessionId, Timestamp,
};
use serde::Serializer;
use utoipa::openapi::Schema;

use super::form::{self, matching, uuid};
use super::{Shown, Wire, displayed};

pub(crate) type ShownApiKeyId = Shown<ApiKeyId>;
pub(crate) type ShownAttemptId = Shown<AttemptId>;
pub(crate) type ShownAuditId = Shown<AuditId>;
pub(crate) type ShownDeliveryAttemptId = Shown<DeliveryAttemptId>;
pub(crate) type ShownDeliveryId = Shown<DeliveryId>;
pub(crate) type ShownEncryptionKeyId = Shown<EncryptionKeyId>;
pub(crate) type ShownEndpointId = Shown<EndpointId>;
pub(crate) type ShownEventId = Shown<EventId>;
pub(crate) type ShownOrganizationId = Shown<OrganizationId>;
pub(crate) type ShownSessionId = Shown<SessionId>;
pub(crate) type ShownTime = Shown<Timestamp>;

/// 26 symbols of the alphabet that ordered ids are made of.
const ORDERED_CHARS: usize = 26;

impl<K: IdKind> Wire for Id<K> {
    fn form() -> Schema {
        let chars = match K::BODY {
            IdBody::Random(chars) => chars,
            IdBody::Ordered => ORDERED_CHARS,
        };
        matching(format!("^{}_[a-z0-9]{{{chars}}}$", K::PREFIX), "").into()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

displayed! {
    ApiKeyId = uuid("");
    OrganizationId = uuid("");
    Timestamp = form::timestamp("");
}
