//! Reading the values of a row.

use std::fmt::Display;

use kayle_app::ports::store::StoreError;
use kayle_primitives::{Id, Timestamp};

/// One row, for naming what cannot be read in it.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// Its table.
    pub(crate) table: &'static str,
    /// Its id.
    pub(crate) id: &'a dyn Display,
}

impl Row<'_> {
    /// Says that a column of this row cannot be read.
    pub(crate) fn corrupt(self, column: &'static str) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column,
            id: self.id.to_string(),
        }
    }

    /// Takes the value that a column was parsed to.
    pub(crate) fn parsed<T, E>(
        self,
        column: &'static str,
        parsed: Result<T, E>,
    ) -> Result<T, StoreError> {
        parsed.map_err(|_| self.corrupt(column))
    }

    /// Takes the value of a column that must have one here.
    pub(crate) fn present<T>(
        self,
        column: &'static str,
        value: Option<T>,
    ) -> Result<T, StoreError> {
        value.ok_or_else(|| self.corrupt(column))
    }

    /// Reads an id.
    pub(crate) fn id<K>(self, column: &'static str, text: &str) -> Result<Id<K>, StoreError> {
        self.parsed(column, Id::parse(text))
    }

    /// Reads a number into a narrower type.
    pub(crate) fn number<N, T: TryFrom<N>>(
        self,
        column: &'static str,
        number: N,
    ) -> Result<T, StoreError> {
        self.parsed(column, T::try_from(number))
    }

    /// Reads a JSON list of texts.
    pub(crate) fn texts(self, column: &'static str, json: &str) -> Result<Vec<String>, StoreError> {
        self.parsed(column, serde_json::from_str(json))
    }
}

/// Writes a list of texts as JSON.
pub(crate) fn texts_to_json<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    serde_json::Value::from_iter(texts).to_string()
}

/// Reads a moment.
pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(ms)
}

/// Reads a moment that may be absent.
pub(crate) fn optional_at(ms: Option<i64>) -> Option<Timestamp> {
    ms.map(at)
}

/// Writes a moment that may be absent.
pub(crate) fn optional_ms(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::unix_ms)
}
