//! Looks in files for what must never be written.

use std::fs;
use std::path::Path;

use xtask::leaks::Trace;

use super::Service;
use super::database::Database;

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
        self.with(&Trace::Value(text.to_owned()))
    }

    /// Returns the names of the files that hold this prefix before a random body.
    pub(crate) fn with_prefixed(&self, prefix: &'static str) -> Vec<&str> {
        self.with(&Trace::Prefix(prefix))
    }

    fn with(&self, trace: &Trace) -> Vec<&str> {
        let found = self.0.iter().filter(|(_, bytes)| trace.is_in(bytes));
        found.map(|(name, _)| name.as_str()).collect()
    }
}
