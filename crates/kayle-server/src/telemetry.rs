//! Logs: structured lines on stderr.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::Instant;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogFormat};

/// What libraries say that nobody needs to read; an operator's own filter may ask for it again. A
/// request that is no HTTP is its sender's affair: it is answered 400 and nobody here must act, yet
/// actix logs each as an error. Migrations are told by the command that runs them, and so is what
/// PostgreSQL notes of them.
const QUIET: &str = "actix_http::h1::dispatcher=off,actix_server=warn,sea_orm_migration=warn,\
     sqlx::postgres::notice=warn";

/// Starts logging. Lines go to stderr; stdout is for answers.
pub(crate) fn start(config: &Config) -> anyhow::Result<LogLines> {
    let counted = LogLines::default();
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log));
    let filter = filter.context("KAYLE_LOG is no log filter")?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A line that cannot be written (the disk below it is full) would be complained about on
        // stderr, which cannot be written either: that panics, in the middle of a request.
        .log_internal_errors(false);
    match config.log_format {
        LogFormat::Text => {
            let lines = lines.with_ansi(false).finish();
            lines
                .with(counted.clone())
                .with(Seldom::new(ACCEPT))
                .try_init()
        }
        LogFormat::Json => lines
            .json()
            .finish()
            .with(counted.clone())
            .with(Seldom::new(ACCEPT))
            .try_init(),
    }
    .map_err(|error| anyhow::anyhow!(error))?;
    Ok(counted)
}

/// How many lines were logged, by their level. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogLines(Arc<[AtomicU64; 3]>);

impl LogLines {
    const LEVELS: [(Level, &'static str); 3] = [
        (Level::ERROR, "error"),
        (Level::WARN, "warn"),
        (Level::INFO, "info"),
    ];

    /// Returns the name of each level with how many lines it had.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        Self::LEVELS.iter().map(|(_, name)| *name).zip(counts)
    }
}

impl<S: Subscriber> Layer<S> for LogLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = event.metadata().level();
        let place = Self::LEVELS.iter().position(|(known, _)| known == level);
        if let Some(count) = place.and_then(|place| self.0.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Where actix says that no connection can be accepted: twice a second, for as long as descriptors
/// are used up.
const ACCEPT: &str = "actix_server::accept";

/// How often one target may speak.
const SELDOM: Duration = Duration::from_mins(1);

/// Lets one target speak once a minute, and leaves out what it says meanwhile.
struct Seldom {
    target: &'static str,
    spoke_at: Mutex<Option<Instant>>,
}

impl Seldom {
    fn new(target: &'static str) -> Self {
        Self {
            target,
            spoke_at: Mutex::new(None),
        }
    }

    /// Returns whether the target may speak at this moment, and remembers that it did.
    fn may_speak(&self, now: Instant) -> bool {
        let mut spoke_at = self.spoke_at.lock().unwrap_or_else(PoisonError::into_inner);
        if spoke_at.is_some_and(|spoke_at| now.duration_since(spoke_at) < SELDOM) {
            return false;
        }
        *spoke_at = Some(now);
        true
    }
}

impl<S: Subscriber> Layer<S> for Seldom {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        event.metadata().target() != self.target || self.may_speak(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn a_target_speaks_once_a_minute() {
        let (seldom, start) = (Seldom::new(ACCEPT), Instant::now());
        assert!(seldom.may_speak(start));
        assert!(!seldom.may_speak(start));
        assert!(!seldom.may_speak(start + SELDOM - Duration::from_millis(1)));
        assert!(seldom.may_speak(start + SELDOM));
        assert!(!seldom.may_speak(start + SELDOM));
    }

    #[derive(Clone, Default)]
    struct Counted(Arc<AtomicUsize>);

    impl<S: Subscriber> Layer<S> for Counted {
        fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn all_others_speak_as_they_like() {
        let counted = Counted::default();
        let lines = tracing_subscriber::registry().with(counted.clone());
        tracing::subscriber::with_default(lines.with(Seldom::new(ACCEPT)), || {
            for _ in 0..3 {
                tracing::error!(target: ACCEPT, "no descriptor is left");
                tracing::error!("something else");
            }
        });
        assert_eq!(counted.0.load(Ordering::Relaxed), 1 + 3);
    }
}
