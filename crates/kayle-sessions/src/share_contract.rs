//! The share contract: which claims the customer asked for, and why (contract 3.8, 6.3).

use std::collections::BTreeMap;

use kayle_events::{ClaimKey, ClaimType, ClaimValue, Claims, UnknownClaimKey};
use strum::{EnumIter, IntoStaticStr};

/// The most fields that a request may name.
pub const SHARE_FIELDS_MAX: usize = 32;
/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 200;

/// Which claims a session shares, by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareContract(BTreeMap<ClaimKey, ShareField>);

/// One claim of a share contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareField {
    /// Whether the session can succeed only with it.
    pub required: bool,
    /// What the person is told it is for; empty for defaults.
    pub reason: String,
    /// Who put it there.
    pub source: ShareSource,
}

/// Who put a field into a share contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumIter)]
pub enum ShareSource {
    /// The customer ("relying customer").
    #[strum(serialize = "rc")]
    Requested,
    /// The service.
    #[strum(serialize = "default")]
    Default,
}

impl ShareSource {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One field as the customer asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedField {
    /// The claim's name, unchecked.
    pub key: String,
    /// Whether the session can succeed only with it.
    pub required: bool,
    /// What the person is told it is for; `None` if the customer gave none.
    pub reason: Option<String>,
}

/// The requested fields are no share contract. Each variant names the field at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidShareContract {
    /// More than 32 fields.
    #[error("{0} fields are asked for, at most {SHARE_FIELDS_MAX} are possible")]
    TooManyFields(usize),
    /// A key outside the catalogue.
    #[error("{0} is not in the claim catalogue")]
    UnknownClaimKey(String),
    /// An `age_over_` without an age.
    #[error("{0} must be age_over_N with a whole number N from 12 to 130")]
    InvalidAgeGate(String),
    /// Two age gates.
    #[error("more than one age gate is asked for: {0} and {1}")]
    MultipleAgeGates(ClaimKey, ClaimKey),
    /// No reason, or a blank one.
    #[error("{0} needs a reason")]
    ReasonRequired(ClaimKey),
    /// Over 200 characters.
    #[error("the reason for {0} must have at most {REASON_CHARS_MAX} characters")]
    ReasonTooLong(ClaimKey),
}

/// The claims of a report do not fit the share contract. Names the key, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClaims {
    /// A claim that the customer did not ask for.
    #[error("{0} is not in the session's share contract")]
    NotInContract(ClaimKey),
    /// A required claim is absent or null.
    #[error("{0} is required by the session's share contract")]
    Missing(ClaimKey),
    /// A value of another type.
    #[error("{0} must be {1}")]
    WrongType(ClaimKey, &'static str),
}

impl ShareContract {
    /// Returns the contract of a session that names no fields: the twelve static claims, of which
    /// only the document's id is required.
    pub fn everything() -> Self {
        let fields = ClaimKey::static_claims().map(|key| {
            let required = key == ClaimKey::KAYLE_DOCUMENT_ID;
            (key, ShareField::default_field(required))
        });
        Self(fields.collect())
    }

    /// Checks what the customer asks for, in the order of the keys, and adds what every contract
    /// holds.
    pub fn from_request(requested: Vec<RequestedField>) -> Result<Self, InvalidShareContract> {
        if requested.len() > SHARE_FIELDS_MAX {
            return Err(InvalidShareContract::TooManyFields(requested.len()));
        }
        let keyed = requested
            .into_iter()
            .map(parse_key)
            .collect::<Result<Vec<_>, _>>()?;
        let age_gate = only_age_gate(&keyed)?;
        let has_birth_date = keyed.iter().any(|(key, _)| *key == ClaimKey::DATE_OF_BIRTH);
        let mut fields = BTreeMap::new();
        for (key, request) in keyed {
            let reason_may_be_empty = key.is_age_gate() && has_birth_date;
            let field = parse_field(&key, request, reason_may_be_empty)?;
            fields.insert(key, field);
        }
        if let Some(age_gate) = age_gate {
            couple(&mut fields, &age_gate, &ClaimKey::DATE_OF_BIRTH);
        }
        fields
            .entry(ClaimKey::KAYLE_DOCUMENT_ID)
            .or_insert_with(|| ShareField::default_field(true));
        Ok(Self(fields))
    }

