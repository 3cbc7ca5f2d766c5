use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

fn parse(settings: &[(&str, &str)]) -> Result<Config, InvalidConfig> {
    let texts = settings
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Config::parse(Settings(texts.collect()))
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let config = parse(&[]).unwrap();
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8787");
    assert_eq!(
        Ok(config.database_url),
        "sqlite://kayle-webhooks.db?mode=rwc".parse()
    );
    assert_eq!(config.database_connections, 16);
    assert_eq!(config.retry_schedules, RetrySchedules::default());
    assert_eq!(config.delivery_timeout, Duration::from_secs(15));
    assert_eq!(config.delivery_lease, Duration::from_mins(1));
    assert_eq!(config.session_lifetime, Duration::from_hours(1));
    assert_eq!(config.verify_url, "https://verify.kayle.id");
}

#[test]
fn what_is_wrong_is_named_and_its_value_is_not_shown() {
    fn check(name: &str, text: &str, expected: &str) {
        assert_eq!(parse(&[(name, text)]).unwrap_err().to_string(), expected);
    }
    check(
        "listen",
        "here",
        "KAYLE_LISTEN must be an address and a port, such as 127.0.0.1:8787",
    );
    check(
        "environment",
        "prod",
        "KAYLE_ENVIRONMENT must be development or production",
    );
    check(
        "secret_key",
        "c2hvcnQ=",
        "KAYLE_SECRET_KEY must be base64 of at least 32 bytes, and has 5",
    );
    check(
        "retry_schedule_short",
        "0s,soon",
        "KAYLE_RETRY_SCHEDULE_SHORT must be a list of durations such as 0s,5s,5m",
    );
    check(
        "delivery_timeout",
        "0s",
        "KAYLE_DELIVERY_TIMEOUT must be a duration such as 15s or 60m, above 0",
    );
    check(
        "delivery_concurrency",
        "-1",
        "KAYLE_DELIVERY_CONCURRENCY must be a whole number from 1 to 65536",
    );
    check(
        "allow_networks",
        "10.0.0.0/99",
        "KAYLE_ALLOW_NETWORKS must be a list of networks such as 10.0.0.0/8,fd00::/8",
    );
    check(
        "database_url",
        "mysql://x",
        "KAYLE_DATABASE_URL must be sqlite: and a file, as in sqlite://kayle.db, or postgres://…",
    );
    check(
        "database_connections",
        "1001",
        "KAYLE_DATABASE_CONNECTIONS must be a whole number from 1 to 1000",
    );
    check("lissten", "x", "unknown setting KAYLE_LISSTEN");
}

#[test]
fn a_lease_must_outlive_a_request() {
    let error = parse(&[("delivery_lease", "15s")]).unwrap_err().to_string();
    assert!(error.starts_with("KAYLE_DELIVERY_LEASE must be longer than KAYLE_DELIVERY_TIMEOUT"));
}

#[test]
fn production_needs_a_secret_key() {
    let error = parse(&[("environment", "production")])
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("KAYLE_SECRET_KEY is required in production"));
    let key = STANDARD.encode([7; 32]);
    assert!(parse(&[("environment", "production"), ("secret_key", &key)]).is_ok());
}

#[test]
fn no_secret_shows_in_debug() {
    let key = STANDARD.encode([7; 32]);
    let config = parse(&[("secret_key", &key)]).unwrap();
    assert!(!format!("{config:?}").contains(&key));
}

#[test]
fn a_database_is_embedded_or_postgresql_and_its_password_shows_nowhere() {
    for url in [
        "postgres://kayle:hunter2@db/kayle",
        "postgresql://kayle:hunter2@db/kayle",
    ] {
        let config = parse(&[("database_url", url)]).unwrap();
        assert_eq!(config.database_url, DatabaseUrl::Postgres(url.to_owned()));
        assert!(!format!("{config:?}").contains("hunter2"));
    }
    let refused = parse(&[("database_url", "mysql://kayle:hunter2@db/kayle")]).unwrap_err();
    assert!(!format!("{refused:?} {refused}").contains("hunter2"));
}

#[test]
fn a_file_holds_the_same_settings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kayle.toml");
    std::fs::write(
        &path,
        "listen = \"0.0.0.0:80\"\ndelivery_concurrency = 64\n",
    )
    .unwrap();
    let config = Config::parse(Settings(read_file(&path).unwrap())).unwrap();
    assert_eq!(config.listen.to_string(), "0.0.0.0:80");
    assert_eq!(config.delivery_concurrency, 64);

    std::fs::write(&path, "listen = [80]\n").unwrap();
    assert_eq!(
        read_file(&path).unwrap_err().to_string(),
        "listen must be a string or a whole number"
    );
}

#[test]
fn a_secret_can_lie_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, format!("{}\n", STANDARD.encode([7; 32]))).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let read = |texts: &[(&str, &str)]| {
        let texts = texts
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let mut settings = Settings(texts.collect());
        settings.read_file_of("secret_key")?;
        Config::parse(settings)
    };
    assert!(
        read(&[("secret_key_file", &path)])
            .unwrap()
            .secret_key
            .is_some()
    );
    assert!(
        read(&[("secret_key_file", "")])
            .unwrap()
            .secret_key
            .is_none()
    );
    let both = read(&[("secret_key_file", &path), ("secret_key", "AAAA")]);
    assert_eq!(
        both.unwrap_err().to_string(),
        "KAYLE_SECRET_KEY_FILE cannot be set together with KAYLE_SECRET_KEY"
    );
    let missing = read(&[("secret_key_file", "/nowhere/key")]).unwrap_err();
    let expected = "KAYLE_SECRET_KEY_FILE names a file that cannot be read: ";
    assert!(missing.to_string().starts_with(expected), "{missing}");
}

#[test]
fn a_stop_can_be_delayed() {
    assert_eq!(parse(&[]).unwrap().stop_delay, Duration::ZERO);
    let delayed = parse(&[("stop_delay", "5s")]).unwrap();
    assert_eq!(delayed.stop_delay, Duration::from_secs(5));
    assert_eq!(
        parse(&[("stop_delay", "0s")]).unwrap().stop_delay,
        Duration::ZERO
    );
    let refused = parse(&[("stop_delay", "1h")]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "KAYLE_STOP_DELAY must be a duration from 0s to 10m"
    );
}

#[test]
fn the_readme_lists_every_setting() {
    let source = include_str!("../config.rs");
    let readme = include_str!("../../../../README.md");
    let taken = source.split("settings.take(").chain(source.split(".take("));
    let names = taken.skip(1).filter_map(|rest| rest.split('"').nth(1));
    let names: std::collections::BTreeSet<_> = names.filter(|name| is_a_name(name)).collect();
    assert!(15 < names.len(), "{names:?}");
    for name in names {
        let variable = format!("`KAYLE_{}`", name.to_uppercase());
        assert!(readme.contains(&variable), "README.md lacks {variable}");
    }
}

fn is_a_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|symbol| symbol.is_ascii_lowercase() || symbol == '_')
}
