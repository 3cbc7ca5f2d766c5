//! `kayle`, the command of customers' engineers, against the service.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use kayle_crypto::PrivateKey;
use kayle_receiver::{LabelledKey, Options, Receiver, Secrets};
use kayle_testkit::receiver::{Behaviour, Reaction, ReceivedRequest};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::support::installation::api_key;
use crate::support::{Customer, Installation, binary, text};
use crate::test_deliveries::prove_one;

/// What a command printed, and how it ended.
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A folder of an engineer, who has this API key.
struct Engineer {
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Engineer {
    async fn of(installation: &Installation) -> Self {
        let Installation {
            service,
            organization,
            ..
        } = installation;
        let key = api_key(
            service,
            &organization.id,
            &["webhooks:write", "sessions:write"],
        )
        .await;
        let mut engineer = Self::offline();
        engineer.environment = vec![
            ("KAYLECLI_API", service.url().to_owned()),
            ("KAYLECLI_API_KEY", key),
        ];
        engineer
    }

    fn offline() -> Self {
        Self {
            folder: tempfile::tempdir().expect("there is room for a throw-away folder"),
            environment: Vec::new(),
        }
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(file), content).expect("the file can be written");
    }

    async fn runs(&self, arguments: &[&str]) -> Outcome {
        let environment = self.environment.iter();
        let environment = environment.map(|(name, value)| (*name, value.as_str()));
        let mut command = binary::customers_command(self.folder.path(), environment);
        let output = command.args(arguments).output().await;
        let output = output.expect("the command can be started");
        Outcome {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Writes down a request as it came.
    fn records(&self, request: &ReceivedRequest) {
        let headers = request.headers.iter();
        let headers: Vec<String> = headers
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        self.write("headers.txt", headers.join("\r\n"));
        self.write("body.jwe", &request.body);
    }
}

const VERIFY: [&str; 7] = [
    "verify",
    "--headers",
    "headers.txt",
    "--body",
    "body.jwe",
    "--secret-file",
    "secret.txt",
];

#[tokio::test]
async fn a_generated_key_is_private_registered_and_never_overwritten() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::without_key(installation.api(), Behaviour::good(), json!({})).await;
    let engineer = Engineer::of(&installation).await;
    let generate = ["keys", "generate", "--register", &customer.endpoint_id];

    let made = engineer.runs(&generate).await;

    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let registered: Value = serde_json::from_str(&made.stdout).expect("it prints JSON");
    assert_eq!(registered["is_active"], true);
    assert_eq!(registered["proven_by"], "caller");
    assert_eq!(registered["key_id"], "customer-key-1");
    let file = engineer.path("private.pem");
    let permissions = fs::metadata(&file).expect("the key is there").permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
    let pem = fs::read_to_string(&file).expect("the key can be read");
    assert!(!made.stdout.contains("PRIVATE") && !made.stderr.contains("BEGIN"));

    installation.deliver_success().await;
    let request = customer.requests(1).await.remove(0);
    engineer.records(&request);
    let shown = engineer
        .runs(&["decrypt", "--body", "body.jwe", "--key", "private.pem"])
        .await;
    let event: Value = serde_json::from_str(&shown.stdout).expect("it prints JSON");
    assert_eq!(event["type"], "verification.session.succeeded");

    let again = engineer.runs(&generate).await;
    assert_eq!(again.code, Some(1));
    assert_eq!(fs::read_to_string(&file).expect("it is still there"), pem);
}

#[tokio::test]
async fn a_key_is_proven_before_it_takes_the_place_of_another() {
    let installation = Installation::start(&[]).await;
    let behaviour = Behaviour::script([Reaction::StatusOnRelease(500)]);
    let customer = Customer::register(installation.api(), behaviour).await;
    let first = installation.deliver_success().await;
    customer.requests(1).await;
    let engineer = Engineer::of(&installation).await;
    let endpoint = customer.endpoint_id.as_str();
    let to = |label: &'static str, with: [&'static str; 2]| {
        let label = ["keys", "rotate", endpoint, "--key-id", label];
        [&label[..], &with[..]].concat()
    };

    let rotated = engineer.runs(&to("second", ["--out", "second.pem"])).await;

