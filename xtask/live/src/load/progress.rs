//! How far a measurement is: a bar on a terminal, one line elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

const TEMPLATE: &str = "{msg} {wide_bar} {pos}/{len}";

/// Returns a bar of so many steps, which vanishes when it is dropped.
pub(super) fn bar(message: String, steps: usize) -> ProgressBar {
    if !stderr().is_terminal() {
        eprintln!("{message}");
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(TEMPLATE);
    ProgressBar::new(position(steps))
        .with_style(style.expect("the template is well formed"))
        .with_message(message)
        .with_finish(ProgressFinish::AndClear)
}

/// Returns a count as the bar takes it.
pub(super) fn position(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
