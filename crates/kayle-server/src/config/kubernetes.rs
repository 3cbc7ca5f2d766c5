//! Variables that Kubernetes gives every container for each Service beside it.
//!
//! A Service named `kayle-webhooks` makes `KAYLE_WEBHOOKS_SERVICE_HOST`, `…_PORT_8787_TCP_ADDR` and
//! others, which begin like settings of ours and are none.

use std::net::{IpAddr, SocketAddr};

const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];

/// Returns whether Kubernetes made a variable, by the shapes of its name and its value: a setting
/// of ours that is written wrong must not be taken for one.
pub(super) fn is_of_a_service(name: &str, value: &str) -> bool {
    if name.ends_with("_SERVICE_HOST") {
        return is_address(value);
    }
    if name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
        return is_port(value);
    }
    // `KAYLE_WEBHOOKS_PORT`, and `KAYLE_WEBHOOKS_PORT_8787_TCP` with what may follow.
    let mut places = name.match_indices("_PORT");
    places.any(|(place, port)| is_of_a_port(&name[place + port.len()..], value))
}

fn is_of_a_port(rest: &str, value: &str) -> bool {
    let parts: Vec<&str> = rest.split('_').collect();
    match parts[..] {
        [""] => is_url(value),
        ["", port, protocol] => is_port(port) && is_protocol(protocol) && is_url(value),
        ["", port, protocol, what] if is_port(port) && is_protocol(protocol) => match what {
            "ADDR" => is_address(value),
            "PORT" => is_port(value),
            "PROTO" => is_protocol(value),
            _ => false,
        },
        _ => false,
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

fn is_protocol(text: &str) -> bool {
    PROTOCOLS.contains(&text.to_lowercase().as_str())
}

/// Reads `tcp://10.0.171.239:8787`.
fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(protocol, address)| {
        is_protocol(protocol) && address.parse::<SocketAddr>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_makes_of_a_service_is_known() {
        for (name, value) in [
            ("KAYLE_WEBHOOKS_SERVICE_HOST", "10.0.171.239"),
            ("KAYLE_WEBHOOKS_SERVICE_HOST", "fd00::1"),
            ("KAYLE_WEBHOOKS_SERVICE_PORT", "8787"),
            ("KAYLE_WEBHOOKS_SERVICE_PORT_HTTP", "8787"),
            ("KAYLE_WEBHOOKS_PORT", "tcp://10.0.171.239:8787"),
            ("KAYLE_WEBHOOKS_PORT", "tcp://[fd00::1]:8787"),
            ("KAYLE_WEBHOOKS_PORT_8787_TCP", "tcp://10.0.171.239:8787"),
            ("KAYLE_WEBHOOKS_PORT_8787_TCP_ADDR", "10.0.171.239"),
            ("KAYLE_WEBHOOKS_PORT_8787_TCP_PORT", "8787"),
            ("KAYLE_WEBHOOKS_PORT_8787_TCP_PROTO", "tcp"),
            ("KAYLE_PORT", "udp://10.0.171.239:53"),
            ("KAYLE_SERVICE_HOST", "10.0.171.239"),
            ("KAYLE_PORT_PORT_53_UDP_ADDR", "10.0.171.239"),
        ] {
            assert!(is_of_a_service(name, value), "{name}={value}");
        }
    }

    #[test]
    fn what_looks_like_it_only_in_part_is_not() {
        for (name, value) in [
            ("KAYLE_LISTN", "127.0.0.1:8787"),
            ("KAYLE_LISTEN_PORT", "8787"),
            ("KAYLE_WEBHOOKS_PORT", "http://10.0.171.239:8787"),
            ("KAYLE_WEBHOOKS_PORT_HTTP_TCP", "tcp://10.0.171.239:8787"),
            ("KAYLE_WEBHOOKS_PORT_8787_TCP_NAME", "x"),
            ("KAYLE_WEBHOOKS_SERVICE_HOST", "db.example"),
            ("KAYLE_SERVICE_HOSTS", "10.0.0.1"),
        ] {
            assert!(!is_of_a_service(name, value), "{name}={value}");
        }
    }
}
