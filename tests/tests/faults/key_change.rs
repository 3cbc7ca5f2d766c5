//! The secret key changes on two nodes, twice, in the middle of everything (contract 14.7).

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join3;
use kayle_testkit::receiver::Behaviour;
use serde_json::{Value, json};

use super::ledger::expect_nothing_lost;
use super::verifiers::Verifiers;
use super::{IN_FLIGHT_MAX, SETTINGS};
use crate::support::database::Database;
use crate::support::report::{attempts_path, success};
use crate::support::{Api, Customer, Installation, SECRET_KEY, Service, text};

const KEYS: [&str; 3] = [
    SECRET_KEY,
    "////////////////////////////////////////////",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_key_changes_twice_under_load_and_nobody_is_refused() {
    let mut installation = Installation::start_on(Database::postgres(), &SETTINGS).await;
    let mut other = installation.service.start_node().await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let early = installation.open_session(&json!({})).await;
    let early_intake = installation.intake.clone();
    let mut verifiers = Verifiers::of(&installation);
    for change in KEYS.windows(2) {
        let [old, new] = change else {
            unreachable!("windows of two are two");
        };
        for (current, others) in [(old, Some(new)), (new, Some(old))] {
            let keys = Keys {
                current,
                others: others.copied(),
            };
            restart_under_load(&mut installation, &mut other, &mut verifiers, keys).await;
        }
        let rotated = installation.service.admin(&["secret-key", "rotate"]).await;
        assert_eq!(rotated["sealed"], json!(1), "{rotated}");
        let create = ["service-token", "create", "--subject", "verifier"];
        let token = installation.service.admin(&create).await;
        installation.intake = Api::new(installation.service.url(), text(&token, "/token"));
        let keys = Keys {
            current: new,
            others: None,
        };
        restart_under_load(&mut installation, &mut other, &mut verifiers, keys).await;
    }
    expect_nothing_lost(&installation, &customer, &verifiers, IN_FLIGHT_MAX).await;

    let status = installation.service.admin(&["secret-key", "status"]).await;
    let forgotten = status["keys"].as_array().expect("it is a list").iter();
    let kept = forgotten.filter(|key| key["may_be_forgotten"] == json!(false));
    assert_eq!(kept.count(), 1, "{status}");
    let audit = installation.service.admin(&["audit", "verify"]).await;
    assert_eq!(audit["whole"], json!(true));
    expect_the_past_to_be_recognised(&installation, &verifiers, &early, &early_intake).await;
}

/// What a node is started with.
#[derive(Clone, Copy)]
struct Keys<'a> {
    current: &'a str,
    others: Option<&'a str>,
}

/// Restarts both nodes, one after the other, while verifiers report and a customer asks.
async fn restart_under_load(
    installation: &mut Installation,
    other: &mut Service,
    verifiers: &mut Verifiers,
    keys: Keys<'_>,
) {
    know_both(verifiers, installation, other);
    verifiers.open_sessions(installation).await;
    let nodes = Mutex::new([installation.service.url(), other.url()].map(str::to_owned));
    let (api, done) = (installation.api().clone(), AtomicBool::new(false));
    let restarting = async {
        restart(&mut installation.service, keys).await;
        installation.learn_address();
        know_both(verifiers, installation, other);
        note(&nodes, installation, other);
        restart(other, keys).await;
        know_both(verifiers, installation, other);
        note(&nodes, installation, other);
        // Both have the same keys: the last moment that somebody is asked.
        done.store(true, Ordering::Relaxed);
    };
    let asking = ask_until(&done, &nodes, &api);
    join3(verifiers.report_all(), restarting, asking).await;
}

fn note(nodes: &Mutex<[String; 2]>, installation: &Installation, other: &Service) {
    let urls = [installation.service.url(), other.url()].map(str::to_owned);
    *nodes.lock().expect("nobody panics while holding it") = urls;
}

async fn restart(service: &mut Service, keys: Keys<'_>) {
    service.set("KAYLE_SECRET_KEY", Some(keys.current));
    service.set("KAYLE_SECRET_KEY_PREVIOUS", keys.others);
    service.ask_to_stop();
    assert!(service.ended().await.success());
    service.start_again().await;
}

/// Asks both nodes with an API key, again and again. One that is restarted does not answer; one
/// that answers must not refuse the key.
async fn ask_until(done: &AtomicBool, nodes: &Mutex<[String; 2]>, api: &Api) {
    let mut asked = 0;
    while !done.load(Ordering::Relaxed) {
        let urls = nodes
            .lock()
            .expect("nobody panics while holding it")
            .clone();
        for url in urls {
            let node = api.moved_to(&url);
            let answer = node.try_post("/v1/webhooks/endpoints", &json!({})).await;
            if let Ok(answer) = answer {
                assert_eq!(answer.status, 400, "{}", answer.text);
                asked += 1;
            }
        }
    }
    assert_ne!(asked, 0, "nobody was asked");
}

fn know_both(verifiers: &Verifiers, installation: &Installation, other: &Service) {
    let intake = &installation.intake;
    verifiers.know([
        intake.moved_to(installation.service.url()),
        intake.moved_to(other.url()),
    ]);
}

/// What was hashed with the first key, two keys ago: a report that is repeated, a cancel token. Only
/// tokens end with the key that signed them.
async fn expect_the_past_to_be_recognised(
    installation: &Installation,
    verifiers: &Verifiers,
    early: &Value,
    early_intake: &Api,
) {
    let (session_id, answered) = verifiers.accepted().into_iter().next().expect("many were");
    let early_intake = early_intake.moved_to(installation.service.url());
    let path = attempts_path(&session_id);
    assert_eq!(early_intake.post(&path, &success()).await.status, 401);
    let repeated = verifiers.report_again(&session_id).await.data();
    assert_eq!(repeated, answered);

    let cancel = format!("/v1/verify/session/{}/cancel", text(early, "/id"));
    let body = json!({ "cancel_token": text(early, "/cancel_token") });
    let cancelled = installation.api().post(&cancel, &body).await;
    assert_eq!(cancelled.status, 204, "{}", cancelled.text);
}
