//! The roster of a scenario: places, units, people, households and who is paired with whom.

use crate::calendar::Day;
use serde::{Deserialize, Serialize};

/// One place during one stretch of its history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Region {
    /// Names the place.
    pub code: String,
    /// Shows it.
    #[serde(default)]
    pub name: String,
    /// Says what it is: county, town, village, group …
    pub level: String,
    /// Names the place above.
    #[serde(default)]
    pub parent: Option<String>,
    /// Begins the stretch; absent: always.
    #[serde(default, with = "super::text::optional_day")]
    pub from: Option<Day>,
    /// Ends it; absent: open.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
}

/// A unit that sends helpers (帮扶单位).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unit {
    /// Names the unit.
    pub id: String,
    /// Shows it.
    #[serde(default)]
    pub name: String,
    /// Names the place it is assigned to.
    #[serde(default)]
    pub place: Option<String>,
    /// Lists who owes a pairing.
    #[serde(default)]
    pub obliged: Vec<Obliged>,
}

/// One person who owes a pairing, for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obliged {
    /// Names the person.
    pub cadre: String,
    /// Begins the obligation.
    #[serde(with = "super::text::day")]
    pub from: Day,
    /// Ends it.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
}

/// A cadre and the service on record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cadre {
    /// Names the cadre.
    pub id: String,
    /// Lists service in units and posts.
    #[serde(default)]
    pub terms: Vec<Term>,
}

/// Service in one unit or post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Names the unit or post.
    pub unit: String,
    /// Begins the service.
    #[serde(with = "super::text::day")]
    pub from: Day,
    /// Ends it.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
}

/// A household and its history.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Household {
    /// Names the household.
    pub id: String,
    /// Lists its statuses.
    #[serde(default)]
    pub status: Vec<StatusSpan>,
    /// Lists its tiers.
    #[serde(default)]
    pub tier: Vec<TierSpan>,
    /// Lists where it lived.
    #[serde(default)]
    pub places: Vec<PlaceSpan>,
    /// Lists the households it came from by split or merge.
    #[serde(default)]
    pub parents: Vec<String>,
    /// Lists when it was registered as away (外出户).
    #[serde(default)]
    pub away: Vec<Span>,
}

/// A status for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusSpan {
    /// Names the status; four carry duty.
    pub status: String,
    /// Begins it.
    #[serde(with = "super::text::day")]
    pub from: Day,
    /// Ends it.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
}

/// A tier for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierSpan {
    /// Names the tier.
    pub tier: String,
    /// Begins it.
    #[serde(with = "super::text::day")]
    pub from: Day,
    /// Ends it.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
}

/// A place for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceSpan {
    /// Names the place.
    pub place: String,
    /// Begins it.
    #[serde(with = "super::text::day")]
    pub from: Day,
    /// Ends it.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
}

/// A stretch of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Begins it.
    #[serde(with = "super::text::day")]
    pub from: Day,
    /// Ends it.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
}

/// What a paired cadre is to the household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairingRole {
    /// Holds the duty (主帮扶).
    Primary,
    /// Helps (协帮扶).
    Assistant,
    /// Has no part in these figures.
    #[serde(other)]
    Other,
}

/// A cadre paired with a household for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    /// Names the pairing.
    #[serde(default)]
    pub id: String,
    /// Names the household.
    pub household: String,
    /// Names the cadre.
    pub cadre: String,
    /// Says what the cadre is to it.
    pub role: PairingRole,
    /// Begins the pairing.
    #[serde(with = "super::text::day")]
    pub from: Day,
    /// Ends it.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
    /// Names the unit in whose name it was made.
    #[serde(default)]
    pub unit: Option<String>,
}

/// An approved leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// Names who is away.
    pub cadre: String,
    /// Begins the leave.
    #[serde(with = "super::text::day")]
    pub from: Day,
    /// Ends it.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
    /// Names who stands in.
    #[serde(default)]
    pub deputy: Option<String>,
}

/// One household seen on a secretary's tour (遍访).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TourVisit {
    /// Names the household.
    pub household: String,
    /// Names who toured.
    pub cadre: String,
    /// Says when.
    #[serde(with = "super::text::day")]
    pub date: Day,
}

/// A post that must be filled, and who filled it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Names the post.
    pub id: String,
    /// Names its place.
    pub place: String,
    /// Begins the need for it.
    #[serde(with = "super::text::day")]
    pub from: Day,
    /// Ends it.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
    /// Lists who filled it.
    #[serde(default)]
    pub terms: Vec<PostTerm>,
}

/// One person in a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostTerm {
    /// Names the person.
    pub cadre: String,
    /// Begins the term.
    #[serde(with = "super::text::day")]
    pub from: Day,
    /// Ends it.
    #[serde(default, with = "super::text::optional_day")]
    pub to: Option<Day>,
}
