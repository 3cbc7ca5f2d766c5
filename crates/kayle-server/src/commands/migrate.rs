//! `migrate`: changes the database's schema.

use clap::Subcommand;

use crate::config::Config;
use crate::wiring;

#[derive(Subcommand)]
pub(super) enum Migrate {
    /// Apply every pending migration.
    Up,
    /// Say which migrations are pending.
    Status,
}

pub(super) async fn run(command: &Migrate, config: &Config) -> anyhow::Result<()> {
    let store = wiring::connect(config).await?;
    let pending = wiring::pending_migrations(&store).await?;
    match command {
        Migrate::Up => {
            wiring::migrate(&store).await?;
            println!("applied {}", counted(pending.len()));
        }
        Migrate::Status if pending.is_empty() => println!("the schema is up to date"),
        Migrate::Status => {
            println!("{} pending:", counted(pending.len()));
            for name in pending {
                println!("  {name}");
            }
        }
    }
    Ok(())
}

fn counted(migrations: usize) -> String {
    match migrations {
        1 => "1 migration".to_owned(),
        count => format!("{count} migrations"),
    }
}
