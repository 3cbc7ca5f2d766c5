//! `POST /v1/webhooks/endpoints/{endpoint_id}/signing-secret/reveal` (contract 3.2, E6).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::SigningSecretView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/endpoints/{endpoint_id}/signing-secret/reveal",
    audience: Audience::Customers,
    id: "revealSigningSecret",
    tag: Tag::Endpoints,
    summary: "Reveal the signing secret",
    text: "Shows the secret as it is. People must be owner for it.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<SigningSecretView<'_>>(),
    errors: &[ErrorCode::NotFound],
    docs: "webhooks/endpoints#reveal-signing-secret",
    run: Run::Customer(Area::SigningSecret, |caller, call| {
        reveal(caller, call).boxed_local()
    }),
};

async fn reveal(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("endpoint_id")?;
    let secret = call.webhooks().reveal_signing_secret(&caller, &id).await?;
    Ok(answer::ok(SigningSecretView::new(&id, &secret)))
}
