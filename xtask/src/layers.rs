//! The walls of the house: which package may name which.
//!
//! The two tables below are the rule; `docs/architecture.md` explains it. A new workspace crate
//! needs a row in `ROWS`, and an outside crate that must not spread gets a row in `SEATS`.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, bail};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

#[cfg(test)]
mod tests;

/// One workspace package: its level and the workspace packages that it may use.
struct Row {
    package: &'static str,
    level: Level,
    uses: Uses,
}

/// Where a package stands: levels 0 to 6 of the architecture, then what serves development only.
/// A package uses lower levels only, so packages of one level never name each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Words,
    Facts,
    Rules,
    Delivery,
    Operations,
    Adapters,
    Binary,
    Testkit,
    Tools,
    Live,
    Tests,
}

/// Which workspace packages a package may use.
#[derive(Debug, Clone, Copy)]
enum Uses {
    Only(&'static [&'static str]),
    AllUpTo(Level),
}

/// Outside crates that only some packages may depend on. A crate's name may end in `*`.
struct Seat {
    crates: &'static [&'static str],
    packages: &'static [&'static str],
}

const TESTKIT: &str = "kayle-testkit";

/// What everybody may use in tests, whatever their row says.
const FOR_TESTS: &[&str] = &[TESTKIT, "migration"];

const ROWS: &[Row] = &[
    row("kayle-primitives", Level::Words, Uses::Only(&[])),
    row(
        "kayle-events",
        Level::Facts,
        Uses::Only(&["kayle-primitives"]),
    ),
    row(
        "kayle-crypto",
        Level::Facts,
        Uses::Only(&["kayle-primitives"]),
    ),
    row("kayle-receiver", Level::Facts, Uses::Only(&[])),
    row(
        "kayle-sessions",
        Level::Rules,
        Uses::Only(&["kayle-primitives", "kayle-events"]),
    ),
    row(
        "kayle-endpoints",
        Level::Rules,
        Uses::Only(&["kayle-primitives", "kayle-events", "kayle-crypto"]),
    ),
    row(
        "kayle-delivery",
        Level::Delivery,
        Uses::Only(&["kayle-primitives", "kayle-events", "kayle-endpoints"]),
    ),
    row(
        "kayle-app",
        Level::Operations,
        Uses::AllUpTo(Level::Delivery),
    ),
    row(
        "kayle-storage",
        Level::Adapters,
        Uses::AllUpTo(Level::Operations),
    ),
    row(
        "kayle-sender",
        Level::Adapters,
        Uses::Only(&[
            "kayle-primitives",
            "kayle-events",
            "kayle-endpoints",
            "kayle-delivery",
            "kayle-app",
        ]),
    ),
    row(
        "kayle-dispatcher",
        Level::Adapters,
        Uses::AllUpTo(Level::Operations),
    ),
    row(
        "kayle-api",
        Level::Adapters,
        Uses::AllUpTo(Level::Operations),
    ),
    row(
        "kayle-dashboard",
        Level::Adapters,
        Uses::AllUpTo(Level::Operations),
    ),
    row("migration", Level::Adapters, Uses::Only(&[])),
    row(
        "kayle-server",
        Level::Binary,
        Uses::AllUpTo(Level::Adapters),
    ),
    row("kayle-cli", Level::Binary, Uses::Only(&["kayle-receiver"])),
    row(TESTKIT, Level::Testkit, Uses::AllUpTo(Level::Adapters)),
    row("xtask", Level::Tools, Uses::Only(&[])),
    row(
        "xtask-live",
        Level::Live,
        Uses::Only(&["kayle-primitives", "kayle-crypto", TESTKIT, "xtask"]),
    ),
    row("tests", Level::Tests, Uses::AllUpTo(Level::Tools)),
    row("kayle-fuzz", Level::Tests, Uses::AllUpTo(Level::Testkit)),
];

const fn row(package: &'static str, level: Level, uses: Uses) -> Row {
    Row {
        package,
        level,
        uses,
    }
}

