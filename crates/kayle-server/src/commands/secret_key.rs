//! `admin secret-key`: which keys there are, and how everything comes under the current one.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Arc;

use anyhow::{bail, ensure};
use clap::Subcommand;
use kayle_app::Webhooks;
use kayle_app::ports::meter::NoMeter;
use kayle_app::ports::store::{KeptUnderKey, KeyUse};
use kayle_app::secret_keys::{KeyStatus, MissingKey, Rotated};
use serde_json::{Value, json};

use super::admin::Done;
use crate::config::Config;
use crate::wiring::{self, Wired};

#[derive(Subcommand)]
pub(super) enum SecretKeyCommand {
    /// Say how much is kept under which key, and which can be forgotten.
    Status,
    /// Seal everything anew under the current key, while the service runs.
    Rotate,
}

pub(super) async fn run(command: SecretKeyCommand, config: &Config) -> anyhow::Result<Done> {
    let wired = wiring::wire(config, Arc::new(NoMeter)).await?;
    let done = match command {
        SecretKeyCommand::Status => status(&wired).await,
        SecretKeyCommand::Rotate => rotate(&wired).await,
    };
    wired.store.close().await?;
    done
}

/// Refuses a secret key that a running node lacks: what is made with it would be unknown there.
pub(super) async fn refuse_unknown_to_nodes(webhooks: &Webhooks) -> anyhow::Result<()> {
    if let Some(node) = webhooks.nodes_without_current_key().await?.first() {
        bail!(
            "KAYLE_SECRET_KEY: node {} ({}) runs without this key and would not know what is made \
             with it; first give it the key in KAYLE_SECRET_KEY_PREVIOUS, or stop it",
            node.id,
            node.role.as_str()
        );
    }
    Ok(())
}

async fn status(wired: &Wired) -> anyhow::Result<Done> {
    let status = wired.webhooks.secret_key_status().await?;
    let missing = wired.webhooks.missing_keys().await?;
    let keys = names(&status);
    let mut prose: Vec<String> = keys
        .iter()
        .map(|key| format!("{key}  {}", describe_key(&status, &missing, key)))
        .collect();
    let unknown = count_unknown(&status.uses);
    if 0 < unknown {
        prose.push(format!(
            "{unknown} API keys were hashed before keys were noted; each is when it is next used."
        ));
    }
    for node in &status.nodes {
        let known = match node.key_ids.as_slice() {
            [] => "does not say which keys it knows".to_owned(),
            [current] => format!("uses {current}"),
            [current, others @ ..] => format!("uses {current}, knows {}", others.join(", ")),
        };
        prose.push(format!("node {} ({}) {known}", node.id, node.role.as_str()));
    }
    Ok(Done {
        prose: prose.join("\n"),
        json: json!({
            "keys": keys.iter().map(|key| key_to_json(&status, &missing, key)).collect::<Value>(),
            "api_keys_without_key": unknown,
            "nodes": status.nodes.iter().map(|node| json!({
                "id": node.id, "role": node.role.as_str(), "keys": node.key_ids,
            })).collect::<Value>(),
        }),
    })
}

/// Names every key that is met anywhere, those that this process knows first.
fn names(status: &KeyStatus) -> Vec<String> {
    let mut names = status.known.clone();
    let kept = status.uses.iter().filter_map(|kept| kept.key_id.clone());
    for name in kept.chain(status.retired.iter().cloned()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn describe_key(status: &KeyStatus, missing: &[MissingKey], key: &str) -> String {
    let count = |kind| rows(&status.uses, kind, key);
    let mut words = vec![format!(
        "{} signing secrets, {} API keys",
        count(KeptUnderKey::SigningSecrets),
        count(KeptUnderKey::ApiKeys)
    )];
    if status.known.first().is_some_and(|current| current == key) {
        words.push("current".to_owned());
    } else if missing.iter().any(|missing| missing.key_id == key) {
        words.push("MISSING: the service does not start without it".to_owned());
    } else if status.may_be_forgotten(key) {
        words.push("may be forgotten".to_owned());
    } else if status.known.iter().any(|known| known == key) {
        words.push("known; not to be forgotten before `admin secret-key rotate`".to_owned());
    }
    words.join("; ")
}

fn key_to_json(status: &KeyStatus, missing: &[MissingKey], key: &str) -> Value {
    json!({
        "id": key,
        "current": status.known.first().is_some_and(|current| current == key),
        "known": status.known.iter().any(|known| known == key),
        "missing": missing.iter().any(|missing| missing.key_id == key),
        "may_be_forgotten": status.may_be_forgotten(key),
        "signing_secrets": rows(&status.uses, KeptUnderKey::SigningSecrets, key),
        "api_keys": rows(&status.uses, KeptUnderKey::ApiKeys, key),
    })
}

async fn rotate(wired: &Wired) -> anyhow::Result<Done> {
    let before = wired.webhooks.secret_key_status().await?;
    let current = before.known.first().map_or("", String::as_str);
    let secrets = before.uses.iter().filter(|kept| {
        kept.kind == KeptUnderKey::SigningSecrets && kept.key_id.as_deref() != Some(current)
    });
    let total: u64 = secrets.map(|kept| kept.rows).sum();
    let shows_progress = stderr().is_terminal();
    let mut progress = |sealed: u64| {
        if shows_progress {
            // Who cannot see it misses nothing else.
            let _ = write!(stderr(), "\rsealed anew: {sealed} of {total}");
        }
    };
    let rotated = wired
        .webhooks
        .rotate_secret_key(&*wired.store, &mut progress)
        .await?;
    if shows_progress {
        let _ = writeln!(stderr());
    }
    let Rotated {
        sealed,
        unopened,
        audit_logs,
    } = rotated;
    ensure!(
        unopened == 0,
        "{unopened} signing secrets cannot be opened: their key is missing or they are damaged; \
         `admin secret-key status` and `admin doctor` name them ({sealed} were sealed anew)"
    );
    Ok(Done {
        prose: format!(
            "Everything is sealed under {current}: {sealed} signing secrets anew, {audit_logs} \
             audit logs go on under it."
        ),
        json: json!({ "key": current, "sealed": sealed, "audit_logs": audit_logs }),
    })
}

/// Says what needs a key that is missing.
pub(super) fn describe_missing(missing: &MissingKey, uses: &[KeyUse]) -> String {
    let kept = match missing.kind {
        KeptUnderKey::SigningSecrets => "signing secrets",
        KeptUnderKey::ApiKeys => "API keys",
        KeptUnderKey::RetiredKeys => "retired keys",
    };
    let count = rows(uses, missing.kind, &missing.key_id);
    format!("key {}: {count} {kept} are kept under it", missing.key_id)
}

fn rows(uses: &[KeyUse], kind: KeptUnderKey, key: &str) -> u64 {
    let found = uses
        .iter()
        .find(|kept| kept.kind == kind && kept.key_id.as_deref() == Some(key));
    found.map_or(0, |kept| kept.rows)
}

fn count_unknown(uses: &[KeyUse]) -> u64 {
    let unknown = uses.iter().filter(|kept| kept.key_id.is_none());
    unknown.map(|kept| kept.rows).sum()
}
