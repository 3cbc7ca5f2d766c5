//! Judges where deliveries may go: `cargo run -p kayle-endpoints --example judge`.

use std::error::Error;
use std::net::IpAddr;

use kayle_endpoints::{AddressPolicy, AllowedNetworks, EndpointUrl, Environment, UrlPolicy};

fn main() -> Result<(), Box<dyn Error>> {
    let policy = UrlPolicy {
        environment: Environment::Production,
        allowed: AllowedNetworks::default(),
    };
    println!("URLs, when an endpoint is made:");
    for url in [
        "https://shop.example/webhooks?tenant=7",
        "http://shop.example/",
        "https://user:password@shop.example/",
        "https://localhost/",
        "https://10.1.2.3/",
        "https://shop.internal/",
    ] {
        match EndpointUrl::parse(url, &policy).and_then(|url| url.judge(&policy)) {
            Ok(normalized) => println!("  accepted {url}: a log shows {}", normalized.origin()),
            Err(refusal) => println!("  refused  {url}: {refusal}"),
        }
    }

    println!("addresses, when a name was resolved for an attempt:");
    let addresses = AddressPolicy::new(Environment::Production, AllowedNetworks::default());
    for address in [
        "203.0.114.9",
        "127.0.0.1",
        "169.254.169.254",
        "::ffff:10.0.0.1",
    ] {
        let permitted = addresses.permits(address.parse::<IpAddr>()?);
        println!(
            "  {} {address}",
            if permitted { "permitted" } else { "forbidden" }
        );
    }
    Ok(())
}