const SEATS: &[Seat] = &[
    // Cryptography has one home; the binary also reads the operating system's randomness.
    Seat {
        crates: &["ring"],
        packages: &["kayle-crypto", "kayle-server"],
    },
    Seat {
        crates: &["biscuit", "jsonwebtoken"],
        packages: &["kayle-crypto"],
    },
    // Customers decrypt with it too.
    Seat {
        crates: &["aws-lc-rs"],
        packages: &["kayle-crypto", "kayle-receiver"],
    },
    // SQL has one home.
    Seat {
        crates: &["sea-orm", "sea-orm-migration", "sea-query-sqlx", "sqlx"],
        packages: &["kayle-storage", "migration"],
    },
    // There is one path to the network; the receivers for tests and measurements speak HTTP from
    // the other side.
    Seat {
        crates: &["hyper", "hyper-util", "http", "http-body-util"],
        packages: &["kayle-sender", "kayle-receiver", TESTKIT, "xtask-live"],
    },
    Seat {
        crates: &["hyper-rustls", "hickory-*"],
        packages: &["kayle-sender"],
    },
    // The customers' command is on the other side of the API.
    Seat {
        crates: &["rustls*"],
        packages: &["kayle-sender", "kayle-cli"],
    },
    Seat {
        crates: &["ureq"],
        packages: &["kayle-cli"],
    },
    Seat {
        crates: &["reqwest"],
        packages: &["xtask-live", "tests"],
    },
    Seat {
        crates: &["actix-*"],
        packages: &["kayle-api", "kayle-dashboard", "kayle-server", "kayle-fuzz"],
    },
    Seat {
        crates: &["utoipa*"],
        packages: &["kayle-api"],
    },
    Seat {
        crates: &["askama*"],
        packages: &["kayle-dashboard"],
    },
    // An error that nobody matches on, and a command line, belong to programs.
    Seat {
        crates: &["anyhow"],
        packages: &["kayle-server", "xtask", "xtask-live", "tests"],
    },
    Seat {
        crates: &["clap*"],
        packages: &["kayle-server", "kayle-cli", "xtask", "xtask-live", "tests"],
    },
    Seat {
        crates: &["figment", "prometheus-client"],
        packages: &["kayle-server"],
    },
    Seat {
        crates: &["async-trait"],
        packages: &[
            "kayle-app",
            "kayle-storage",
            "kayle-sender",
            "kayle-dispatcher",
            TESTKIT,
            "migration",
            "tests",
        ],
    },
    // The domain neither waits nor logs.
    Seat {
        crates: &["tokio", "tokio-util", "futures-util", "tracing"],
        packages: &[
            "kayle-app",
            "kayle-storage",
            "kayle-sender",
            "kayle-dispatcher",
            "kayle-api",
            "kayle-dashboard",
            "kayle-server",
            "migration",
            TESTKIT,
            "xtask-live",
            "tests",
        ],
    },
];

/// A workspace package as its manifest has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The package's name.
    pub name: String,
    /// What its manifest depends on.
    pub dependencies: Vec<Dependency>,
}

/// One entry of a manifest's dependency sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The name of the package depended on.
    pub name: String,
    /// What it is used for.
    pub purpose: Purpose,
}

/// What a dependency is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The package itself or its build script.
    Build,
    /// Its tests and benchmarks only.
    Test,
}

/// A wall that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breach {
    /// A workspace package that the table does not know.
    Unlisted { package: String },
    /// A row of the table whose package does not exist.
    Missing { package: String },
    /// A workspace package used where the table does not allow it.
    Wall { package: String, uses: String },
    /// The testkit used outside of tests.
    TestkitInProduction { package: String },
    /// An outside crate used by a package that has no seat for it.
    NoSeat { package: String, uses: String },
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlisted { package } => {
                write!(formatter, "{package} has no row in xtask/src/layers.rs")
            }
            Self::Missing { package } => {
                write!(
                    formatter,
                    "{package} has a row in xtask/src/layers.rs and no package"
                )
            }
            Self::Wall { package, uses } => write!(formatter, "{package} may not use {uses}"),
            Self::TestkitInProduction { package } => write!(
                formatter,
                "{package} uses {TESTKIT}, which is a dev-dependency only"
            ),
            Self::NoSeat { package, uses } => {
                write!(
                    formatter,
                    "{package} may not depend on {uses}, which has its seat in "
                )?;
                let seats = SEATS.iter().filter(|seat| seat.holds(uses));
                let packages: Vec<_> = seats.flat_map(|seat| seat.packages).copied().collect();
                formatter.write_str(&packages.join(", "))
            }
        }
    }
}

