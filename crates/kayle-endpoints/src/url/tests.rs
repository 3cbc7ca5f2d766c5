use proptest::prelude::*;

use super::*;

const DEV: Environment = Environment::Development;
const PROD: Environment = Environment::Production;
const BOTH: [Environment; 2] = [DEV, PROD];

fn policy(environment: Environment, networks: &[&str]) -> UrlPolicy {
    let networks = networks.iter().map(|net| net.parse().unwrap()).collect();
    UrlPolicy {
        environment,
        allowed: AllowedNetworks::new(networks),
    }
}

/// Checks what a URL becomes, or the name of the reason it is refused for.
fn check(url: &str, environment: Environment, expected: Result<&str, &str>) {
    check_with(url, &policy(environment, &[]), expected);
}

fn check_with(url: &str, policy: &UrlPolicy, expected: Result<&str, &str>) {
    let judged = EndpointUrl::parse(url, policy).and_then(|accepted| {
        assert_eq!(accepted.as_submitted(), url);
        accepted.judge(policy)
    });
    let judged = judged.as_ref().map(NormalizedUrl::as_str);
    let judged = judged.map_err(|refusal| refusal.as_str());
    assert_eq!(judged, expected, "{url:?} in {:?}", policy.environment);
}

fn accepts(url: &str, normalized: &str) {
    for environment in BOTH {
        check(url, environment, Ok(normalized));
    }
}

fn refuses(url: &str, reason: &str) {
    for environment in BOTH {
        check(url, environment, Err(reason));
    }
}

#[test]
fn public_names_are_accepted_and_normalized() {
    accepts(
        "https://yourapp.com/webhooks/kayle",
        "https://yourapp.com/webhooks/kayle",
    );
    accepts("https://YourApp.COM", "https://yourapp.com/");
    accepts("HTTPS://yourapp.com:443/a", "https://yourapp.com/a");
    accepts(
        "https://yourapp.com:8443/a?b=c&d",
        "https://yourapp.com:8443/a?b=c&d",
    );
    accepts("https://yourapp.com/a#secret", "https://yourapp.com/a");
    accepts("https://yourapp.com/a/../b", "https://yourapp.com/b");
    accepts("https://yourapp.com./a", "https://yourapp.com./a");
    accepts(
        "https://xn--bcher-kva.example/",
        "https://xn--bcher-kva.example/",
    );
    accepts("https://bücher.example/", "https://xn--bcher-kva.example/");
    accepts("https://internal.example/", "https://internal.example/");
    accepts("https://notlocalhost.com/", "https://notlocalhost.com/");
    accepts("https://127.0.0.1.example/", "https://127.0.0.1.example/");
}

#[test]
fn a_url_has_at_most_2048_characters() {
    let url = |length: usize| format!("https://a.example/{}", "é".repeat(length - 18));
    assert!(EndpointUrl::parse(&url(2048), &policy(PROD, &[])).is_ok());
    refuses(&url(2049), "url_too_long");
}

#[test]
fn what_is_no_absolute_url_is_refused() {
    refuses("", "invalid_url");
    refuses("yourapp.com/a", "invalid_url");
    refuses("/webhooks", "invalid_url");
    refuses("https://", "invalid_url");
    refuses("https://999.1.1.1/", "invalid_url");
    refuses("https://1.2.3.4.5/", "invalid_url");
    refuses("https://a.example:99999/", "invalid_url");
    refuses("https://a b.example/", "invalid_url");
    refuses("https://[::1/", "invalid_url");
}

#[test]
fn credentials_are_refused_before_anything_else_is_looked_at() {
    refuses("https://user@yourapp.com/", "credentials_in_url");
    refuses("https://user:password@yourapp.com/", "credentials_in_url");
    refuses("https://:password@yourapp.com/", "credentials_in_url");
    refuses("ftp://user@127.0.0.1/", "credentials_in_url");
    refuses("https://yourapp.com@127.0.0.1/", "credentials_in_url");
}

#[test]
fn plain_http_is_for_loopback_in_development_only() {
    check("http://yourapp.com/", PROD, Err("invalid_scheme"));
    check("http://localhost/", PROD, Err("invalid_scheme"));
    check("http://yourapp.com/", DEV, Err("loopback_not_allowed"));
    check("http://10.0.0.1/", DEV, Err("loopback_not_allowed"));
    check("http://127.0.0.2/", DEV, Err("loopback_not_allowed"));
    check("http://[::1]/", DEV, Err("loopback_not_allowed"));
    check(
        "http://localhost:3000/a",
        DEV,
        Ok("http://localhost:3000/a"),
    );
    check(
        "http://127.0.0.1:3000/a",
        DEV,
        Ok("http://127.0.0.1:3000/a"),
    );
    refuses("ftp://yourapp.com/", "invalid_scheme");
    refuses("file:///etc/passwd", "invalid_scheme");
    refuses("javascript:alert(1)", "invalid_scheme");
}

