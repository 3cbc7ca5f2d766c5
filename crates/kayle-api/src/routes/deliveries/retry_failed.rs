//! `POST /v1/webhooks/deliveries/retry` (contract 14.4).

use std::str::FromStr;

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::ports::store::FailedFilter;
use kayle_delivery::AttemptFailure;
use kayle_events::EventType;
use kayle_primitives::{Id, Timestamp};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::ObjectBuilder;

use crate::error::ApiError;
use crate::extract::{Call, boolean, required, text};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::RetriedFailedView;
use crate::wire::Wire;
use crate::wire::form::{self, body};

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/deliveries/retry",
    audience: Audience::Customers,
    id: "retryFailedDeliveries",
    tag: Tag::Deliveries,
    summary: "Retry what failed",
    text: "Retries the failed deliveries whose last attempt lies in a span of time, the longest \
           failed first, at most 10,000 a call. With `dry_run` nothing changes; give its \
           `failed_until` to the call that follows, so that nothing that fails meanwhile is \
           retried with them.",
    query: &[],
    body: Body::required::<RetryOfFailedBody>(),
    answer: Answer::one::<RetriedFailedView>(),
    errors: &[],
    docs: "webhooks/deliveries#retry",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        retry_failed(caller, call).boxed_local()
    }),
};

body! {
    /// Which deliveries to retry.
    RetryOfFailedBody, "RetryOfFailed", retry_of_failed()
}

fn retry_of_failed() -> ObjectBuilder {
    let moment = |about| form::moment(about).into();
    form::open(
        &["failed_since"],
        [
            ("failed_since", moment("The beginning of the span.")),
            (
                "failed_until",
                moment("Its end; by default, and at the latest, now."),
            ),
            (
                "endpoint_id",
                form::any_id("Only deliveries to this endpoint.").into(),
            ),
            (
                "event_type",
                form::about(EventType::form(), "Only of events of this type.").into(),
            ),
            (
                "failure_reason",
                form::about(
                    AttemptFailure::form(),
                    "Only those whose last attempt failed for it.",
                )
                .into(),
            ),
            ("dry_run", form::flag("Only count.").into()),
        ],
    )
    .examples([json!({ "failed_since": "2026-05-05T02:10:00Z", "dry_run": true })])
}

async fn retry_failed(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let body = call.json_object()?;
    let filter = filter(&body, call.webhooks().now())?;
    let dry_run = body.get("dry_run").map(|value| boolean("dry_run", value));
    let webhooks = call.webhooks();
    let retried = if dry_run.transpose()?.unwrap_or(false) {
        webhooks.preview_retry_of_failed(&caller, &filter).await?
    } else {
        webhooks.retry_failed(&caller, &filter).await?
    };
    Ok(answer::ok(RetriedFailedView::from(retried)))
}

fn filter(body: &Map<String, Value>, now: Timestamp) -> Result<FailedFilter, ApiError> {
    required(body, "failed_since")?;
    let since = member(body, "failed_since", Timestamp::parse)?.unwrap_or(now);
    let until = member(body, "failed_until", Timestamp::parse)?;
    let until = until.unwrap_or(now).min(now);
    if until < since {
        return Err(ApiError::bad_request(
            "failed_since must not be later than failed_until, nor than now",
        ));
    }
    Ok(FailedFilter {
        since,
        until,
        endpoint_id: member(body, "endpoint_id", Id::parse)?,
        event_type: member(body, "event_type", EventType::from_str)?,
        failure_reason: member(body, "failure_reason", AttemptFailure::from_str)?,
    })
}

/// Reads a text that may be absent.
fn member<T, E: std::fmt::Display>(
    body: &Map<String, Value>,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, ApiError> {
    let Some(value) = body.get(name) else {
        return Ok(None);
    };
    let parsed = parse(text(name, value)?);
    parsed
        .map(Some)
        .map_err(|error| ApiError::field(name, error))
}
