use super::*;
use crate::fixtures::{claims, field, key, text};

/// Shows a contract as `key required source "reason"`, one field each.
fn shown(contract: &ShareContract) -> Vec<String> {
    let show = |(key, field): (&ClaimKey, &ShareField)| {
        let required = if field.required {
            "required"
        } else {
            "optional"
        };
        format!(
            "{key} {required} {} {:?}",
            field.source.as_str(),
            field.reason
        )
    };
    contract.fields().iter().map(show).collect()
}

fn check(fields: Vec<RequestedField>, expected: &[&str]) {
    assert_eq!(
        shown(&ShareContract::from_request(fields).unwrap()),
        expected
    );
}

fn refused(fields: Vec<RequestedField>, expected: &InvalidShareContract) {
    assert_eq!(ShareContract::from_request(fields).as_ref(), Err(expected));
}

fn without_reason(name: &str) -> RequestedField {
    RequestedField {
        reason: None,
        ..field(name, true, "")
    }
}

#[test]
fn without_a_request_everything_is_optional_but_the_documents_id() {
    let contract = ShareContract::everything();
    assert_eq!(contract.fields().len(), 12);
    for (key, field) in contract.fields() {
        assert_eq!(field.required, *key == ClaimKey::KAYLE_DOCUMENT_ID, "{key}");
        assert_eq!(
            (field.reason.as_str(), field.source),
            ("", ShareSource::Default)
        );
    }
}

#[test]
fn the_documents_id_is_added_unless_it_was_asked_for() {
    let added = r#"kayle_document_id required default """#;
    check(vec![], &[added]);
    check(
        vec![field("sex_marker", false, " to address you ")],
        &[added, r#"sex_marker optional rc "to address you""#],
    );
    check(
        vec![field("kayle_document_id", false, "to find you")],
        &[r#"kayle_document_id optional rc "to find you""#],
    );
}

#[test]
fn an_age_gate_and_the_date_of_birth_are_required_together() {
    fn check_required(birth: bool, gate: bool, expected: bool) {
        let fields = vec![
            field("date_of_birth", birth, "age"),
            field("age_over_18", gate, ""),
        ];
        let contract = ShareContract::from_request(fields).unwrap();
        for name in ["date_of_birth", "age_over_18"] {
            assert_eq!(contract.fields()[&key(name)].required, expected, "{name}");
        }
    }
    check_required(false, false, false);
    check_required(true, false, true);
    check_required(false, true, true);
    check_required(true, true, true);
}

#[test]
fn an_age_gate_alone_stays_alone_and_needs_a_reason() {
    let contract = ShareContract::from_request(vec![field("age_over_18", true, "age")]).unwrap();
    assert!(!contract.fields().contains_key(&ClaimKey::DATE_OF_BIRTH));
    let missing = InvalidShareContract::ReasonRequired(key("age_over_18"));
    refused(vec![field("age_over_18", true, "")], &missing);
}

#[test]
fn a_request_that_breaks_a_rule_is_refused_with_the_field_at_fault() {
    let name = || key("family_name");
    refused(
        vec![field("Family_name", true, "x")],
        &InvalidShareContract::UnknownClaimKey("Family_name".to_owned()),
    );
    for gate in ["age_over_11", "age_over_131", "age_over_x", "age_over_018"] {
        let expected = InvalidShareContract::InvalidAgeGate(gate.to_owned());
        refused(vec![field(gate, true, "x")], &expected);
    }
    refused(
        vec![
            field("age_over_18", true, "x"),
            field("age_over_21", true, "x"),
        ],
        &InvalidShareContract::MultipleAgeGates(key("age_over_18"), key("age_over_21")),
    );
    let required = InvalidShareContract::ReasonRequired(name());
    refused(vec![without_reason("family_name")], &required);
    refused(vec![field("family_name", true, "")], &required);
    refused(vec![field("family_name", true, " \t")], &required);
    let too_long = InvalidShareContract::ReasonTooLong(name());
    refused(
        vec![field("family_name", true, &"é".repeat(201))],
        &too_long,
    );
    assert!(
        ShareContract::from_request(vec![field("family_name", true, &"é".repeat(200))]).is_ok()
    );
}

#[test]
fn at_most_32_fields_can_be_named() {
    let fields = |count| vec![field("unknown", true, "x"); count];
    refused(fields(33), &InvalidShareContract::TooManyFields(33));
    let looked_at = InvalidShareContract::UnknownClaimKey("unknown".to_owned());
    refused(fields(32), &looked_at);
}

#[test]
fn claims_must_fit_the_contract() {
    let contract = ShareContract::from_request(vec![
        field("age_over_18", true, "age"),
        field("family_name", false, "to greet"),
        field("kayle_human_id", true, "to know you again"),
    ])
    .unwrap();
    let base = || {
        claims([
            ("age_over_18", ClaimValue::Boolean(false)),
            ("kayle_document_id", text("document")),
            ("kayle_human_id", text("human")),
        ])
    };
    let check = |name: &str, value: Option<ClaimValue>, expected: Result<(), InvalidClaims>| {
        let mut claims = base();
        claims.remove(&key(name));
        claims.extend(value.map(|value| (key(name), value)));
        assert_eq!(contract.check(&claims), expected, "{name}");
    };
    let missing = |name| Err(InvalidClaims::Missing(key(name)));
    let wrong = |name, expected| Err(InvalidClaims::WrongType(key(name), expected));
    check("family_name", None, Ok(()));
    check("family_name", Some(ClaimValue::Null), Ok(()));
    check("family_name", Some(text("")), Ok(()));
    check(
        "family_name",
        Some(ClaimValue::Boolean(true)),
        wrong("family_name", "a string or null"),
    );
    check(
        "age_over_18",
        Some(text("true")),
        wrong("age_over_18", "a boolean or null"),
    );
    check(
        "age_over_18",
        Some(ClaimValue::Null),
        missing("age_over_18"),
    );
    check("age_over_18", None, missing("age_over_18"));
    check("kayle_document_id", None, missing("kayle_document_id"));
    check("kayle_human_id", Some(ClaimValue::Null), Ok(()));
    check("kayle_human_id", None, missing("kayle_human_id"));
    let foreign = InvalidClaims::NotInContract(key("sex_marker"));
    check("sex_marker", Some(text("X")), Err(foreign));
}
