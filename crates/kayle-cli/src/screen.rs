//! What is printed: tables for people, JSON for programs.

use std::io::{self, Write as _};

use serde_json::Value;

/// Prints a line. Whoever stopped reading wanted no more.
pub(crate) fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Prints JSON over several lines.
pub(crate) fn print_json(value: &Value) {
    print(&format!("{value:#}"));
}

/// Prints objects as a table of these members.
pub(crate) fn print_table(columns: &[&str], rows: &[Value]) {
    let cells = rows.iter().map(|row| cells(columns, row));
    let heads: Vec<String> = columns.iter().map(|name| name.to_uppercase()).collect();
    let rows: Vec<_> = std::iter::once(heads).chain(cells).collect();
    for line in table(&rows) {
        print(&line);
    }
}

fn cells(columns: &[&str], row: &Value) -> Vec<String> {
    columns.iter().map(|name| cell(&row[*name])).collect()
}

/// Shows a value without the quotes of JSON; what has several parts, with commas between.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(","),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// Pads every column to its widest cell.
fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let padded = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(padded).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            json!({ "id": "é", "n": null }),
            json!({ "id": "long", "n": [1, 2] }),
        ];
        let mut lines = vec![vec!["ID".to_owned(), "N".to_owned()]];
        lines.extend(rows.iter().map(|row| cells(&["id", "n"], row)));
        assert_eq!(table(&lines), ["ID    N", "é     -", "long  1,2"]);
    }
}
