//! The configuration: environment variables, each also a key of an optional TOML file
//! (contract 13.2). The environment wins. Nothing else in the workspace reads the environment.

mod kubernetes;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use figment::Figment;
use figment::providers::{Format, Toml};
use figment::value::Value;
use ipnet::IpNet;
use kayle_api::{InvalidRateLimit, RateLimit};
use kayle_app::ports::store::FullAt;
use kayle_app::quotas::Quotas;
use kayle_crypto::{IdentityKey, KeyRing};
use kayle_delivery::{RetrySchedule, RetrySchedules};
use kayle_endpoints::{AllowedNetworks, Environment};
use kayle_primitives::Entropy;
use kayle_storage::{DatabaseUrl, InvalidDatabaseUrl, SqliteAccess, SqliteFile};

use crate::secret_key::{ConfiguredKeys, InvalidSecretKey, SecretKey, key_ring};

const PREFIX: &str = "KAYLE_";

/// Settings that can also lie in a file, which `KAYLE_…_FILE` names: as systemd, Kubernetes and
/// Docker hand secrets over.
const SECRETS: [&str; 3] = ["secret_key", "secret_key_previous", "database_url"];

fn of_file(name: &str) -> String {
    format!("{name}_file")
}

/// What an operator can choose.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) environment: Environment,
    pub(crate) listen: SocketAddr,
    pub(crate) internal_listen: Option<SocketAddr>,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) stop_delay: Duration,
    pub(crate) database_url: DatabaseUrl,
    pub(crate) database_connections: u32,
    pub(crate) secret_key: Option<SecretKey>,
    pub(crate) secret_key_previous: Vec<SecretKey>,
    pub(crate) retry_schedules: RetrySchedules,
    pub(crate) delivery_timeout: Duration,
    pub(crate) delivery_lease: Duration,
    pub(crate) delivery_concurrency: usize,
    pub(crate) endpoint_concurrency: usize,
    pub(crate) destination_concurrency: usize,
    pub(crate) quotas: Quotas,
    pub(crate) api_rate_limit: Option<RateLimit>,
    pub(crate) session_lifetime: Duration,
    pub(crate) sweep_interval: Duration,
    pub(crate) allow_networks: AllowedNetworks,
    pub(crate) session_public_key: Option<IdentityKey>,
    pub(crate) dashboard: bool,
    pub(crate) dashboard_origin: Option<String>,
    pub(crate) sign_in_url: Option<String>,
    pub(crate) public_url: Option<String>,
    pub(crate) verify_url: String,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    /// Variables that Kubernetes made of its Services and that only look like ours.
    pub(crate) ignored: Vec<String>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// The configuration cannot be used. Names the variable, never a value: it may be a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidConfig {
    #[error("{variable} {problem}")]
    Value { variable: String, problem: String },
    #[error("unknown setting {0}")]
    Unknown(String),
    #[error("the configuration file cannot be read")]
    File(#[source] Box<figment::Error>),
}

/// The settings as texts, by lower-case name without the prefix. Each is taken out when it is
/// parsed; what is left over is unknown.
struct Settings(BTreeMap<String, String>);

