//! Plots of activity (contract 14.3), drawn by the server as SVG without a script.
//!
//! The cast: [`Plots`] is what a page shows of one range; a [`Plot`] is one picture with its name,
//! its legend and its numbers in a table; `series` says what is drawn of what, `scale` where,
//! `axis` what stands beside it; `small` is for rows of lists. A gap is left where nothing is known: zero is a number.
//!
//! Places are told in percent of the picture, so that it can have any size while its text, its
//! gaps and its hatching keep theirs.

mod axis;
mod scale;
mod series;
pub(crate) mod small;

use askama::Template;
use askama::filters::HtmlSafe;
use kayle_app::activity::ActivityReport;
use kayle_delivery::activity::ActivityRange;
use strum::IntoEnumIterator;

use self::axis::{Label, Tick};
use crate::fields::link;

/// The plots of one range.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/plots.html")]
pub(crate) struct Plots {
    /// Where the same is shown of another range.
    pub(crate) ranges: Vec<RangeLink>,
    plots: Vec<Plot>,
}

impl HtmlSafe for Plots {}

/// A range that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RangeLink {
    pub(crate) href: String,
    pub(crate) word: &'static str,
    pub(crate) is_shown: bool,
}

/// One plot.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/plot.html")]
struct Plot {
    id: &'static str,
    title: &'static str,
    /// What it shows, in a sentence.
    sentence: String,
    ticks: Vec<Tick>,
    columns: Vec<Column>,
    /// How wide the drawing of the lines is, in units of its own.
    width: usize,
    lines: Vec<Line>,
    /// The beginning and the middle; the end is the present.
    labels: [Label; 2],
    /// What a colour stands for, of those that there are.
    legend: Vec<Key>,
    /// The columns of the table, with what each comes to in all.
    heads: Vec<Head>,
    rows: Vec<Row>,
}

impl HtmlSafe for Plot {}

/// A bucket in a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    x: String,
    width: String,
    /// When, and what there was.
    title: String,
    is_known: bool,
    bars: Vec<Bar>,
}

/// A part of a bucket's bar.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bar {
    class: &'static str,
    name: &'static str,
    value: String,
    x: String,
    width: String,
    y: String,
    height: String,
}

impl Bar {
    /// Returns the hatching that it is filled with; `None` if its colour fills it.
    fn hatching(&self) -> Option<&'static str> {
        self.class.strip_suffix("-hatched")
    }
}

/// A line over all buckets, broken where there is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: &'static str,
    path: String,
    /// The numbers, with nothing in the place of those that there are not.
    values: String,
}

/// A colour in words, with what it comes to in all.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    class: &'static str,
    word: &'static str,
    total: String,
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    name: &'static str,
    word: &'static str,
    total: String,
}

/// A bucket in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    at: Label,
    /// `None` where nothing is known.
    cells: Option<Vec<String>>,
}

impl Plots {
    /// Draws a report; the ranges lead to the same page.
    pub(crate) fn new(path: &str, report: &ActivityReport) -> Self {
        let ranges = ActivityRange::iter().map(|range| RangeLink {
            href: format!("{}#activity", link(path, &[("range", range.as_str())])),
            word: match range {
                ActivityRange::Hour => "1 hour",
                ActivityRange::Day => "24 hours",
                ActivityRange::Week => "7 days",
                ActivityRange::Month => "30 days",
            },
            is_shown: range == report.range,
        });
        Self {
            ranges: ranges.collect(),
            plots: series::all(report),
        }
    }
}

#[cfg(test)]
mod tests;
