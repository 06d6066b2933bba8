//! The declaration of a kind of record: the one place from which validation, permission, masks, forms, import,
//! schema and glossary follow.
//!
//! A kind is data. Its file in `kinds/` is written with the small builder of [`crate::declare`]; nothing else in
//! the crates names its fields but the rules that need them.

use crate::{role::Role, validate::Violation};

/// A plain value, in the form the command line and the office API print.
///
/// Text, long text and choices are strings (a choice by its slug); numbers are integers; a day is `YYYY-MM-DD`, a
/// month `YYYY-MM`, an instant RFC 3339; a reference is a UUID; evidence is a list of SHA-256 in hex; rows are
/// objects; spans are objects `{"value","from","to"}`.
pub type Json = serde_json::Value;

/// The fields of a record, by key.
pub type Fields = serde_json::Map<String, Json>;

/// Declares a kind of record.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Names the kind in documents, addresses and commands.
    pub name: &'static str,
    /// Shows it in Chinese.
    pub zh: &'static str,
    /// Shows it in English.
    pub en: &'static str,
    /// Says at which level of place its records live.
    pub home: Home,
    /// Says whether a record belongs to one household, named in its header.
    pub subject: Subject,
    /// Says that its records travel to every device of the township.
    pub reference: bool,
    /// Lists who reads.
    pub audience: &'static [Role],
    /// Lists who creates, and who edits the fields that name no writers of their own.
    pub writers: &'static [Role],
    /// Lists who may ask for a change of a field that they may not write.
    pub proposers: &'static [Role],
    /// Lists the fields.
    pub fields: &'static [Field],
    /// Lists the events; a name may have several lines, one for each state it starts from.
    pub events: &'static [EventType],
    /// Lists the states; the first is the one before any event.
    pub states: &'static [Choice],
    /// Names the fields that together name a record; `subject` stands for the household of the header.
    pub unique: &'static [&'static str],
    /// Checks fields against each other.
    pub check: fn(&Fields) -> Vec<Violation>,
    /// Says how a workbook of such records is recognised, if there is one.
    pub import: Option<Import>,
}

/// Whether a record of a kind belongs to one household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Never.
    None,
    /// Always.
    Household,
    /// Some do: evidence of a visit belongs to its household, evidence of an issue to none.
    Either,
}

impl Subject {
    /// Says whether a record may name a household.
    #[must_use]
    pub const fn may_be(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Says whether a record must name a household.
    #[must_use]
    pub const fn must_be(self) -> bool {
        matches!(self, Self::Household)
    }

    /// Says whether a record that names a household, or does not, is right.
    #[must_use]
    pub const fn takes(self, has_household: bool) -> bool {
        if has_household { self.may_be() } else { !self.must_be() }
    }
}

/// The level of place at which records of a kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// The village of the household.
    Village,
    /// The township.
    Township,
}

/// Declares a field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Names the field in documents and JSON.
    pub key: &'static str,
    /// Shows it in Chinese.
    pub zh: &'static str,
    /// Shows it in English.
    pub en: &'static str,
    /// Says what values it takes.
    pub shape: Shape,
    /// Says that a whole record needs it.
    pub required: bool,
    /// Says what happens when two people write it.
    pub merge: Merge,
    /// Says how sensitive it is; from L3 on it is never in a document.
    pub level: Level,
    /// Says how it is shown to those who may not see it whole.
    pub mask: Mask,
    /// Names the column of the national system.
    pub code: Option<&'static str>,
    /// Lists the headings under which workbooks carry it; the first is printed in exports.
    pub headings: &'static [&'static str],
    /// Lists who edits it, where that differs from the kind's writers.
    pub writers: Option<&'static [Role]>,
    /// Counts the decimal places a number is kept with: 2 keeps 7.58 as 758.
    pub scale: u8,
    /// Names the unit of a number, as printed.
    pub unit: &'static str,
}

