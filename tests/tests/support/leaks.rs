//! Looks in files for what must never be written.

use std::fs;
use std::path::Path;

use super::Service;
use super::database::Database;

/// A prefix alone is too short to mean anything: by accident, every quarter of a megabyte of
/// base64url holds a `kk_`. With twelve symbols of a body after it, it is no accident.
const BODY_CHARS: usize = 12;

/// Every file of a folder, with its name.
pub(crate) struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    /// Reads all that a service has written: its files, and its database if that is elsewhere.
    pub(crate) fn written_by(service: &Service) -> Self {
        let mut files = Self::read(service.folder());
        if let Database::Postgres(database) = service.database() {
            let dump = database.dump().into_bytes();
            files.0.push(("the database".to_owned(), dump));
        }
        files
    }

    /// Reads all files in a folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).expect("the folder is there");
        let files = entries.flatten().filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            // The database's journal may be gone by the time it is its turn.
            Some((name, fs::read(entry.path()).ok()?))
        });
        Self(files.collect())
    }

    /// Returns the names of the files that hold this text.
    pub(crate) fn with_text(&self, text: &str) -> Vec<&str> {
        self.with(text.len(), |window| window == text.as_bytes())
    }

    /// Returns the names of the files that hold this prefix before a random body.
    pub(crate) fn with_prefixed(&self, prefix: &str) -> Vec<&str> {
        self.with(prefix.len() + BODY_CHARS, |window| {
            window.strip_prefix(prefix.as_bytes()).is_some_and(|body| {
                body.iter()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            })
        })
    }

    fn with(&self, length: usize, is_found: impl Fn(&[u8]) -> bool) -> Vec<&str> {
        let found = self
            .0
            .iter()
            .filter(|(_, bytes)| bytes.windows(length).any(&is_found));
        found.map(|(name, _)| name.as_str()).collect()
    }
}
