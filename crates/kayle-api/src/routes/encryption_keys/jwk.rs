//! The JWK that a customer sends (contract 8.2).

use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::wire::form::{body, choice, either, flag, list, matching, open, text};
use crate::wire::{Algorithm, KeyType, Wire};

body! {
    /// The public part of an RSA key.
    NewJwk, "NewJwk", new_jwk()
}

/// The public part of an RSA key of at least 2048 bits. What the bounds cannot say (that the
/// numbers are a usable key) is told with `BAD_REQUEST`.
fn new_jwk() -> ObjectBuilder {
    let members = [
        ("kty", KeyType::form().into()),
        (
            "n",
            base64url_of_at_most("The modulus, base64url.", 8192).into(),
        ),
        (
            "e",
            base64url_of_at_most("The exponent, base64url.", 64).into(),
        ),
        ("alg", Algorithm::form().into()),
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