    assert_eq!(rotated.code, Some(0), "{}", rotated.stderr);
    let told = "1 stored deliveries are encrypted to customer-key-1";
    assert!(rotated.stderr.contains(told), "{}", rotated.stderr);
    let key: Value = serde_json::from_str(&rotated.stdout).expect("it prints JSON");
    assert_eq!(key["key_id"], "second");
    assert_eq!(key["is_active"], true);
    assert_eq!(key["proven_by"], "caller");
    customer.receiver.release();
    installation.delivery_in("succeeded", &first).await;
    let listed = engineer.runs(&["keys", "list", endpoint, "--json"]).await;
    let listed: Value = serde_json::from_str(&listed.stdout).expect("it prints JSON");
    let keys = listed["data"].as_array().expect("it is a list");
    assert!(keys.iter().all(|key| key["retained_deliveries"] == 0));

    // With a key that the receiver has already; its other half is proven again by itself.
    engineer.write("third.pem", customer.key.to_pkcs8_pem().as_bytes());
    let third = engineer.runs(&to("third", ["--key", "third.pem"])).await;
    assert!(
        third.stderr.contains("its private key may go"),
        "{}",
        third.stderr
    );
    let third: Value = serde_json::from_str(&third.stdout).expect("it prints JSON");
    let id = text(&third, "/id");
    let proven = engineer
        .runs(&["keys", "prove", id, "--key", "third.pem"])
        .await;
    assert_eq!(proven.code, Some(0), "{}", proven.stderr);
    let other = engineer
        .runs(&["keys", "prove", id, "--key", "second.pem"])
        .await;
    assert_eq!(other.code, Some(9), "{}", other.stderr);
    for answer in [proven, other] {
        assert!(!answer.stdout.contains("PRIVATE") && !answer.stderr.contains("BEGIN"));
    }
}

#[tokio::test]
async fn a_recorded_delivery_is_verified_or_the_mistake_is_named() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    installation.deliver_success().await;
    let request = customer.requests(1).await.remove(0);
    let engineer = Engineer::offline();
    engineer.records(&request);
    engineer.write("secret.txt", format!("{}\n", customer.signing_secret));

    let verified = engineer.runs(&VERIFY).await;
    assert_eq!(
        (verified.code, verified.stdout.as_str()),
        (Some(0), "verified\n")
    );

    let later = [&VERIFY[..], &["--at", "1"]].concat();
    assert_eq!(engineer.runs(&later).await.code, Some(3));

    engineer.write("secret.txt", &customer.signing_secret["whsec_".len()..]);
    let refused = engineer.runs(&VERIFY).await;
    assert_eq!(refused.code, Some(3));
    assert!(
        refused.stderr.contains("begins with whsec_"),
        "{}",
        refused.stderr
    );

    engineer.write(
        "private.pem",
        PrivateKey::generate().to_pkcs8_pem().as_bytes(),
    );
    let undecryptable = engineer
        .runs(&["decrypt", "--body", "body.jwe", "--key", "private.pem"])
        .await;
    assert_eq!(undecryptable.code, Some(4));
}

#[tokio::test]
async fn what_the_api_shows_is_a_table_or_json() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let delivery_id = installation.deliver_success().await;
    let delivery = installation.delivery_in("succeeded", &delivery_id).await;
    let engineer = Engineer::of(&installation).await;

    let endpoints = engineer.runs(&["endpoints", "list"]).await;
    assert!(
        endpoints.stdout.contains(&customer.endpoint_id),
        "{}",
        endpoints.stderr
    );
    let listed = engineer
        .runs(&["deliveries", "list", "--status", "succeeded"])
        .await;
    assert!(listed.stdout.starts_with("ID "), "{}", listed.stdout);
    assert!(listed.stdout.contains(&delivery_id), "{}", listed.stdout);
    let shown = engineer
        .runs(&["deliveries", "show", &delivery_id, "--json"])
        .await;
    let shown: Value = serde_json::from_str(&shown.stdout).expect("it prints JSON");
    assert_eq!(shown["id"], delivery_id);
    let event_id = text(&delivery, "/event_id");
    let event = engineer.runs(&["events", "show", event_id]).await;
    assert!(event.stdout.contains(&delivery_id), "{}", event.stdout);
}

