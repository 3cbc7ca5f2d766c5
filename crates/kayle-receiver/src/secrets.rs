//! The signing secrets of an endpoint: one, or the next beside the current during a rotation.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::OptionsError;
use crate::limits::SECRETS_MAX;

/// Where the signing secrets come from. A rotation is configured with both secrets, so that no
/// delivery is refused meanwhile.
pub enum Secrets {
    /// They stay the same as long as the process runs.
    Fixed(Vec<Zeroizing<String>>),
    /// They are read for each request, from a file or a vault.
    Read(Box<dyn Fn() -> Vec<Zeroizing<String>> + Send + Sync>),
}

impl Secrets {
    /// Takes secrets that stay the same.
    pub fn fixed<T: Into<String>>(secrets: impl IntoIterator<Item = T>) -> Self {
        let owned = secrets
            .into_iter()
            .map(|secret| Zeroizing::new(secret.into()));
        Self::Fixed(owned.collect())
    }

    pub(crate) fn check(&self) -> Result<(), OptionsError> {
        match self {
            Self::Fixed(secrets) => check(secrets),
            Self::Read(_) => Ok(()),
        }
    }

    /// Calls `look` with the secrets of this moment. They are checked each time: whoever calls may
    /// have made no receiver, and anybody could sign with an empty one.
    pub(crate) fn with<T>(
        &self,
        look: impl FnOnce(&[Zeroizing<String>]) -> T,
    ) -> Result<T, OptionsError> {
        match self {
            Self::Fixed(secrets) => {
                check(secrets)?;
                Ok(look(secrets))
            }
            Self::Read(read) => {
                let secrets = read();
                check(&secrets)?;
                Ok(look(&secrets))
            }
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<secrets>")
    }
}

fn check(secrets: &[Zeroizing<String>]) -> Result<(), OptionsError> {
    let counted = (1..=SECRETS_MAX).contains(&secrets.len());
    if counted && secrets.iter().all(|secret| is_usable(secret)) {
        Ok(())
    } else {
        Err(OptionsError::Secrets)
    }
}

fn is_usable(secret: &str) -> bool {
    let blank =
        |symbol: char| symbol.is_whitespace() || symbol.is_control() || symbol == '\u{feff}';
    !secret.is_empty() && !secret.contains(blank)
}
