//! The encryption key (contract 2.5) and its registration (3.3, 8.2).

use kayle_endpoints::encryption_key::{ALGORITHM, KEY_ID_CHARS_MAX, KEY_TYPE};
use serde_json::json;
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
    .examples([json!({
        "key_id": "production-1",
        "algorithm": ALGORITHM,
        "key_type": KEY_TYPE,
        "jwk": { "kty": KEY_TYPE, "n": EXAMPLE_MODULUS, "e": "AQAB" },
    })])
}

/// The modulus of a key that nobody has the other half of.
const EXAMPLE_MODULUS: &str = "\
62D2Wq6c2UGiznpfwWyOzMNV7Tumb3uj3mC17wIoeixCOzaFBKGag0wSIrFP_Vf6EnFnu4O5oUTk9tfi\
wOouBvlW8Wf7bL27OGkl0p5lYCBOq1VhW0IgarP0CebJ1ghx4FXz4cGLOLmSHON3D78xr74oGb3I07H-\
jwYR7m5dJbrKcdE26-kV_dbP5S8P6YjJZapq49N5vRkc5OzwZeHrxjaq2dYLSHNHwZk98868VnHhigwE\
CoIfinSXP1MEwaYg7hs2g81PEgFa5wT7MPqBRVgBS8rnn5gT3BD0zBEcAHpPh_XLyT2ARROevDcGwf-y\
D6rQ_p7_kMooMzNqe7ZdEQ";

/// The public part of an RSA key of at least 2048 bits. What the bounds cannot say (that the
/// numbers are a usable key) is told with `BAD_REQUEST`.
fn new_jwk() -> ObjectBuilder {
    let members = [
        ("kty", key_type().into()),
        (
            "n",
            base64url_of_at_most("The modulus, base64url.", 8192).into(),
        ),
        (
            "e",
            base64url_of_at_most("The exponent, base64url.", 64).into(),
        ),
        ("alg", algorithm().into()),
        ("use", choice(["enc"], "What it is for.").into()),
        (
            "key_ops",
            list(of_at_most(64), "Holds `encrypt`.")
                .max_items(Some(8))
                .into(),
        ),
    ];
    open(&["kty", "n", "e"], members)
        .additional_properties(Some(AdditionalProperties::RefOr(other_member())))
        .property_names(Some(matching(NOT_PRIVATE, "")))
        .description(Some(
            "The public part of an RSA key of at least 2048 bits, without any private member.",
        ))
}

/// No member of a private key (RFC 7518, section 6.3.2).
const NOT_PRIVATE: &str = "^(?!(d|dp|dq|oth|p|q|qi)$)";

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

fn of_at_most(chars: usize) -> ObjectBuilder {
    text("").max_length(Some(chars))
}

fn base64url_of_at_most(about: &str, chars_max: usize) -> ObjectBuilder {
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
