//! `GET /reference/scalar.js`: the script behind the page. `assets/README.md` says whose it is.

use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentEncoding};

use crate::operation::{Answer, Audience, Body, Operation, Run, Tag, Verb};

/// Compressed at rest, and answered so: every browser can read it, and nothing else asks for it.
const SCRIPT: &[u8] = include_bytes!("../../../assets/scalar.js.gz");

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/reference/scalar.js",
    audience: Audience::Undocumented,
    id: "getReferenceScript",
    tag: Tag::Service,
    summary: "Get the script of the reference",
    text: "A part of the page at `/reference`.",
    query: &[],
    body: Body::None,
    answer: Answer::Raw("text/javascript; charset=utf-8"),
    errors: &[],
    docs: "errors",
    run: Run::AtOnce(|_| Ok(script())),
};

fn script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CONTENT_ENCODING, ContentEncoding::Gzip))
        .body(SCRIPT)
}