impl Config {
    /// Reads the environment, and `file` if one is given.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, InvalidConfig> {
        let mut texts = file.map(read_file).transpose()?.unwrap_or_default();
        let environment = read_environment()?;
        // What the environment says of a setting replaces the other form of it, too.
        for name in SECRETS {
            let [plain, by_file] = [name.to_owned(), of_file(name)];
            if environment.contains_key(&plain) || environment.contains_key(&by_file) {
                texts.remove(&plain);
                texts.remove(&by_file);
            }
        }
        texts.extend(environment);
        let mut settings = Settings(texts);
        for name in SECRETS {
            settings.read_file_of(name)?;
        }
        Self::parse(settings)
    }

    fn parse(mut settings: Settings) -> Result<Self, InvalidConfig> {
        let defaults = RetrySchedules::default();
        let quotas = Quotas::default();
        let mut config = Self {
            environment: settings.take("environment", Environment::Development, environment)?,
            listen: settings.take("listen", SocketAddr::from(([127, 0, 0, 1], 8787)), address)?,
            internal_listen: settings
                .take("internal_listen", None, |text| address(text).map(Some))?,
            metrics_listen: settings
                .take("metrics_listen", None, |text| address(text).map(Some))?,
            stop_delay: settings.take("stop_delay", Duration::ZERO, pause)?,
            database_url: settings.take("database_url", default_database(), database)?,
            database_connections: settings.take("database_connections", 16, connections)?,
            secret_key: settings.take("secret_key", None, |text| secret_key(text).map(Some))?,
            secret_key_previous: settings.take("secret_key_previous", Vec::new(), secret_keys)?,
            retry_schedules: RetrySchedules {
                standard: settings.take("retry_schedule_standard", defaults.standard, schedule)?,
                short: settings.take("retry_schedule_short", defaults.short, schedule)?,
            },
            delivery_timeout: settings.take("delivery_timeout", Duration::from_secs(15), span)?,
            delivery_lease: settings.take("delivery_lease", Duration::from_mins(1), span)?,
            delivery_concurrency: settings.take("delivery_concurrency", 512, count)?,
            endpoint_concurrency: settings.take("endpoint_concurrency", 32, count)?,
            destination_concurrency: settings.take("destination_concurrency", 64, count)?,
            quotas: Quotas {
                endpoints_max: settings.take("endpoints_max", quotas.endpoints_max, quota)?,
                open_sessions_max: settings.take(
                    "open_sessions_max",
                    quotas.open_sessions_max,
                    quota,
                )?,
            },
            api_rate_limit: settings
                .take("api_rate_limit", None, |text| rate_limit(text).map(Some))?,
            session_lifetime: settings.take("session_lifetime", Duration::from_hours(1), span)?,
            sweep_interval: settings.take("sweep_interval", Duration::from_secs(30), span)?,
            allow_networks: settings.take(
                "allow_networks",
                AllowedNetworks::default(),
                networks,
            )?,
            session_public_key: settings.take("session_public_key", None, |text| {
                identity_key(text).map(Some)
            })?,
            dashboard: settings.take("dashboard", true, on_or_off)?,
            dashboard_origin: settings
                .take("dashboard_origin", None, |text| origin(text).map(Some))?,
            sign_in_url: settings.take("sign_in_url", None, |text| base_url(text).map(Some))?,
            public_url: settings.take("public_url", None, |text| base_url(text).map(Some))?,
            verify_url: settings.take(
                "verify_url",
                "https://verify.kayle.id".to_owned(),
                base_url,
            )?,
            log: settings.take("log", "info".to_owned(), |text| Ok(text.to_owned()))?,
            log_format: settings.take("log_format", LogFormat::Text, log_format)?,
            ignored: Vec::new(),
        };
        config.ignored = settings.refuse_or_ignore()?;
        config.check()
    }

    /// Returns the keys of this installation; see [`key_ring`].
    pub(crate) fn key_ring(&self, entropy: &dyn Entropy) -> anyhow::Result<KeyRing> {
        let configured = ConfiguredKeys {
            current: self.secret_key.as_ref(),
            others: &self.secret_key_previous,
        };
        key_ring(configured, &self.database_url, self.environment, entropy)
    }

    /// Returns whether the service is reached over https.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url
            .as_ref()
            .is_some_and(|url| url.starts_with("https://"))
    }

    /// Returns where the service is reached that listens at `address`.
    pub(crate) fn public_url(&self, address: SocketAddr) -> String {
        let configured = self.public_url.clone();
        configured.unwrap_or_else(|| format!("http://{address}"))
    }

    /// Returns how many requests under way are as many as there may be.
    pub(crate) fn full_at(&self) -> FullAt {
        FullAt {
            endpoint: self.endpoint_concurrency,
            destination: self.destination_concurrency,
        }
    }

    /// Returns how long an expired payload may wait: a sweep of very many takes a while by itself.
    pub(crate) fn sweep_grace(&self) -> Duration {
        /// One under way, and one to come.
        const SWEEPS_WAITED: u32 = 2;
        self.sweep_interval * SWEEPS_WAITED + kayle_app::doctor::LEASE_GRACE
    }

    /// Returns the name of the cookie that a dashboard session travels in (contract 13.3).
    pub(crate) fn session_cookie(&self) -> &'static str {
        if self.is_https() {
            "__Secure-kayle-id.session_token"
        } else {
            "kayle-id.session_token"
        }
    }

    /// Checks what concerns more than one setting.
    fn check(self) -> Result<Self, InvalidConfig> {
        if self.delivery_lease <= self.delivery_timeout {
            return Err(InvalidConfig::Value {
                variable: variable("delivery_lease"),
                problem: format!(
                    "must be longer than {}: a lease that ends during a request would have it \
                     sent twice",
                    variable("delivery_timeout")
                ),
            });
        }
        if self.environment == Environment::Production && self.secret_key.is_none() {
            return Err(InvalidConfig::Value {
                variable: variable("secret_key"),
                problem: "is required in production: base64 of at least 32 random bytes".to_owned(),
            });
        }
        Ok(self)
    }
}

