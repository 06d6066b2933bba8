//! What one transaction is to write: made without the store's lock, checked and written under it.

use daohu_domain::calendar::{Day, Instant};
use daohu_domain::id::Id;
use daohu_domain::place::Place;
use serde_json::{Map, Value};

use super::account::AuditRow;
use super::blob::BlobRole;
use super::rows::{ImportedRow, SecretRow};

/// Everything one transaction writes.
#[derive(Debug, Clone, Default)]
pub struct IntakePlan {
    /// The server's time: what is received now.
    pub now: Instant,
    /// Whether that clock was set by a person or a test.
    pub clock_set: bool,
    /// How many changes each touched record had when the plan was made; 0 for a new one.
    pub expect: Vec<(Id, u32)>,
    /// Accepted batches, in order; a leaf each.
    pub batches: Vec<BatchPlan>,
    /// A leaf that is not a batch.
    pub notes: Vec<NotePlan>,
    /// Each touched record as it is after all batches.
    pub documents: Vec<DocumentPlan>,
    /// Quarantined items that these batches let in.
    pub released: Vec<Id>,
    /// Secrets that came with the records.
    pub secrets: Vec<SecretRow>,
    /// Secrets that are erased: record and field.
    pub erased: Vec<(Id, String)>,
    /// What an import gave.
    pub imported: Vec<ImportedRow>,
    /// What must be told later.
    pub audit: Vec<AuditRow>,
    /// The name of the master key that wrapped the secrets; unnamed, nothing is compared.
    pub master: Option<[u8; 8]>,
}

/// One batch.
#[derive(Debug, Clone)]
pub struct BatchPlan {
    /// The device that signed it.
    pub device: Id,
    /// Its number.
    pub number: u64,
    /// Body hash of the batch before it; zeros for the first.
    pub previous: [u8; 32],
    /// COSE_Sign1 of the header.
    pub cose: Vec<u8>,
    /// SHA-256 of that.
    pub body_hash: [u8; 32],
    /// Its items in order.
    pub items: Vec<ItemPlan>,
}

/// One item of a batch.
#[derive(Debug, Clone)]
pub struct ItemPlan {
    /// 1 change, 2 sealed value.
    pub typ: u8,
    /// The record it names.
    pub record: Id,
    /// The place it names.
    pub place: Place,
    /// What the batch's Merkle leaf holds.
    pub hash: [u8; 32],
    /// The item code it gets.
    pub code: &'static str,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of an item.
#[derive(Debug, Clone)]
pub enum Fate {
    /// It is stored and gets a number in the place's log.
    Accepted(ChangePlan),
    /// It was stored before.
    Known,
    /// It is a sealed value: it goes to the secrets, outside the log's pull, and is not kept here so that it can be erased.
    Secret,
    /// It waits for a person: its id there, the kind if one was read, and the bytes.
    Quarantined {
        /// The id in quarantine.
        id: Id,
        /// The kind, where one was read.
        kind: Option<String>,
        /// The item's bytes.
        bytes: Vec<u8>,
    },
}

/// A change to store.
#[derive(Debug, Clone)]
pub struct ChangePlan {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The device that wrote it (a released item is sent by another).
    pub author: Id,
    /// The kind of its record.
    pub kind: String,
    /// The household the record belongs to.
    pub household: Option<Id>,
    /// Whether everybody of the township may see it.
    pub reference: bool,
    /// The roles its writer holds at the place, by comma; none for the office's own.
    pub roles: Option<String>,
}

/// A leaf that is not a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotePlan {
    /// 2 segment of the audit log, 3 server start.
    pub typ: u8,
    /// The leaf's bytes.
    pub bytes: Vec<u8>,
    /// What its body hash covers, where the leaf does not hold it.
    pub detail: Option<Vec<u8>>,
}

/// A record's document and projection.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentPlan {
    /// The record.
    pub record: Id,
    /// Its kind.
    pub kind: String,
    /// Its place.
    pub place: Place,
    /// The household it belongs to.
    pub household: Option<Id>,
    /// Its creator.
    pub author: Id,
    /// How many changes it has.
    pub changes: u32,
    /// Sorted heads.
    pub heads: Vec<[u8; 32]>,
    /// The document's bytes; none where it is its one change.
    pub snapshot: Option<Vec<u8>>,
    /// The fold's state, before reviews.
    pub state: String,
    /// The winning values.
    pub fields: Map<String, Value>,
    /// Visible conflicts.
    pub conflicts: Option<Value>,
    /// What a search looks in.
    pub search: String,
    /// The natural key.
    pub natural_key: Option<String>,
    /// Whether something in it is newer than this server.
    pub newer: bool,
    /// When its first change arrived.
    pub received_at: Instant,
    /// When its last change arrived.
    pub changed_at: Instant,
    /// Its events in the order of the fold.
    pub events: Vec<EventPlan>,
    /// What the figures and lists need of it.
    pub fact: Fact,
}

