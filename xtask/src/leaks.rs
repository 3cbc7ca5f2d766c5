//! Looks in files for what must never be written.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Something that must not be found.
pub struct Secret {
    /// What it is, in words that may be printed.
    pub name: String,
    /// How it is recognized.
    pub trace: Trace,
}

/// How a secret is recognized.
pub enum Trace {
    /// By its whole value.
    Value(String),
    /// By its prefix and the beginning of a random body.
    Prefix(&'static str),
}

/// A prefix alone is too short to mean anything: by accident, every quarter of a megabyte of
/// base64url holds a `kk_`. With twelve symbols of a body after it, it is no accident.
const BODY_CHARS: usize = 12;

/// Returns every file under `folder`, by name.
pub fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()));
    for entry in entries? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Says which secrets are in which files: one line for each, without the secret.
pub fn search(files: &[PathBuf], secrets: &[Secret]) -> anyhow::Result<Vec<String>> {
    let mut leaks = Vec::new();
    for file in files {
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let found = secrets.iter().filter(|secret| secret.trace.is_in(&bytes));
        leaks.extend(found.map(|secret| format!("{} in {}", secret.name, file.display())));
    }
    Ok(leaks)
}

impl Trace {
    /// Returns whether the bytes hold it.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Value(value) => bytes
                .windows(value.len())
                .any(|window| window == value.as_bytes()),
            Self::Prefix(prefix) => bytes
                .windows(prefix.len() + BODY_CHARS)
                .any(|window| is_prefixed(window, prefix)),
        }
    }
}

fn is_prefixed(window: &[u8], prefix: &str) -> bool {
    window.strip_prefix(prefix.as_bytes()).is_some_and(|body| {
        body.iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_anywhere() {
        let trace = Trace::Value("Curie".to_owned());
        assert!(trace.is_in(b"\0\xffCurie"));
        assert!(!trace.is_in(b"Curi"));
    }

    #[test]
    fn a_prefix_counts_only_before_a_random_body() {
        let trace = Trace::Prefix("kk_");
        assert!(trace.is_in(b"key=kk_0123456789abcdef"));
        assert!(!trace.is_in(b"ykk_Zw-9kk_"));
    }

    #[test]
    fn a_leak_is_named_without_its_value() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("deep/a.log"), "name=Curie").unwrap();
        let secret = Secret {
            name: "the family name".to_owned(),
            trace: Trace::Value("Curie".to_owned()),
        };

        let leaks = search(&files(folder.path()).unwrap(), &[secret]).unwrap();

        assert_eq!(leaks.len(), 1);
        assert!(leaks[0].starts_with("the family name in "));
        assert!(!leaks[0].contains("Curie"));
    }
}
