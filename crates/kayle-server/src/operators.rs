//! The pages for operators: what is shown on them besides what the meter counts, and the server that
//! answers them (contract 14.6).

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context;
use kayle_api::{OperatorPages, ServerHandle, operator_server};
use kayle_storage::SqlStore;
use tokio::task::JoinSet;

use crate::clock::ServiceClock;
use crate::config::Config;
use crate::metrics::{Metrics, Sample, as_f64, seconds_of_ms};
use crate::readiness::Readiness;
use crate::telemetry::LogLines;
use crate::wiring::Wired;

/// The pages for operators, for as long as the process runs.
pub(crate) struct Shown {
    address: SocketAddr,
    handle: ServerHandle,
    /// Owns the task that serves them.
    server: JoinSet<std::io::Result<()>>,
}

impl Shown {
    /// Shows the pages where the configuration says; `None` if it says nothing.
    pub(crate) fn start(
        config: &Config,
        wired: &Wired,
        metrics: &Arc<Metrics>,
        readiness: &Arc<Readiness>,
    ) -> anyhow::Result<Option<Self>> {
        show_connections(metrics, &wired.store);
        show_clock(metrics, &wired.clock);
        show_readiness(metrics, readiness);
        let Some(address) = config.metrics_listen else {
            return Ok(None);
        };
        let listener = TcpListener::bind(address)
            .with_context(|| format!("KAYLE_METRICS_LISTEN: cannot listen on {address}"))?;
        let address = listener.local_addr()?;
        let (metrics, readiness) = (Arc::clone(metrics), Arc::clone(readiness));
        let pages = OperatorPages {
            metrics: Arc::new(move || metrics.page()),
            checks: Arc::new(move || readiness.checks()),
        };
        let server = operator_server(listener, pages)?;
        let handle = server.handle();
        let mut task = JoinSet::new();
        task.spawn(server);
        Ok(Some(Self {
            address,
            handle,
            server: task,
        }))
    }

    /// Returns the line that tells where the numbers are.
    pub(crate) fn announcement(&self) -> String {
        format!("metrics on http://{}/metrics", self.address)
    }

    /// Stops answering.
    pub(crate) async fn stop(mut self) {
        self.handle.stop(false).await;
        while self.server.join_next().await.is_some() {}
    }
}

/// Shows how many lines were logged.
pub(crate) fn show_log_lines(metrics: &Metrics, log_lines: LogLines) {
    metrics.show_counter("kayle_log_lines", "Lines logged, by level", move || {
        let counts = log_lines.counts();
        let samples =
            counts.map(|(level, count)| Sample::labelled(vec![("level", level)], as_f64(count)));
        samples.collect()
    });
}

/// Shows how many connections there are to the database, where the store knows.
fn show_connections(metrics: &Metrics, store: &Arc<SqlStore>) {
    let shown = Arc::clone(store);
    metrics.show_gauge(
        "kayle_store_connections",
        "Connections to PostgreSQL that are open",
        move || {
            let Some(connections) = shown.connections() else {
                return Vec::new();
            };
            [("in_use", connections.in_use), ("idle", connections.idle)]
                .map(|(state, count)| Sample::labelled(vec![("state", state)], count.into()))
                .to_vec()
        },
    );
    let shown = Arc::clone(store);
    metrics.show_gauge(
        "kayle_store_connections_max",
        "The most connections to PostgreSQL that can be open",
        move || {
            let connections = shown.connections();
            connections
                .map(|now| Sample::of(now.max.into()))
                .into_iter()
                .collect()
        },
    );
    metrics.show_counter(
        "kayle_store_errors",
        "Errors of the database, by what they mean",
        || {
            let errors = kayle_storage::error_counts().into_iter();
            let samples = errors
                .map(|(kind, count)| Sample::labelled(vec![("kind", kind.into())], as_f64(count)));
            samples.collect()
        },
    );
}

fn show_clock(metrics: &Metrics, clock: &Arc<ServiceClock>) {
    let shown = Arc::clone(clock);
    metrics.show_gauge(
        "kayle_clock_offset_seconds",
        "How far the clock that is followed is ahead of the one that the service goes by",
        move || vec![Sample::of(seconds_of_ms(shown.offset_ms()))],
    );
    let shown = Arc::clone(clock);
    metrics.show_counter(
        "kayle_clock_steps",
        "How often the clock that is followed was set",
        move || vec![Sample::of(as_f64(shown.steps()))],
    );
}

fn show_readiness(metrics: &Metrics, readiness: &Arc<Readiness>) {
    let readiness = Arc::clone(readiness);
    metrics.show_gauge(
        "kayle_ready",
        "1 for each check that is well, else 0",
        move || {
            let checks = readiness.checks().into_iter();
            let samples = checks.map(|check| {
                let well = f64::from(u8::from(check.problem.is_none()));
                Sample::labelled(vec![("check", check.name)], well)
            });
            samples.collect()
        },
    );
}