/// Checks this workspace's manifests and returns the number of packages that keep to the table.
///
/// # Errors
/// Names every breach, one a line.
pub fn check() -> anyhow::Result<usize> {
    let packages = workspace_packages()?;
    let breaches = breaches(&packages);
    if breaches.is_empty() {
        return Ok(packages.len());
    }
    let lines: Vec<_> = breaches.iter().map(ToString::to_string).collect();
    bail!("the layers do not hold:\n  {}", lines.join("\n  "))
}

/// Returns every breach of the tables in these packages, in their order.
pub fn breaches(packages: &[Package]) -> Vec<Breach> {
    let names: BTreeSet<_> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let missing = ROWS
        .iter()
        .filter(|row| !names.contains(row.package))
        .map(|row| Breach::Missing {
            package: row.package.to_owned(),
        });
    let broken = packages
        .iter()
        .flat_map(|package| package_breaches(package, &names));
    missing.chain(broken).collect()
}

fn package_breaches(package: &Package, workspace: &BTreeSet<&str>) -> Vec<Breach> {
    let Some(row) = ROWS.iter().find(|row| row.package == package.name) else {
        return vec![Breach::Unlisted {
            package: package.name.clone(),
        }];
    };
    package
        .dependencies
        .iter()
        .filter_map(|dependency| {
            if workspace.contains(dependency.name.as_str()) {
                inside_breach(row, dependency)
            } else {
                outside_breach(row, dependency)
            }
        })
        .collect()
}

fn inside_breach(row: &Row, dependency: &Dependency) -> Option<Breach> {
    let name = dependency.name.as_str();
    let in_tests = dependency.purpose == Purpose::Test && FOR_TESTS.contains(&name);
    if in_tests || row.allows(name) {
        return None;
    }
    let package = row.package.to_owned();
    if name == TESTKIT {
        return Some(Breach::TestkitInProduction { package });
    }
    Some(Breach::Wall {
        package,
        uses: name.to_owned(),
    })
}

/// Tests may use any outside crate: what they use is not in the binary.
fn outside_breach(row: &Row, dependency: &Dependency) -> Option<Breach> {
    if dependency.purpose == Purpose::Test {
        return None;
    }
    let seat = SEATS.iter().find(|seat| seat.holds(&dependency.name))?;
    if seat.packages.contains(&row.package) {
        return None;
    }
    Some(Breach::NoSeat {
        package: row.package.to_owned(),
        uses: dependency.name.clone(),
    })
}

impl Row {
    fn allows(&self, name: &str) -> bool {
        match self.uses {
            Uses::Only(names) => names.contains(&name),
            Uses::AllUpTo(level) => ROWS
                .iter()
                .any(|row| row.package == name && row.level <= level),
        }
    }
}

impl Seat {
    fn holds(&self, name: &str) -> bool {
        self.crates
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == *pattern,
            })
    }
}

fn workspace_packages() -> anyhow::Result<Vec<Package>> {
    let metadata = MetadataCommand::new()
        .manifest_path(crate::workspace::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata gives no answer")?;
    Ok(packages_of(&metadata))
}

fn packages_of(metadata: &Metadata) -> Vec<Package> {
    metadata
        .workspace_packages()
        .into_iter()
        .map(|package| Package {
            name: package.name.to_string(),
            dependencies: package.dependencies.iter().map(dependency_of).collect(),
        })
        .collect()
}

fn dependency_of(dependency: &cargo_metadata::Dependency) -> Dependency {
    let purpose = if dependency.kind == DependencyKind::Development {
        Purpose::Test
    } else {
        Purpose::Build
    };
    Dependency {
        name: dependency.name.clone(),
        purpose,
    }
}
