//! Finds the operator's secret key, or makes one in development (contract 13.2).

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kayle_crypto::KeyRing;
use kayle_primitives::Entropy;
use zeroize::Zeroizing;

use crate::config::{Config, SecretKey};

/// Gives the keys to seal, hash and sign with: from the configuration, or, in development, from a
/// file beside the embedded database that is made on the first start.
pub(crate) fn key_ring(config: &Config, entropy: &dyn Entropy) -> anyhow::Result<KeyRing> {
    let bytes = match (&config.secret_key, config.database_url.sqlite_file()) {
        (Some(SecretKey(bytes)), _) => bytes.clone(),
        (None, Some(database)) => kept_beside(database, entropy)?,
        (None, None) => bail!("KAYLE_SECRET_KEY is required: base64 of at least 32 random bytes"),
    };
    Ok(KeyRing::new(&bytes, &[])?)
}

fn kept_beside(database: &str, entropy: &dyn Entropy) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let path = PathBuf::from(format!("{database}.key"));
    let read = || read(&path).with_context(|| format!("the secret key in {}", path.display()));
    match make(&path, entropy) {
        Ok(key) => Ok(key),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(),
        Err(error) => Err(error).with_context(|| format!("a new secret key in {}", path.display())),
    }
}

/// Makes the file, unless it exists: two processes that start at once end up with one key.
fn make(path: &Path, entropy: &dyn Entropy) -> std::io::Result<Zeroizing<Vec<u8>>> {
    if path.exists() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let mut key = Zeroizing::new(vec![0; 32]);
    entropy.fill(&mut key);
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(Zeroizing::new(STANDARD.encode(&key)).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    linked.map(|()| key)
}

fn read(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let text = Zeroizing::new(fs::read_to_string(path)?);
    let key = STANDARD.decode(text.trim()).context("it is not base64")?;
    Ok(Zeroizing::new(key))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        let database = database.to_str().unwrap();
        let entropy = SystemEntropy::new();
        let made = kept_beside(database, &entropy).unwrap();
        let read = kept_beside(database, &entropy).unwrap();
        assert_eq!(made, read);
        let permissions = fs::metadata(format!("{database}.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(permissions & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_stops_the_start_instead_of_being_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        fs::write(folder.path().join("a.db.key"), "not base64!").unwrap();
        assert!(kept_beside(database.to_str().unwrap(), &SystemEntropy::new()).is_err());
    }
}
