//! `POST /v1/sessions` (contract 3.8, S1). In this body `null` is the same as absent: the session
//! itself shows it so.

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::sessions::NewSessionRequest;
use kayle_primitives::EndpointId;
use kayle_sessions::share_contract::{InvalidShareContract, SHARE_FIELDS_MAX};
use kayle_sessions::{RedirectUrl, RequestedField, ShareContract, Targets};
use serde_json::{Map, Value};

use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, echoed_name, text};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::SessionView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/sessions",
    audience: Audience::Customers,
    id: "createSession",
    tag: Tag::Sessions,
    summary: "Create a session",
    text: "Opens a verification that a person has an hour for. Without a body everything of the \
           catalogue is asked for, and nothing but the document's id is required. The answer \
           alone has the cancel token.",
    query: &[],
    body: Body::Optional("NewSession"),
    answer: Answer::One("CreatedSession"),
    errors: &[
        ErrorCode::InvalidShareFields,
        ErrorCode::UnknownClaimKey,
        ErrorCode::InvalidAgeGateKey,
        ErrorCode::MultipleAgeGatesNotAllowed,
        ErrorCode::ReasonRequired,
        ErrorCode::ReasonTooLong,
        ErrorCode::TooManyShareFields,
        ErrorCode::InvalidRedirectUrl,
        ErrorCode::WebhookEndpointUnavailable,
    ],
    docs: "sessions#create",
    run: Run::Customer(Area::Sessions, |caller, call| {
        create(caller, call).boxed_local()
    }),
};

const TARGETS: &str = "webhook_endpoint_id";

async fn create(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let new = new_session(&call.optional_json_object()?)?;
    let created = call.webhooks().create_session(&caller, new).await?;
    Ok(answer::ok(SessionView::created(
        &created,
        &call.api.verify_url,
    )))
}

fn new_session(body: &Map<String, Value>) -> Result<NewSessionRequest, ApiError> {
    let given = |name: &str| body.get(name).filter(|value| !value.is_null());
    Ok(NewSessionRequest {
        share_contract: given("share_fields")
            .map_or_else(|| Ok(ShareContract::everything()), share_contract)?,
        redirect_url: given("redirect_url").map(redirect_url).transpose()?,
        targets: given(TARGETS).map_or(Ok(Targets::EVERY_ENDPOINT), targets)?,
    })
}

fn redirect_url(value: &Value) -> Result<RedirectUrl, ApiError> {
    // A text that is no string, or that no store keeps, is no URL either.
    let text = text("redirect_url", value).unwrap_or_default();
    Ok(RedirectUrl::parse(text)?)
}

fn targets(value: &Value) -> Result<Targets, ApiError> {
    let ids = match value {
        Value::String(_) => vec![target(TARGETS, value)?],
        Value::Array(entries) => entries
            .iter()
            .enumerate()
            .map(|(position, entry)| target(&format!("{TARGETS}[{position}]"), entry))
            .collect::<Result<_, _>>()?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err(ApiError::bad_request(format!(
                "{TARGETS} must be an endpoint id or an array of them"
            )));
        }
    };
    Targets::new(ids).map_err(|error| ApiError::bad_request(format!("{TARGETS} {error}")))
}

fn target(field: &str, value: &Value) -> Result<EndpointId, ApiError> {
    EndpointId::parse(text(field, value)?)
        .map_err(|error| ApiError::bad_request(format!("{field} {error}")))
}

fn share_contract(value: &Value) -> Result<ShareContract, ApiError> {
    let Some(fields) = value.as_object() else {
        return Err(invalid("share_fields", "an object"));
    };
    if SHARE_FIELDS_MAX < fields.len() {
        return Err(InvalidShareContract::TooManyFields(fields.len()).into());
    }
    let requested = fields
        .iter()
        .map(|(key, field)| requested_field(key, field))
        .collect::<Result<_, _>>()?;
    Ok(ShareContract::from_request(requested)?)
}

fn requested_field(key: &str, field: &Value) -> Result<RequestedField, ApiError> {
    let path = format!("share_fields.{}", echoed_name(key));
    let Some(members) = field.as_object() else {
        return Err(invalid(&path, "an object"));
    };
    let required = members.get("required").and_then(Value::as_bool);
    let reason = match members.get("reason") {
        None | Some(Value::Null) => None,
        Some(reason) => {
            let path = format!("{path}.reason");
            Some(
                text(&path, reason)
                    .map_err(|_| invalid(&path, "a string"))?
                    .to_owned(),
            )
        }
    };
    Ok(RequestedField {
        key: key.to_owned(),
        required: required.ok_or_else(|| invalid(&format!("{path}.required"), "a boolean"))?,
        reason,
    })
}

fn invalid(field: &str, expected: &str) -> ApiError {
    let message = format!("{field} must be {expected}");
    ApiError::new(ErrorCode::InvalidShareFields, message)
}
