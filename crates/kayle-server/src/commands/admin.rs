//! `admin`: what an operator does to an installation.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use kayle_app::Webhooks;
use kayle_app::access::{ApiKeyMetadata, ApiKeyName, Caller, OPERATORS, Role, Scope};
use kayle_app::api_keys::{NewApiKey, NewSessionToken};
use kayle_app::ports::meter::NoMeter;
use kayle_crypto::MintedToken;
use kayle_primitives::{DeliveryId, OrganizationId};
use kayle_storage::{DatabaseUrl, SqliteAccess, SqliteFile};
use serde_json::{Value, json};
use uuid::Uuid;

use super::secret_key::{self, SecretKeyCommand};
use super::service_token::{self, ServiceTokenCommand};
use super::{doctor, print_line, sign_in_url};
use crate::config::Config;
use crate::wiring::{self, Wired};

#[derive(Args)]
pub(super) struct Admin {
    /// Print one JSON object on stdout instead of prose.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Subcommand)]
enum Subject {
    /// Organizations.
    #[command(subcommand)]
    Organization(OrganizationCommand),
    /// API keys of customers' servers.
    #[command(subcommand)]
    ApiKey(ApiKeyCommand),
    /// Tokens of Kayle's own services.
    #[command(subcommand)]
    ServiceToken(ServiceTokenCommand),
    /// Dashboard sessions, for installations without an identity service.
    #[command(subcommand)]
    SessionToken(SessionTokenCommand),
    /// The secret key that everything is sealed and hashed with.
    #[command(subcommand)]
    SecretKey(SecretKeyCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Check what must always be true of what is stored; changes nothing.
    Doctor,
    /// Say why a delivery is where it is, and what happens next.
    Explain {
        /// The delivery's id, of any organization.
        #[arg(value_parser = |text: &str| DeliveryId::parse(text))]
        delivery: DeliveryId,
    },
    /// Copy an SQLite database into a new file, while the service runs.
    ///
    /// The secret key is not in it: keep a copy of that elsewhere. A PostgreSQL is backed up with
    /// its own tools.
    Backup {
        /// The new file; it must not be there yet.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

#[derive(Subcommand)]
enum OrganizationCommand {
    /// Create an organization.
    Create {
        /// A name for people, of 1 to 120 characters.
        #[arg(long)]
        name: String,
    },
    /// Mark an organization's deletion as pending: its keys are refused, its deliveries pause.
    Freeze {
        /// The organization's id.
        id: Uuid,
    },
    /// Call the deletion off: deliveries that waited are due at once.
    Unfreeze {
        /// The organization's id.
        id: Uuid,
    },
}

#[derive(Subcommand)]
enum ApiKeyCommand {
    /// Create an API key and print it; it is never shown again.
    Create {
        /// The id of the organization that the key belongs to.
        #[arg(long, value_name = "ID")]
        organization: Uuid,
        /// A name for people, of 1 to 120 characters.
        #[arg(long, value_parser = |text: &str| ApiKeyName::parse(text))]
        name: ApiKeyName,
        /// A scope, such as webhooks:write; repeat for more.
        #[arg(long = "scope", required = true)]
        scopes: Vec<Scope>,
    },
}

#[derive(Subcommand)]
enum SessionTokenCommand {
    /// Create a dashboard session.
    Create {
        /// The id of the organization that the person works in.
        #[arg(
            long,
            value_name = "ID",
            required_unless_present = "operator",
            requires = "role"
        )]
        organization: Option<Uuid>,
        /// What the person may do: owner, admin or member.
        #[arg(long, required_unless_present = "operator", requires = "organization")]
        role: Option<Role>,
        /// An operator, who sees how the installation does, and nothing of any organization.
        #[arg(long, conflicts_with_all = ["organization", "role"])]
        operator: bool,
        /// The person; a fresh id if left out.
        #[arg(long, value_name = "UUID")]
        user: Option<Uuid>,
        /// How long the session lasts.
        #[arg(long, default_value = "8h", value_parser = ttl)]
        ttl: Duration,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Check that no row of any organization's log, or of the operators', was altered or removed.
    Verify,
}

/// What a command did, for people and for programs.
pub(super) struct Done {
    pub(super) prose: String,
    pub(super) json: Value,
}

pub(super) async fn run(admin: Admin, config: &Config) -> anyhow::Result<()> {
    let done = match admin.subject {
        Subject::Organization(command) => {
            with_webhooks(config, async |webhooks| {
                organization(webhooks, command).await
            })
            .await?
        }
        Subject::ApiKey(command) => {
            with_webhooks(config, async |webhooks| api_key(webhooks, command).await).await?
        }
        Subject::ServiceToken(command) => {
            with_webhooks(config, async |webhooks| {
                service_token::run(command, webhooks).await
            })
            .await?
        }
        Subject::SessionToken(command) => {
            let create = async |webhooks: &Webhooks| session_token(webhooks, config, command).await;
            with_webhooks(config, create).await?
        }
        Subject::SecretKey(command) => secret_key::run(command, config).await?,
        Subject::Audit(AuditCommand::Verify) => with_webhooks(config, audit_verify).await?,
        Subject::Doctor => return doctor::run(config, admin.json).await,
        Subject::Explain { delivery } => explain(config, &delivery).await?,
        Subject::Backup { to } => back_up(config, &to).await?,
    };
    if admin.json {
        print_line(&done.json.to_string())
    } else {
        print_line(&done.prose)
    }
}

/// Does something with the operations, and closes the database whatever came of it. Under a secret
/// key that a running node lacks nothing is done: that node would refuse the API key or token that
/// was made.
async fn with_webhooks(
    config: &Config,
    act: impl AsyncFnOnce(&Webhooks) -> anyhow::Result<Done>,
) -> anyhow::Result<Done> {
    let wired = wiring::wire(config, Arc::new(NoMeter)).await?;
    let done = match secret_key::refuse_unknown_to_nodes(&wired.webhooks).await {
        Ok(()) => act(&wired.webhooks).await,
        Err(refusal) => Err(refusal),
    };
    wired.store.close().await?;
    done
}

async fn explain(config: &Config, id: &DeliveryId) -> anyhow::Result<Done> {
    let wired = wiring::wire_as_it_is(config).await?;
    let explained = explain_with(&wired, id).await;
    wired.store.close().await?;
    explained
}

async fn explain_with(wired: &Wired, id: &DeliveryId) -> anyhow::Result<Done> {
    let organization_id = wired.store.organization_of_delivery(id).await?;
    let organization_id = organization_id.with_context(|| format!("there is no delivery {id}"))?;
    let found = wired.webhooks.get_delivery(organization_id, id).await?;
    let found = found.with_context(|| format!("there is no delivery {id}"))?;
    let planned: Vec<String> = found
        .planned_attempts
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut prose = format!(
        "{id} of organization {organization_id} to endpoint {}, {} so far:\n{}",
        found.delivery.endpoint_id,
        match found.attempts.len() {
            1 => "1 attempt".to_owned(),
            many => format!("{many} attempts"),
        },
        found.explanation
    );
    if !planned.is_empty() {
        prose = format!(
            "{prose}\nIf every attempt fails, they begin at {}.",
            planned.join(", ")
        );
    }
    Ok(Done {
        prose,
        json: json!({
            "id": id.as_str(),
            "organization_id": organization_id.to_string(),
            "endpoint_id": found.delivery.endpoint_id.as_str(),
            "status": found.delivery.status().as_str(),
            "attempts": found.attempts.len(),
            "explanation": { "code": found.explanation.code().as_str(), "text": found.explanation.to_string() },
            "planned_attempts": planned,
        }),
    })
}

/// Copies the database as it is, whatever version made it; one that is not there is not made.
async fn back_up(config: &Config, to: &Path) -> anyhow::Result<Done> {
    let database = match &config.database_url {
        DatabaseUrl::Sqlite(file) => {
            DatabaseUrl::Sqlite(SqliteFile::new(file.path(), SqliteAccess::Write))
        }
        // The store says what to do.
        DatabaseUrl::Postgres(url) => DatabaseUrl::Postgres(url.clone()),
    };
    let store = wiring::connect_to(&database, config).await?;
    let bytes = store.back_up(to).await;
    store.close().await?;
    let bytes = bytes?;
    Ok(Done {
        prose: format!("backed up {bytes} bytes into {}", to.display()),
        json: json!({ "file": to, "bytes": bytes }),
    })
}

async fn organization(webhooks: &Webhooks, command: OrganizationCommand) -> anyhow::Result<Done> {
    match command {
        OrganizationCommand::Create { name } => {
            let made = webhooks
                .create_organization(&name)
                .await
                .context("no organization made")?;
            let prose = format!("Made organization {} ({}).", made.id, made.name);
            Ok(Done {
                prose,
                json: json!({ "id": made.id.to_string() }),
            })
        }
        OrganizationCommand::Freeze { id } => {
            webhooks.freeze_organization(OrganizationId(id)).await?;
            let prose = format!("Froze organization {id}: keys are refused, deliveries pause.");
            Ok(Done {
                prose,
                json: json!({ "id": id.to_string(), "frozen": true }),
            })
        }
        OrganizationCommand::Unfreeze { id } => {
            webhooks.unfreeze_organization(OrganizationId(id)).await?;
            let prose = format!("Unfroze organization {id}: its deliveries go on.");
            Ok(Done {
                prose,
                json: json!({ "id": id.to_string(), "frozen": false }),
            })
        }
    }
}

async fn api_key(webhooks: &Webhooks, command: ApiKeyCommand) -> anyhow::Result<Done> {
    let ApiKeyCommand::Create {
        organization,
        name,
        scopes,
    } = command;
    let new = NewApiKey {
        name,
        scopes,
        metadata: ApiKeyMetadata::default(),
    };
    let made = webhooks
        .create_api_key(&Caller::system(OrganizationId(organization)), new)
        .await
        .context("no API key made")?;
    let (id, key) = (made.key.id.to_string(), made.plaintext.expose());
    Ok(Done {
        prose: format!("Made API key {id}. It is shown only now:\n{key}"),
        json: json!({ "id": id, "key": key }),
    })
}

async fn session_token(
    webhooks: &Webhooks,
    config: &Config,
    command: SessionTokenCommand,
) -> anyhow::Result<Done> {
    let SessionTokenCommand::Create {
        organization,
        role,
        operator: _,
        user,
        ttl,
    } = command;
    let minted = match (organization, role) {
        (Some(organization), Some(role)) => {
            let new = NewSessionToken {
                user_id: user,
                role,
                ttl,
            };
            let minted = webhooks.mint_session_token(OrganizationId(organization), new);
            minted.await?
        }
        (None, _) | (_, None) => webhooks.mint_operator_session(user, ttl).await?,
    };
    let MintedToken { token, expires_at } = &minted.token;
    let (cookie, token) = (config.session_cookie(), token.as_str());
    let sign_in_url = config
        .dashboard
        .then(|| sign_in_url(&config.public_url(config.listen), &minted));
    let link = sign_in_url.as_ref().map_or_else(String::new, |url| {
        format!("\nSign in within ten minutes, once:\n{url}")
    });
    Ok(Done {
        prose: format!(
            "Made a dashboard session, valid until {expires_at}:\n{cookie}={token}{link}"
        ),
        json: json!({ "cookie_name": cookie, "token": token, "sign_in_url": sign_in_url }),
    })
}

/// Prints what is broken and fails, if anything is.
async fn audit_verify(webhooks: &Webhooks) -> anyhow::Result<Done> {
    let verified = webhooks.verify_audit_logs().await?;
    let rows: u64 = verified.iter().map(|log| log.rows).sum();
    let broken: Vec<String> = verified
        .iter()
        .filter_map(|log| Some(format!("{}: {}", log.owner(), log.broken?)))
        .collect();
    if !broken.is_empty() {
        bail!("the audit log is broken\n  {}", broken.join("\n  "));
    }
    let of_organizations = verified
        .iter()
        .filter(|log| log.organization_id != OPERATORS);
    let organizations = of_organizations.count();
    Ok(Done {
        prose: format!("The audit log is whole: rows {rows}, organizations {organizations}."),
        json: json!({ "organizations": organizations, "rows": rows, "whole": true }),
    })
}

pub(super) fn ttl(text: &str) -> Result<Duration, String> {
    /// Ten years: a token that lives longer is a key that nobody rotates.
    const TTL_MAX: Duration = Duration::from_hours(24 * 365 * 10);
    match humantime::parse_duration(text) {
        Ok(ttl) if !ttl.is_zero() && ttl <= TTL_MAX => Ok(ttl),
        Ok(_) | Err(_) => Err("must be a duration such as 90d, at most 10 years".to_owned()),
    }
}
