//! The alert rules and the dashboard: each alert fires when it should and is silent when it should
//! not, has a way out in the documentation, and asks for numbers that a node really shows.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Installation, eventually};

const RULES: &str = "deploy/prometheus/kayle-webhooks.rules.yml";
const CASES: &str = "deploy/prometheus/kayle-webhooks.test.yml";
const DASHBOARD: &str = "deploy/grafana/kayle-webhooks.json";
const RUNBOOK: &str = "docs/operations.md";

fn in_checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(in_checkout(path)).expect("the file is in the checkout")
}

/// Runs promtool and returns what it prints.
fn promtool(arguments: &[&str], file: &str) -> String {
    let output = Command::new("promtool")
        .args(arguments)
        .arg(in_checkout(file))
        .output();
    let output =
        output.expect("promtool is there: `cargo xtask test` installs Debian's prometheus");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    text.into_owned()
}

/// The names of the alerts.
fn alerts() -> Vec<String> {
    let rules = read(RULES);
    let names = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    names.map(str::to_owned).collect()
}

#[test]
fn every_rule_is_well_formed_and_fires_when_it_should_only() {
    promtool(&["check", "rules"], RULES);
    promtool(&["check", "config"], "deploy/prometheus/prometheus.yml");
    promtool(&["test", "rules"], CASES);
    let cases = read(CASES);
    for alert in alerts() {
        for kind in ["fires", "is silent"] {
            let case = format!("- name: '{alert} {kind}:");
            assert!(cases.contains(&case), "{CASES} has no case {case}");
        }
    }
}

#[test]
fn every_alert_says_what_customers_notice_and_where_its_runbook_is() {
    let (rules, runbook) = (read(RULES), read(RUNBOOK));
    let alerts = alerts();
    assert_eq!(rules.matches("customers: ").count(), alerts.len());
    for alert in alerts {
        assert!(
            runbook.contains(&format!("### {alert}\n")),
            "{RUNBOOK}: {alert}"
        );
        let anchor = format!("#{}\n", alert.to_lowercase());
        assert!(rules.contains(&anchor), "{RULES}: {anchor}");
    }
}

#[test]
fn every_heading_of_the_runbook_is_an_alert() {
    let alerts: BTreeSet<String> = alerts().into_iter().collect();
    let runbook = read(RUNBOOK);
    let headings = runbook.lines().filter_map(|line| line.strip_prefix("### "));
    let about_alerts = headings.filter(|heading| heading.starts_with("Kayle"));
    let about_alerts: BTreeSet<String> = about_alerts.map(str::to_owned).collect();
    assert_eq!(about_alerts, alerts);
}

/// A Prometheus that reads one node, with the rules; it dies with its handle.
struct Prometheus {
    process: tokio::process::Child,
    url: String,
    _folder: TempDir,
}

impl Prometheus {
    fn start(target: &str) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let rules = in_checkout(RULES);
        let rules = rules.canonicalize().expect("the file is in the checkout");
        let config = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
             rule_files: ['{}']\n\
             scrape_configs:\n\
             - job_name: kayle-webhooks\n  static_configs: [{{ targets: ['{target}'] }}]\n",
            rules.display()
        );
        fs::write(folder.path().join("prometheus.yml"), config).expect("there is room");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a port is free");
        let process = tokio::process::Command::new("prometheus")
            .current_dir(folder.path())
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("prometheus is there: `cargo xtask test` installs it");
        Self {
            process,
            url: format!("http://{address}"),
            _folder: folder,
        }
    }

    /// Returns how many series a query finds; `None` if it is not answered.
    async fn query(&self, query: &str) -> Option<usize> {
        let url = reqwest::Url::parse_with_params(
            &format!("{}/api/v1/query", self.url),
            [("query", query)],
        );
        let answer = reqwest::get(url.expect("it is a URL")).await.ok()?;
        let answer: Value = serde_json::from_str(&answer.text().await.ok()?).ok()?;
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().map(Vec::len)
    }
}

/// Returns every query of the dashboard.
fn dashboard_queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)).expect("it is JSON");
    let panels = dashboard["panels"].as_array().expect("there are panels");
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    let queries = targets
        .flatten()
        .filter_map(|target| target["expr"].as_str());
    queries.map(str::to_owned).collect()
}

/// Returns the metrics that the rules name.
fn metrics_of_rules() -> BTreeSet<String> {
    let rules = read(RULES);
    let words = rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
    let metrics = words.filter(|word| word.starts_with("kayle_") || word.starts_with("process_"));
    metrics.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_panel_and_every_rule_asks_for_what_a_node_shows() {
    let settings = [("KAYLE_METRICS_LISTEN", "127.0.0.1:0")];
    let installation = Installation::start(&settings).await;
    let target = installation.service.metrics_url();
    let mut prometheus = Prometheus::start(target.trim_start_matches("http://"));
    let queries = dashboard_queries();
    assert!(20 < queries.len());
    let is_embedded = !crate::support::tools::is_about_postgres();
    let of_postgres_only = |metric: &str| metric.starts_with("kayle_store_connections");
    eventually("the node was read twice", async || {
        let ended = prometheus
            .process
            .try_wait()
            .expect("a child can be watched");
        assert!(ended.is_none(), "Prometheus ended: {ended:?}");
        let twice = "changes(kayle_gauges_read_timestamp_seconds[1m]) >= 0 and \
                     count_over_time(up[1m]) > 1";
        prometheus.query(twice).await.filter(|count| 0 < *count)
    })
    .await;
    for query in queries {
        let found = prometheus.query(&query).await;
        assert!(
            found.is_some_and(|count| 0 < count),
            "{query} finds nothing"
        );
    }
    for metric in metrics_of_rules() {
        if is_embedded && of_postgres_only(&metric) {
            continue;
        }
        let found = prometheus.query(&metric).await;
        assert!(
            found.is_some_and(|count| 0 < count),
            "{metric} is not shown"
        );
    }
    let firing = "ALERTS{alertstate=\"firing\"}";
    assert_eq!(
        prometheus.query(firing).await,
        Some(0),
        "an alert fires on a healthy node"
    );
}
