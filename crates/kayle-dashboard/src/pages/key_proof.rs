//! Shows a key's challenge and takes the answer: whoever decrypts it has the private half.

use actix_web::http::StatusCode;
use askama::Template;
use kayle_primitives::{EncryptionKeyId, EndpointId};

use crate::answer::{Answer, page_with};
use crate::frame::{Frame, Section};
use crate::pages::keys::{endpoint_of, find, proof_of};
use crate::parts::{Badge, Copied};
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::endpoint_name;

#[derive(Template)]
#[template(path = "key_proof.html")]
struct KeyProofPage {
    frame: Frame,
    id: EndpointId,
    name: String,
    key: EncryptionKeyId,
    key_id: String,
    bits: u64,
    thumbprint: Copied,
    proof: Badge,
    /// The encrypted nonce.
    jwe: Option<String>,
    /// Why the answer before was not taken.
    error: Option<String>,
    refusal: Option<String>,
    /// Why no test can be sent.
    test_refusal: Option<String>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    answer(&visit, None, None, StatusCode::OK).await
}

/// Shows a challenge, if one was just made, and what was wrong with the answer to the one before.
pub(crate) async fn answer(
    visit: &Visit,
    jwe: Option<String>,
    error: Option<String>,
    status: StatusCode,
) -> Answer {
    let endpoint = endpoint_of(visit).await?;
    let id: EncryptionKeyId = visit.id("key").map_err(|_| Refusal::NotFound)?;
    let found = find(visit, &endpoint.id, &id).await?;
    let key = found.ok_or(Refusal::NotFound)?.key;
    let page = KeyProofPage {
        frame: visit.frame("Prove a key", Section::Endpoints),
        name: endpoint_name(&endpoint),
        id: endpoint.id,
        key_id: key.key_id.as_str().to_owned(),
        bits: key.jwk.bits(),
        thumbprint: Copied::new(&key.jwk.thumbprint(), "thumbprint"),
        proof: proof_of(&key),
        key: id,
        jwe,
        error,
        refusal: visit.may_change().refusal("change keys"),
        test_refusal: visit.may_change().refusal("send a test"),
    };
    page_with(status, &page)
}
