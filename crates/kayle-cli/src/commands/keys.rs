//! `kayle keys`.
//!
//! A key is used after it was proven, never before: events that nobody can decrypt are lost.

use std::path::Path;
use std::thread;
use std::time::Duration;

use kayle_receiver::{LabelledKey, PrivateKey, UnwrapError};
use serde_json::{Value, json};

use super::{lists, trigger};
use crate::api::Api;
use crate::command_line::{Bits, Generate, Keys, Prove, Rotate};
use crate::failure::Failure;
use crate::{files, screen};

/// The service takes ten tests of an endpoint a minute.
const BETWEEN_TESTS: Duration = Duration::from_secs(7);

pub(crate) fn run(keys: &Keys) -> Result<(), Failure> {
    match keys {
        Keys::Generate(generate) => run_generate(generate),
        Keys::Prove(prove) => run_prove(prove),
        Keys::Rotate(rotate) => run_rotate(rotate),
        Keys::List(list) => lists::keys(list),
    }
}

fn run_generate(options: &Generate) -> Result<(), Failure> {
    let endpoint = options.register.as_deref();
    let endpoint = endpoint.map(|id| Ok::<_, Failure>((id, Api::new(&options.service)?)));
    let endpoint = endpoint.transpose()?;
    let key = generate(options.bits, &options.out)?;
    let Some((endpoint_id, api)) = endpoint else {
        screen::print_json(&key.registration(&options.key_id));
        return Ok(());
    };
    let id = register(&api, endpoint_id, key, &options.key_id)?;
    let activated = activate(&api, &id)?;
    screen::print_json(&activated);
    Ok(())
}

fn run_prove(options: &Prove) -> Result<(), Failure> {
    let api = Api::new(&options.service)?;
    let key = read_key(&options.key)?;
    screen::print_json(&prove(&api, &options.id, key)?);
    Ok(())
}

/// Leaves the old key registered: deliveries are encrypted to it that are still to come.
fn run_rotate(options: &Rotate) -> Result<(), Failure> {
    let api = Api::new(&options.service)?;
    let keys = keys_of(&options.endpoint)?;
    let active = || api.get(&keys, &[("is_active", "true".to_owned())]);
    let old = active()?["data"].get(0).cloned().unwrap_or_default();
    let key = match (&options.key, &options.out) {
        (Some(file), _) => read_key(file)?,
        (None, Some(file)) => generate(options.bits, file)?,
        (None, None) => return Err(Failure::Usage("give --key FILE or --out FILE".to_owned())),
    };
    let id = register(&api, &options.endpoint, key, &options.key_id)?;
    if options.wait_for_receiver {
        wait_for_receiver(&api, &options.endpoint, &id)?;
    }
    let activated = activate(&api, &id)?;
    screen::print_json(&activated);
    if let Some(old_id) = old["id"].as_str() {
        tell_old(&api, &keys, old_id)?;
    }
    Ok(())
}

/// Says how many deliveries still need the old key.
fn tell_old(api: &Api, keys: &str, old_id: &str) -> Result<(), Failure> {
    let inactive = [
        ("is_active", "false".to_owned()),
        ("limit", "100".to_owned()),
    ];
    let listed = api.get(keys, &inactive)?;
    let listed = listed["data"].as_array().map_or(&[][..], Vec::as_slice);
    let Some(old) = listed.iter().find(|key| key["id"] == old_id) else {
        return Ok(());
    };
    let label = old["key_id"].as_str().unwrap_or_default();
    let retained = &old["retained_deliveries"];
    if *retained == 0 {
        eprintln!("no stored delivery is encrypted to {label} ({old_id}): its private key may go");
    } else {
        eprintln!(
            "{retained} stored deliveries are encrypted to {label} ({old_id}): keep its private \
             key until `kayle keys list` shows 0"
        );
    }
    Ok(())
}

/// Creates a key. It is in its file before anybody hears of it: a public half whose private one is
/// lost would make deliveries that nobody can read.
fn generate(bits: Bits, out: &Path) -> Result<PrivateKey, Failure> {
    let key = match bits {
        Bits::Two => PrivateKey::generate(),
        Bits::Four => PrivateKey::generate_4096(),
    };
    files::create_private(out, &key.to_pem())?;
    eprintln!(
        "{} holds the private key; its thumbprint is {}",
        out.display(),
        key.thumbprint()
    );
    Ok(key)
}

fn read_key(file: &Path) -> Result<PrivateKey, Failure> {
    PrivateKey::parse(&files::read_text(file)?)
        .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}

/// Sends tests to the receiver until one is decrypted with this key.
fn wait_for_receiver(api: &Api, endpoint_id: &str, id: &str) -> Result<(), Failure> {
    loop {
        let delivery = trigger::send(api, endpoint_id, trigger::EVENT_TYPE, Some(id))?;
        match trigger::proof(&delivery) {
            Some("proven") => {
                eprintln!("your receiver has decrypted a test with it");
                return Ok(());
            }
            Some(proof) => eprintln!("not yet: your receiver answers {proof}"),
            None => eprintln!("not yet: the test did not reach your receiver"),
        }
        wait_until_the_next_test();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing tells when a receiver was deployed anew"
)]
fn wait_until_the_next_test() {
    thread::sleep(BETWEEN_TESTS);
}

/// Registers a key's public half, and proves it. It is not active yet.
fn register(
    api: &Api,
    endpoint_id: &str,
    key: PrivateKey,
    key_id: &str,
) -> Result<String, Failure> {
    let mut registration = key.registration(key_id);
    registration["activate"] = json!(false);
    let registered = api.post(&keys_of(endpoint_id)?, &registration)?;
    let id = registered["data"]["id"].as_str().unwrap_or_default();
    eprintln!("registered as {id}, not active yet");
    prove(api, id, key)?;
    eprintln!("proven");
    Ok(id.to_owned())
}

/// Puts a key in the place of the active one.
fn activate(api: &Api, id: &str) -> Result<Value, Failure> {
    let activated = api.post(&format!("{}/reactivate", key_path(id)?), &json!({}))?;
    eprintln!("active: events from now on are encrypted to it");
    Ok(activated["data"].clone())
}

/// Decrypts a challenge and sends back what was inside.
fn prove(api: &Api, id: &str, key: PrivateKey) -> Result<Value, Failure> {
    let path = key_path(id)?;
    let challenge = api.post(&format!("{path}/challenge"), &json!({}))?;
    let jwe = challenge["data"]["jwe"].as_str().unwrap_or_default();
    let key = LabelledKey { key_id: None, key };
    let nonce = kayle_receiver::decrypt(jwe.as_bytes(), &[key]).map_err(Failure::NotProven)?;
    let nonce = std::str::from_utf8(&nonce);
    let nonce = nonce.map_err(|_| Failure::NotProven(UnwrapError::EventInvalid))?;
    let proven = api.post(&format!("{path}/prove"), &json!({ "nonce": nonce }))?;
    Ok(proven["data"].clone())
}

fn keys_of(endpoint_id: &str) -> Result<String, Failure> {
    let id = lists::checked(endpoint_id)?;
    Ok(format!("/v1/webhooks/endpoints/{id}/keys"))
}

fn key_path(id: &str) -> Result<String, Failure> {
    Ok(format!("/v1/webhooks/keys/{}", lists::checked(id)?))
}
