//! `cargo xtask demo`: a verification on its way to a customer, step by step.
//!
//! The service is the real binary and is spoken to only as its users do: by its commands and over
//! HTTP. `customer` is the server at the other end, `story` is the show, `screen` prints it, and
//! `xtask::leaks` looks for secrets in what the service has written.

use std::path::Path;

use anyhow::Context;
use tempfile::TempDir;

use crate::interrupt::{signal, unless_interrupted};
use crate::service::Service;
use xtask::workspace::{self, Profile};

use self::screen::Screen;

mod customer;
mod screen;
mod story;

/// What happens after the show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Afterwards {
    End,
    Stay,
}

/// Short enough to be watched.
const SHORT_SCHEDULE: (&str, &str) = ("KAYLE_RETRY_SCHEDULE_SHORT", "0s,1s,1s");

/// Shows everything and ends.
///
/// # Errors
/// A step did not hold.
pub(crate) fn show_once() -> anyhow::Result<()> {
    run(Afterwards::End)
}

/// Shows everything and stays up until Ctrl-C.
///
/// # Errors
/// A step did not hold.
pub(crate) fn show_and_stay() -> anyhow::Result<()> {
    run(Afterwards::Stay)
}

fn run(afterwards: Afterwards) -> anyhow::Result<()> {
    let mut screen = Screen::new();
    screen.note("building the service");
    let binary = workspace::build_binary(Profile::Dev)?;
    tokio::runtime::Runtime::new()
        .context("cannot start the async runtime")?
        .block_on(perform(&mut screen, &binary, afterwards))
}

/// Stops the service and removes its folder however the show ended.
async fn perform(screen: &mut Screen, binary: &Path, afterwards: Afterwards) -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("kayle-demo-").context("no temporary folder")?;
    let settings = vec![(SHORT_SCHEDULE.0, SHORT_SCHEDULE.1.to_owned())];
    let start = Service::start(binary, folder.path(), settings);
    let mut service = unless_interrupted(start).await?;
    let shown = show(screen, &service, afterwards).await;
    let stopped = service.stop().await;
    if shown.is_err() {
        screen.log_tail(&service.last_log_lines());
    }
    let removed = folder.close().context("cannot remove the temporary folder");
    shown.and(stopped).and(removed)
}

async fn show(
    screen: &mut Screen,
    service: &Service,
    afterwards: Afterwards,
) -> anyhow::Result<()> {
    let cast = unless_interrupted(story::tell(screen, service)).await?;
    if afterwards == Afterwards::Stay {
        tokio::select! {
            played = story::play_on(screen, service, &cast) => played?,
            signal = signal() => signal?,
        }
        screen.note("stopping");
    }
    Ok(())
}
