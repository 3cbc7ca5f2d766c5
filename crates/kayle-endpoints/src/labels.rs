//! Labels: short texts for people (contract 2.3).

/// The most labels an endpoint may carry.
pub const LABELS_MAX: usize = 8;
/// The longest label, in characters.
pub const LABEL_CHARS_MAX: usize = 40;

/// Up to eight labels, trimmed, in the given order, unique ignoring case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels(Vec<String>);

/// The list cannot be an endpoint's labels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabels {
    /// More than eight.
    #[error("must have at most {LABELS_MAX} entries")]
    TooMany,
    /// Empty after trimming, or over 40 characters; carries the position, from 0.
    #[error("must have 1 to {LABEL_CHARS_MAX} characters after trimming")]
    Length(usize),
    /// Equal to an earlier one but for case; carries the position, from 0.
    #[error("repeats an earlier one (case is ignored)")]
    Repeated(usize),
}

impl InvalidLabels {
    /// Returns the position of the label at fault, from 0; `None` if it is the list.
    pub fn position(&self) -> Option<usize> {
        match self {
            Self::TooMany => None,
            Self::Length(position) | Self::Repeated(position) => Some(*position),
        }
    }
}

impl Labels {
    /// Trims and checks a list.
    pub fn parse(texts: &[String]) -> Result<Self, InvalidLabels> {
        if texts.len() > LABELS_MAX {
            return Err(InvalidLabels::TooMany);
        }
        let mut seen = Vec::with_capacity(texts.len());
        let mut labels = Vec::with_capacity(texts.len());
        for (position, text) in texts.iter().enumerate() {
            let text = text.trim();
            if text.is_empty() || text.chars().count() > LABEL_CHARS_MAX {
                return Err(InvalidLabels::Length(position));
            }
            let folded = text.to_lowercase();
            if seen.contains(&folded) {
                return Err(InvalidLabels::Repeated(position));
            }
            seen.push(folded);
            labels.push(text.to_owned());
        }
        Ok(Self(labels))
    }

    /// Takes a stored list as it is.
    pub fn from_stored(labels: Vec<String>) -> Self {
        Self(labels)
    }

    /// Returns the labels.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests;
