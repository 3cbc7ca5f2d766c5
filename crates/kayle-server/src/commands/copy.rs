//! `migrate copy`: moves an installation from the embedded database to another one.

use std::fs;

use anyhow::{Context, bail, ensure};
use clap::Args;
use kayle_storage::{CopiedTable, DatabaseUrl, SqlStore, SqliteFile};

use super::print_line;
use crate::config::Config;
use crate::entropy::SystemEntropy;
use crate::wiring;

#[derive(Args)]
pub(super) struct Copy {
    /// The SQLite database to copy, such as `sqlite://kayle-webhooks.db`.
    #[arg(long, value_name = "URL")]
    from: String,
}

/// Copies everything, or says why nothing was copied.
pub(super) async fn run(command: &Copy, config: &Config) -> anyhow::Result<()> {
    let file = source_file(&command.from)?;
    refuse_itself(&file, config)?;
    let target = wiring::connect(config).await?;
    check_schema(&target).await.context("KAYLE_DATABASE_URL")?;
    let source = wiring::connect_alone(&file).await;
    let source = source.with_context(|| format!("--from: {}", file.path().display()))?;
    check_schema(&source).await.context("--from")?;
    check_key(&source, &file, config).await?;
    let copied = source.copy_to(&target).await?;
    source.close().await?;
    target.close().await?;
    print_line(&describe(&copied))
}

/// Returns the file that is to be copied. Its URL may say how to open it: that is known already.
fn source_file(from: &str) -> anyhow::Result<SqliteFile> {
    let url: DatabaseUrl = from.parse().context("--from")?;
    let Some(file) = url.sqlite_file() else {
        bail!("--from must name an SQLite database: a PostgreSQL is moved with pg_dump");
    };
    let path = file.path();
    ensure!(
        path.is_file(),
        "--from: there is no file {}",
        path.display()
    );
    Ok(file.clone())
}

fn refuse_itself(file: &SqliteFile, config: &Config) -> anyhow::Result<()> {
    let Some(target) = config.database_url.sqlite_file() else {
        return Ok(());
    };
    let is_itself = match (
        fs::canonicalize(file.path()),
        fs::canonicalize(target.path()),
    ) {
        (Ok(source), Ok(target)) => source == target,
        // What is not there yet is another one.
        (Ok(_) | Err(_), Ok(_) | Err(_)) => false,
    };
    ensure!(
        !is_itself,
        "--from and KAYLE_DATABASE_URL name the same database"
    );
    Ok(())
}

async fn check_schema(store: &SqlStore) -> anyhow::Result<()> {
    wiring::refuse_pending(&wiring::pending_migrations(store).await?)
}

/// Under another key the copy would be worthless: no secret could be opened, no API key recognised.
/// Where there is no secret yet, `admin doctor` tells it by the audit log.
async fn check_key(source: &SqlStore, file: &SqliteFile, config: &Config) -> anyhow::Result<()> {
    let keys = config.key_ring(&SystemEntropy::new())?;
    let Some((id, sealed)) = source.any_signing_secret().await? else {
        return Ok(());
    };
    let opened = keys.open_signing_secret(&id, &sealed);
    opened.map(drop).with_context(|| {
        format!(
            "KAYLE_SECRET_KEY is not the key that --from was written with, by default the \
             contents of {}",
            file.beside(".key").display()
        )
    })
}

fn describe(copied: &[CopiedTable]) -> String {
    let rows: u64 = copied.iter().map(|copied| copied.rows).sum();
    let mut lines = vec![format!("copied {rows} rows:")];
    for CopiedTable { table, rows } in copied {
        lines.push(format!("  {rows:>9} {table}"));
    }
    lines.push("Start no service on the old database again: it would deliver twice.".to_owned());
    lines.join("\n")
}
