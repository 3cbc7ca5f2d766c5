//! How lines of a table look.

use std::fmt::Write;

/// Returns a label and its values, each in a column.
pub(super) fn line(label: &str, values: impl IntoIterator<Item = String>) -> String {
    /// Wide enough for the longest label with its numbers.
    const LABEL_CHARS: usize = 40;
    let mut line = format!("{label:LABEL_CHARS$}");
    for value in values {
        write!(line, "{value:>12}").expect("a string takes all that is written");
    }
    line
}
