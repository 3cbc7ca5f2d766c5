//! Where the person goes after the check (contract 3.8).

use std::fmt;

use url::Url;

/// The longest redirect URL, in characters.
pub const REDIRECT_URL_CHARS_MAX: usize = 2048;

/// An absolute `https` URL, as it was written. `Debug` shows nothing of it: a customer may have
/// put a person's identifier into it.
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUrl(String);

/// The text cannot be a redirect URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("redirect_url must be an https URL of at most {REDIRECT_URL_CHARS_MAX} characters")]
pub struct InvalidRedirectUrl;

impl RedirectUrl {
    /// Accepts an absolute `https` URL of at most 2048 characters.
    pub fn parse(text: &str) -> Result<Self, InvalidRedirectUrl> {
        if REDIRECT_URL_CHARS_MAX < text.chars().count() {
            return Err(InvalidRedirectUrl);
        }
        match Url::parse(text) {
            Ok(url) if url.scheme() == "https" && url.has_host() => Ok(Self(text.to_owned())),
            Ok(_) | Err(_) => Err(InvalidRedirectUrl),
        }
    }

    /// Takes a stored URL as it is.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the URL as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RedirectUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<redirect url>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_urls_are_accepted() {
        fn check(text: &str, accepted: bool) {
            assert_eq!(RedirectUrl::parse(text).is_ok(), accepted, "{text:?}");
        }
        check("https://shop.example/done?order=1", true);
        check("http://shop.example/done", false);
        check("javascript:alert(1)", false);
        check("/done", false);
        check("", false);
        check(&format!("https://shop.example/{}", "a".repeat(2048)), false);
    }
}
