//! Which URLs may be registered, and sent to (contract 9).
//!
//! The policy speaks when an endpoint is created, when it is changed, and before every send.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use strum::IntoStaticStr;
use url::{Host, Url};

use crate::address::{AddressPolicy, AllowedNetworks};
use crate::environment::Environment;

/// The longest URL, in characters.
pub const URL_CHARS_MAX: usize = 2048;

/// Decides which URLs deliveries may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlPolicy {
    /// How strict it is.
    pub environment: Environment,
    /// Networks whose addresses may stand in a URL literally.
    pub allowed: AllowedNetworks,
}

/// A registered URL, as the customer wrote it. `Debug` shows nothing of it: paths and queries can
/// carry secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointUrl(String);

/// A URL that the policy accepted, in normalized form: what a request is sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct NormalizedUrl(Url);

/// Where a connection goes: a host and a port, such as `hooks.example:443`. Any number of URLs, of
/// whomever, can have one in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination(Arc<str>);

/// Why a URL is refused, in the order of the checks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, IntoStaticStr, strum::EnumIter,
)]
pub enum UrlRefusal {
    /// Over 2048 characters.
    #[error("is longer than {URL_CHARS_MAX} characters")]
    #[strum(serialize = "url_too_long")]
    TooLong,
    /// No absolute URL.
    #[error("is not an absolute URL")]
    #[strum(serialize = "invalid_url")]
    Invalid,
    /// A user name or a password.
    #[error("must not contain a user name or password")]
    #[strum(serialize = "credentials_in_url")]
    Credentials,
    /// Not `https` (in development: nor `http`).
    #[error("must use https")]
    #[strum(serialize = "invalid_scheme")]
    Scheme,
    /// The machine itself, or plain `http` to another one.
    #[error("must not point to this machine; http is for localhost in development only")]
    #[strum(serialize = "loopback_not_allowed")]
    Loopback,
    /// An IPv4 address instead of a name.
    #[error("must name a host, not an IPv4 address")]
    #[strum(serialize = "ipv4_literal_disallowed")]
    Ipv4Literal,
    /// An IPv6 address instead of a name.
    #[error("must name a host, not an IPv6 address")]
    #[strum(serialize = "ipv6_literal_disallowed")]
    Ipv6Literal,
    /// Port 0, which nothing can listen on.
    #[error("must not have port 0, which nothing can listen on")]
    #[strum(serialize = "invalid_port")]
    Port,
    /// A name that the DNS cannot have (RFC 1035, section 2.3.4).
    #[error(
        "must name a host that can exist: parts of 1 to 63 letters, digits, hyphens and \
         underscores, 253 characters in all"
    )]
    #[strum(serialize = "invalid_hostname")]
    Hostname,
    /// A name that is not public.
    #[error("must name a public host")]
    #[strum(serialize = "reserved_hostname_disallowed")]
    ReservedHostname,
}

impl UrlRefusal {
    /// Returns the reason's name in logs (contract 9).
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The longest name, without the dot at its end, and the longest part of it (RFC 1035, 2.3.4).
const HOST_CHARS_MAX: usize = 253;
const LABEL_CHARS_MAX: usize = 63;

const RESERVED_SUFFIXES: [&str; 6] = [
    ".home.arpa",
    ".internal",
    ".lan",
    ".local",
    ".localdomain",
    ".localhost",
];

impl EndpointUrl {
    /// Accepts what the policy accepts, and keeps it as it was written.
    pub fn parse(text: &str, policy: &UrlPolicy) -> Result<Self, UrlRefusal> {
        judge(text, policy)?;
        Ok(Self(text.to_owned()))
    }

    /// Takes a stored URL as it is; [`Self::judge`] speaks before it is used.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the URL as the customer wrote it.
    pub fn as_submitted(&self) -> &str {
        &self.0
    }

    /// Returns where connections for it go; `None` if a stored text is no URL.
    pub fn destination(&self) -> Option<Destination> {
        Destination::of(&Url::parse(&self.0).ok()?)
    }