/// The values a field takes.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// One line, at most `max` characters.
    Text {
        /// Limits the characters.
        max: usize,
    },
    /// Several lines, at most `max` characters.
    LongText {
        /// Limits the characters.
        max: usize,
    },
    /// A list of short texts.
    Texts {
        /// Limits the entries.
        max: usize,
    },
    /// An integer within limits, both included.
    Int {
        /// Is the least value.
        min: i64,
        /// Is the greatest value.
        max: i64,
    },
    /// Money in 分.
    Fen,
    /// A civil day.
    Day,
    /// A calendar month.
    Month,
    /// An instant.
    Instant,
    /// Yes or no.
    Bool,
    /// One of a list.
    Choice(&'static [Choice]),
    /// Some of a list.
    Choices(&'static [Choice]),
    /// A record of the named kind.
    Ref(&'static str),
    /// Several records of the named kind.
    Refs(&'static str),
    /// A position with its accuracy: `{"lat","lon","accuracy_m"}`.
    Point,
    /// Photos and files, by SHA-256 in hex.
    Evidence,
    /// A list of small objects.
    Rows(&'static [Field]),
    /// Values in time, half-open `[from, to)`, that do not overlap.
    Spans(SpanOf),
}

/// What the value of a span is.
#[derive(Debug, Clone, Copy)]
pub enum SpanOf {
    /// One of a list.
    Choice(&'static [Choice]),
    /// A place by its twelve digits.
    Place,
    /// A record of the named kind.
    Ref(&'static str),
    /// A short text, such as the name of a tier.
    Text,
    /// Nothing: the span itself says it; the value is an empty text.
    Nothing,
}

/// One value of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Names the value in documents and JSON; never translated.
    pub slug: &'static str,
    /// Shows it in Chinese.
    pub zh: &'static str,
    /// Shows it in English.
    pub en: &'static str,
    /// Lists other Chinese words that workbooks use for it.
    pub also: &'static [&'static str],
}

/// What happens when two people write a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// Never changes after the first change.
    Sealed,
    /// Keeps the last value and shows the conflict.
    Last,
    /// Merges letter by letter.
    Text,
    /// Only grows.
    Grow,
}

/// How sensitive a field is (L4 is the most).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Facts about villages and projects.
    L1,
    /// Names, family, income, visit texts.
    L2,
    /// Numbers of identity, health, telephones, positions; never in a document.
    L3,
    /// Bank cards, scans of papers, talks; never in a document, never on a device.
    L4,
}

/// How a value is shown to those who may not see it whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// As it is.
    None,
    /// Not at all.
    Hidden,
    /// `6108**********34`.
    IdNumber,
    /// `138****5678`.
    Phone,
    /// `**** 1234`.
    Bank,
    /// `王*军`, only for a unit's liaison.
    Name,
}

/// Declares an event: one way from some states to another.
#[derive(Debug, Clone, Copy)]
pub struct EventType {
    /// Names the event.
    pub name: &'static str,
    /// Shows it in Chinese.
    pub zh: &'static str,
    /// Shows it in English.
    pub en: &'static str,
    /// Says who may append it.
    pub by: By,
    /// Lists the states it is legal in.
    pub from: &'static [&'static str],
    /// Names the state it leads to; empty: the state stays.
    pub to: &'static str,
    /// Lists what it carries.
    pub fields: &'static [Field],
}

/// Who may append an event.
#[derive(Debug, Clone, Copy)]
pub enum By {
    /// The creator of the record.
    Author,
    /// Holders of these roles at the place.
    Roles(&'static [Role]),
    /// The creator, or holders of these roles.
    AuthorOr(&'static [Role]),
}

/// How a workbook of a kind is recognised and read.
#[derive(Debug, Clone, Copy)]
pub struct Import {
    /// Names the table in answers.
    pub table: &'static str,
    /// Shows it in Chinese.
    pub zh: &'static str,
    /// Lists headings that only this table has: all of them present means this table.
    pub marks: &'static [&'static str],
    /// Lists columns that are no field of the kind.
    pub columns: &'static [Column],
    /// Names what makes a row the same row the next time.
    pub key: &'static [&'static str],
}

/// A column that is no field of the kind but helps to read the row.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Says what it is: `village`, `year`, or `kind.field` of another kind.
    pub what: &'static str,
    /// Lists its headings.
    pub headings: &'static [&'static str],
}

impl Kind {
    /// Returns the field of a key.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Returns the first line that declares an event of this name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&'static EventType> {
        self.events.iter().find(|event| event.name == name)
    }

    /// Returns the state before any event; empty for a kind without states.
    #[must_use]
    pub fn first_state(&self) -> &'static str {
        self.states.first().map_or("", |state| state.slug)
    }

    /// Returns the field that workbooks carry under a heading, spaces and brackets of either width being alike.
    #[must_use]
    pub fn field_of_heading(&self, heading: &str) -> Option<&'static Field> {
        let wanted = plain_heading(heading);
        self.fields.iter().find(|field| field.headings.iter().any(|known| plain_heading(known) == wanted))
    }
}

impl Field {
    /// Says whether the field is kept out of documents, in the table of secrets.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.level >= Level::L3
    }
}

impl Shape {
    /// Names the shape in schemas and the glossary.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::LongText { .. } => "long_text",
            Self::Texts { .. } => "texts",
            Self::Int { .. } => "integer",
            Self::Fen => "fen",
            Self::Day => "day",
            Self::Month => "month",
            Self::Instant => "instant",
            Self::Bool => "bool",
            Self::Choice(_) => "choice",
            Self::Choices(_) => "choices",
            Self::Ref(_) => "ref",
            Self::Refs(_) => "refs",
            Self::Point => "point",
            Self::Evidence => "evidence",
            Self::Rows(_) => "rows",
            Self::Spans(_) => "spans",
        }
    }
}

/// Returns a heading without spaces and with ASCII brackets, so that `务工时间（月）` and `务工时间(月)` are one.
#[must_use]
pub fn plain_heading(heading: &str) -> String {
    let narrow = |letter| match letter {
        '（' => '(',
        '）' => ')',
        '：' => ':',
        other => other,
    };
    heading.chars().filter(|letter| !letter.is_whitespace()).map(narrow).collect()
}
