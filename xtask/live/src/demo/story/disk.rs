//! A search of all that the service has written.

use anyhow::{Context, bail, ensure};

use super::verification::Verification;
use super::{Cast, ORGANIZATION};
use crate::demo::screen::Screen;
use crate::service::Service;
use xtask::leaks::{self, Secret, Trace};

/// Shows that no secret and nobody's data are on disk.
pub(super) fn tell(
    screen: &mut Screen,
    service: &Service,
    cast: &Cast,
    verifications: &[Verification],
) -> anyhow::Result<()> {
    screen.step("What is on disk: the database, its journal and the logs are searched");
    let files = leaks::files(service.folder())?;
    for file in &files {
        let size = file.metadata().context("a file cannot be read")?.len();
        let name = file.strip_prefix(service.folder()).unwrap_or(file);
        screen.line(&name.to_string_lossy(), format!("{size} bytes"));
    }
    let found = leaks::search(&files, &[named("the organization's name", ORGANIZATION)])?;
    ensure!(
        !found.is_empty(),
        "the search does not even find the organization's name, which is no secret"
    );
    screen.holds("the search finds the organization's name, so it looks in the right place");

    let found = leaks::search(&files, &secrets(cast, verifications))?;
    if !found.is_empty() {
        bail!("found on disk:\n  {}", found.join("\n  "));
    }
    screen.holds("no claim value, no whsec_, no kk_, no cancel token, no service token");
    Ok(())
}

fn secrets(cast: &Cast, verifications: &[Verification]) -> Vec<Secret> {
    let mut secrets = vec![
        prefixed("a signing secret", "whsec_"),
        prefixed("an API key", "kk_"),
        named("the API key", &cast.api_key),
        named("the signing secret", &cast.customer.signing_secret),
        named("the service token", &cast.service_token),
    ];
    for verification in verifications {
        secrets.push(named("a cancel token", &verification.cancel_token));
        for (key, value) in verification.claims {
            secrets.push(named(&format!("the claim {key}"), value));
        }
    }
    secrets
}

fn named(name: &str, value: &str) -> Secret {
    Secret {
        name: name.to_owned(),
        trace: Trace::Value(value.to_owned()),
    }
}

fn prefixed(name: &str, prefix: &'static str) -> Secret {
    Secret {
        name: name.to_owned(),
        trace: Trace::Prefix(prefix),
    }
}
