//! The system's files about names, and whether they have changed.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hickory_resolver::Hosts;
use hickory_resolver::config::{ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::system_conf::parse_resolv_conf;
use tokio::time::Instant;

use crate::limits::FILES_LOOKED_AT_EVERY;

/// What tells one state of a file from another; `None` for one that is not there.
type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// The files, as they were when they were last looked at.
pub(crate) struct SystemFiles {
    resolv_conf: PathBuf,
    hosts: PathBuf,
    seen: Mutex<(Instant, [Stamp; 2])>,
}

impl SystemFiles {
    /// Looks at the system's files for the first time.
    pub(crate) fn of_system() -> Self {
        Self::new("/etc/resolv.conf".into(), "/etc/hosts".into())
    }

    /// Looks at files for the first time.
    pub(crate) fn new(resolv_conf: PathBuf, hosts: PathBuf) -> Self {
        let seen = Mutex::new((Instant::now(), [stamp(&resolv_conf), stamp(&hosts)]));
        Self {
            resolv_conf,
            hosts,
            seen,
        }
    }

    /// Reads which name servers to ask, and how.
    pub(crate) fn name_servers(&self) -> Result<(ResolverConfig, ResolverOpts), NetError> {
        parse_resolv_conf(fs::read(&self.resolv_conf)?)
    }

    /// Reads the hosts file.
    pub(crate) fn hosts(&self) -> io::Result<Hosts> {
        let mut hosts = Hosts::default();
        hosts.read_hosts_conf(File::open(&self.hosts)?)?;
        Ok(hosts)
    }

    /// Returns whether a file has changed since this was last asked. Looks every few seconds only.
    pub(crate) fn have_changed(&self) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.0.elapsed() < FILES_LOOKED_AT_EVERY {
            return false;
        }
        let found = [stamp(&self.resolv_conf), stamp(&self.hosts)];
        let have_changed = found != seen.1;
        *seen = (Instant::now(), found);
        have_changed
    }
}

/// Follows links: what they lead to is what is read.
fn stamp(file: &Path) -> Stamp {
    let found = fs::metadata(file).ok()?;
    Some((
        found.dev(),
        found.ino(),
        found.size(),
        found.mtime(),
        found.mtime_nsec(),
    ))
}
