//! `migrate`: changes the database's schema; `copy` changes the database.

use clap::Subcommand;

use super::{copy, print_line};
use crate::config::Config;
use crate::wiring;

#[derive(Subcommand)]
pub(super) enum Migrate {
    /// Apply every pending migration.
    Up,
    /// List the pending migrations.
    Status,
    /// Copy everything from an SQLite database into an empty one, all or nothing.
    ///
    /// The empty one is that of `KAYLE_DATABASE_URL`, made ready by `migrate up`, and
    /// `KAYLE_SECRET_KEY` is the old installation's. Stop the service first, and start it on the
    /// new database afterwards, never again on the old one.
    Copy(copy::Copy),
}

pub(super) async fn run(command: &Migrate, config: &Config) -> anyhow::Result<()> {
    match command {
        Migrate::Up => up(config).await,
        Migrate::Status => status(config).await,
        Migrate::Copy(command) => copy::run(command, config).await,
    }
}

async fn up(config: &Config) -> anyhow::Result<()> {
    let store = wiring::connect(config).await?;
    let pending = wiring::pending_migrations(&store).await?;
    wiring::migrate(&store).await?;
    store.close().await?;
    print_line(&format!("applied {}", describe_count(pending.len())))
}

async fn status(config: &Config) -> anyhow::Result<()> {
    let store = wiring::connect(config).await?;
    let pending = wiring::pending_migrations(&store).await?;
    store.close().await?;
    if pending.is_empty() {
        return print_line("the schema is up to date");
    }
    print_line(&format!("{} pending:", describe_count(pending.len())))?;
    pending
        .iter()
        .try_for_each(|name| print_line(&format!("  {name}")))
}

fn describe_count(migrations: usize) -> String {
    match migrations {
        1 => "1 migration".to_owned(),
        count => format!("{count} migrations"),
    }
}
