//! Debian's libfaketime, which shows a process another time than the machine's.

use std::fs;
use std::path::PathBuf;

/// Each architecture has a folder of its own below this one.
const LIBRARIES: &str = "/usr/lib";
const LIBRARY: &str = "faketime/libfaketime.so.1";

/// Returns where the library lies, if it is installed.
pub fn library() -> Option<PathBuf> {
    let folders = fs::read_dir(LIBRARIES).ok()?;
    let mut candidates = folders.filter_map(|folder| Some(folder.ok()?.path().join(LIBRARY)));
    candidates.find(|library| library.exists())
}