#[tokio::test]
async fn each_failure_has_its_exit_code_and_shows_no_key() {
    async fn check(engineer: &Engineer, arguments: &[&str], expected: i32) {
        let outcome = engineer.runs(arguments).await;
        assert_eq!(
            outcome.code,
            Some(expected),
            "{arguments:?}: {}",
            outcome.stderr
        );
        assert!(!outcome.stderr.contains("kk_"), "{}", outcome.stderr);
    }
    let installation = Installation::start(&[]).await;
    let mut engineer = Engineer::of(&installation).await;
    let list: [&str; 2] = ["endpoints", "list"];

    check(
        &engineer,
        &["deliveries", "show", "whd_00000000000000000000000000"],
        7,
    )
    .await;
    check(&engineer, &["deliveries", "show", "../endpoints"], 2).await;
    check(&engineer, &["nonsense"], 2).await;
    let key = std::mem::replace(&mut engineer.environment[1].1, "kk_wrong".to_owned());
    check(&engineer, &list, 6).await;
    engineer.environment[0].1 = "http://127.0.0.1:1".to_owned();
    check(&engineer, &list, 10).await;
    engineer.environment.clear();
    check(&engineer, &list, 2).await;

    let in_file = [
        "endpoints",
        "list",
        "--api",
        installation.service.url(),
        "--api-key-file",
        "key",
    ];
    engineer.write("key", format!("{key}\n"));
    permit(&engineer.path("key"), 0o644);
    check(&engineer, &in_file, 2).await;
    permit(&engineer.path("key"), 0o600);
    check(&engineer, &in_file, 0).await;
}

fn permit(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("the file is ours");
}

#[tokio::test]
async fn a_test_is_shown_step_by_step_and_its_failure_is_an_exit_code() {
    let installation = Installation::start(&[]).await;
    let failing = Behaviour::script([Reaction::Status(204), Reaction::Status(500)]);
    let customer = Customer::register(installation.api(), failing).await;
    let engineer = Engineer::of(&installation).await;
    let trigger = ["trigger", "--endpoint", &customer.endpoint_id];

    let arrived = engineer.runs(&trigger).await;
    assert_eq!(arrived.code, Some(0), "{}", arrived.stderr);
    let lines: Vec<&str> = arrived.stdout.lines().collect();
    assert!(lines[0].starts_with("STAGE"), "{}", arrived.stdout);
    assert_eq!(lines.len(), 12, "{}", arrived.stdout);
    assert!(arrived.stdout.contains("status_code=204"));
    assert!(arrived.stdout.contains("proof=no_proof"));

    let refused = engineer
        .runs(&[
            "test",
            "verification.attempt.failed",
            "--json",
            trigger[1],
            trigger[2],
        ])
        .await;
    assert_eq!(refused.code, Some(9), "{}", refused.stderr);
    assert!(refused.stderr.contains("at status"), "{}", refused.stderr);
    let delivery: Value = serde_json::from_str(&refused.stdout).expect("it prints JSON");
    assert_eq!(delivery["status"], "failed");

    let unknown = engineer
        .runs(&["trigger", "nonsense", trigger[1], trigger[2]])
        .await;
    assert_eq!(unknown.code, Some(1), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("event_type"), "{}", unknown.stderr);
}

