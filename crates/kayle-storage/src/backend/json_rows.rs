//! Rows as one JSON text, an array of arrays: how any number of rows comes into a statement of
//! SQLite whose text is always the same, so that it is compiled once.

use sea_orm::prelude::Uuid;
use sea_orm::sea_query::ArrayType;
use sea_orm::{EntityTrait, IdenStatic, Iterable, ModelTrait, Value};
use serde::ser::{Error, Serialize, Serializer};

/// Returns an INSERT of rows that come in as [`json_rows`] at this place of the values.
pub(crate) fn insert<E: EntityTrait>(place: usize) -> String {
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let names: Vec<&str> = columns.iter().map(IdenStatic::as_str).collect();
    let cells = columns.iter().enumerate().map(|(number, column)| {
        // A UUID is stored as 16 bytes.
        if E::Model::get_value_type(*column) == ArrayType::Uuid {
            format!("unhex(value ->> {number})")
        } else {
            format!("value ->> {number}")
        }
    });
    let cells: Vec<String> = cells.collect();
    format!(
        "INSERT INTO {table} ({names}) SELECT {cells} FROM json_each(${place})",
        table = E::default().table_name(),
        names = names.join(", "),
        cells = cells.join(", "),
    )
}

/// Returns rows as one value.
pub(crate) fn json_rows<E: EntityTrait>(rows: &[E::Model]) -> Value {
    let cells = |row: &E::Model| {
        let cells = E::Column::iter().map(|column| Cell(row.get(column)));
        cells.collect::<Vec<Cell>>()
    };
    let rows: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
    let Ok(rows) = serde_json::to_string(&rows) else {
        unreachable!("no column of the schema is anything but a text, a number or a UUID")
    };
    rows.into()
}

/// What a row has in one column.
struct Cell(Value);

impl Serialize for Cell {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign, open enum")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::String(text) => text.serialize(serializer),
            Value::Int(number) => number.serialize(serializer),
            Value::BigInt(number) => number.serialize(serializer),
            Value::Uuid(id) => hex(id.as_ref()).serialize(serializer),
            other => Err(S::Error::custom(format_args!(
                "no column is a {:?}",
                other.array_type()
            ))),
        }
    }
}

fn hex(id: Option<&Uuid>) -> Option<String> {
    id.map(|id| id.simple().to_string())
}
