//! Logs: structured lines on stderr.

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// What libraries say that nobody needs to read; an operator's own filter may ask for it again. A
/// request that is no HTTP is its sender's affair: it is answered 400 and nobody here must act, yet
/// actix logs each as an error. Migrations are told by the command that runs them, and so is what
/// PostgreSQL notes of them.
const QUIET: &str = "actix_http::h1::dispatcher=off,actix_server=warn,sea_orm_migration=warn,\
     sqlx::postgres::notice=warn";

/// Starts logging. Lines go to stderr; stdout is for answers.
pub(crate) fn start(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log));
    let filter = filter.context("KAYLE_LOG is no log filter")?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A line that cannot be written (the disk below it is full) would be complained about on
        // stderr, which cannot be written either: that panics, in the middle of a request.
        .log_internal_errors(false);
    match config.log_format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().try_init(),
    }
    .map_err(|error| anyhow::anyhow!(error))
}
