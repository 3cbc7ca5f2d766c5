//! The dashboard in a real browser. The specs are in `tests/browser/specs`, run by Node on a service
//! of their own; a console error, a violation of the pages' policy, a request to another origin and
//! a failed request fail any of them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::support::{Service, tools};

const SPECS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/browser");

/// A file of specs looks at dozens of pages; a busy machine gets more time than this takes.
const SPECS_TIMEOUT: Duration = Duration::from_mins(10);

macro_rules! specs {
    ($($test:ident: $file:literal;)+) => {
        const FILES: &[&str] = &[$($file),+];

        $(
            #[tokio::test]
            async fn $test() {
                run($file).await;
            }
        )+
    };
}

specs! {
    keys_are_made_and_shown_once: "api_keys";
    every_page_can_be_used_with_a_keyboard_and_a_reader: "a11y";
    what_failed_in_an_outage_is_sent_again_at_once: "bulk";
    changes_say_beforehand_what_they_do: "changes";
    forms_from_elsewhere_change_nothing: "csrf";
    deliveries_are_filtered_by_the_address: "deliveries";
    a_list_says_how_each_endpoint_does: "endpoints";
    every_id_leads_to_its_page: "find";
    a_form_is_taken_as_it_is_or_not_at_all: "forms";
    what_people_write_is_shown_as_text: "hostile";
    whoever_has_the_private_half_proves_it: "keys";
    a_page_follows_what_happens: "live";
    pages_need_no_script: "no_script";
    a_plot_says_what_its_table_and_the_api_say: "plots";
    what_failed_is_sent_again: "retry";
    each_role_sees_what_it_may_do: "roles";
    an_endpoint_is_set_up_from_nothing: "setup";
    a_link_signs_in_once: "sign_in";
    operators_see_the_installation_and_nobody_else_does: "system";
    organizations_see_nothing_of_one_another: "tenants";
    a_delivery_says_why_it_is_where_it_is: "why";
}

#[test]
fn every_file_of_specs_is_run() {
    let files = fs::read_dir(format!("{SPECS}/specs")).unwrap();
    let names: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let run: BTreeSet<String> = FILES.iter().map(|file| format!("{file}.mjs")).collect();
    assert_eq!(names, run);
}

async fn run(file: &str) {
    let service = Service::start(&[(
        "KAYLE_RETRY_SCHEDULE_STANDARD",
        "0s,1s,3s,3s,3s,3s,3s,3s,3s,3s,3s,3s,1h",
    )])
    .await;
    // Modules are looked for beside the files that import them.
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    copy(Path::new(SPECS), folder.path());
    symlink(tools::browser_modules(), folder.path().join("node_modules"))
        .expect("the modules can be linked to");
    let output = Command::new("node")
        .args(["--test", "--test-force-exit"])
        .arg(format!("specs/{file}.mjs"))
        .current_dir(folder.path())
        .env("DASHBOARD_URL", service.url())
        .env("DASHBOARD_BINARY", crate::support::binary::path())
        .env("DASHBOARD_FOLDER", service.folder())
        .env("DASHBOARD_SETTINGS", service.environment_json())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(SPECS_TIMEOUT, output).await;
    let output = output
        .expect("the specs end in time")
        .expect("node can be started");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Copies the specs and what they share.
fn copy(from: &Path, to: &Path) {
    for folder in ["specs", "support"] {
        fs::create_dir(to.join(folder)).expect("a fresh folder has nothing in it");
        for file in fs::read_dir(from.join(folder)).expect("the specs are there") {
            let file = file.expect("the specs can be listed");
            let copy = to.join(folder).join(file.file_name());
            fs::copy(file.path(), copy).expect("a spec can be copied");
        }
    }
    let manifest = "package.json";
    fs::copy(from.join(manifest), to.join(manifest)).expect("the manifest can be copied");
}