#[test]
fn every_spelling_of_the_two_loopback_hosts_is_known() {
    fn check_loopback(url: &str, normalized: &str) {
        check(url, PROD, Err("loopback_not_allowed"));
        check(url, DEV, Ok(normalized));
    }
    check_loopback("https://localhost/", "https://localhost/");
    check_loopback("https://LOCALHOST:8443/", "https://localhost:8443/");
    check_loopback("https://localhost./", "https://localhost./");
    check_loopback("https://%6cocalhost/", "https://localhost/");
    check_loopback("https://127.0.0.1/", "https://127.0.0.1/");
    check_loopback("https://127.0.0.1./", "https://127.0.0.1/");
    check_loopback("https://127.1/", "https://127.0.0.1/");
    check_loopback("https://0x7f.1/", "https://127.0.0.1/");
    check_loopback("https://0177.0.0.1/", "https://127.0.0.1/");
    check_loopback("https://2130706433/", "https://127.0.0.1/");
    check_loopback("https://１２７.0.0.1/", "https://127.0.0.1/");
}

#[test]
fn address_literals_are_refused() {
    refuses("https://127.0.0.2/", "ipv4_literal_disallowed");
    refuses("https://8.8.8.8/", "ipv4_literal_disallowed");
    refuses("https://10.0.0.1/", "ipv4_literal_disallowed");
    refuses("https://0/", "ipv4_literal_disallowed");
    refuses("https://169.254.169.254/latest/", "ipv4_literal_disallowed");
    refuses("https://0xa9fea9fe/", "ipv4_literal_disallowed");
    refuses("https://[::1]/", "ipv6_literal_disallowed");
    refuses("https://[::]/", "ipv6_literal_disallowed");
    refuses("https://[::ffff:127.0.0.1]/", "ipv6_literal_disallowed");
    refuses("https://[64:ff9b::7f00:1]/", "ipv6_literal_disallowed");
    refuses("https://[2606:4700::1111]/", "ipv6_literal_disallowed");
}

#[test]
fn names_that_are_not_public_are_refused() {
    for suffix in [
        "home.arpa",
        "internal",
        "lan",
        "local",
        "localdomain",
        "localhost",
    ] {
        refuses(
            &format!("https://a.{suffix}/"),
            "reserved_hostname_disallowed",
        );
        refuses(
            &format!("https://A.B.{suffix}./").to_uppercase(),
            "reserved_hostname_disallowed",
        );
    }
    refuses("https://intranet/", "reserved_hostname_disallowed");
    refuses("https://intranet./", "reserved_hostname_disallowed");
    refuses("https://localhost../", "reserved_hostname_disallowed");
    refuses("https://a.internal../", "reserved_hostname_disallowed");
    refuses("https://./", "reserved_hostname_disallowed");
}

#[test]
fn literals_of_allowed_networks_are_accepted() {
    for environment in BOTH {
        let policy = policy(environment, &["10.1.0.0/16", "fd00::/8"]);
        check_with("https://10.1.2.3/a", &policy, Ok("https://10.1.2.3/a"));
        check_with(
            "https://[fd00::7]:8443/",
            &policy,
            Ok("https://[fd00::7]:8443/"),
        );
        check_with("https://10.2.0.1/", &policy, Err("ipv4_literal_disallowed"));
        check_with("https://8.8.8.8/", &policy, Err("ipv4_literal_disallowed"));
        check_with(
            "https://[fe80::1]/",
            &policy,
            Err("ipv6_literal_disallowed"),
        );
        check_with(
            "https://a.internal/",
            &policy,
            Err("reserved_hostname_disallowed"),
        );
    }
}

#[test]
fn no_allowed_network_opens_loopback_in_production() {
    let everything = policy(PROD, &["0.0.0.0/0", "::/0"]);
    check_with(
        "https://127.0.0.1/",
        &everything,
        Err("loopback_not_allowed"),
    );
    check_with(
        "https://localhost/",
        &everything,
        Err("loopback_not_allowed"),
    );
    check_with(
        "https://127.0.0.2/",
        &everything,
        Err("ipv4_literal_disallowed"),
    );
    check_with(
        "https://0.0.0.0/",
        &everything,
        Err("ipv4_literal_disallowed"),
    );
    check_with(
        "https://[::1]/",
        &everything,
        Err("ipv6_literal_disallowed"),
    );
    check_with("https://[::]/", &everything, Err("ipv6_literal_disallowed"));
    check_with(
        "https://[::ffff:127.0.0.1]/",
        &everything,
        Err("ipv6_literal_disallowed"),
    );
    check_with(
        "https://[64:ff9b::7f00:1]/",
        &everything,
        Err("ipv6_literal_disallowed"),
    );
}

