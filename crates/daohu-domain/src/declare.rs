//! The builder with which kinds are declared: one line a field, all of it at compile time.

use crate::{
    kind::{By, Choice, Column, EventType, Field, Fields, Home, Import, Kind, Level, Mask, Merge, Shape, SpanOf, Subject},
    role::Role,
    validate::Violation,
};

/// Limits a line of text unless the field says otherwise.
const TEXT_CHARS_MAX: usize = 200;

/// Limits a long text unless the field says otherwise.
const LONG_TEXT_CHARS_MAX: usize = 5_000;

/// Limits a list of texts unless the field says otherwise.
const TEXTS_MAX: usize = 50;

const fn field(key: &'static str, zh: &'static str, en: &'static str, shape: Shape) -> Field {
    Field {
        key,
        zh,
        en,
        shape,
        required: false,
        merge: Merge::Last,
        level: Level::L2,
        mask: Mask::None,
        code: None,
        headings: &[],
        writers: None,
        scale: 0,
        unit: "",
    }
}

/// Declares a line of text.
#[must_use]
pub const fn text(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(key, zh, en, Shape::Text { max: TEXT_CHARS_MAX })
}

/// Declares a long text.
#[must_use]
pub const fn long_text(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(key, zh, en, Shape::LongText { max: LONG_TEXT_CHARS_MAX })
}

/// Declares a list of short texts.
#[must_use]
pub const fn texts(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(key, zh, en, Shape::Texts { max: TEXTS_MAX })
}

/// Declares an integer from `min` to `max`.
#[must_use]
pub const fn int(key: &'static str, zh: &'static str, en: &'static str, min: i64, max: i64) -> Field {
    field(key, zh, en, Shape::Int { min, max })
}

/// Declares a number kept with decimal places, not below zero: `.scaled(2, "亩")` keeps 7.58 亩 as 758.
#[must_use]
pub const fn amount(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(key, zh, en, Shape::Int { min: 0, max: 100_000_000_000 })
}

/// Declares money in 分.
#[must_use]
pub const fn fen(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    let mut made = field(key, zh, en, Shape::Fen);
    made.scale = 2;
    made.unit = "元";
    made
}

/// Declares a civil day.
#[must_use]
pub const fn day(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(key, zh, en, Shape::Day)
}

/// Declares a calendar month.
#[must_use]
pub const fn month(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(key, zh, en, Shape::Month)
}

/// Declares an instant.
#[must_use]
pub const fn instant(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(key, zh, en, Shape::Instant)
}

/// Declares a yes or no.
#[must_use]
pub const fn yes_no(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(key, zh, en, Shape::Bool)
}

/// Declares one of a list.
#[must_use]
pub const fn choice(key: &'static str, zh: &'static str, en: &'static str, of: &'static [Choice]) -> Field {
    field(key, zh, en, Shape::Choice(of))
}

/// Declares some of a list.
#[must_use]
pub const fn choices(key: &'static str, zh: &'static str, en: &'static str, of: &'static [Choice]) -> Field {
    field(key, zh, en, Shape::Choices(of))
}

/// Declares a reference to a record of a kind.
#[must_use]
pub const fn to_one(key: &'static str, zh: &'static str, en: &'static str, kind: &'static str) -> Field {
    field(key, zh, en, Shape::Ref(kind))
}

/// Declares references to records of a kind.
#[must_use]
pub const fn to_many(key: &'static str, zh: &'static str, en: &'static str, kind: &'static str) -> Field {
    field(key, zh, en, Shape::Refs(kind))
}

/// Declares a position.
#[must_use]
pub const fn point(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(key, zh, en, Shape::Point).l3(Mask::Hidden)
}

/// Declares photos and files.
#[must_use]
pub const fn evidence(key: &'static str, zh: &'static str, en: &'static str) -> Field {
    field(key, zh, en, Shape::Evidence)
}

/// Declares a list of small objects.
#[must_use]
pub const fn rows(key: &'static str, zh: &'static str, en: &'static str, of: &'static [Field]) -> Field {
    field(key, zh, en, Shape::Rows(of))
}

/// Declares values in time.
#[must_use]
pub const fn spans(key: &'static str, zh: &'static str, en: &'static str, of: SpanOf) -> Field {
    field(key, zh, en, Shape::Spans(of))
}

/// Declares a value of a list.
#[must_use]
pub const fn one(slug: &'static str, zh: &'static str, en: &'static str) -> Choice {
    Choice { slug, zh, en, also: &[] }
}

/// Declares a column that is no field of the kind.
#[must_use]
pub const fn column(what: &'static str, headings: &'static [&'static str]) -> Column {
    Column { what, headings }
}

/// Declares an event by its author.
#[must_use]
pub const fn event(name: &'static str, zh: &'static str, en: &'static str) -> EventType {
    EventType { name, zh, en, by: By::Author, from: &[], to: "", fields: &[] }
}

/// Finds nothing wrong: the check of a kind whose fields do not depend on each other.
#[must_use]
pub const fn nothing_more(_fields: &Fields) -> Vec<Violation> {
    Vec::new()
}

impl Choice {
    /// Adds other Chinese words that workbooks use for the value.
    #[must_use]
    pub const fn also(mut self, words: &'static [&'static str]) -> Self {
        self.also = words;
        self
    }
}