/// An event of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPlan {
    /// `prefix.n` of the document.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The device that wrote it.
    pub device: Id,
    /// Whether that device's person made the record.
    pub by_author: bool,
    /// The person whose device it is.
    pub person: Option<Id>,
    /// The change that carries it.
    pub change: [u8; 32],
    /// When that change arrived.
    pub received_at: Instant,
    /// What the device's clock said.
    pub claimed_at: Instant,
    /// The roles its writer held, by comma; none for the office's own.
    pub roles: Option<String>,
    /// Whether its guard failed in the order of the fold.
    pub refused: bool,
    /// Its fields.
    pub fields: Map<String, Value>,
}

/// What the figures and lists need of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Nothing beside the projection.
    None,
    /// A visit.
    Visit(Box<VisitFact>),
    /// A review.
    Review(ReviewFact),
    /// A month record.
    Month(MonthFact),
    /// A pairing.
    Pairing(PairingFact),
    /// A place of the tree.
    Region(RegionFact),
    /// Evidence.
    Evidence(EvidenceFact),
    /// Another record that the roster is made of: households, cadres, orgs, posts, leaves.
    Roster,
}

/// What the figures need of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitFact {
    /// The visited household.
    pub household: Id,
    /// Who recorded it: a cadre.
    pub recorder: Id,
    /// Who took part: cadres.
    pub participants: Vec<Id>,
    /// Slug of the mode.
    pub mode: String,
    /// The start the device claims.
    pub start: Instant,
    /// The end it claims.
    pub end: Instant,
    /// What the evidence says of the start.
    pub evidence: StartEvidence,
    /// When the device says it was submitted.
    pub submitted_at: Option<Instant>,
    /// When the visit arrived.
    pub received_at: Instant,
    /// Why nobody was met.
    pub absent_reason: Option<String>,
    /// The day of a declared backfill.
    pub original_day: Option<Day>,
    /// Its reason.
    pub backfill_reason: Option<String>,
    /// The visit it repeats.
    pub duplicate_of: Option<Id>,
    /// Whether the household confirmed.
    pub confirmed: bool,
    /// Households of a split or merge that it names.
    pub names: Vec<Id>,
}

impl VisitFact {
    /// Says that its day is beyond doubt: its start is known, or it is a declared backfill.
    #[must_use]
    pub const fn is_time_trusted(&self) -> bool {
        self.original_day.is_some() || matches!(self.evidence, StartEvidence::Trusted(_))
    }
}

/// What the time evidence says of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartEvidence {
    /// The true start.
    Trusted(Instant),
    /// It lies between.
    Between(Instant, Instant),
    /// There is none.
    None,
}

/// What the figures need of a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewFact {
    /// The visit or month record it names.
    pub target: Id,
    /// The kind of that.
    pub target_kind: String,
    /// Its result.
    pub result: String,
    /// The rule it flags or accepts.
    pub rule: Option<String>,
    /// The roles the reviewer held, by comma; none for the office's own.
    pub roles: Option<String>,
}

/// What the figures need of a month record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthFact {
    /// Its household.
    pub household: Id,
    /// Its month, `YYYY-MM`.
    pub month: String,
    /// When the device says it was first submitted.
    pub submitted_at: Option<Instant>,
}

/// What grants, lists and figures need of a pairing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingFact {
    /// The household.
    pub household: Id,
    /// The cadre.
    pub cadre: Id,
    /// Slug of the role.
    pub role: String,
    /// First day.
    pub from: Day,
    /// First day on which it no longer holds.
    pub to: Option<Day>,
    /// The obliged unit.
    pub unit: Option<Id>,
}

/// A place of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionFact {
    /// Its code.
    pub code: Place,
    /// Its name.
    pub name: String,
    /// Slug of its level.
    pub level: String,
    /// Its parent.
    pub parent: Option<Place>,
}

/// What became of a batch or note: its leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The leaf's number in the tree.
    pub leaf: u64,
    /// The leaf's bytes.
    pub bytes: Vec<u8>,
    /// When it was received.
    pub received_at: Instant,
}

/// What a transaction moved, for the figures: handed to coverage inside that transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// Households and months that a visit, month record or review touches.
    pub months: std::collections::BTreeSet<(Id, daohu_domain::calendar::Month)>,
    /// Places whose roster changed (households, pairings): all their months.
    pub rosters: std::collections::BTreeSet<Place>,
    /// Whether something changed that any place may depend on: cadres, orgs, posts, leaves, the tree.
    pub everywhere: bool,
}

/// Which files a piece of evidence names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceFact {
    /// What the record says that its files are, as a media type.
    pub media_type: String,
    /// Role and hash of each.
    pub files: Vec<(BlobRole, [u8; 32])>,
}
