//! Places: twelve-digit statistical codes of administrative divisions (domain: 统计用区划代码).
//!
//! Ancestry is never read off the digits: codes move and merge, so a tree is climbed by its parents.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Names a place by its twelve digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place(u64);

/// Says that a text is not twelve ASCII digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a place is twelve digits")]
pub struct BadPlace;

impl Place {
    /// Returns the number whose twelve digits are the code.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Takes a number of at most twelve digits.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        if number < 1_000_000_000_000 { Some(Self(number)) } else { None }
    }
}

impl FromStr for Place {
    type Err = BadPlace;
    fn from_str(text: &str) -> Result<Self, BadPlace> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().map(Self).map_err(|_| BadPlace)
        } else {
            Err(BadPlace)
        }
    }
}

impl TryFrom<String> for Place {
    type Error = BadPlace;
    fn try_from(text: String) -> Result<Self, BadPlace> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
