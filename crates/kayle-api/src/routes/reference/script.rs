//! `GET /reference/scalar.js`: the script behind the page. `assets/README.md` says whose it is.

use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpResponse, Route, web};

use crate::api::Api;
use crate::error::ApiError;
use crate::routes::operation::public_route;

/// Compressed at rest, and answered so: every browser can read it, and nothing else asks for it.
const SCRIPT: &[u8] = include_bytes!("../../../assets/scalar.js.gz");

pub(in crate::routes) fn route() -> Route {
    public_route(script)
}

async fn script(_: web::Data<Api>) -> Result<HttpResponse, ApiError> {
    let answer = HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::CONTENT_ENCODING, ContentEncoding::Gzip))
        .body(SCRIPT);
    Ok(answer)
}
