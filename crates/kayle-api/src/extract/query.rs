//! The query of a request. Parameters that nobody asks for are ignored, whatever they hold.

use std::borrow::Cow;
use std::fmt::Display;

use kayle_primitives::{Id, PageLimit, PageRequest, Timestamp};
use url::form_urlencoded;

use crate::error::ApiError;

/// The parameters, decoded, in order. What is not UTF-8 is replaced by U+FFFD, which no parameter
/// accepts.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes a query.
    pub(crate) fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.map(|(name, value)| (own(name), own(value))).collect())
    }

    /// Reads a parameter; `None` if it is absent. One that is given twice is refused, even if it
    /// says the same (contract 3.0).
    pub(crate) fn optional<T, E: Display>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ApiError> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        let Some((_, value)) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(ApiError::bad_request(format!("{name} is given twice")));
        }
        match parse(value) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(ApiError::bad_request(format!("{name} {error}"))),
        }
    }

    /// Reads a flag: exactly `true` or `false`.
    pub(crate) fn flag(&self, name: &'static str) -> Result<Option<bool>, ApiError> {
        self.optional(name, |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("must be true or false"),
        })
    }

    /// Reads an id.
    pub(crate) fn id<K>(&self, name: &'static str) -> Result<Option<Id<K>>, ApiError> {
        self.optional(name, Id::parse)
    }

    /// Reads a point in time.
    pub(crate) fn timestamp(&self, name: &'static str) -> Result<Option<Timestamp>, ApiError> {
        self.optional(name, Timestamp::parse)
    }

    /// Reads `limit`, 10 if it is absent.
    pub(crate) fn limit(&self) -> Result<PageLimit, ApiError> {
        let limit = self.optional("limit", PageLimit::parse)?;
        Ok(limit.unwrap_or(PageLimit::DEFAULT))
    }

    /// Reads `limit` and `starting_after`.
    pub(crate) fn page<K>(&self) -> Result<PageRequest<Id<K>>, ApiError> {
        Ok(PageRequest {
            limit: self.limit()?,
            starting_after: self.id("starting_after")?,
        })
    }
}

fn own(text: Cow<'_, str>) -> String {
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use kayle_primitives::id::EventKind;

    use super::*;

    fn refusal<T>(read: Result<T, ApiError>) -> Option<String> {
        read.err().map(|error| error.message().to_owned())
    }

    #[test]
    fn a_parameter_that_is_given_twice_is_refused() {
        let query = Query::parse("limit=5&limit=5");
        assert_eq!(
            refusal(query.limit()).as_deref(),
            Some("limit is given twice")
        );
        assert!(refusal(Query::parse("other=1&other=2").limit()).is_none());
    }

    #[test]
    fn refusals_name_the_parameter() {
        fn check(query: &str, name: &str) {
            let query = Query::parse(query);
            let refused = refusal(query.page::<EventKind>())
                .or(refusal(query.flag("enabled")))
                .or(refusal(query.timestamp("created_from")));
            let message = refused.expect("it is refused");
            assert!(message.starts_with(name), "{message}");
        }
        check("limit=0", "limit");
        check("limit=101", "limit");
        check("limit=", "limit");
        check("limit", "limit");
        check("limit=%31%", "limit");
        check("limit=%ff", "limit");
        check("limit=1.0", "limit");
        check("limit=+5", "limit");
        check("starting_after=", "starting_after");
        check("starting_after=a%00b", "starting_after");
        check("starting_after=%zz", "starting_after");
        check("enabled=", "enabled");
        check("enabled=True", "enabled");
        check("enabled=1", "enabled");
        check("created_from=2026-05-05", "created_from");
        check("created_from=2026-05-05T11:00:00%2B02:00", "created_from");
    }

    #[test]
    fn an_escaped_value_is_the_value() {
        let query = Query::parse("%6cimit=%35&created_from=2026-05-05T11%3A00Z");
        assert_eq!(query.limit().unwrap().get(), 5);
        assert!(query.timestamp("created_from").unwrap().is_some());
    }

    #[test]
    fn nonsense_that_nobody_asks_for_is_ignored() {
        let query = Query::parse("&&=&%ff=%ff&%&a=%zz&==");
        assert_eq!(query.limit().unwrap(), PageLimit::DEFAULT);
    }
}
