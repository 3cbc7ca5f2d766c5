//! `GET /v1/webhooks/endpoints/{endpoint_id}/keys` (contract 3.3, K2).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_primitives::Page;

use crate::error::ApiError;
use crate::extract::Call;
use crate::openapi::parameters;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EncryptionKeyView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/webhooks/endpoints/{endpoint_id}/keys",
    audience: Audience::Customers,
    id: "listEncryptionKeys",
    tag: Tag::EncryptionKeys,
    summary: "List encryption keys",
    text: "In the order of their ids. An endpoint that does not exist has none.",
    query: &[
        parameters::is_active,
        parameters::limit,
        parameters::starting_after,
    ],
    body: Body::None,
    answer: Answer::list::<EncryptionKeyView>(),
    errors: &[],
    docs: "errors",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        list(caller, call).boxed_local()
    }),
};

async fn list(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let endpoint_id = call.id("endpoint_id")?;
    let query = call.query();
    let is_active = query.flag("is_active")?;
    let page = query.page()?;
    let webhooks = call.webhooks();
    let found = webhooks
        .list_encryption_keys(caller.organization_id, &endpoint_id, is_active, &page)
        .await?;
    let found = Page {
        items: webhooks.overview_encryption_keys(found.items).await?,
        has_more: found.has_more,
    };
    Ok(answer::page(
        &found,
        page.limit,
        |overview| overview.key.id.as_str(),
        EncryptionKeyView::from,
    ))
}
