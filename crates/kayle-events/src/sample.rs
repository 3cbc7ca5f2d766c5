//! The documented sample of each event type, which tests carry (contract 14.1). It is about nobody.

use zeroize::Zeroizing;

use crate::claims::{ClaimKey, ClaimValue, Claims};
use crate::event_type::EventType;
use crate::failure_code::FailureCode;
use crate::payload::{CancelReason, EventData};

/// The claims of the samples, as `docs/events.md` shows them.
const SAMPLE_CLAIMS: [(&str, &str); 4] = [
    ("date_of_birth", "1995-04-12"),
    ("family_name", "Curie"),
    ("given_names", "Marie"),
    ("kayle_document_id", "kdoc_sample"),
];

impl EventData {
    /// Returns the documented sample of a type.
    pub fn sample(event_type: EventType) -> Self {
        match event_type {
            EventType::SessionSucceeded => Self::SessionSucceeded {
                claims: sample_claims(),
            },
            EventType::SessionFailed => Self::SessionFailed {
                failure_code: FailureCode::DocumentChipAuthenticationFailed,
                nfc_tries_used: 3,
                liveness_tries_used: 0,
            },
            EventType::SessionExpired => Self::SessionExpired,
            EventType::SessionCancelled => Self::SessionCancelled {
                reason: CancelReason::CancelledAfterFailedCheck,
                nfc_tries_used: 1,
                liveness_tries_used: 0,
            },
            EventType::AttemptSucceeded => Self::AttemptSucceeded {
                claims: sample_claims(),
            },
            EventType::AttemptFailed => Self::AttemptFailed {
                failure_code: FailureCode::SelfieFaceMismatch,
            },
        }
    }
}

fn sample_claims() -> Claims {
    let claims = SAMPLE_CLAIMS.into_iter().filter_map(|(name, text)| {
        let key = ClaimKey::parse(name).ok()?;
        Some((key, ClaimValue::Text(Zeroizing::new(text.to_owned()))))
    });
    claims.collect()
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_type_has_a_sample_of_its_own() {
        for event_type in EventType::iter() {
            assert_eq!(EventData::sample(event_type).event_type(), event_type);
        }
    }

    #[test]
    fn the_sample_names_only_claims_of_the_catalogue() {
        assert_eq!(sample_claims().len(), SAMPLE_CLAIMS.len());
    }
}
