//! `kayle decrypt`.

use std::io::{self, IsTerminal as _};

use kayle_receiver::{Event, LabelledKey, PrivateKey, UnwrapError};
use serde_json::Value;

use crate::command_line::Decrypt;
use crate::failure::Failure;
use crate::{files, screen};

pub(crate) fn run(options: &Decrypt) -> Result<(), Failure> {
    let body = files::read(&options.body)?;
    let key = PrivateKey::parse(&files::read_text(&options.key)?)
        .map_err(|error| Failure::Usage(format!("{}: {error}", options.key.display())))?;
    let key = LabelledKey { key_id: None, key };
    let plaintext = kayle_receiver::decrypt(&body, &[key]).map_err(Failure::NotDecrypted)?;
    let event = Event::parse(&plaintext).map_err(Failure::NotDecrypted)?;
    eprintln!(
        "{}, not verified: use `kayle verify` for that",
        event.event_type()
    );
    let json = serde_json::from_slice(&plaintext);
    let json: Value = json.map_err(|_| Failure::NotDecrypted(UnwrapError::EventInvalid))?;
    let hidden = io::stdout().is_terminal() && !options.show_claims;
    screen::print_json(&if hidden { without_claims(json) } else { json });
    Ok(())
}

/// Hides values, not keys: which claims there are is seldom personal.
fn without_claims(mut event: Value) -> Value {
    let claims = event.pointer_mut("/data/claims");
    for (_, value) in claims.and_then(Value::as_object_mut).into_iter().flatten() {
        if !value.is_null() {
            *value = Value::from("hidden; --show-claims shows it");
        }
    }
    event
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn claims_are_hidden_and_their_keys_are_not() {
        let event =
            json!({ "data": { "claims": { "family_name": "Curie", "kayle_human_id": null } } });
        let shown = without_claims(event).to_string();
        assert!(shown.contains("family_name") && !shown.contains("Curie"));
    }
}
