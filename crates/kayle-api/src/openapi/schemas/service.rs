//! What the service says of itself (contract 3.10, 13.4), and of what leaves nothing to show (2.4).

use utoipa::openapi::Schema;

use crate::openapi::schema::{choice, closed, text};

pub(super) fn schemas() -> [(&'static str, Schema); 3] {
    let status = || choice(["healthy", "unhealthy"], "");
    let greeting = closed([
        ("message", text("A greeting.").into()),
        ("docs", text("Where the documentation lies.").into()),
        ("status", status().into()),
    ]);
    let done = closed([
        ("message", text("What was done, for people.").into()),
        ("status", choice(["success"], "").into()),
    ]);
    [
        ("Greeting", greeting.into()),
        ("Health", closed([("status", status().into())]).into()),
        ("Done", done.into()),
    ]
}
