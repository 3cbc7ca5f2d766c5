//! Ids, names, claims and what a customer asks for.

use kayle_app::access::ApiKeyName;
use kayle_endpoints::labels::Labels;
use kayle_endpoints::{EndpointName, KeyId};
use kayle_events::{ClaimKey, ClaimValue, Claims, EventType};
use kayle_primitives::{AttemptId, DeliveryId, EndpointId, PageLimit, SessionId, Timestamp};
use kayle_sessions::{RequestedField, ShareContract};
use serde_json::Value;

use crate::text;

/// Reads the words of paths and query strings. What is taken is kept as it was written.
pub fn names(data: &[u8]) {
    let text = text(data);
    if let Ok(id) = EndpointId::parse(&text) {
        assert_eq!(id.as_str(), text);
    }
    if let Ok(id) = DeliveryId::parse(&text) {
        assert_eq!(id.as_str(), text);
    }
    if let Ok(id) = SessionId::parse_session(&text) {
        assert_eq!(id.as_str(), text);
    }
    if let Ok(id) = AttemptId::parse_attempt(&text) {
        assert_eq!(id.as_str(), text);
    }
    if let Ok(at) = Timestamp::parse(&text) {
        let written = at.to_string();
        assert_eq!(Timestamp::parse(&written), Ok(at), "{written}");
    }
    if let Ok(limit) = PageLimit::parse(&text) {
        assert!((1..=100).contains(&limit.get()));
    }
    if let Ok(event_type) = text.parse::<EventType>() {
        assert_eq!(event_type.as_str(), text);
    }
    if let Ok(name) = EndpointName::parse(&text) {
        assert!(!name.as_str().is_empty());
    }
    if let Ok(id) = KeyId::parse(&text) {
        assert_eq!(id.as_str(), text);
    }
    let _ = ApiKeyName::parse(&text);
    let _ = Labels::parse(&text.split('\n').map(str::to_owned).collect::<Vec<_>>());
}

/// Reads a share contract, a line for a field: `key[!] reason`. What is taken holds the
/// document's id, at most one age gate, and a reason for each field that was asked for.
pub fn share_contract(data: &[u8]) {
    let text = text(data);
    let requested = text.lines().map(|line| {
        let (key, reason) = line.split_once(' ').unwrap_or((line, ""));
        RequestedField {
            required: key.ends_with('!'),
            key: key.trim_end_matches('!').to_owned(),
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
        }
    });
    let Ok(contract) = ShareContract::from_request(requested.collect()) else {
        return;
    };
    let fields = contract.fields();
    assert!(fields.contains_key(&ClaimKey::KAYLE_DOCUMENT_ID));
    let age_gates = fields.keys().filter(|key| key.is_age_gate()).count();
    assert!(age_gates <= 1, "{age_gates}");
    for key in fields.keys() {
        assert_eq!(ClaimKey::parse(key.as_str()).as_ref(), Ok(key));
    }
}

/// Reads the claims of a report, and checks them against the contract that asks for everything.
pub fn claims(data: &[u8]) {
    let Ok(Value::Object(members)) = serde_json::from_slice(data) else {
        return;
    };
    let keys = members.keys().map(|key| ClaimKey::parse(key));
    let Ok(keys) = keys.collect::<Result<Vec<_>, _>>() else {
        return;
    };
    let values = members.into_values().map(|value| match value {
        Value::String(text) => Some(ClaimValue::Text(text.into())),
        Value::Bool(is_true) => Some(ClaimValue::Boolean(is_true)),
        Value::Null => Some(ClaimValue::Null),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    });
    let Some(values) = values.collect::<Option<Vec<_>>>() else {
        return;
    };
    let claims: Claims = keys.into_iter().zip(values).collect();
    let contract = ShareContract::everything();
    if contract.check(&claims).is_ok() {
        assert!(claims.contains_key(&ClaimKey::KAYLE_DOCUMENT_ID));
    }
}
