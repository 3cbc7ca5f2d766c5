//! Finds the operator's secret key, or makes one in development (contract 13.2).

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, bail};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};
use kayle_crypto::KeyRing;
use kayle_endpoints::Environment;
use kayle_primitives::Entropy;
use kayle_primitives::id::random_uuid;
use kayle_storage::{DatabaseUrl, SqliteFile};
use zeroize::Zeroizing;

use crate::files::{create_new, judge_key};

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

/// The keys that the configuration names.
#[derive(Clone, Copy)]
pub(crate) struct ConfiguredKeys<'a> {
    /// The one that seals, hashes and signs.
    pub(crate) current: Option<&'a SecretKey>,
    /// Others that were current, or will be.
    pub(crate) others: &'a [SecretKey],
}

/// Returns the keys to seal, hash and sign with: from the configuration, or, in development, the
/// current one from a file beside the embedded database that is made on the first start.
pub(crate) fn key_ring(
    configured: ConfiguredKeys<'_>,
    database: &DatabaseUrl,
    environment: Environment,
    entropy: &dyn Entropy,
) -> anyhow::Result<KeyRing> {
    let bytes = match (configured.current, database.sqlite_file()) {
        (Some(SecretKey(bytes)), _) => bytes.clone(),
        (None, Some(database)) => kept_beside(database, environment, entropy)?,
        (None, None) => bail!("KAYLE_SECRET_KEY is required: base64 of at least 32 random bytes"),
    };
    let others: Vec<&[u8]> = configured
        .others
        .iter()
        .map(|key| key.0.as_slice())
        .collect();
    Ok(KeyRing::new(&bytes, &others)?)
}

fn kept_beside(
    database: &SqliteFile,
    environment: Environment,
    entropy: &dyn Entropy,
) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let path = database.beside(".key");
    let made = make(database, &path, entropy);
    made.with_context(|| format!("a new secret key in {}", path.display()))?;
    read(&path, environment).with_context(|| format!("the secret key in {}", path.display()))
}

/// Makes the file, unless it exists: two processes that start at once end up with one key.
fn make(database: &SqliteFile, path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    let draft = database.beside(&format!(".key.{}", random_uuid(entropy)));
    let written = write_key(create_new(&draft)?, entropy);
    let linked = written.and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

fn write_key(mut file: File, entropy: &dyn Entropy) -> io::Result<()> {
    let mut key = Zeroizing::new(vec![0; 32]);
    entropy.fill(&mut key);
    file.write_all(Zeroizing::new(BASE64.encode(&key)).as_bytes())?;
    file.sync_all()
}

fn read(path: &Path, environment: Environment) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut file = File::open(path)?;
    judge_key(path, &file, environment)?;
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)?;
    let SecretKey(key) = text.parse()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

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
        let made = kept_beside(&database, Environment::Production, &entropy).unwrap();
        let read = kept_beside(&database, Environment::Production, &entropy).unwrap();
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
        let kept = kept_beside(&database, Environment::Development, &SystemEntropy::new());
        assert!(kept.is_err());
    }

    #[test]
    fn a_link_in_the_place_of_the_key_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let database = SqliteFile::new(folder.path().join("a.db"), SqliteAccess::Create);
        let elsewhere = folder.path().join("elsewhere");
        symlink(&elsewhere, database.beside(".key")).unwrap();
        let kept = kept_beside(&database, Environment::Development, &SystemEntropy::new());
        assert!(kept.is_err());
        assert!(!elsewhere.exists());
    }

    #[test]
    fn a_key_that_others_can_write_is_refused_in_production_and_taken_in_development() {
        let folder = tempfile::tempdir().unwrap();
        let database = SqliteFile::new(folder.path().join("a.db"), SqliteAccess::Create);
        let kept = |environment| kept_beside(&database, environment, &SystemEntropy::new());
        let made = kept(Environment::Production).unwrap();
        let writable = fs::Permissions::from_mode(0o602);
        fs::set_permissions(database.beside(".key"), writable).unwrap();
        let refused = format!("{:#}", kept(Environment::Production).unwrap_err());
        assert!(refused.contains("chmod o-w"), "{refused}");
        assert_eq!(kept(Environment::Development).unwrap(), made);
    }
}
