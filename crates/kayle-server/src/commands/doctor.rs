//! `admin doctor`: looks a live installation over, and changes nothing.

use kayle_app::doctor::Diagnosis;
use kayle_app::ports::store::Violation;
use serde_json::{Value, json};

use super::print_line;
use crate::config::Config;
use crate::wiring;

/// Checks every invariant and says what breaks them, by ids; fails if anything does.
pub(super) async fn run(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let wired = wiring::wire_as_it_is(config).await?;
    let examined = wired.webhooks.examine(&*wired.store, config.sweep_grace());
    let diagnosis = examined.await?;
    let report = if as_json {
        told_to_programs(&diagnosis).to_string()
    } else {
        told_to_people(&diagnosis)
    };
    wired.store.close().await?;
    print_line(&report)?;
    anyhow::ensure!(diagnosis.is_whole(), "the installation is not whole");
    Ok(())
}

fn told_to_programs(diagnosis: &Diagnosis) -> Value {
    let told = |violations: &[Violation]| -> Value {
        let each = violations.iter().map(|violation| {
            json!({
                "check": violation.invariant.as_str(),
                "count": violation.count,
                "examples": violation.examples,
            })
        });
        each.collect()
    };
    json!({
        "whole": diagnosis.is_whole(),
        "findings": told(&diagnosis.findings),
        "warnings": told(&diagnosis.warnings),
    })
}

fn told_to_people(diagnosis: &Diagnosis) -> String {
    let Diagnosis { findings, warnings } = diagnosis;
    let verdict = if diagnosis.is_whole() {
        "Nothing is wrong."
    } else {
        "Something is wrong:"
    };
    let mut lines = vec![verdict.to_owned()];
    lines.extend(findings.iter().map(|violation| line("", violation)));
    lines.extend(
        warnings
            .iter()
            .map(|violation| line("warning: ", violation)),
    );
    lines.join("\n")
}

fn line(kind: &str, violation: &Violation) -> String {
    let Violation {
        invariant, count, ..
    } = violation;
    format!(
        "  {kind}{count} × {}: {} ({})",
        invariant.as_str(),
        invariant.broken_by(),
        violation.named()
    )
}

#[cfg(test)]
mod tests {
    use kayle_app::ports::store::Invariant;

    use super::*;

    fn sick() -> Diagnosis {
        let violation = |invariant, count, id: &str| Violation {
            invariant,
            count,
            examples: vec![id.to_owned()],
        };
        Diagnosis {
            findings: vec![violation(Invariant::LeaseIsTakenOver, 2, "whd_a")],
            warnings: vec![violation(Invariant::DueDeliveryIsClaimed, 1, "whd_b")],
        }
    }

    #[test]
    fn people_read_what_is_wrong_and_where() {
        assert_eq!(
            told_to_people(&sick()),
            "Something is wrong:\n  \
             2 × lease_is_taken_over: leases ran out and nobody took over (whd_a, …)\n  \
             warning: 1 × due_delivery_is_claimed: deliveries are due and nobody has claimed them \
             (whd_b)"
        );
    }

    #[test]
    fn programs_read_the_same() {
        assert_eq!(
            told_to_programs(&sick()),
            json!({
                "whole": false,
                "findings": [
                    { "check": "lease_is_taken_over", "count": 2, "examples": ["whd_a"] }
                ],
                "warnings": [
                    { "check": "due_delivery_is_claimed", "count": 1, "examples": ["whd_b"] }
                ],
            })
        );
    }

    #[test]
    fn a_backlog_alone_is_nothing_wrong() {
        let diagnosis = Diagnosis {
            findings: Vec::new(),
            ..sick()
        };
        assert!(diagnosis.is_whole());
        assert!(told_to_people(&diagnosis).starts_with("Nothing is wrong.\n  warning: "));
    }
}
