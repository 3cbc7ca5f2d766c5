//! What operators read on an address of its own (contract 14.6, 14.11): numbers, and the state of
//! every check. It has no credential: whoever may reach it is the network's affair.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header::{self, ContentType};
use actix_web::{App, HttpResponse, HttpServer, web};
use serde::Serialize;

/// The media type of the OpenMetrics text format, version 1.0.0.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A scrape comes every few seconds, from one or two places.
const WORKERS: usize = 1;

/// Nobody who reads a page has to be waited for at a stop.
const DRAIN_S: u64 = 1;

/// What the pages are made of. Each is asked at every request, and answers at once.
#[derive(Clone)]
pub struct OperatorPages {
    /// Returns the numbers, as OpenMetrics text.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Returns every check of this process.
    pub checks: Arc<dyn Fn() -> Vec<Check> + Send + Sync>,
}

/// A check of a process, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is checked.
    pub name: &'static str,
    /// What is wrong, as a fragment; `None` if nothing is.
    pub problem: Option<&'static str>,
    /// How long ago it was last seen to be well, where that is known.
    pub last_success_ago: Option<Duration>,
    /// Whether the process is not ready while it fails.
    pub decides_readiness: bool,
}

#[derive(Serialize)]
struct HealthPage {
    status: &'static str,
    checks: Vec<ShownCheck>,
}

#[derive(Serialize)]
struct ShownCheck {
    check: &'static str,
    ok: bool,
    reason: Option<&'static str>,
    last_success_s: Option<u64>,
}

/// Returns a server of the pages at `listener`, as soon as it is awaited inside a tokio runtime. It
/// takes no notice of signals.
pub fn operator_server(listener: TcpListener, pages: OperatorPages) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(pages.clone()))
            .route("/metrics", web::get().to(metrics))
            .route("/health", web::get().to(health))
    });
    let server = server
        .workers(WORKERS)
        .disable_signals()
        .shutdown_timeout(DRAIN_S)
        .listen(listener)?;
    Ok(server.run())
}

async fn metrics(pages: web::Data<OperatorPages>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, OPEN_METRICS))
        .body((pages.metrics)())
}

async fn health(pages: web::Data<OperatorPages>) -> HttpResponse {
    let checks = (pages.checks)();
    let is_ready = is_ready(&checks);
    let mut answer = if is_ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    answer.content_type(ContentType::json()).json(HealthPage {
        status: if is_ready { "ready" } else { "not_ready" },
        checks: checks.into_iter().map(ShownCheck::from).collect(),
    })
}

/// Returns whether no check that decides it fails.
fn is_ready(checks: &[Check]) -> bool {
    let mut deciding = checks.iter().filter(|check| check.decides_readiness);
    deciding.all(|check| check.problem.is_none())
}

impl From<Check> for ShownCheck {
    fn from(check: Check) -> Self {
        Self {
            check: check.name,
            ok: check.problem.is_none(),
            reason: check.problem,
            last_success_s: check.last_success_ago.map(|ago| ago.as_secs()),
        }
    }
}
