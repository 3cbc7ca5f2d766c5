//! The commands of the binary (contract 13.1).

mod admin;
mod copy;
mod doctor;
mod migrate;
mod secret_key;
mod serve;
mod service_token;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};
use kayle_app::api_keys::MintedSession;
use kayle_endpoints::Environment;

use crate::config::Config;
use crate::{memory, telemetry};

/// Tells Kayle ID's customers how an identity verification ended.
#[derive(Parser)]
#[command(name = "kayle-webhooks", version)]
pub(crate) struct CommandLine {
    /// A TOML file of settings; `KAYLE_` environment variables win over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service (the default).
    Serve(serve::Serve),
    /// Change the database's schema, or move to another database.
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Manage an installation.
    Admin(admin::Admin),
}

/// Runs one command to its end.
pub(crate) fn run(line: CommandLine) -> anyhow::Result<()> {
    let config = Config::load(line.config.as_deref())?;
    let log_lines = telemetry::start(&config)?;
    if config.environment == Environment::Production {
        memory::forbid_dumps().context("the memory of the process cannot be protected")?;
    }
    if !config.ignored.is_empty() {
        let variables = config.ignored.join(" ");
        tracing::info!(variables, "variables of Kubernetes Services are ignored");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match line
            .command
            .unwrap_or(Command::Serve(serve::Serve::default()))
        {
            Command::Serve(command) => serve::run(&command, config, log_lines).await,
            Command::Migrate(command) => migrate::run(&command, &config).await,
            Command::Admin(command) => admin::run(command, &config).await,
        }
    })
}

/// Returns the link that a minted session's code makes (contract 14.5).
fn sign_in_url(public_url: &str, minted: &MintedSession) -> String {
    let code = minted.sign_in_code.expose();
    format!("{public_url}/webhooks/sign-in?code={code}")
}

/// Writes a line to stdout.
///
/// # Errors
/// Nobody reads stdout any more, as in `… | head -0`. `println!` would panic.
fn print_line(line: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .context("stdout is closed")
}