#[test]
fn the_policy_speaks_again_about_a_stored_url() {
    let stored = EndpointUrl::from_stored("http://localhost/".to_owned());
    assert!(stored.judge(&policy(DEV, &[])).is_ok());
    assert_eq!(stored.judge(&policy(PROD, &[])), Err(UrlRefusal::Scheme));
}

#[test]
fn no_path_or_query_is_shown() {
    let policy = policy(PROD, &[]);
    let url = EndpointUrl::parse("https://a.example:8443/token?key=1", &policy).unwrap();
    assert_eq!(format!("{url:?}"), "<endpoint url>");
    let normalized = url.judge(&policy).unwrap();
    assert_eq!(format!("{normalized:?}"), "https://a.example:8443");
    assert_eq!(normalized.origin(), "https://a.example:8443");
}

/// Texts that come near to URLs, so that the checks behind the parser are reached.
fn any_url() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        "[a-z0-9.-]{1,20}",
        "[0-9]{1,3}(\\.[0-9a-fx]{1,4}){0,3}\\.?",
        "\\[[0-9a-f:.]{2,20}\\]",
        "\\PC{0,12}",
        Just("localhost.".to_owned()),
    ];
    let scheme = prop_oneof![Just("https"), Just("http"), Just("ftp")];
    let rest = "(:[0-9]{1,5})?(/\\PC{0,20})?(#\\PC{0,5})?";
    (scheme, "([a-z]{0,3}:?@)?", host, rest)
        .prop_map(|(scheme, user, host, rest)| format!("{scheme}://{user}{host}{rest}"))
}

proptest! {
    #[test]
    fn no_text_makes_the_judge_panic(text in prop_oneof!["\\PC{0,60}", any_url()]) {
        for environment in BOTH {
            let _ = EndpointUrl::parse(&text, &policy(environment, &["10.0.0.0/8"]));
        }
    }

    #[test]
    fn what_is_sent_to_is_itself_acceptable_and_already_normal(text in any_url()) {
        for environment in BOTH {
            let policy = policy(environment, &["10.0.0.0/8"]);
            if let Ok(url) = EndpointUrl::parse(&text, &policy) {
                let normalized = url.judge(&policy).unwrap();
                let again = EndpointUrl::parse(normalized.as_str(), &policy).unwrap();
                let again = again.judge(&policy).unwrap();
                prop_assert_eq!(again.as_str(), normalized.as_str());
            }
        }
    }

    #[test]
    fn production_accepts_no_more_than_development(text in any_url()) {
        if EndpointUrl::parse(&text, &policy(PROD, &[])).is_ok() {
            prop_assert!(EndpointUrl::parse(&text, &policy(DEV, &[])).is_ok());
        }
    }
}

#[test]
fn what_nothing_can_reach_is_refused() {
    refuses("https://yourapp.com:0/a", "invalid_port");
    check("http://localhost:0/a", DEV, Err("invalid_port"));
    for host in [
        "a..example",
        ".a.example",
        "a.example..",
        "*.example",
        "a{b}.example",
        "a!b.example",
    ] {
        refuses(&format!("https://{host}/"), "invalid_hostname");
    }
    let label = |chars: usize| "a".repeat(chars);
    refuses(
        &format!("https://{}.example/", label(64)),
        "invalid_hostname",
    );
    let long = format!("{0}.{0}.{0}.{0}.example", label(63));
    refuses(&format!("https://{long}/"), "invalid_hostname");

    let longest = format!("https://{}.example/", label(63));
    accepts(&longest, &longest);
    accepts("https://_hooks.a-b.example/", "https://_hooks.a-b.example/");
}

#[test]
fn urls_of_one_host_and_port_have_their_destination_in_common() {
    fn check(url: &str, expected: Option<&str>) {
        let url = EndpointUrl::from_stored(url.to_owned());
        let destination = url.destination();
        assert_eq!(destination.as_ref().map(Destination::as_str), expected);
        let judged = url.judge(&UrlPolicy {
            environment: Environment::Development,
            allowed: AllowedNetworks::default(),
        });
        if let Ok(judged) = judged {
            assert_eq!(Some(judged.destination()), destination);
        }
    }
    check("https://hooks.example/", Some("hooks.example:443"));
    check("https://hooks.example:443/a?b", Some("hooks.example:443"));
    check("HTTPS://Hooks.Example./x#y", Some("hooks.example:443"));
    check("https://hooks.example:8443/", Some("hooks.example:8443"));
    check("http://localhost/", Some("localhost:80"));
    check("https://[2001:DB8::1]/", Some("[2001:db8::1]:443"));
    check("https://bücher.example/", Some("xn--bcher-kva.example:443"));
    check("not a url", None);
    check("mailto:a@b.example", None);
}
