//! URLs and addresses.

use std::net::{IpAddr, Ipv6Addr};

use kayle_endpoints::{AddressPolicy, AllowedNetworks, EndpointUrl, Environment, UrlPolicy};
use kayle_sessions::RedirectUrl;
use kayle_storage::DatabaseUrl;

use crate::text;

/// Reads an endpoint's URL. One that is taken can be judged again, and names no address and no
/// person.
pub fn endpoint_url(data: &[u8]) {
    let text = text(data);
    for environment in [Environment::Production, Environment::Development] {
        let policy = UrlPolicy {
            environment,
            allowed: AllowedNetworks::default(),
        };
        let Ok(url) = EndpointUrl::parse(&text, &policy) else {
            continue;
        };
        assert_eq!(url.as_submitted(), text, "it is kept as it was written");
        assert_eq!(format!("{url:?}"), "<endpoint url>");
        let normalized = url.judge(&policy).expect("what was taken is taken again");
        let again = EndpointUrl::parse(normalized.as_str(), &policy);
        let again = again.expect("what is sent to is taken");
        let again = again.judge(&policy).expect("and is judged alike");
        assert_eq!(again.as_str(), normalized.as_str());
        assert!(!normalized.as_str().contains(['@', '#', '\n', '\r', ' ']) || text.contains('@'));
        if environment == Environment::Production {
            assert!(normalized.as_str().starts_with("https://"));
        }
    }
}

/// Reads where a person goes afterwards.
pub fn redirect_url(data: &[u8]) {
    let text = text(data);
    if let Ok(url) = RedirectUrl::parse(&text) {
        assert_eq!(url.as_str(), text);
        assert_eq!(format!("{url:?}"), "<redirect url>");
        // Browsers pass over controls before a scheme, and over line breaks and tabs within.
        let letters = text.chars().filter(char::is_ascii_graphic);
        let scheme: String = letters.take(6).collect();
        assert_eq!(scheme.to_ascii_lowercase(), "https:");
    }
}

/// As long as no word of an error.
const PIECE: usize = 16;

/// Reads the address of a database, which is not in what is said about it.
pub fn database_url(data: &[u8]) {
    let text = text(data);
    match text.parse::<DatabaseUrl>() {
        Ok(url) => {
            assert!(["sqlite", "postgres"].contains(&format!("{url:?}").as_str()));
            if let Some(file) = url.sqlite_file() {
                assert!(!file.path().as_os_str().is_empty());
            }
        }
        Err(error) => {
            let told = error.to_string();
            assert!(text.len() < PIECE || !told.contains(&text), "{told}");
        }
    }
}

/// Judges an address that a resolver gave. Whatever form an address is written in, it is judged
/// alike.
pub fn address(data: &[u8]) {
    let Some(octets) = data.first_chunk::<16>() else {
        return;
    };
    let production = AddressPolicy::new(Environment::Production, AllowedNetworks::default());
    let development = AddressPolicy::new(Environment::Development, AllowedNetworks::default());
    let v6 = Ipv6Addr::from(*octets);
    if production.permits(IpAddr::V6(v6)) {
        assert!(development.permits(IpAddr::V6(v6)));
        assert!(!v6.is_loopback() && !v6.is_unspecified() && !v6.is_multicast());
    }
    if let Some(v4) = v6.to_ipv4_mapped() {
        let as_v4 = production.permits(IpAddr::V4(v4));
        assert_eq!(production.permits(IpAddr::V6(v6)), as_v4, "{v4}");
        if as_v4 {
            assert!(!v4.is_private() && !v4.is_loopback() && !v4.is_link_local());
        }
    }
}
