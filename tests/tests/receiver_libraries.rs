//! The packages that customers install, in an empty folder, with the receivers of their README as
//! they stand there, against the service.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use kayle_crypto::PrivateKey;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::support::customer::register_key;
use crate::support::{Installation, text, tools, within_patience};

const RECEIVERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../receivers");

/// What Go programs name the library by.
const MODULE: &str = "github.com/kayle-id/webhooks/receivers/go";

#[tokio::test]
async fn the_receiver_of_the_package_for_javascript_receives() {
    let folder = Folder::new("javascript", "```js", "receiver.mjs");
    folder.write("package.json", "{}");
    let package = tools::javascript_package().display().to_string();
    folder
        .run(
            "npm",
            &["install", "--offline", "--ignore-scripts", &package],
        )
        .await;
    let mut node = folder.command("node");
    node.arg("receiver.mjs");
    receives(folder, node).await;
}

#[tokio::test]
async fn the_receiver_of_the_package_for_python_receives() {
    let folder = Folder::new("python", "```python", "receiver.py");
    let python = tools::python().display().to_string();
    let package = tools::python_package().display().to_string();
    folder
        .run(
            &python,
            &[
                "-m",
                "pip",
                "install",
                "--no-deps",
                "--target",
                ".",
                &package,
            ],
        )
        .await;
    let mut receiver = folder.command(&python);
    receiver.arg("receiver.py");
    receives(folder, receiver).await;
}

#[tokio::test]
async fn the_receiver_of_the_module_for_go_receives() {
    let folder = Folder::new("go", "```go", "main.go");
    folder.write("go.mod", &format!("module receiver\n\ngo 1.19\n\nrequire {MODULE} v0.0.0\n\nreplace {MODULE} => {RECEIVERS}/go\n"));
    let mut build = Command::from(tools::go());
    build.args(["build", "-o", "receiver", "."]);
    run(build.current_dir(folder.path())).await;
    let receiver = folder.command(&folder.path().join("receiver").display().to_string());
    receives(folder, receiver).await;
}

/// Registers the receiver, starts it, and has an event delivered to it.
async fn receives(folder: Folder, mut receiver: Command) {
    let installation = Installation::start(&[]).await;
    let api = installation.api();
    let key = PrivateKey::generate();
    let url = format!("http://127.0.0.1:{}/kayle", folder.port);
    let endpoint = json!({ "url": url, "retry_schedule": "short" });
    let created = api.post("/v1/webhooks/endpoints", &endpoint).await.data();
    register_key(api, text(&created, "/endpoint/id"), &key).await;
    folder.write("private.pem", &key.to_pkcs8_pem());
    folder.write("signing-secret.txt", text(&created, "/signing_secret"));

    let mut process = Process::start(&mut receiver).await;
    let delivery_id = installation.deliver_success().await;

    let delivery = installation.delivery_in("succeeded", &delivery_id).await;
    assert_eq!(delivery["last_status_code"], 204);
    let line = process.next_line().await;
    assert!(line.starts_with(text(&delivery, "/event_id")), "{line}");
}

/// A folder with nothing but the receiver of a README.
struct Folder {
    port: u16,
    folder: TempDir,
}

impl Folder {
    fn new(library: &str, fence: &str, file: &str) -> Self {
        let readme = Path::new(RECEIVERS).join(library).join("README.md");
        let readme = fs::read_to_string(readme).expect("the library has a README");
        let (_, sample) = readme.split_once(fence).expect("the README has a sample");
        let (sample, _) = sample.split_once("```").expect("the sample ends");
        let made = Self {
            port: free_port(),
            folder: tempfile::tempdir().expect("there is room for a throw-away folder"),
        };
        made.write(file, &sample.replace("9000", &made.port.to_string()));
        made
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn write(&self, file: &str, content: &str) {
        fs::write(self.path().join(file), content).expect("the file can be written");
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path());
        command
    }

    async fn run(&self, program: &str, arguments: &[&str]) {
        run(self.command(program).args(arguments)).await;
    }
}

async fn run(command: &mut Command) {
    let output = command.output().await;
    let output = output.expect("the program can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// A receiver that listens.
struct Process {
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Process {
    async fn start(receiver: &mut Command) -> Self {
        let receiver = receiver.stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = receiver.spawn().expect("the receiver can be started");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut process = Self {
            lines: BufReader::new(stdout).lines(),
            _child: child,
        };
        let first = process.next_line().await;
        assert!(first.starts_with("listening on "), "{first}");
        process
    }

    async fn next_line(&mut self) -> String {
        let line = within_patience("the receiver says something", self.lines.next_line()).await;
        line.ok().flatten().expect("the receiver is still there")
    }
}

/// Returns a port that nobody listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let address = listener.local_addr().expect("a listener has an address");
    address.port()
}