    /// Asks the policy again, and returns the URL to send to.
    pub fn judge(&self, policy: &UrlPolicy) -> Result<NormalizedUrl, UrlRefusal> {
        judge(&self.0, policy).map(NormalizedUrl)
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<endpoint url>")
    }
}

impl NormalizedUrl {
    /// Returns the URL without a fragment, which is never sent.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns scheme, host and port: all that a log may show.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Returns where the connection goes.
    pub fn destination(&self) -> Destination {
        Destination::of(&self.0).expect("the policy wants a host, and a scheme that has a port")
    }
}

impl Destination {
    fn of(url: &Url) -> Option<Self> {
        let host = without_trailing_dot(url.host_str()?);
        let port = url.port_or_known_default()?;
        Some(Self(format!("{host}:{port}").into()))
    }

    /// Returns host and port, with a colon in between.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NormalizedUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.origin())
    }
}

fn judge(text: &str, policy: &UrlPolicy) -> Result<Url, UrlRefusal> {
    if text.chars().count() > URL_CHARS_MAX {
        return Err(UrlRefusal::TooLong);
    }
    let mut url = Url::parse(text).map_err(|_| UrlRefusal::Invalid)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlRefusal::Credentials);
    }
    judge_scheme(&url, policy.environment)?;
    if url.port() == Some(0) {
        return Err(UrlRefusal::Port);
    }
    judge_host(&url, policy)?;
    url.set_fragment(None);
    Ok(url)
}

fn judge_scheme(url: &Url, environment: Environment) -> Result<(), UrlRefusal> {
    match (environment, url.scheme()) {
        (_, "https") => Ok(()),
        (Environment::Development, "http") if is_loopback_name(url) => Ok(()),
        (Environment::Development, "http") => Err(UrlRefusal::Loopback),
        (Environment::Development | Environment::Production, _) => Err(UrlRefusal::Scheme),
    }
}

fn judge_host(url: &Url, policy: &UrlPolicy) -> Result<(), UrlRefusal> {
    let loopback = is_loopback_name(url);
    match (url.host().ok_or(UrlRefusal::Invalid)?, policy.environment) {
        (_, Environment::Production) if loopback => Err(UrlRefusal::Loopback),
        (_, Environment::Development) if loopback => Ok(()),
        (Host::Ipv4(address), _) if policy.allows_literal(IpAddr::V4(address)) => Ok(()),
        (Host::Ipv4(_), _) => Err(UrlRefusal::Ipv4Literal),
        (Host::Ipv6(address), _) if policy.allows_literal(IpAddr::V6(address)) => Ok(()),
        (Host::Ipv6(_), _) => Err(UrlRefusal::Ipv6Literal),
        (Host::Domain(name), _) => judge_name(name),
    }
}

impl UrlPolicy {
    /// A literal must be allowed as such, and must be one that a connection may be made to: an
    /// allowed network that spans loopback does not open it in production.
    fn allows_literal(&self, address: IpAddr) -> bool {
        let addresses = AddressPolicy::new(self.environment, self.allowed.clone());
        self.allowed.contain(address) && addresses.permits(address)
    }
}

fn judge_name(name: &str) -> Result<(), UrlRefusal> {
    // The parser lets empty labels pass, which no resolver does: `localhost..` is no way around.
    let bare = name.trim_end_matches('.').to_ascii_lowercase();
    let reserved = RESERVED_SUFFIXES
        .iter()
        .any(|suffix| bare.ends_with(suffix));
    if reserved || !bare.contains('.') {
        return Err(UrlRefusal::ReservedHostname);
    }
    let name = without_trailing_dot(name);
    if HOST_CHARS_MAX < name.len() || !name.split('.').all(is_label) {
        return Err(UrlRefusal::Hostname);
    }
    Ok(())
}

/// The parser has put everything beyond ASCII into punycode. Underscores are no part of a host name
/// by the letter, and work everywhere.
fn is_label(label: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LABEL_CHARS_MAX).contains(&label.len()) && label.bytes().all(is_known)
}

/// `localhost` or `127.0.0.1`, one trailing dot ignored: the two hosts that development exempts.
fn is_loopback_name(url: &Url) -> bool {
    match url.host_str().map(without_trailing_dot) {
        Some(host) => host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1",
        None => false,
    }
}

fn without_trailing_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests;