impl Settings {
    /// Takes a setting out and parses it; a missing or empty one has its default.
    fn take<T>(
        &mut self,
        name: &str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, InvalidConfig> {
        match self.0.remove(name) {
            Some(text) if !text.trim().is_empty() => {
                parse(text.trim()).map_err(|problem| InvalidConfig::Value {
                    variable: variable(name),
                    problem,
                })
            }
            Some(_) | None => Ok(default),
        }
    }

    /// Takes a setting's value out of the file that is named for it, if one is.
    fn read_file_of(&mut self, name: &str) -> Result<(), InvalidConfig> {
        let by_file = of_file(name);
        let invalid = |problem: String| InvalidConfig::Value {
            variable: variable(&by_file),
            problem,
        };
        let is_set = |text: &String| !text.trim().is_empty();
        let Some(path) = self.0.remove(&by_file).filter(is_set) else {
            return Ok(());
        };
        if self.0.get(name).is_some_and(is_set) {
            let other = variable(name);
            return Err(invalid(format!("cannot be set together with {other}")));
        }
        let text = std::fs::read_to_string(path.trim())
            .map_err(|error| invalid(format!("names a file that cannot be read: {error}")))?;
        self.0.insert(name.to_owned(), text);
        Ok(())
    }

    /// Returns what is left and was made by Kubernetes.
    ///
    /// # Errors
    /// Something else is left.
    fn refuse_or_ignore(self) -> Result<Vec<String>, InvalidConfig> {
        let ignored = self.0.into_iter().map(|(name, value)| {
            let variable = variable(&name);
            if kubernetes::is_of_a_service(&variable, &value) {
                Ok(variable)
            } else {
                Err(InvalidConfig::Unknown(variable))
            }
        });
        ignored.collect()
    }
}

fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_uppercase())
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn read_environment() -> Result<BTreeMap<String, String>, InvalidConfig> {
    let ours = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.to_str()?.strip_prefix(PREFIX)?.to_lowercase();
        Some((name, value))
    });
    ours.map(|(name, value)| match value.into_string() {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(InvalidConfig::Value {
            variable: variable(&name),
            problem: "is not UTF-8".to_owned(),
        }),
    })
    .collect()
}

fn read_file(path: &Path) -> Result<BTreeMap<String, String>, InvalidConfig> {
    let values: BTreeMap<String, Value> = Figment::from(Toml::file_exact(path))
        .extract()
        .map_err(|error| InvalidConfig::File(Box::new(error)))?;
    values
        .into_iter()
        .map(|(name, value)| {
            let text = match &value {
                Value::String(_, text) => Some(text.clone()),
                Value::Num(_, number) => {
                    let signed = number.to_i128().map(|number| number.to_string());
                    signed.or_else(|| number.to_u128().map(|number| number.to_string()))
                }
                Value::Char(..)
                | Value::Bool(..)
                | Value::Empty(..)
                | Value::Dict(..)
                | Value::Array(..) => None,
            };
            let problem = "must be a string or a whole number".to_owned();
            match text {
                Some(text) => Ok((name, text)),
                None => Err(InvalidConfig::Value {
                    variable: name,
                    problem,
                }),
            }
        })
        .collect()
}

fn environment(text: &str) -> Result<Environment, String> {
    match text {
        "development" => Ok(Environment::Development),
        "production" => Ok(Environment::Production),
        _ => Err("must be development or production".to_owned()),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "must be an address and a port, such as 127.0.0.1:8787".to_owned())
}

fn default_database() -> DatabaseUrl {
    DatabaseUrl::Sqlite(SqliteFile::new("kayle-webhooks.db", SqliteAccess::Create))
}

