//! A receiver out of the documentation, as a child process in a folder of its own: the very text
//! that customers paste.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use kayle_crypto::{PrivateKey, PublicKey, signature_header};
use kayle_primitives::Timestamp;
use kayle_testkit::entropy::SeededEntropy;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::customer::{KEY_ID, register_key};
use super::{Api, text, tools, within_patience};

/// What the receiver is written in.
#[derive(Clone, Copy)]
pub(crate) enum Language {
    Python,
    JavaScript,
    Rust,
    Java,
}

const JAVA_SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../receivers/samples/java/Receiver.java"
);

/// A running receiver with a private key.
pub(crate) struct DocumentedReceiver {
    address: String,
    key: PrivateKey,
    folder: TempDir,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl DocumentedReceiver {
    /// Starts a receiver. It still has to be told its signing secret.
    pub(crate) async fn start(language: Language) -> Self {
        let key = PrivateKey::generate();
        let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
        fs::write(folder.path().join("private.pem"), key.to_pkcs8_pem())
            .expect("the key can be written");
        let mut child = command(language, &folder)
            .current_dir(folder.path())
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the receiver can be started");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let first = next_line(&mut lines).await;
        let address = first.strip_prefix("listening on ");
        Self {
            address: address.expect("the first line says where").to_owned(),
            key,
            folder,
            lines,
            _child: child,
        }
    }

    /// Registers it and its key as an endpoint, and returns the endpoint's signing secret.
    pub(crate) async fn register(&self, api: &Api) -> String {
        let endpoint = json!({ "url": self.url(), "retry_schedule": "short" });
        let created = api.post("/v1/webhooks/endpoints", &endpoint).await.data();
        register_key(api, text(&created, "/endpoint/id"), &self.key).await;
        text(&created, "/signing_secret").to_owned()
    }

    /// Tells it the signing secret to verify with from now on.
    pub(crate) fn learn_secret(&self, secret: &str) {
        let file = self.folder.path().join("signing-secret.txt");
        fs::write(file, format!("{secret}\n")).expect("the secret can be written");
    }

    /// Returns the next event that it has handled.
    pub(crate) async fn next_event(&mut self) -> Value {
        let line = next_line(&mut self.lines).await;
        serde_json::from_str(&line).expect("the receiver prints JSON")
    }

    /// Sends it an event as the service would, and returns the status of its answer.
    pub(crate) async fn post(&self, event: &Value, secret: &str, signed_at: Timestamp) -> u16 {
        let public = self.key.public_jwk_members();
        let public = PublicKey::import(&public.n, &public.e);
        let public = public.expect("a generated key can be imported");
        let plaintext = event.to_string();
        let jwe = public.encrypt(KEY_ID, plaintext.as_bytes(), &SeededEntropy::new(1));
        let jwe = jwe.expect("an imported key encrypts");
        let signature = signature_header(secret, signed_at, jwe.as_bytes());
        let request = reqwest::Client::new()
            .post(self.url())
            .header("X-Kayle-Signature", signature)
            .body(jwe);
        let answer = within_patience("the receiver answers", request.send()).await;
        answer.expect("the receiver answers").status().as_u16()
    }

    fn url(&self) -> String {
        format!("http://{}/kayle", self.address)
    }
}

fn command(language: Language, folder: &TempDir) -> Command {
    match language {
        Language::Python => {
            let mut python = Command::new(tools::python());
            python.arg(concat!(env!("OUT_DIR"), "/receiver.py"));
            python
        }
        Language::JavaScript => {
            // Modules are looked for beside the file that imports them.
            let sample = folder.path().join("receiver.mjs");
            fs::copy(concat!(env!("OUT_DIR"), "/receiver.mjs"), &sample)
                .expect("the sample can be copied");
            symlink(tools::node_modules(), folder.path().join("node_modules"))
                .expect("the modules can be linked to");
            let mut node = Command::new("node");
            node.arg(sample);
            node
        }
        Language::Java => {
            let mut java = Command::new("java");
            java.arg(JAVA_SAMPLE);
            java
        }
        Language::Rust => Command::new(env!("CARGO_BIN_EXE_documented-receiver")),
    }
}

async fn next_line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    let line = within_patience("the receiver says something", lines.next_line()).await;
    line.ok().flatten().expect("the receiver is still there")
}
