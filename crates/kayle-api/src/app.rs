//! The whole of what answers a request.

use std::sync::LazyLock;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};

use crate::api::{Api, Surface};
use crate::connection::count_request;
use crate::middleware::{allow_dashboard, log_request, set_security_headers};
use crate::openapi;
use crate::routes;

/// The OpenAPI document of all operations: the same for as long as the process runs.
pub(crate) static OPENAPI: LazyLock<web::Data<openapi::Json>> =
    LazyLock::new(|| web::Data::new(openapi::Json::new(routes::operations())));

/// Puts the operations of a surface behind the middleware.
pub(crate) fn app(
    api: Api,
    surface: Surface,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let pages = api.pages.clone();
    App::new()
        .app_data(web::Data::new(api))
        .app_data(web::Data::clone(&OPENAPI))
        .app_data(surface)
        .configure(|config| {
            routes::configure(config, surface);
            let pages = pages.filter(|_| surface.answers_customers());
            if let Some(pages) = pages {
                pages(config);
            }
        })
        .default_service(web::route().to(routes::unknown::answer))
        .wrap(from_fn(allow_dashboard))
        .wrap(from_fn(set_security_headers))
        .wrap(from_fn(log_request))
        .wrap(from_fn(count_request))
}
