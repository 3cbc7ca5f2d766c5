//! What the pages need from outside, and how they are mounted.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, ServiceConfig};
use kayle_app::Webhooks;
use kayle_app::ports::store::{FullAt, InvariantReads, SystemReads};

use crate::examination::Examination;
use crate::routes;

/// Everything the pages need from outside.
#[derive(Clone)]
pub struct Dashboard {
    /// The operations.
    pub webhooks: Arc<Webhooks>,
    /// What operators are shown.
    pub installation: Installation,
    /// Where the pages are reached. Forms may come from there only.
    pub public_url: String,
    /// The name of the cookie that a session travels in.
    pub session_cookie: String,
    /// Whether the pages are reached over https, so that cookies may be kept to it.
    pub https: bool,
    /// Where an identity service signs people in, if there is one.
    pub sign_in_url: Option<String>,
}

/// What the page for operators needs.
#[derive(Clone)]
pub struct Installation {
    /// Reads what concerns all organizations.
    pub reads: Arc<dyn SystemReads>,
    /// Looks for what must not be.
    pub invariants: Arc<dyn InvariantReads>,
    /// How many requests under way are as many as there may be.
    pub full_at: FullAt,
    /// How long an expired payload may wait for a sweep.
    pub sweep_grace: Duration,
}

/// Returns what registers the pages in an app.
pub fn mount(dashboard: Dashboard) -> Arc<dyn Fn(&mut ServiceConfig) + Send + Sync> {
    let dashboard = web::Data::new(dashboard);
    let examination = web::Data::new(Examination::default());
    Arc::new(move |config| {
        config.app_data(web::Data::clone(&dashboard));
        config.app_data(web::Data::clone(&examination));
        routes::configure(config);
    })
}
