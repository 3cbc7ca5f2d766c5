//! `POST /v1/sessions` (contract 3.8, S1). In this body `null` is the same as absent: the session
//! itself shows it so.

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::sessions::NewSessionRequest;
use kayle_events::ClaimKey;
use kayle_primitives::EndpointId;
use kayle_primitives::id::ID_CHARS_MAX;
use kayle_sessions::redirect_url::REDIRECT_URL_CHARS_MAX;
use kayle_sessions::share_contract::{InvalidShareContract, REASON_CHARS_MAX, SHARE_FIELDS_MAX};
use kayle_sessions::targets::TARGETS_MAX;
use kayle_sessions::{RedirectUrl, RequestedField, ShareContract, Targets};
use serde_json::{Map, Value};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, echoed_name, text};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::CreatedSessionView;
use crate::wire::Wire;
use crate::wire::form::{self, Member, body};

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
    body: Body::optional::<NewSessionBody>(),
    answer: Answer::one::<CreatedSessionView<'_>>(),
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

body! {
    /// What to ask for, and where the outcome goes; null is the same as absent.
    NewSessionBody, "NewSession", new_session_form(), with NewShareField
}

fn new_session_form() -> ObjectBuilder {
    let endpoint_id = || form::any_id("").max_length(Some(ID_CHARS_MAX));
    let several = form::list(endpoint_id(), "")
        .min_items(Some(1))
        .max_items(Some(TARGETS_MAX));
    let targets = form::either(
        [endpoint_id().into(), several.into(), form::null().into()],
        "One enabled endpoint or several; without it, every enabled one that subscribes.",
    );
    let redirect_url = form::text("Where the person goes in the end: https.")
        .max_length(Some(REDIRECT_URL_CHARS_MAX));
    let fields = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(ClaimKey::form()))
        .additional_properties(Some(form::named("NewShareField")))
        .description(Some("What the person is asked to share, by claim."))
        .max_properties(Some(SHARE_FIELDS_MAX));
    let members: [Member; 3] = [
        ("redirect_url", form::nullable(redirect_url).into()),
        ("share_fields", form::nullable(fields).into()),
        (TARGETS, targets.into()),
    ];
    form::open(&[], members)
}

body! {
    /// How one claim is asked for.
    NewShareField, "NewShareField", new_share_field()
}

fn new_share_field() -> ObjectBuilder {
    let reason = form::text(
        "What it is for, in words that the person reads. An age gate needs none if \
         `date_of_birth` is asked for as well.",
    );
    let reason = reason.max_length(Some(REASON_CHARS_MAX));
    let required = form::flag("Whether the session fails without it.");
    let members: [Member; 2] = [
        ("required", required.into()),
        ("reason", form::nullable(reason).into()),
    ];
    form::open(&["required"], members)
}

const TARGETS: &str = "webhook_endpoint_id";

async fn create(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let new = new_session(&call.optional_json_object()?)?;
    let created = call.webhooks().create_session(&caller, new).await?;
    Ok(answer::ok(CreatedSessionView::new(
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
    Targets::new(ids).map_err(|error| ApiError::field(TARGETS, error))
}

fn target(field: &str, value: &Value) -> Result<EndpointId, ApiError> {
    EndpointId::parse(text(field, value)?).map_err(|error| ApiError::field(field, error))
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
