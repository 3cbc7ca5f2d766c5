//! Whether the requests held what they should: every signature is verified, and a sample is
//! decrypted and read.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::service::api::text;

use super::installation::{CLAIMS, Endpoint, Installation, KEY_ID};
use super::receiver::Request;

/// What was checked, and what was found wrong.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) verified: usize,
    pub(super) decrypted: usize,
    pub(super) wrong: Vec<anyhow::Error>,
}

/// Decrypting takes a millisecond and a half; every hundredth keeps the check of twenty thousand
/// requests under a second.
const DECRYPTED_EVERY: usize = 100;

impl Contents {
    /// Checks every request that came; `sessions` names the session of each delivery.
    pub(super) fn check(installation: &Installation, sessions: &BTreeMap<String, String>) -> Self {
        let mut contents = Self::default();
        for (number, request) in installation.receiver.requests().iter().enumerate() {
            let checked = contents.check_one(number, request, installation, sessions);
            contents.wrong.extend(checked.err());
        }
        contents
    }

    fn check_one(
        &mut self,
        number: usize,
        request: &Request,
        installation: &Installation,
        sessions: &BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        let endpoint = verify(installation, request)?;
        self.verified += 1;
        let session_id = sessions.get(&request.delivery_id);
        let session_id = session_id.context("no report caused the delivery of a request")?;
        if number.is_multiple_of(DECRYPTED_EVERY) {
            read(endpoint, request, session_id)?;
            self.decrypted += 1;
        }
        Ok(())
    }
}

/// Returns the endpoint that the request is signed for.
fn verify<'a>(installation: &'a Installation, request: &Request) -> anyhow::Result<&'a Endpoint> {
    let number = request.received.path.strip_prefix('/');
    let number = number.and_then(|number| number.parse::<usize>().ok());
    let endpoint = number.and_then(|number| installation.endpoints.get(number));
    let endpoint = endpoint.context("a request is for no endpoint")?;
    request.received.verify(&endpoint.signing_secret)?;
    Ok(endpoint)
}

fn read(endpoint: &Endpoint, request: &Request, session_id: &str) -> anyhow::Result<()> {
    let opened = request.received.decrypt(&endpoint.key)?;
    ensure!(opened.key_id == KEY_ID, "a request names another key");
    let found = text(&opened.event, "/metadata/verification_session_id")?;
    ensure!(found == session_id, "a request is about another session");
    let claims: BTreeMap<_, _> = CLAIMS.into_iter().collect();
    let found = opened
        .event
        .pointer("/data/claims")
        .and_then(Value::as_object);
    let found = found.context("a request holds no claims")?;
    let found: BTreeMap<_, _> = found
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
        .collect();
    ensure!(found == claims, "a request holds other claims");
    Ok(())
}