impl Field {
    /// Limits the characters of a text or the entries of a list.
    #[must_use]
    pub const fn max(mut self, max: usize) -> Self {
        self.shape = match self.shape {
            Shape::LongText { .. } => Shape::LongText { max },
            Shape::Texts { .. } => Shape::Texts { max },
            _ => Shape::Text { max },
        };
        self
    }

    /// Keeps a number with decimal places and names its unit.
    #[must_use]
    pub const fn scaled(mut self, places: u8, unit: &'static str) -> Self {
        self.scale = places;
        self.unit = unit;
        self
    }

    /// Makes a whole record need the field.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Seals the field with the first change.
    #[must_use]
    pub const fn sealed(mut self) -> Self {
        self.merge = Merge::Sealed;
        self
    }

    /// Merges the text of several people letter by letter.
    #[must_use]
    pub const fn merged(mut self) -> Self {
        self.merge = Merge::Text;
        self
    }

    /// Lets the list only grow.
    #[must_use]
    pub const fn growing(mut self) -> Self {
        self.merge = Merge::Grow;
        self
    }

    /// Marks a fact about villages and projects.
    #[must_use]
    pub const fn l1(mut self) -> Self {
        self.level = Level::L1;
        self
    }

    /// Marks a secret and how it is masked.
    #[must_use]
    pub const fn l3(mut self, mask: Mask) -> Self {
        self.level = Level::L3;
        self.mask = mask;
        self
    }

    /// Marks a secret that no device ever holds.
    #[must_use]
    pub const fn l4(mut self, mask: Mask) -> Self {
        self.level = Level::L4;
        self.mask = mask;
        self
    }

    /// Masks a value that is no secret.
    #[must_use]
    pub const fn masked(mut self, mask: Mask) -> Self {
        self.mask = mask;
        self
    }

    /// Names the column of the national system.
    #[must_use]
    pub const fn national(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// Lists the headings of workbooks.
    #[must_use]
    pub const fn headed(mut self, headings: &'static [&'static str]) -> Self {
        self.headings = headings;
        self
    }

    /// Names who edits the field.
    #[must_use]
    pub const fn by(mut self, writers: &'static [Role]) -> Self {
        self.writers = Some(writers);
        self
    }
}

impl EventType {
    /// Names who may append it.
    #[must_use]
    pub const fn by(mut self, by: By) -> Self {
        self.by = by;
        self
    }

    /// Says from which states it leads where.
    #[must_use]
    pub const fn leads(mut self, from: &'static [&'static str], to: &'static str) -> Self {
        self.from = from;
        self.to = to;
        self
    }

    /// Lists what it carries.
    #[must_use]
    pub const fn carries(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }
}

impl Kind {
    /// Begins the declaration of a kind.
    #[must_use]
    pub const fn new(name: &'static str, zh: &'static str, en: &'static str, home: Home) -> Self {
        Self {
            name,
            zh,
            en,
            home,
            subject: Subject::None,
            reference: false,
            audience: &[],
            writers: &[],
            proposers: &[],
            fields: &[],
            events: &[],
            states: &[],
            unique: &[],
            check: nothing_more,
            import: None,
        }
    }

    /// Makes a record belong to one household.
    #[must_use]
    pub const fn of_household(mut self) -> Self {
        self.subject = Subject::Household;
        self
    }

    /// Lets a record belong to one household, or to none.
    #[must_use]
    pub const fn of_household_or_none(mut self) -> Self {
        self.subject = Subject::Either;
        self
    }

    /// Sends the records to every device of the township.
    #[must_use]
    pub const fn reference(mut self) -> Self {
        self.reference = true;
        self
    }

    /// Names who reads.
    #[must_use]
    pub const fn read_by(mut self, roles: &'static [Role]) -> Self {
        self.audience = roles;
        self
    }

    /// Names who creates and edits.
    #[must_use]
    pub const fn written_by(mut self, roles: &'static [Role]) -> Self {
        self.writers = roles;
        self
    }

    /// Names who may ask for a change.
    #[must_use]
    pub const fn proposed_by(mut self, roles: &'static [Role]) -> Self {
        self.proposers = roles;
        self
    }

    /// Lists the fields.
    #[must_use]
    pub const fn fields(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }

    /// Lists the states, the first being that before any event, and the events.
    #[must_use]
    pub const fn moves(mut self, states: &'static [Choice], events: &'static [EventType]) -> Self {
        self.states = states;
        self.events = events;
        self
    }

    /// Names the fields that together name a record.
    #[must_use]
    pub const fn unique(mut self, keys: &'static [&'static str]) -> Self {
        self.unique = keys;
        self
    }

    /// Sets the check of fields against each other.
    #[must_use]
    pub const fn check(mut self, check: fn(&Fields) -> Vec<Violation>) -> Self {
        self.check = check;
        self
    }

    /// Says how a workbook is recognised.
    #[must_use]
    pub const fn import(mut self, import: Import) -> Self {
        self.import = Some(import);
        self
    }
}
