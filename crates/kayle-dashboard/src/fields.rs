//! What a form or a query says.

use url::form_urlencoded;

/// The named values, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a query, or the body of a form.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// Returns the value, trimmed; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// Returns the value unless it is empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|value| !value.is_empty())
    }

    /// Returns every value of this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.trim())
    }

    /// Returns whether a box was ticked.
    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        self.given(name).is_some()
    }
}

/// Writes a path with a query of those values that are not empty.
pub(crate) fn link(path: &str, query: &[(&str, &str)]) -> String {
    let given = query.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(given)
        .finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_holds_what_is_given_and_is_read_back() {
        let written = link("/x", &[("a", "1 & 2"), ("b", ""), ("c", "é")]);
        let (path, query) = written.split_once('?').unwrap();
        assert_eq!(path, "/x");
        let fields = Fields::parse(query.as_bytes());
        assert_eq!(fields.given("a"), Some("1 & 2"));
        assert_eq!(fields.given("b"), None);
        assert_eq!(fields.text("c"), "é");
        assert_eq!(link("/x", &[("b", "")]), "/x");
    }
}
