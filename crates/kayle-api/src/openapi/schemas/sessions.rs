//! The session (contract 2.10), its creation (3.8) and its public end (3.9).

use kayle_endpoints::url::URL_CHARS_MAX;
use kayle_events::FailureCode;
use kayle_primitives::id::ID_CHARS_MAX;
use kayle_sessions::SessionStatus;
use kayle_sessions::redirect_url::REDIRECT_URL_CHARS_MAX;
use kayle_sessions::session::TRIES_MAX;
use kayle_sessions::share_contract::{REASON_CHARS_MAX, SHARE_FIELDS_MAX};
use kayle_sessions::targets::TARGETS_MAX;
use strum::IntoEnumIterator;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::claims::claim_key;
use crate::openapi::schema::{
    Member, any_id, choice, closed, count_to, either, flag, id, list, matching, named, null,
    nullable, open, text, timestamp,
};

pub(super) fn schemas() -> [(&'static str, Schema); 6] {
    let cancel_token = cancel_token("Lets the person end the session, once.");
    let created = session()
        .into_iter()
        .chain([("cancel_token", cancel_token.into())]);
    [
        ("Session", closed(session()).into()),
        ("CreatedSession", closed(created).into()),
        ("ShareField", share_field().into()),
        ("NewSession", new_session().into()),
        ("NewShareField", new_share_field().into()),
        ("PublicCancel", public_cancel().into()),
    ]
}

fn session() -> Vec<Member> {
    vec![
        ("id", id("vs_", 64, "").into()),
        (
            "status",
            choice(SessionStatus::iter().map(SessionStatus::as_str), "").into(),
        ),
        (
            "failure_code",
            nullable(choice(
                FailureCode::iter().map(FailureCode::as_str),
                "What failed; null unless the session did.",
            ))
            .into(),
        ),
        ("nfc_tries_used", tries("Failed reads of the chip.")),
        ("liveness_tries_used", tries("Failed liveness checks.")),
        ("contract_version", count_to(1, 1, "").into()),
        ("share_fields", share_fields(named("ShareField")).into()),
        (
            "redirect_url",
            nullable(text("Where the person goes in the end.")).into(),
        ),
        ("webhook_endpoint_id", targets()),
        (
            "verification_url",
            text("Where the person goes.")
                .max_length(Some(URL_CHARS_MAX))
                .into(),
        ),
        ("expires_at", timestamp("").into()),
        (
            "completed_at",
            nullable(timestamp("When it ended, however it did.")).into(),
        ),
        ("created_at", timestamp("").into()),
        ("updated_at", timestamp("").into()),
    ]
}

fn tries(about: &str) -> RefOr<Schema> {
    count_to(0, u32::from(TRIES_MAX), about).into()
}

fn share_fields(field: RefOr<Schema>) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(claim_key()))
        .additional_properties(Some(field))
        .description(Some("What the person is asked to share, by claim."))
}

fn share_field() -> ObjectBuilder {
    closed([
        (
            "required",
            flag("Whether the session fails without it.").into(),
        ),
        (
            "reason",
            text("What it is for, in words that the person reads.").into(),
        ),
        (
            "source",
            choice(["rc", "default"], "Whether it was asked for.").into(),
        ),
    ])
}

fn targets() -> RefOr<Schema> {
    let endpoint_id = || id("whe_", 32, "");
    let several = list(endpoint_id(), "")
        .min_items(Some(2))
        .max_items(Some(TARGETS_MAX));
    either(
        [endpoint_id().into(), several.into(), null().into()],
        "Where its events go: one endpoint, several, or null for every one that subscribes.",
    )
    .into()
}

/// In this body null is the same as absent.
fn new_session() -> ObjectBuilder {
    let endpoint_id = || any_id("").max_length(Some(ID_CHARS_MAX));
    let several = list(endpoint_id(), "")
        .min_items(Some(1))
        .max_items(Some(TARGETS_MAX));
    let targets = either(
        [endpoint_id().into(), several.into(), null().into()],
        "One enabled endpoint or several; without it, every enabled one that subscribes.",
    );
    let redirect_url =
        text("Where the person goes in the end: https.").max_length(Some(REDIRECT_URL_CHARS_MAX));
    let fields = share_fields(named("NewShareField")).max_properties(Some(SHARE_FIELDS_MAX));
    open(
        &[],
        [
            ("redirect_url", nullable(redirect_url).into()),
            ("share_fields", nullable(fields).into()),
            ("webhook_endpoint_id", targets.into()),
        ],
    )
}

fn new_share_field() -> ObjectBuilder {
    let reason = text(
        "What it is for, in words that the person reads. An age gate needs none if \
                       `date_of_birth` is asked for as well.",
    );
    open(
        &["required"],
        [
            (
                "required",
                flag("Whether the session fails without it.").into(),
            ),
            (
                "reason",
                nullable(reason.max_length(Some(REASON_CHARS_MAX))).into(),
            ),
        ],
    )
}

fn public_cancel() -> ObjectBuilder {
    open(
        &["cancel_token"],
        [(
            "cancel_token",
            cancel_token("The token that the session was created with.").into(),
        )],
    )
}

fn cancel_token(about: &str) -> ObjectBuilder {
    matching("^[a-z0-9]{48}$", about)
}
