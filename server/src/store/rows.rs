//! Rows that the store returns, and the questions they answer.

use std::collections::HashMap;

use daohu_domain::calendar::{Day, Instant, Month};
use daohu_domain::config::Setting;
use daohu_domain::id::Id;
use daohu_domain::place::Place;
use serde_json::{Map, Value};

/// Names a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchKey {
    /// By device and number.
    Number(Id, u64),
    /// By its leaf in the tree.
    Leaf(u64),
}

/// A batch as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// The device that signed it.
    pub device: Id,
    /// That device's public key.
    pub public_key: [u8; 32],
    /// Its number.
    pub number: u64,
    /// Its leaf in the tree.
    pub leaf: u64,
    /// COSE_Sign1 of the header.
    pub cose: Vec<u8>,
    /// SHA-256 of that.
    pub body_hash: [u8; 32],
    /// When it was received.
    pub received_at: Instant,
    /// What its items were and became.
    pub items: Vec<ItemRow>,
}

/// What an item was and became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// 1 change, 2 sealed value.
    pub typ: u8,
    /// The record it names.
    pub record: Id,
    /// The place it names.
    pub place: Place,
    /// What the batch's Merkle leaf holds.
    pub hash: [u8; 32],
    /// The item code it got.
    pub code: String,
}

/// A record's document as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// The record.
    pub record: Id,
    /// Its kind.
    pub kind: String,
    /// Its place.
    pub place: Place,
    /// The household it belongs to.
    pub household: Option<Id>,
    /// How many changes it has.
    pub changes: u32,
    /// The document's bytes.
    pub bytes: Vec<u8>,
    /// How its first change arrived.
    pub first: Arrival,
    /// How each of its events arrived, by the event's key.
    pub events: HashMap<String, Arrival>,
}

/// How a change or event arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub received_at: Instant,
    /// The person whose device wrote it; none for the office's own.
    pub person: Option<Id>,
    /// The roles that person held, by comma; none for the office's own.
    pub roles: Option<String>,
}

/// A stored change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its record.
    pub record: Id,
    /// Its hash.
    pub hash: [u8; 32],
    /// The device that wrote it.
    pub device: Id,
    /// How it arrived.
    pub arrival: Arrival,
    /// The leaf of the batch that brought it.
    pub leaf: u64,
    /// Its place among the batch's items.
    pub item: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// COSE_Sign1 of the batch, for the time evidence.
    pub cose: Vec<u8>,
}

/// A row of a place's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRow {
    /// Its number there.
    pub seq: u64,
    /// The change it names; none where that is gone.
    pub change: Option<ChangeRow>,
}

/// What a record's row says that was worked out from its changes, beside those changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedRow {
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
    pub count: u32,
    /// Sorted heads, 32 bytes each.
    pub heads: Vec<u8>,
    /// The document's bytes; none where it is its one change.
    pub snapshot: Option<Vec<u8>>,
    /// When its first change arrived, and its last one.
    pub span: (Instant, Instant),
    /// The changes in the order of their arrival.
    pub changes: Vec<ChangeRow>,
}

/// A place in the store where something stands that nothing proves, and why it does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproved {
    /// `device/number` of a batch, `record …`, `place …/…`, `device …`.
    pub place: String,
    /// A stable word.
    pub reason: &'static str,
}

/// A leaf of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRow {
    /// Its number.
    pub n: u64,
    /// 1 batch, 2 segment of the audit log, 3 server start.
    pub typ: u8,
    /// The bytes that are hashed.
    pub bytes: Vec<u8>,
    /// What the body hash covers, where it is not a batch.
    pub detail: Option<Vec<u8>>,
    /// When it was received.
    pub received_at: Instant,
    /// Whether the clock of that time was set.
    pub clock_set: bool,
}

/// The size of the tree and some of its nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeRows {
    /// Leaves in the tree.
    pub size: u64,
    /// The nodes asked for, in order; none where the tree is too small.
    pub hashes: Vec<Option<[u8; 32]>>,
    /// When the last leaf was received.
    pub last_at: Option<Instant>,
    /// Whether this store was ever opened with a clock that was set.
    pub clock_set: bool,
}

/// Which records to list: those that a grant covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldingQuery {
    /// Their place.
    pub place: Place,
    /// Only this household.
    pub household: Option<Id>,
    /// Only these kinds.
    pub kinds: Vec<&'static str>,
}

/// A record with its heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    /// The record.
    pub record: Id,
    /// Its heads.
    pub heads: Vec<[u8; 32]>,
}

/// What to pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullQuery {
    /// Whose log.
    pub place: Place,
    /// Only this household.
    pub household: Option<Id>,
    /// Only what everybody may see.
    pub reference: bool,
    /// Rows after this number.
    pub after: u64,
    /// Not what this device handed in.
    pub not_of: Option<Id>,
    /// At most so many bytes of changes (one row at least).
    pub bytes_max: usize,
    /// Only these kinds; all when none.
    pub kinds: Option<Vec<&'static str>>,
}

