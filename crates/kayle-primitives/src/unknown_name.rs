//! The error of reading a text that is none of a closed set's names.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use strum::IntoEnumIterator;

/// The text is none of the names of `T`. Its message lists the names, and repeats nothing of the
/// text.
///
/// A closed set is an enum that derives its names, its parsing and its iteration by `strum`; this
/// is the error that the parsing returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownName<T>(PhantomData<T>);

impl<T> UnknownName<T> {
    /// Returns the error, whatever the text is.
    pub fn of(_text: &str) -> Self {
        Self(PhantomData)
    }
}

impl<T: IntoEnumIterator + Into<&'static str>> fmt::Display for UnknownName<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = T::iter().map(Into::into).collect();
        match names.split_last() {
            Some((last, [])) => write!(formatter, "must be {last}"),
            Some((last, others)) => write!(formatter, "must be {} or {last}", others.join(", ")),
            None => formatter.write_str("has no name"),
        }
    }
}

impl<T: IntoEnumIterator + Into<&'static str> + fmt::Debug> Error for UnknownName<T> {}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use strum::{EnumIter, EnumString, IntoStaticStr};

    use super::*;

    #[derive(Debug, PartialEq, EnumIter, EnumString, IntoStaticStr)]
    #[strum(serialize_all = "snake_case")]
    #[strum(parse_err_ty = UnknownName<Light>, parse_err_fn = UnknownName::of)]
    enum Light {
        Red,
        AmberBlinking,
        Green,
    }

    #[test]
    fn a_name_is_matched_exactly_and_the_error_lists_them_all() {
        assert_eq!(
            Light::from_str("amber_blinking").unwrap(),
            Light::AmberBlinking
        );
        for text in ["", "Red", "red ", "blue"] {
            let error = Light::from_str(text).unwrap_err();
            assert_eq!(error.to_string(), "must be red, amber_blinking or green");
        }
    }
}
