//! `POST /v1/webhooks/keys/{key_id}/challenge` (contract 14.12).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::KeyChallengeView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/keys/{key_id}/challenge",
    audience: Audience::Customers,
    id: "challengeEncryptionKey",
    tag: Tag::EncryptionKeys,
    summary: "Ask for a challenge",
    text: "Encrypts a random nonce to the key, active or not, as a delivery would be. Whoever \
           decrypts it within ten minutes can prove the key. A new challenge takes the place of \
           the one before.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<KeyChallengeView>(),
    errors: &[ErrorCode::NotFound],
    docs: "webhooks/keys#prove",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        challenge(caller, call).boxed_local()
    }),
};

async fn challenge(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("key_id")?;
    let webhooks = call.webhooks();
    let challenge = webhooks.challenge_encryption_key(&caller, &id).await?;
    Ok(answer::ok(KeyChallengeView::from(challenge)))
}
