//! The encryption key (contract 2.5) and its registration (3.3, 8.2).

use kayle_endpoints::encryption_key::{ALGORITHM, KEY_ID_CHARS_MAX, KEY_TYPE};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::openapi::schema::{
    choice, closed, either, flag, id, list, matching, named, nullable, open, text, timestamp,
};

pub(super) fn schemas() -> [(&'static str, Schema); 4] {
    [
        ("EncryptionKey", encryption_key().into()),
        ("PublicJwk", public_jwk().into()),
        ("NewEncryptionKey", new_encryption_key().into()),
        ("NewJwk", new_jwk().into()),
    ]
}

fn encryption_key() -> ObjectBuilder {
    closed([
        ("id", id("whk_", 32, "").into()),
        (
            "webhook_endpoint_id",
            id("whe_", 32, "Whose events are encrypted with it.").into(),
        ),
        ("key_id", key_id().into()),
        ("algorithm", algorithm().into()),
        ("key_type", key_type().into()),
        ("jwk", named("PublicJwk")),
        (
            "is_active",
            flag("Whether later events are encrypted with it; one key of an endpoint at most.")
                .into(),
        ),
        ("created_at", timestamp("").into()),
        ("updated_at", timestamp("").into()),
        (
            "disabled_at",
            nullable(timestamp("When it ceased to be active; null while it is.")).into(),
        ),
    ])
}

/// The JWK as it is kept, rebuilt from its numbers.
fn public_jwk() -> ObjectBuilder {
    closed([
        ("alg", algorithm().into()),
        ("e", base64url("The exponent.").into()),
        ("key_ops", key_ops(choice(["encrypt"], "")).into()),
        ("kty", key_type().into()),
        ("n", base64url("The modulus.").into()),
    ])
}

fn key_ops(operation: ObjectBuilder) -> ArrayBuilder {
    list(operation, "What it is for.")
        .min_items(Some(1))
        .max_items(Some(1))
}

fn new_encryption_key() -> ObjectBuilder {
    open(
        &["key_id", "algorithm", "key_type", "jwk"],
        [
            ("key_id", key_id().into()),
            ("algorithm", algorithm().into()),
            ("key_type", key_type().into()),
            ("jwk", named("NewJwk")),
        ],
    )
}

/// The public part of an RSA key of at least 2048 bits. What the bounds cannot say (that the numbers
/// are a usable key) is told with `BAD_REQUEST`.
fn new_jwk() -> ObjectBuilder {
    let private = ["d", "dp", "dq", "oth", "p", "q", "qi"];
    let members = [
        ("kty", key_type().into()),
        ("n", blank_or_more("The modulus, base64url.", 8192).into()),
        ("e", blank_or_more("The exponent, base64url.", 64).into()),
        ("alg", algorithm().into()),
        ("use", choice(["enc"], "What it is for.").into()),
        (
            "key_ops",
            list(of_at_most(64), "Holds `encrypt`.")
                .max_items(Some(8))
                .into(),
        ),
    ];
    let never = private.map(|name| (name, never("A private member: refused.")));
    open(&["kty", "n", "e"], members.into_iter().chain(never))
        .additional_properties(Some(AdditionalProperties::RefOr(other_member())))
        .description(Some(
            "The public part of an RSA key of at least 2048 bits, without any private member.",
        ))
}

fn other_member() -> RefOr<Schema> {
    let texts = list(of_at_most(64), "").max_items(Some(8));
    let number = ObjectBuilder::new().schema_type(Type::Number);
    let shapes = [
        of_at_most(8192).into(),
        flag("").into(),
        number.into(),
        texts.into(),
    ];
    either(shapes, "Kept out of the stored JWK.").into()
}

/// What nothing is.
fn never(about: &str) -> RefOr<Schema> {
    let nothing: [&str; 0] = [];
    ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::AnyValue)
        .enum_values(Some(nothing))
        .description(Some(about))
        .into()
}

fn of_at_most(chars: usize) -> ObjectBuilder {
    text("").max_length(Some(chars))
}

fn blank_or_more(about: &str, chars_max: usize) -> ObjectBuilder {
    text(about).min_length(Some(1)).max_length(Some(chars_max))
}

fn key_id() -> ObjectBuilder {
    matching(
        r"^[^\x00]+$",
        "Your own name for the key: `kid` of everything that is encrypted with it.",
    )
    .min_length(Some(1))
    .max_length(Some(KEY_ID_CHARS_MAX))
}

fn algorithm() -> ObjectBuilder {
    choice([ALGORITHM], "RSA-OAEP with SHA-256.")
}

fn key_type() -> ObjectBuilder {
    choice([KEY_TYPE], "The only type of key.")
}

fn base64url(about: &str) -> ObjectBuilder {
    matching("^[A-Za-z0-9_-]+$", about)
}
