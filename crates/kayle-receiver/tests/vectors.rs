//! The cases that all of Kayle's receiver libraries answer alike: `receivers/vectors.json`.

mod cases;

use serde::Deserialize;
use serde_json::Value;

use self::cases::{Case, Keys, open, outcome};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../receivers/vectors.json");

/// Case N37 and its like hand over something else than bytes, which Rust's types exclude.
const NOT_IN_RUST: &str = "body_unavailable";

#[derive(Deserialize)]
struct Vectors {
    keys: Keys,
    cases: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    id: String,
    why: String,
    expect: Value,
    #[serde(flatten)]
    request: Case,
}

fn vectors() -> Vectors {
    let text = std::fs::read_to_string(VECTORS).expect("the vectors lie beside the libraries");
    serde_json::from_str(&text).expect("the vectors are JSON")
}

#[test]
fn every_case_ends_as_it_must() {
    let Vectors { keys, cases } = vectors();
    let cases = cases.iter();
    let expressible = cases.filter(|case| case.expect["error"] != NOT_IN_RUST);
    let wrong: Vec<String> = expressible
        .filter_map(|case| {
            let (outcome, expected) = (outcome(&case.request, &keys), &case.expect);
            let wrong = format!("{} ({}): {outcome}, not {expected}", case.id, case.why);
            (outcome != *expected).then_some(wrong)
        })
        .collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn there_are_cases_for_all_that_was_specified() {
    let cases = vectors().cases;
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    for (letter, wanted) in [('P', 37), ('N', 92)] {
        for number in 1..=wanted {
            let id = format!("{letter}{number:02}");
            assert!(ids.contains(&id.as_str()), "{id} is missing");
        }
    }
}

/// No error and no `Debug` form of an event shows anything that a sender, a person or an operator
/// would not want in a log.
#[test]
fn nothing_that_is_printed_holds_a_claim_a_secret_or_a_body() {
    let Vectors { keys, cases } = vectors();
    let markers = [
        "Curie",
        "Marie",
        "1995-04-12",
        "kdoc_1",
        "0123456789abcdefghijklmnopqrstuv",
    ];
    for case in &cases {
        let printed = match open(&case.request, &keys) {
            Ok(event) => format!("{event:?} {event:#?}"),
            Err(code) => code,
        };
        for marker in markers {
            assert!(!printed.contains(marker), "{} shows {marker}", case.id);
        }
        let start: String = String::from_utf8_lossy(&case.request.body())
            .chars()
            .take(24)
            .collect();
        assert!(start.len() < 24 || !printed.contains(&start), "{}", case.id);
    }
}