#[tokio::test]
async fn a_rotation_waits_until_the_receiver_decrypts_with_the_new_key() {
    let installation = Installation::start(&[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let endpoint = json!({ "url": url });
    let api = installation.api();
    let created = api.post("/v1/webhooks/endpoints", &endpoint).await.data();
    let secret = text(&created, "/signing_secret").to_owned();
    let engineer = Engineer::of(&installation).await;
    let (endpoint_id, new) = (text(&created, "/endpoint/id"), engineer.path("new.pem"));
    let rotate = [
        "keys",
        "rotate",
        endpoint_id,
        "--key-id",
        "second",
        "--out",
        "new.pem",
        "--wait-for-receiver",
    ];
    let serve = async {
        let receiver = || {
            let pem = fs::read_to_string(&new).unwrap();
            let key = kayle_receiver::PrivateKey::parse(&pem).unwrap();
            let keys = vec![LabelledKey { key_id: None, key }];
            let options = Options::new(Secrets::fixed([secret.as_str()]), keys);
            Receiver::new(options).unwrap()
        };
        prove_one(&listener, receiver).await;
        std::future::pending::<()>().await;
    };
    let rotated = tokio::select! {
        rotated = engineer.runs(&rotate) => rotated,
        () = serve => unreachable!("it waits for the command"),
    };
    assert_eq!(rotated.code, Some(0), "{}", rotated.stderr);
    let told = "your receiver has decrypted a test with it";
    assert!(rotated.stderr.contains(told), "{}", rotated.stderr);
    let key: Value = serde_json::from_str(&rotated.stdout).expect("it prints JSON");
    assert_eq!(key["is_active"], true);
    assert_eq!(key["proven_by"], "receiver");
}

#[tokio::test]
async fn what_failed_is_counted_sent_again_and_reconciled() {
    let installation = Installation::start(&[("KAYLE_RETRY_SCHEDULE_SHORT", "0s")]).await;
    let failing = Behaviour::script([Reaction::Status(500), Reaction::Status(500)]);
    let endpoint = json!({ "retry_schedule": "short", "undelivered_payload_retention_hours": 24 });
    let _receiving = Customer::register_with(installation.api(), failing, endpoint).await;
    let engineer = Engineer::of(&installation).await;
    let session_id = installation.session_id().await;
    let cancelled = engineer.runs(&["sessions", "cancel", &session_id]).await;
    assert_eq!(cancelled.code, Some(0), "{}", cancelled.stderr);
    let shown = engineer.runs(&["sessions", "show", &session_id]).await;
    assert!(shown.stdout.contains("cancelled"), "{}", shown.stdout);
    let listed = installation.api().list("/v1/webhooks/deliveries").await;
    let delivery_id = text(&listed[0], "/id");
    let failed = installation.delivery_in("failed", delivery_id).await;

    let count = ["deliveries", "retry-failed", "--since", "1h"];
    let counted = engineer.runs(&count).await;
    assert_eq!(counted.code, Some(0), "{}", counted.stderr);
    let told = "would be sent again: 1 of 1 that failed";
    assert!(counted.stdout.contains(told), "{}", counted.stdout);
    let sent = engineer.runs(&[&count[..], &["--yes"]].concat()).await;
    assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    assert!(sent.stdout.starts_with("sent again: 1"), "{}", sent.stdout);
    installation.delivery_in("failed", delivery_id).await;
    let again = engineer.runs(&["deliveries", "retry", delivery_id]).await;
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    installation.delivery_in("succeeded", delivery_id).await;

    engineer.write("handled.txt", "evt_unheard_of\n");
    let reconcile = ["reconcile", "--since", "1h", "--handled", "handled.txt"];
    let gaps = engineer.runs(&reconcile).await;
    assert_eq!(gaps.code, Some(9), "{}", gaps.stderr);
    let event_id = text(&failed, "/event_id");
    let expected = format!("not handled    {event_id}\nnot delivered  evt_unheard_of\n");
    assert_eq!(gaps.stdout, expected);
    engineer.write("handled.txt", event_id);
    let none = engineer.runs(&reconcile).await;
    assert_eq!(none.code, Some(0), "{}", none.stderr);
    assert_eq!(none.stdout, "");
}

#[tokio::test]
async fn a_session_is_opened_for_one_endpoint() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let engineer = Engineer::of(&installation).await;
    let open = ["sessions", "open", "--json", "--endpoint"];
    let opened = engineer
        .runs(&[&open[..], &[&customer.endpoint_id]].concat())
        .await;
    assert_eq!(opened.code, Some(0), "{}", opened.stderr);
    let session: Value = serde_json::from_str(&opened.stdout).expect("it prints JSON");
    assert!(text(&session, "/verification_url").starts_with("http"));
    let listed = engineer.runs(&["sessions", "list"]).await;
    assert!(
        listed.stdout.contains(text(&session, "/id")),
        "{}",
        listed.stdout
    );
}
