use super::*;

/// A workspace that keeps every wall: each package uses all that its row allows.
fn sound() -> Vec<Package> {
    ROWS.iter()
        .map(|row| Package {
            name: row.package.to_owned(),
            dependencies: allowed(row)
                .map(|name| dependency(name, Purpose::Build))
                .collect(),
        })
        .collect()
}

fn allowed(row: &Row) -> impl Iterator<Item = &'static str> {
    let names = ROWS.iter().map(|row| row.package);
    names.filter(|name| row.allows(name))
}

fn dependency(name: &str, purpose: Purpose) -> Dependency {
    Dependency {
        name: name.to_owned(),
        purpose,
    }
}

/// The breaches of a sound workspace in which `package` also depends on `uses`.
fn after_adding(package: &str, uses: &str, purpose: Purpose) -> Vec<String> {
    let mut packages = sound();
    packages
        .iter_mut()
        .find(|candidate| candidate.name == package)
        .expect("the table has a row for this package")
        .dependencies
        .push(dependency(uses, purpose));
    breaches(&packages)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_workspace_that_keeps_to_the_table_has_no_breach() {
    assert_eq!(breaches(&sound()), []);
}

#[test]
fn each_wall_is_guarded() {
    fn check(package: &str, uses: &str, purpose: Purpose, expected: &[&str]) {
        assert_eq!(
            after_adding(package, uses, purpose),
            expected,
            "{package} uses {uses}"
        );
    }
    let broken = "kayle-api may not use kayle-storage";
    check("kayle-api", "kayle-storage", Purpose::Build, &[broken]);
    check("kayle-api", "kayle-storage", Purpose::Test, &[broken]);
    check(
        "kayle-events",
        "kayle-app",
        Purpose::Build,
        &["kayle-events may not use kayle-app"],
    );
    check(
        "kayle-app",
        "kayle-testkit",
        Purpose::Build,
        &["kayle-app uses kayle-testkit, which is a dev-dependency only"],
    );
    check("kayle-app", "kayle-testkit", Purpose::Test, &[]);
    check("kayle-storage", "migration", Purpose::Test, &[]);
    check(
        "kayle-storage",
        "migration",
        Purpose::Build,
        &["kayle-storage may not use migration"],
    );
}

#[test]
fn each_seat_is_guarded() {
    fn check(package: &str, uses: &str, expected: &[&str]) {
        assert_eq!(
            after_adding(package, uses, Purpose::Build),
            expected,
            "{package} uses {uses}"
        );
    }
    check(
        "kayle-api",
        "sea-orm",
        &["kayle-api may not depend on sea-orm, which has its seat in kayle-storage, migration"],
    );
    check(
        "kayle-app",
        "rustls-platform-verifier",
        &[
            "kayle-app may not depend on rustls-platform-verifier, which has its seat in \
             kayle-sender, kayle-cli",
        ],
    );
    check("kayle-sender", "rustls-platform-verifier", &[]);
    check("kayle-server", "ring", &[]);
    check("kayle-app", "serde_json", &[]);
}

#[test]
fn a_crate_without_a_seat_may_serve_in_tests() {
    assert_eq!(after_adding("kayle-app", "reqwest", Purpose::Test), [""; 0]);
}

#[test]
fn a_package_and_its_row_go_together() {
    let mut packages = sound();
    packages[0].name = "kayle-newcomer".to_owned();
    let found = breaches(&packages);
    let missing = Breach::Missing {
        package: ROWS[0].package.to_owned(),
    };
    let unlisted = Breach::Unlisted {
        package: "kayle-newcomer".to_owned(),
    };
    assert!(found.contains(&missing) && found.contains(&unlisted));
}

#[test]
fn every_row_allows_lower_levels_only() {
    for (user, used) in ROWS
        .iter()
        .flat_map(|user| ROWS.iter().map(move |used| (user, used)))
    {
        assert!(
            used.level < user.level || !user.allows(used.package),
            "{} uses {}",
            user.package,
            used.package
        );
    }
}

#[test]
fn every_seat_belongs_to_a_package_of_the_table() {
    for name in SEATS.iter().flat_map(|seat| seat.packages) {
        assert!(ROWS.iter().any(|row| row.package == *name), "{name}");
    }
}

#[test]
fn the_page_about_the_architecture_has_the_same_levels() {
    let page = include_str!("../../../docs/architecture.md");
    for row in ROWS {
        let level = match row.level {
            Level::Words => "0",
            Level::Facts => "1",
            Level::Rules => "2",
            Level::Delivery => "3",
            Level::Operations => "4",
            Level::Adapters => "5",
            Level::Binary => "6",
            Level::Testkit => "dev",
            Level::Tools | Level::Live | Level::Tests => continue,
        };
        let line = format!("| {level} | `{}` |", row.package);
        let is_beside = row.package == "migration";
        assert!(is_beside || page.contains(&line), "{line}");
    }
}
