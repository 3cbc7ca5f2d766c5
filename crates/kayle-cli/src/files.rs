//! Reading and writing files, with the file's name in every error.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::failure::Failure;

const OWNER_ONLY: u32 = 0o600;
const OTHERS: u32 = 0o077;

pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let content = fs::read(path).map_err(|source| failure(path, source))?;
    Ok(Zeroizing::new(content))
}

pub(crate) fn read_text(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let content = fs::read_to_string(path).map_err(|source| failure(path, source))?;
    Ok(Zeroizing::new(content))
}

/// Reads a secret that only its owner can read.
pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mode = fs::metadata(path).map_err(|source| failure(path, source))?;
    if mode.mode() & OTHERS != 0 {
        let path = path.display();
        let problem = format!("{path} can be read by others: chmod 600 {path}");
        return Err(Failure::Usage(problem));
    }
    read_text(path)
}

/// Writes a new file that only its owner can read. A file that is there is left alone.
pub(crate) fn create_private(path: &Path, content: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(OWNER_ONLY);
    let mut file = options.open(path).map_err(|source| failure(path, source))?;
    file.write_all(content.as_bytes())
        .map_err(|source| failure(path, source))
}

fn failure(path: &Path, source: std::io::Error) -> Failure {
    Failure::File {
        path: path.to_owned(),
        source,
    }
}
