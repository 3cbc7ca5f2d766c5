//! Two binaries measured in turn, and the ratio of their medians.
//!
//! In turn, because a machine's speed drifts: what slows one round of the one slows the next round
//! of the other as well.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::figures::{Figures, setting};
use super::machine::Machine;
use super::server::Server;
use super::table::line;
use super::{Options, round};

/// What was measured of both.
pub(super) struct Comparison {
    ours: Side,
    theirs: Side,
}

struct Side {
    revision: String,
    medians: BTreeMap<String, f64>,
}

/// Measures the two in turn, as many rounds as the options say.
///
/// # Errors
/// As soon as one round does not give what it should.
pub(super) async fn measure(
    ours: &Server,
    theirs: &Server,
    options: &Options,
) -> anyhow::Result<Comparison> {
    let mut rounds = [Vec::new(), Vec::new()];
    for number in 1..=options.rounds.get() {
        for (server, figures) in [ours, theirs].into_iter().zip(&mut rounds) {
            eprintln!("round {number} of {}: {}", options.rounds, server.revision);
            let measured = round::measure(&server.binary, options).await?;
            measured.check()?;
            figures.push(measured);
        }
    }
    let [ours_rounds, theirs_rounds] = rounds;
    Ok(Comparison {
        ours: Side::new(ours, &ours_rounds),
        theirs: Side::new(theirs, &theirs_rounds),
    })
}

impl Side {
    fn new(server: &Server, rounds: &[Figures]) -> Self {
        let rounds: Vec<_> = rounds.iter().map(Figures::measured).collect();
        Self {
            revision: server.revision.clone(),
            medians: medians(&rounds),
        }
    }
}

impl Comparison {
    /// Returns the medians and ratios for people.
    pub(super) fn table(&self, machine: &Machine, options: &Options) -> String {
        let mut lines = vec![
            line("this", [self.ours.revision.clone()]),
            line("against", [self.theirs.revision.clone()]),
            line("rounds", [options.rounds.to_string()]),
        ];
        let setting = setting(machine, options);
        let members = setting.as_object().into_iter().flatten();
        lines.extend(members.filter_map(|(name, value)| setting_line(name, value)));
        lines.push(String::new());
        let heads = ["this", "against", "ratio"].map(str::to_owned);
        lines.push(line("median", heads));
        lines.extend(self.rows().map(|(name, ours, theirs)| {
            let numbers = [ours, theirs, ours / theirs];
            line(name, numbers.map(number))
        }));
        lines.join("\n") + "\n"
    }

    /// Returns the medians and ratios for programs.
    pub(super) fn json(&self, machine: &Machine, options: &Options) -> Value {
        let mut json = setting(machine, options);
        let ratios = self
            .rows()
            .map(|(name, ours, theirs)| (name, ours / theirs));
        let side = |side: &Side| json!({ "revision": side.revision, "median": side.medians });
        let members = json.as_object_mut().expect("it is an object");
        members.insert("rounds".to_owned(), json!(options.rounds));
        members.insert("this".to_owned(), side(&self.ours));
        members.insert("against".to_owned(), side(&self.theirs));
        let ratios: BTreeMap<_, _> = ratios.collect();
        members.insert("ratio".to_owned(), json!(ratios));
        json
    }

    fn rows(&self) -> impl Iterator<Item = (&str, f64, f64)> {
        let ours = self.ours.medians.iter();
        ours.filter_map(|(name, ours)| {
            let theirs = self.theirs.medians.get(name)?;
            Some((name.as_str(), *ours, *theirs))
        })
    }
}

fn setting_line(name: &str, value: &Value) -> Option<String> {
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    (!value.is_null()).then(|| line(name, [text]))
}

/// Returns a number for people; the ratio to nothing is none.
fn number(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.3}")
    } else {
        "-".to_owned()
    }
}

/// Returns the median of every number that all rounds have, named by its path.
fn medians(rounds: &[Value]) -> BTreeMap<String, f64> {
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for round in rounds {
        collect_numbers("", round, &mut values);
    }
    let complete = values.into_iter();
    let complete = complete.filter(|(_, found)| found.len() == rounds.len());
    complete
        .map(|(path, found)| (path, median(found)))
        .collect()
}

/// Returns the middle one, or what is half way between the middle two.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (lower, upper) = ((values.len() - 1) / 2, values.len() / 2);
    f64::midpoint(values[lower], values[upper])
}

fn collect_numbers(path: &str, value: &Value, numbers: &mut BTreeMap<String, Vec<f64>>) {
    if let Some(number) = value.as_f64() {
        numbers.entry(path.to_owned()).or_default().push(number);
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        let separator = if path.is_empty() { "" } else { "." };
        collect_numbers(&format!("{path}{separator}{name}"), value, numbers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_of_what_all_rounds_have() {
        let round = |slow, odd| json!({ "a": { "slow": slow, "odd": odd }, "word": "x" });
        let rounds = [
            round(3.0, json!(null)),
            round(1.0, json!(5)),
            round(2.0, json!(null)),
        ];
        let expected = BTreeMap::from([("a.slow".to_owned(), 2.0)]);
        assert_eq!(medians(&rounds), expected);
        let expected = BTreeMap::from([("a.slow".to_owned(), 2.0), ("a.odd".to_owned(), 5.0)]);
        assert_eq!(
            medians(&[round(2.5, json!(5)), round(1.5, json!(5))]),
            expected
        );
    }
}
