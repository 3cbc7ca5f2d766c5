//! Rows as arrays, one for each column: how any number of rows comes into a statement of
//! PostgreSQL whose text is always the same, so that the server plans it once.
//!
//! An array of the driver's has no NULL in it: a number that is not there is [`NO_NUMBER`], and a
//! text is empty. No column holds either of them as a value.

use sea_orm::sea_query::ArrayType;
use sea_orm::{EntityTrait, IdenStatic, Iterable, ModelTrait, Value};

/// Stands for a number that is not there.
pub(crate) const NO_NUMBER: i64 = -1;

/// Begins an INSERT of rows that come in as [`arrays`], the first of them at this place of the
/// values: a condition on `new`, and what else belongs to it, may follow.
pub(crate) fn insert<E: EntityTrait>(first_place: usize) -> String {
    let columns: Vec<E::Column> = E::Column::iter().collect();
    let names: Vec<&str> = columns.iter().map(IdenStatic::as_str).collect();
    let selected: Vec<String> = columns.iter().map(selected::<E>).collect();
    let placed = columns.iter().zip(first_place..);
    let arrays: Vec<String> = placed
        .map(|(column, place)| format!("${place}::{}[]", type_of::<E>(column)))
        .collect();
    format!(
        "INSERT INTO {table} ({names}) SELECT {selected} FROM UNNEST({arrays}) AS new ({names})",
        table = E::default().table_name(),
        names = names.join(", "),
        selected = selected.join(", "),
        arrays = arrays.join(", "),
    )
}

/// Returns rows as arrays, in the order of their columns.
pub(crate) fn arrays<E: EntityTrait>(rows: &[E::Model]) -> impl Iterator<Item = Value> {
    E::Column::iter().map(|column| {
        let values = rows.iter().map(|row| present(row.get(column)));
        let values: Vec<Value> = values.collect();
        Value::Array(value_type::<E>(&column), Some(Box::new(values)))
    })
}

/// Returns how many columns a table has.
pub(crate) fn width<E: EntityTrait>() -> usize {
    E::Column::iter().count()
}

fn selected<E: EntityTrait>(column: &E::Column) -> String {
    let name = column.as_str();
    match type_of::<E>(column) {
        "text" => format!("NULLIF(new.{name}, '')"),
        "uuid" => format!("new.{name}"),
        _number => format!("NULLIF(new.{name}, {NO_NUMBER})"),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign, open enum")]
fn type_of<E: EntityTrait>(column: &E::Column) -> &'static str {
    match value_type::<E>(column) {
        ArrayType::String => "text",
        ArrayType::Int => "integer",
        ArrayType::BigInt => "bigint",
        ArrayType::Uuid => "uuid",
        other => unreachable!("no column of the schema is a {other:?}"),
    }
}

fn value_type<E: EntityTrait>(column: &E::Column) -> ArrayType {
    E::Model::get_value_type(*column)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign, open enum")]
fn present(value: Value) -> Value {
    match value {
        Value::String(None) => Value::String(Some(String::new())),
        Value::Int(None) => Value::Int(i32::try_from(NO_NUMBER).ok()),
        Value::BigInt(None) => Value::BigInt(Some(NO_NUMBER)),
        value => value,
    }
}
