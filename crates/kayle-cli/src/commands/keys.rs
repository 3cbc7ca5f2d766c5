//! `kayle keys`.

use kayle_receiver::PrivateKey;

use crate::api::Api;
use crate::command_line::{Bits, Generate, Keys};
use crate::failure::Failure;
use crate::{files, screen};

pub(crate) fn run(keys: &Keys) -> Result<(), Failure> {
    match keys {
        Keys::Generate(generate) => run_generate(generate),
    }
}

/// The key is in its file before anybody hears of it: a public half whose private one is lost would
/// make deliveries that nobody can read.
fn run_generate(options: &Generate) -> Result<(), Failure> {
    let endpoint = options.register.as_deref();
    let endpoint = endpoint.map(|id| Ok::<_, Failure>((id, Api::new(&options.service)?)));
    let endpoint = endpoint.transpose()?;
    let key = match options.bits {
        Bits::Two => PrivateKey::generate(),
        Bits::Four => PrivateKey::generate_4096(),
    };
    files::create_private(&options.out, &key.to_pem())?;
    eprintln!(
        "{} holds the private key; its thumbprint is {}",
        options.out.display(),
        key.thumbprint()
    );
    let registration = key.registration(&options.key_id);
    let Some((endpoint_id, api)) = endpoint else {
        screen::print_json(&registration);
        return Ok(());
    };
    let path = format!("/v1/webhooks/endpoints/{endpoint_id}/keys");
    let registered = api.post(&path, &registration)?;
    screen::print_json(&registered["data"]);
    Ok(())
}
