//! The API key (contract 2.9) and the bodies that describe one (3.7).

use kayle_app::access::Scope;
use serde_json::json;
use strum::IntoEnumIterator;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::openapi::schema::{
    Member, at_least_one, choice, closed, count, either, flag, id, list, matching, open, text,
    timestamp, uuid,
};

pub(super) fn schemas() -> [(&'static str, Schema); 4] {
    let change = at_least_one(
        described_members()
            .chain([("enabled", enabled())])
            .collect(),
    );
    let new = open(&["name", "permissions"], described_members());
    [
        ("ApiKey", api_key().into()),
        ("CreatedApiKey", created().into()),
        ("NewApiKey", new.into()),
        ("ApiKeyChange", change),
    ]
}

fn api_key() -> ObjectBuilder {
    closed([
        ("id", uuid("").into()),
        ("name", text("For people.").into()),
        ("enabled", enabled()),
        ("permissions", permissions().into()),
        ("metadata", metadata().into()),
        ("createdAt", timestamp("").into()),
        ("updatedAt", timestamp("").into()),
        (
            "requestCount",
            count(0, "Requests that it authenticated.").into(),
        ),
    ])
}

fn created() -> ObjectBuilder {
    let key = id("kk_", 32, "The API key. Nothing shows it again.");
    closed([("id", uuid("").into()), ("key", key.into())])
}

/// The members that a customer chooses when a key is made or changed.
fn described_members() -> impl Iterator<Item = Member> {
    let name = matching(NOT_BLANK, "For people. Surrounding blanks are removed.")
        .min_length(Some(1))
        .max_length(Some(120));
    let members: [Member; 3] = [
        ("name", name.into()),
        ("permissions", permissions().min_items(Some(1)).into()),
        ("metadata", metadata().default(Some(json!({}))).into()),
    ];
    members.into_iter()
}

/// Something that is not a blank, and no U+0000.
const NOT_BLANK: &str = r"^[^\x00]*[^\s\x00][^\x00]*$";

fn enabled() -> RefOr<Schema> {
    flag("Whether it is accepted.").into()
}

fn permissions() -> ArrayBuilder {
    let scope = choice(Scope::iter().map(Scope::as_str), "");
    list(
        scope,
        "What it may do. A write scope includes its read scope.",
    )
}

fn metadata() -> ObjectBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Number);
    let shapes = [
        matching(r"^[^\x00]*$", "").max_length(Some(512)).into(),
        number.into(),
        flag("").into(),
    ];
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(matching("^[A-Za-z0-9_.:-]{1,64}$", "")))
        .max_properties(Some(20))
        .additional_properties(Some(Schema::OneOf(either(shapes, "").build())))
        .description(Some("Whatever you want to note about it."))
}
