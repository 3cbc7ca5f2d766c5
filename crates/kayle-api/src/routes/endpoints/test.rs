//! `POST /v1/webhooks/endpoints/{endpoint_id}/test` (contract 14.1).

use std::str::FromStr;
use std::time::Duration;

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::Webhooks;
use kayle_app::access::Caller;
use kayle_app::deliveries::DeliveryWithAttempts;
use kayle_app::endpoints::NewTest;
use kayle_delivery::DeliveryStatus;
use kayle_events::EventType;
use kayle_primitives::{DeliveryId, Id};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};
use utoipa::openapi::schema::ObjectBuilder;

use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, text};
use crate::limits::{TEST_LOOK_INTERVAL, TEST_WAIT_MAX_S};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::DeliveryWithAttemptsView;
use crate::wire::Wire;
use crate::wire::form::{self, body};

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/endpoints/{endpoint_id}/test",
    audience: Audience::Customers,
    id: "testEndpoint",
    tag: Tag::Endpoints,
    summary: "Send a test",
    text: "Sends a sample that is about nobody on the way of every event, once; a disabled endpoint \
           gets it too. `report` says stage by stage how it went, as far as that is known by then. \
           At most ten a minute for one endpoint.",
    query: &[],
    body: Body::optional::<NewTestBody>(),
    answer: Answer::accepted::<DeliveryWithAttemptsView>(),
    errors: &[ErrorCode::NotFound, ErrorCode::RateLimited],
    docs: "webhooks/endpoints#test",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        test(caller, call).boxed_local()
    }),
};

body! {
    /// What to send.
    NewTestBody, "NewTest", new_test_form()
}

fn new_test_form() -> ObjectBuilder {
    form::open(
        &[],
        [
            (
                "event_type",
                form::about(
                    EventType::form(),
                    "By default verification.session.succeeded; the endpoint need not subscribe to it.",
                )
                .into(),
            ),
            (
                "key_id",
                form::any_id("Encrypt with this key of the endpoint, `whk_…`, active or not.").into(),
            ),
            (
                "wait_s",
                form::count_to(0, TEST_WAIT_MAX_S, "How many seconds to wait for its end.").into(),
            ),
        ],
    )
    .examples([json!({ "event_type": "verification.session.succeeded", "wait_s": 10 })])
}

async fn test(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let endpoint_id = call.id("endpoint_id")?;
    let body = call.optional_json_object()?;
    let wait = wait(&body)?;
    let new = new_test(&body)?;
    let webhooks = call.webhooks();
    let id = webhooks.test_endpoint(&caller, &endpoint_id, new).await?;
    let found = ended(webhooks, &caller, &id, wait).await?;
    let now = webhooks.now();
    Ok(answer::accepted(DeliveryWithAttemptsView::new(&found, now)))
}

fn new_test(body: &Map<String, Value>) -> Result<NewTest, ApiError> {
    let event_type = body.get("event_type").map(|value| {
        EventType::from_str(text("event_type", value)?)
            .map_err(|error| ApiError::field("event_type", error))
    });
    let key_id = body.get("key_id").map(|value| {
        Id::parse(text("key_id", value)?).map_err(|error| ApiError::field("key_id", error))
    });
    Ok(NewTest {
        event_type: event_type
            .transpose()?
            .unwrap_or(EventType::SessionSucceeded),
        key_id: key_id.transpose()?,
    })
}

fn wait(body: &Map<String, Value>) -> Result<Duration, ApiError> {
    let Some(value) = body.get("wait_s") else {
        return Ok(Duration::ZERO);
    };
    let seconds = value
        .as_u64()
        .filter(|seconds| *seconds <= u64::from(TEST_WAIT_MAX_S));
    let seconds = seconds.ok_or_else(|| {
        ApiError::bad_request(format!(
            "wait_s must be a whole number from 0 to {TEST_WAIT_MAX_S}"
        ))
    })?;
    Ok(Duration::from_secs(seconds))
}

/// Returns a test as soon as it has ended, or as it is when the wait is over.
async fn ended(
    webhooks: &Webhooks,
    caller: &Caller,
    id: &DeliveryId,
    wait: Duration,
) -> Result<DeliveryWithAttempts, ApiError> {
    let deadline = Instant::now() + wait;
    loop {
        let found = webhooks.get_delivery(caller.organization_id, id).await?;
        let found = found.ok_or_else(|| ApiError::not_found("delivery"))?;
        let has_ended = match found.delivery.status() {
            DeliveryStatus::Succeeded | DeliveryStatus::Failed => true,
            DeliveryStatus::Pending | DeliveryStatus::Delivering => false,
        };
        if has_ended || deadline <= Instant::now() {
            return Ok(found);
        }
        sleep(TEST_LOOK_INTERVAL).await;
    }
}