    /// Takes stored fields as they are.
    pub fn from_stored(fields: BTreeMap<ClaimKey, ShareField>) -> Self {
        Self(fields)
    }

    /// Returns the fields, sorted by key.
    pub fn fields(&self) -> &BTreeMap<ClaimKey, ShareField> {
        &self.0
    }

    /// Checks the claims of a succeeded attempt: only what was asked for, of the catalogue's types,
    /// with everything required. A declined optional claim may be absent or null.
    pub fn check(&self, claims: &Claims) -> Result<(), InvalidClaims> {
        for (key, value) in claims {
            if !self.0.contains_key(key) {
                return Err(InvalidClaims::NotInContract(key.clone()));
            }
            check_type(key, value)?;
        }
        for (key, _) in self.0.iter().filter(|(_, field)| field.required) {
            let value = claims
                .get(key)
                .ok_or_else(|| InvalidClaims::Missing(key.clone()))?;
            if *value == ClaimValue::Null && key.claim_type() != ClaimType::NullableText {
                return Err(InvalidClaims::Missing(key.clone()));
            }
        }
        Ok(())
    }
}

impl ShareField {
    fn default_field(required: bool) -> Self {
        Self {
            required,
            reason: String::new(),
            source: ShareSource::Default,
        }
    }
}

fn check_type(key: &ClaimKey, value: &ClaimValue) -> Result<(), InvalidClaims> {
    match (key.claim_type(), value) {
        (ClaimType::Text | ClaimType::NullableText, ClaimValue::Text(_))
        | (ClaimType::Boolean, ClaimValue::Boolean(_))
        | (_, ClaimValue::Null) => Ok(()),
        (ClaimType::Text | ClaimType::NullableText, ClaimValue::Boolean(_)) => {
            Err(InvalidClaims::WrongType(key.clone(), "a string or null"))
        }
        (ClaimType::Boolean, ClaimValue::Text(_)) => {
            Err(InvalidClaims::WrongType(key.clone(), "a boolean or null"))
        }
    }
}

fn parse_key(field: RequestedField) -> Result<(ClaimKey, RequestedField), InvalidShareContract> {
    match ClaimKey::parse(&field.key) {
        Ok(key) => Ok((key, field)),
        Err(UnknownClaimKey::NotInCatalogue) => {
            Err(InvalidShareContract::UnknownClaimKey(field.key))
        }
        Err(UnknownClaimKey::AgeGate) => Err(InvalidShareContract::InvalidAgeGate(field.key)),
    }
}

fn only_age_gate(
    fields: &[(ClaimKey, RequestedField)],
) -> Result<Option<ClaimKey>, InvalidShareContract> {
    let mut gates = fields
        .iter()
        .map(|(key, _)| key)
        .filter(|key| key.is_age_gate());
    match (gates.next(), gates.next()) {
        (Some(first), Some(second)) => Err(InvalidShareContract::MultipleAgeGates(
            first.clone(),
            second.clone(),
        )),
        (first, _) => Ok(first.cloned()),
    }
}

fn parse_field(
    key: &ClaimKey,
    request: RequestedField,
    reason_may_be_empty: bool,
) -> Result<ShareField, InvalidShareContract> {
    let reason = request.reason.unwrap_or_default().trim().to_owned();
    if reason.is_empty() && !reason_may_be_empty {
        return Err(InvalidShareContract::ReasonRequired(key.clone()));
    }
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(InvalidShareContract::ReasonTooLong(key.clone()));
    }
    Ok(ShareField {
        required: request.required,
        reason,
        source: ShareSource::Requested,
    })
}

/// A required age gate needs the date of birth and the other way round.
fn couple(fields: &mut BTreeMap<ClaimKey, ShareField>, one: &ClaimKey, other: &ClaimKey) {
    let both = fields.contains_key(one) && fields.contains_key(other);
    let either_required = [one, other]
        .iter()
        .any(|key| fields.get(key).is_some_and(|f| f.required));
    if both && either_required {
        for key in [one, other] {
            fields
                .entry(key.clone())
                .and_modify(|field| field.required = true);
        }
    }
}

#[cfg(test)]
mod tests;
