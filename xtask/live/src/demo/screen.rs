//! What the show looks like: numbered steps, aligned lines, a little colour on a terminal.

use std::fmt::Display;
use std::io::IsTerminal;

/// Prints the show on stdout.
pub(super) struct Screen {
    steps: usize,
    colour: Colour,
}

/// Whether escape sequences are understood where the output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Colour {
    Terminal,
    None,
}

const BOLD: &str = "1";
const DIM: &str = "2";
const GREEN: &str = "32";

/// Wide enough for the longest label, `payload_retention_reason`.
const LABEL_CHARS: usize = 26;

impl Screen {
    pub(super) fn new() -> Self {
        let colour = if std::io::stdout().is_terminal() {
            Colour::Terminal
        } else {
            Colour::None
        };
        Self { steps: 0, colour }
    }

    /// Opens the next numbered step.
    pub(super) fn step(&mut self, title: &str) {
        self.steps += 1;
        println!("\n{:>2}  {}", self.steps, self.styled(BOLD, title));
    }

    /// Prints a label and its value.
    pub(super) fn line(&self, label: &str, value: impl Display) {
        println!("    {}{value}", self.label(label));
    }

    /// Prints a label and two values in columns.
    pub(super) fn columns(&self, label: &str, left: &str, right: &str) {
        println!("    {}{left:LABEL_CHARS$}{right}", self.label(label));
    }

    /// Prints text as it is, set off from the show's own words.
    pub(super) fn quote(&self, text: &str) {
        for line in text.lines() {
            println!("    {}", self.styled(DIM, &format!("| {line}")));
        }
    }

    /// Says what was checked and holds.
    pub(super) fn holds(&self, what: impl Display) {
        println!("    {} {what}", self.styled(GREEN, "✓"));
    }

    /// Says something beside the steps.
    pub(super) fn note(&self, text: &str) {
        println!("{}", self.styled(DIM, text));
    }

    /// Prints the end of the service's log, for whoever looks for the reason of a failure.
    pub(super) fn log_tail(&self, lines: &str) {
        self.note("\nthe last lines of the service's log:");
        self.quote(lines);
    }

    fn label(&self, label: &str) -> String {
        self.styled(DIM, &format!("{label:LABEL_CHARS$}"))
    }

    fn styled(&self, style: &str, text: &str) -> String {
        match self.colour {
            Colour::Terminal => format!("\u{1b}[{style}m{text}\u{1b}[0m"),
            Colour::None => text.to_owned(),
        }
    }
}
