//! A customer's receiver in another language, as a child process.
//!
//! The protocol: it prints the port it listens on, is told its signing secret on its standard
//! input, and prints one line of JSON for each request.

use std::path::Path;
use std::process::Stdio;

use kayle_crypto::PrivateKey;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::customer::register_key;
use super::{Api, text, tools, within_patience};

/// Who wrote the receiver.
#[derive(Clone, Copy)]
pub(crate) enum Language {
    Python,
    JavaScript,
}

/// A running receiver that is registered as an endpoint.
pub(crate) struct ForeignReceiver {
    pub(crate) signing_secret: String,
    lines: Lines<BufReader<ChildStdout>>,
    stdin: ChildStdin,
    _child: Child,
    _private_key: NamedTempFile,
}

impl ForeignReceiver {
    /// Starts a receiver and registers it and its key. It still has to be told its secret.
    pub(crate) async fn register(api: &Api, language: Language) -> Self {
        let key = PrivateKey::generate();
        let private_key = NamedTempFile::new().expect("there is room for a key");
        std::fs::write(private_key.path(), key.to_pkcs8_pem().as_bytes())
            .expect("the key can be written");
        let mut child = command(language, private_key.path());
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let port = next_line(&mut lines).await["listening"].clone();
        let endpoint = json!({
            "url": format!("http://127.0.0.1:{port}/kayle"),
            "retry_schedule": "short",
        });
        let created = api.post("/v1/webhooks/endpoints", &endpoint).await.data();
        register_key(api, text(&created, "/endpoint/id"), &key).await;
        Self {
            signing_secret: text(&created, "/signing_secret").to_owned(),
            lines,
            stdin,
            _child: child,
            _private_key: private_key,
        }
    }

    /// Tells it the signing secret to verify with.
    pub(crate) async fn learn_secret(&mut self, secret: &str) {
        let line = format!("{secret}\n");
        let told = self.stdin.write_all(line.as_bytes()).await;
        told.expect("the receiver listens on its standard input");
    }

    /// Gives what it says about the next request.
    pub(crate) async fn next(&mut self) -> Value {
        next_line(&mut self.lines).await
    }
}

fn command(language: Language, private_key: &Path) -> Child {
    let receivers = Path::new(env!("CARGO_MANIFEST_DIR")).join("receivers");
    let mut command = match language {
        Language::Python => {
            let mut python = Command::new(tools::python());
            python.arg(receivers.join("receiver.py"));
            python
        }
        Language::JavaScript => {
            let mut node = Command::new("node");
            node.arg(receivers.join("receiver.mjs"));
            // Modules are looked for beside the file that imports them, and it lies elsewhere.
            node.env("NODE_MODULES", tools::node_modules());
            node
        }
    };
    command
        .arg(private_key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the receiver can be started")
}

async fn next_line(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    let line = within_patience("the receiver says something", lines.next_line()).await;
    let line = line.ok().flatten().expect("the receiver is still there");
    serde_json::from_str(&line).expect("the receiver prints JSON")
}