fn database(text: &str) -> Result<DatabaseUrl, String> {
    text.parse()
        .map_err(|error: InvalidDatabaseUrl| error.to_string())
}

fn connections(text: &str) -> Result<u32, String> {
    /// Beyond what a database server of any size is set up to take from one process.
    const CONNECTIONS_MAX: u32 = 1000;
    match text.parse() {
        Ok(count) if (1..=CONNECTIONS_MAX).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err(format!(
            "must be a whole number from 1 to {CONNECTIONS_MAX}"
        )),
    }
}

fn secret_key(text: &str) -> Result<SecretKey, String> {
    text.parse()
        .map_err(|error: InvalidSecretKey| error.to_string())
}

fn secret_keys(text: &str) -> Result<Vec<SecretKey>, String> {
    let texts = text.split(',').filter(|key| !key.trim().is_empty());
    let keys: Result<Vec<SecretKey>, String> = texts.map(secret_key).collect();
    keys.map_err(|problem| format!("lists keys, separated by commas, of which each {problem}"))
}

fn schedule(text: &str) -> Result<RetrySchedule, String> {
    let delays: Result<Vec<Duration>, _> = text
        .split(',')
        .map(|delay| humantime::parse_duration(delay.trim()))
        .collect();
    let delays = delays.map_err(|_| "must be a list of durations such as 0s,5s,5m".to_owned())?;
    RetrySchedule::new(delays).map_err(|error| error.to_string())
}

fn span(text: &str) -> Result<Duration, String> {
    /// Far inside what a timestamp can hold, and longer than any of these spans makes sense.
    const SPAN_MAX: Duration = Duration::from_hours(31 * 24);
    match humantime::parse_duration(text) {
        Ok(span) if !span.is_zero() && span <= SPAN_MAX => Ok(span),
        Ok(_) | Err(_) => Err("must be a duration such as 15s or 60m, above 0".to_owned()),
    }
}

fn pause(text: &str) -> Result<Duration, String> {
    /// Longer than any load balancer takes to look again; systemd and Kubernetes kill before.
    const PAUSE_MAX: Duration = Duration::from_mins(10);
    match humantime::parse_duration(text) {
        Ok(pause) if pause <= PAUSE_MAX => Ok(pause),
        Ok(_) | Err(_) => Err("must be a duration from 0s to 10m".to_owned()),
    }
}

fn count(text: &str) -> Result<usize, String> {
    /// More requests than a process has file descriptors for.
    const COUNT_MAX: usize = 65_536;
    match text.parse() {
        Ok(count) if (1..=COUNT_MAX).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err(format!("must be a whole number from 1 to {COUNT_MAX}")),
    }
}

fn quota(text: &str) -> Result<usize, String> {
    /// More than one organization can have a use for, and few enough to be counted.
    const QUOTA_MAX: usize = 10_000_000;
    match text.parse() {
        Ok(count) if (1..=QUOTA_MAX).contains(&count) => Ok(count),
        Ok(_) | Err(_) => Err(format!("must be a whole number from 1 to {QUOTA_MAX}")),
    }
}

fn rate_limit(text: &str) -> Result<RateLimit, String> {
    text.parse()
        .map_err(|error: InvalidRateLimit| error.to_string())
}

fn networks(text: &str) -> Result<AllowedNetworks, String> {
    let networks: Result<Vec<IpNet>, _> = text
        .split(',')
        .map(|network| network.trim().parse())
        .collect();
    networks
        .map(AllowedNetworks::new)
        .map_err(|_| "must be a list of networks such as 10.0.0.0/8,fd00::/8".to_owned())
}

fn base_url(text: &str) -> Result<String, String> {
    if text.starts_with("https://") || text.starts_with("http://") {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err("must start with https:// or http://".to_owned())
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off".to_owned()),
    }
}

fn identity_key(pem: &str) -> Result<IdentityKey, String> {
    IdentityKey::from_pem(pem)
        .map_err(|_| "must be a public key in PEM form: RSA, EC P-256 or Ed25519".to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    let origin = base_url(text)?;
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    if host.is_empty() || host.contains(['/', '?', '#', '@']) {
        return Err("must be an origin such as https://dashboard.example".to_owned());
    }
    Ok(origin)
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be text or json".to_owned()),
    }
}

#[cfg(test)]
mod tests;
