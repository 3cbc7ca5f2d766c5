//! `POST /v1/webhooks/endpoints/{endpoint_id}/signing-secret/rotate` (contract 3.2, E7).

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
    path: "/v1/webhooks/endpoints/{endpoint_id}/signing-secret/rotate",
    audience: Audience::Customers,
    id: "rotateSigningSecret",
    tag: Tag::Endpoints,
    summary: "Rotate the signing secret",
    text: "Replaces the secret at once. Every later attempt is signed with the new one, also of \
           deliveries under way.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<SigningSecretView<'_>>(),
    errors: &[ErrorCode::NotFound],
    docs: "webhooks/endpoints#rotate-signing-secret",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        rotate(caller, call).boxed_local()
    }),
};

async fn rotate(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("endpoint_id")?;
    let secret = call.webhooks().rotate_signing_secret(&caller, &id).await?;
    Ok(answer::ok(SigningSecretView::new(&id, &secret)))
}
