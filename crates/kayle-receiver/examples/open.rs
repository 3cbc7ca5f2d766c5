//! Opens a recorded delivery, and shows how an altered one is refused:
//! `cargo run -p kayle-receiver --example open`.

use std::error::Error;

use kayle_receiver::{LabelledKey, Options, PrivateKey, Receiver, Secrets, UnwrapError};

const RECORDED: &str = include_str!("delivery.json");

fn main() -> Result<(), Box<dyn Error>> {
    let recorded: serde_json::Value = serde_json::from_str(RECORDED)?;
    let text = |name: &str| recorded[name].as_str().unwrap_or_default();
    let key = LabelledKey {
        key_id: Some("customer-key-1".to_owned()),
        key: PrivateKey::parse(text("private_key"))?,
    };
    println!("{:?}, thumbprint {}", key.key, key.key.thumbprint());
    let secrets = Secrets::fixed([text("signing_secret")]);
    let receiver = Receiver::new(Options::new(secrets, vec![key]))?;

    let headers = [("X-Kayle-Signature", text("signature"))];
    let opened = receiver.unwrap_at(headers.as_slice(), text("body").as_bytes(), 1_742_404_800)?;
    println!("{:?}", opened.event);

    let altered = text("body").to_uppercase();
    let refused = receiver.unwrap_at(headers.as_slice(), altered.as_bytes(), 1_742_404_800);
    println!("altered: {:?}", refused.map_err(UnwrapError::code));
    Ok(())
}