/// What a pull gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledRow {
    /// The cursor after these rows.
    pub to: u64,
    /// Whether rows are left.
    pub more: bool,
    /// The last number of the place's log.
    pub head: u64,
    /// The changes in order, with the time evidence of visits.
    pub rows: Vec<PulledChange>,
}

/// One change of a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledChange {
    /// Its record.
    pub record: Id,
    /// Its kind.
    pub kind: String,
    /// The device that wrote it.
    pub device: Id,
    /// When the server received it.
    pub received_at: Instant,
    /// What the evidence says of a visit's start, with its first change.
    pub start: Option<super::plan::StartEvidence>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Which records to return.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordQuery {
    /// Only this one.
    pub record: Option<Id>,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only of these places; of all when none.
    pub places: Option<Vec<Place>>,
    /// Only of this household.
    pub household: Option<Id>,
    /// Only with this natural key.
    pub natural_key: Option<String>,
    /// Only those in which a search finds this text.
    pub text: Option<String>,
    /// Only ids after this one.
    pub after: Option<Id>,
    /// At most so many; all when none.
    pub limit: Option<usize>,
}

/// A record as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct DocRow {
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
    /// Sorted heads, 32 bytes each.
    pub heads: Vec<u8>,
    /// Its state, reviews included.
    pub state: String,
    /// The winning values.
    pub fields: Map<String, Value>,
    /// Visible conflicts.
    pub conflicts: Option<Value>,
    /// When its first change arrived.
    pub received_at: Instant,
    /// When its last change arrived.
    pub changed_at: Instant,
}

/// Which pairings to return.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PairingQuery {
    /// Only this one.
    pub record: Option<Id>,
    /// Only of this household.
    pub household: Option<Id>,
    /// Only of this cadre.
    pub cadre: Option<Id>,
    /// Only those in force on this day.
    pub on: Option<Day>,
}

/// A pairing as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingRow {
    /// The record.
    pub record: Id,
    /// The household's village.
    pub place: Place,
    /// What it says.
    pub pairing: super::plan::PairingFact,
    /// The household's number (户编号).
    pub number: Option<String>,
    /// When its last change arrived.
    pub changed_at: Instant,
}

/// Which places to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionQuery {
    /// The whole tree.
    All,
    /// One place.
    Place(Place),
    /// A place and all above it, itself first.
    Above(Place),
    /// A place and all below it, itself first.
    Below(Place),
}

/// A place of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionRow {
    /// Its record.
    pub record: Id,
    /// What it says.
    pub region: super::plan::RegionFact,
}

/// What an import gave one record.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedRow {
    /// The kind.
    pub kind: String,
    /// The key within the kind.
    pub key: String,
    /// The record it became.
    pub record: Id,
    /// The values it gave.
    pub values: Map<String, Value>,
}

/// Which quarantined items to return: waiting ones unless one is asked for by its id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuarantineQuery {
    /// Only this one, released or not.
    pub id: Option<Id>,
    /// Only of these records.
    pub records: Option<Vec<Id>>,
    /// Only with this code.
    pub code: Option<&'static str>,
    /// Only those of one batch, by its leaf; released ones too.
    pub leaf: Option<u64>,
}

/// A quarantined item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRow {
    /// Its id here.
    pub id: Id,
    /// The device that sent it.
    pub device: Id,
    /// In which batch.
    pub batch: u64,
    /// Its place among the batch's items.
    pub item: u32,
    /// 1 change, 2 sealed value.
    pub typ: u8,
    /// The record it names.
    pub record: Id,
    /// The place it names.
    pub place: Place,
    /// The kind, where one was read.
    pub kind: Option<String>,
    /// Why it was not accepted.
    pub code: String,
    /// When it was received.
    pub received_at: Instant,
    /// When it was let in after all.
    pub released_at: Option<Instant>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A secret as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// The record.
    pub record: Id,
    /// The field.
    pub field: String,
    /// SHA-256(salt ‖ value).
    pub commitment: [u8; 32],
    /// The value's own key under the master key.
    pub wrapped_key: Vec<u8>,
    /// Salt and value under their own key.
    pub sealed: Vec<u8>,
    /// When it was written.
    pub written_at: Instant,
}

/// What a rebuild did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RebuildCount {
    /// Records made anew.
    pub projections: u64,
    /// Kept rows of figures made anew.
    pub coverage_rows: u64,
    /// Rows that came out otherwise than they stood.
    pub differences: u64,
}

/// The figures of a village and month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VillageMonthRow {
    /// The village.
    pub place: Place,
    /// The month.
    pub month: Month,
    /// Met and due of the first figure, declared; none before the freeze.
    pub first_declared: Option<(u64, u64)>,
    /// The same, verified.
    pub first_verified: Option<(u64, u64)>,
    /// Met and due as they stand, declared.
    pub declared: (u64, u64),
    /// The same, verified.
    pub verified: (u64, u64),
    /// Due households nobody answers for.
    pub gap_households: u64,
    /// Whether the month has its first figure.
    pub frozen: bool,
}

/// Rules that the office set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRows {
    /// The version of the newest; 0 where none was set.
    pub version: u64,
    /// In the order they were set.
    pub settings: Vec<Setting>,
}
