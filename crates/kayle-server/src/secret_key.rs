//! Finds the operator's secret key, or makes one in development (contract 13.2).

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, bail};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};
use kayle_crypto::KeyRing;
use kayle_primitives::Entropy;
use kayle_storage::{DatabaseUrl, SqliteFile};
use zeroize::Zeroizing;

/// The operator's secret key, decoded. `Debug` shows nothing of it.
pub(crate) struct SecretKey(Zeroizing<Vec<u8>>);

/// The text is no secret key. Repeats nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSecretKey {
    #[error("must be base64, and has a character or a length that base64 does not have")]
    NotBase64,
    #[error("must be base64 of at least {BYTES_MIN} bytes, and has {0}")]
    TooShort(usize),
}

/// As many as the keys that are derived from it have.
const BYTES_MIN: usize = 32;

/// Takes padding where it is, and does not miss it where it is not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl FromStr for SecretKey {
    type Err = InvalidSecretKey;

    /// Reads base64 of either alphabet (RFC 4648, 4 and 5), padded or not, with line breaks and
    /// blanks anywhere: what `base64`, `openssl rand -base64` and secret stores write.
    fn from_str(text: &str) -> Result<Self, InvalidSecretKey> {
        let standard = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
        let standard = standard.map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => byte,
        });
        let standard: Zeroizing<Vec<u8>> = Zeroizing::new(standard.collect());
        let key = BASE64
            .decode(&*standard)
            .map_err(|_| InvalidSecretKey::NotBase64)?;
        let key = Zeroizing::new(key);
        if key.len() < BYTES_MIN {
            return Err(InvalidSecretKey::TooShort(key.len()));
        }
        Ok(Self(key))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<secret key>")
    }
}

/// Returns the keys to seal, hash and sign with: from the configuration, or, in development, from a
/// file beside the embedded database that is made on the first start.
pub(crate) fn key_ring(
    configured: Option<&SecretKey>,
    database: &DatabaseUrl,
    entropy: &dyn Entropy,
) -> anyhow::Result<KeyRing> {
    let bytes = match (configured, database.sqlite_file()) {
        (Some(SecretKey(bytes)), _) => bytes.clone(),
        (None, Some(database)) => kept_beside(database, entropy)?,
        (None, None) => bail!("KAYLE_SECRET_KEY is required: base64 of at least 32 random bytes"),
    };
    Ok(KeyRing::new(&bytes, &[])?)
}

fn kept_beside(database: &SqliteFile, entropy: &dyn Entropy) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let path = database.beside(".key");
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
    file.write_all(Zeroizing::new(BASE64.encode(&key)).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    linked.map(|()| key)
}

fn read(path: &Path) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let text = Zeroizing::new(fs::read_to_string(path)?);
    let SecretKey(key) = text.parse()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use kayle_storage::SqliteAccess;

    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn a_key_is_read_however_it_was_encoded() {
        let key = [0xfb; 33];
        for text in [
            "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7",
            "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7",
            "+/v7+/v7+/v7+/v7+/v7+/v7\n+/v7+/v7+/v7+/v7+/v7\r\n",
        ] {
            let SecretKey(read) = text.parse().unwrap();
            assert_eq!(read[..], key, "{text}");
        }
        for text in [
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            let SecretKey(read) = text.parse().unwrap();
            assert_eq!(read[..], [0; 32], "{text}");
        }
    }

    #[test]
    fn a_refused_key_is_told_from_a_short_one() {
        fn check(text: &str, expected: InvalidSecretKey) {
            assert_eq!(text.parse::<SecretKey>().unwrap_err(), expected, "{text}");
        }
        check("c2hvcnQ=", InvalidSecretKey::TooShort(5));
        check("", InvalidSecretKey::TooShort(0));
        check("not base64!", InvalidSecretKey::NotBase64);
        check("A", InvalidSecretKey::NotBase64);
    }

    #[test]
    fn the_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = SqliteFile::new(folder.path().join("a b.db"), SqliteAccess::Create);
        let entropy = SystemEntropy::new();
        let made = kept_beside(&database, &entropy).unwrap();
        let read = kept_beside(&database, &entropy).unwrap();
        assert_eq!(made, read);
        let permissions = fs::metadata(folder.path().join("a b.db.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(permissions & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_stops_the_start_instead_of_being_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let database = SqliteFile::new(folder.path().join("a.db"), SqliteAccess::Create);
        fs::write(database.beside(".key"), "not base64!").unwrap();
        assert!(kept_beside(&database, &SystemEntropy::new()).is_err());
    }
}
