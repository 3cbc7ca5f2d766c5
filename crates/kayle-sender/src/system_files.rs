//! The system's files about names, and whether they have changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::limits::FILES_LOOKED_AT_EVERY;

const FILES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];

/// What tells one state of a file from another; `None` for one that is not there.
type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// The files, as they were when they were last looked at.
pub(crate) struct SystemFiles(Mutex<(Instant, [Stamp; 2])>);

impl SystemFiles {
    /// Looks at the files for the first time.
    pub(crate) fn new() -> Self {
        Self(Mutex::new((Instant::now(), FILES.map(stamp))))
    }

    /// Returns whether a file has changed since this was last asked. Looks every few seconds only.
    pub(crate) fn have_changed(&self) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.0.elapsed() < FILES_LOOKED_AT_EVERY {
            return false;
        }
        let found = FILES.map(stamp);
        let have_changed = found != seen.1;
        *seen = (Instant::now(), found);
        have_changed
    }
}

/// Follows links: what they lead to is what is read.
fn stamp(file: &str) -> Stamp {
    let found = fs::metadata(file).ok()?;
    Some((
        found.dev(),
        found.ino(),
        found.size(),
        found.mtime(),
        found.mtime_nsec(),
    ))
}
