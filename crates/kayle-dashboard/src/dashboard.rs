//! What the pages need from outside, and how they are mounted.

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use kayle_app::Webhooks;

use crate::routes;

/// Everything the pages need from outside.
#[derive(Clone)]
pub struct Dashboard {
    /// The operations.
    pub webhooks: Arc<Webhooks>,
    /// Where the pages are reached. Forms may come from there only.
    pub public_url: String,
    /// The name of the cookie that a session travels in.
    pub session_cookie: String,
    /// Whether the pages are reached over https, so that cookies may be kept to it.
    pub https: bool,
    /// Where an identity service signs people in, if there is one.
    pub sign_in_url: Option<String>,
}

/// Returns what registers the pages in an app.
pub fn mount(dashboard: Dashboard) -> Arc<dyn Fn(&mut ServiceConfig) + Send + Sync> {
    let dashboard = web::Data::new(dashboard);
    Arc::new(move |config| {
        config.app_data(web::Data::clone(&dashboard));
        routes::configure(config);
    })
}
