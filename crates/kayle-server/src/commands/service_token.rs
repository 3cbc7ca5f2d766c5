//! `admin service-token`: tokens of Kayle's own services.

use std::time::Duration;

use clap::Subcommand;
use kayle_app::Webhooks;
use kayle_app::ports::store::ServiceToken;
use kayle_primitives::{ServiceTokenId, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::admin::{Done, ttl};

/// The longest name of a service, in characters.
const SUBJECT_CHARS_MAX: usize = 120;

#[derive(Subcommand)]
pub(super) enum ServiceTokenCommand {
    /// Create a token for the intake under /internal/v1.
    Create {
        /// The service's name.
        #[arg(long, value_name = "NAME", value_parser = subject)]
        subject: String,
        /// How long it is valid.
        #[arg(long, default_value = "90d", value_parser = ttl)]
        ttl: Duration,
    },
    /// List the tokens: whose they are, when they end, and when they were last used.
    List,
    /// Refuse a token from now on, on every node.
    Revoke {
        /// The token's id.
        id: Uuid,
    },
}

pub(super) async fn run(command: ServiceTokenCommand, webhooks: &Webhooks) -> anyhow::Result<Done> {
    match command {
        ServiceTokenCommand::Create { subject, ttl } => create(webhooks, &subject, ttl).await,
        ServiceTokenCommand::List => list(webhooks).await,
        ServiceTokenCommand::Revoke { id } => revoke(webhooks, ServiceTokenId(id)).await,
    }
}

async fn create(webhooks: &Webhooks, subject: &str, ttl: Duration) -> anyhow::Result<Done> {
    let made = webhooks.create_service_token(subject, ttl).await?;
    let id = made.id.to_string();
    let (token, expires_at) = (made.token.token.as_str(), made.token.expires_at.to_string());
    Ok(Done {
        prose: format!("Made token {id} for {subject}, valid until {expires_at}:\n{token}"),
        json: json!({ "id": id, "token": token, "expires_at": expires_at }),
    })
}

async fn list(webhooks: &Webhooks) -> anyhow::Result<Done> {
    let tokens = webhooks.list_service_tokens().await?;
    let lines: Vec<String> = tokens.iter().map(describe).collect();
    let prose = if lines.is_empty() {
        "There are no service tokens.".to_owned()
    } else {
        lines.join("\n")
    };
    Ok(Done {
        prose,
        json: json!({ "service_tokens": tokens.iter().map(to_json).collect::<Value>() }),
    })
}

async fn revoke(webhooks: &Webhooks, id: ServiceTokenId) -> anyhow::Result<Done> {
    let known = webhooks.revoke_service_token(id).await?;
    let subject = known.and_then(|token| token.subject);
    let prose = match &subject {
        Some(subject) => format!("Token {id} of {subject} is refused from now on."),
        None => format!("No token {id} has been seen. Should one come, it is refused."),
    };
    Ok(Done {
        prose,
        json: json!({ "id": id.to_string(), "subject": subject, "revoked": true }),
    })
}

fn describe(token: &ServiceToken) -> String {
    let at = |moment: Option<Timestamp>| moment.map_or("unknown".to_owned(), |at| at.to_string());
    let revoked = token.revoked_at;
    format!(
        "{}  {}  made {}  ends {}  last used {}{}",
        token.id,
        token.subject.as_deref().unwrap_or("unknown"),
        at(token.created_at),
        at(token.expires_at),
        token
            .last_used_at
            .map_or("never".to_owned(), |at| at.to_string()),
        revoked.map_or_else(String::new, |at| format!("  revoked {at}")),
    )
}

fn to_json(token: &ServiceToken) -> Value {
    let at = |moment: Option<Timestamp>| moment.map(|at| at.to_string());
    json!({
        "id": token.id.to_string(),
        "subject": token.subject,
        "created_at": at(token.created_at),
        "expires_at": at(token.expires_at),
        "last_used_at": at(token.last_used_at),
        "revoked_at": at(token.revoked_at),
    })
}

fn subject(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || SUBJECT_CHARS_MAX < text.chars().count() {
        return Err(format!(
            "must have 1 to {SUBJECT_CHARS_MAX} characters after trimming"
        ));
    }
    Ok(text.to_owned())
}
