//! Civil dates and instants in Asia/Shanghai: UTC+8, no daylight saving (domain: all business dates are +08:00).

use jiff::{Timestamp, civil::Date, tz};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A civil day at +08:00; printed `YYYY-MM-DD`.
pub type Day = Date;

/// Milliseconds from 1970 to the start of a day in UTC, minus this, is its start at +08:00.
const OFFSET_MS: i64 = 8 * 3_600_000;

/// Milliseconds in a day.
pub const DAY_MS: i64 = 86_400_000;

/// An instant: milliseconds since 1970; printed RFC 3339 at +08:00.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(pub i64);

/// A calendar month; printed `YYYY-MM`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

/// Says that a text is not a day, a month or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date: write 2019-06-05, 2019-06 or 2019-06-05T09:00:00+08:00")]
pub struct BadDate;

impl Instant {
    /// Returns the civil day at +08:00.
    #[must_use]
    pub fn day(self) -> Day {
        Timestamp::from_millisecond(self.0).map_or(Date::MIN, |at| tz::offset(8).to_datetime(at).date())
    }

    /// Returns the calendar month at +08:00.
    #[must_use]
    pub fn month(self) -> Month {
        Month::of(self.day())
    }
}

/// Returns the first instant of a day at +08:00.
#[must_use]
pub fn start_of(day: Day) -> Instant {
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = i64::from(day.since(epoch).map_or(0, |span| span.get_days()));
    Instant(days * DAY_MS - OFFSET_MS)
}

impl Month {
    /// Makes a month; `None` unless `month` is 1 to 12.
    #[must_use]
    pub const fn new(year: i16, month: i8) -> Option<Self> {
        if month >= 1 && month <= 12 && year >= 1900 && year <= 9000 { Some(Self { year, month }) } else { None }
    }

    /// Returns the month in which a day lies.
    #[must_use]
    pub fn of(day: Day) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Returns the year.
    #[must_use]
    pub const fn year(self) -> i16 {
        self.year
    }

    /// Returns the number of the month, 1 to 12.
    #[must_use]
    pub const fn number(self) -> i8 {
        self.month
    }

    /// Returns the first day.
    #[must_use]
    pub fn first_day(self) -> Day {
        jiff::civil::date(self.year, self.month, 1)
    }

    /// Returns the month `n` months later (earlier for negative `n`).
    #[must_use]
    pub fn plus(self, n: i32) -> Self {
        let index = i32::from(self.year) * 12 + i32::from(self.month) - 1 + n;
        let year = i16::try_from(index.div_euclid(12)).unwrap_or(self.year);
        Self { year, month: i8::try_from(index.rem_euclid(12) + 1).unwrap_or(1) }
    }

    /// Returns the first instant of the month at +08:00.
    #[must_use]
    pub fn start(self) -> Instant {
        start_of(self.first_day())
    }
}

impl FromStr for Month {
    type Err = BadDate;
    fn from_str(text: &str) -> Result<Self, BadDate> {
        let (year, month) = text.split_once('-').ok_or(BadDate)?;
        if year.len() != 4 || month.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Err(BadDate);
        }
        Self::new(year.parse().map_err(|_| BadDate)?, month.parse().map_err(|_| BadDate)?).ok_or(BadDate)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Instant {
    type Err = BadDate;
    fn from_str(text: &str) -> Result<Self, BadDate> {
        text.parse::<Timestamp>().map(|at| Self(at.as_millisecond())).map_err(|_| BadDate)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        let civil = tz::offset(8).to_datetime(at);
        write!(f, "{}+08:00", civil.strftime(if self.0 % 1000 == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.3f" }))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

macro_rules! as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

as_text!(Month);
as_text!(Instant);
