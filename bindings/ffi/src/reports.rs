//! How the device stands and what calls came to, mirrored as the views are.

use crate::types::{Id, Instant, PathBuf, Place};
use daohu_field::{
    BackupReport, BatchFile, ClockView, EnrolReport, GrantReport, QuarantineView, RebuildReport, ReceiptView, ReceiptsTaken, RefusedItem,
    Salvaged, StatusView, SyncReport,
};

/// What is still on this device and how it stands.
#[uniffi::remote(Record)]
pub struct StatusView {
    /// The device; null before enrolment.
    pub device: Option<Id>,
    /// The user's name.
    pub name: Option<String>,
    /// The first role.
    pub role: Option<String>,
    /// The address of the server.
    pub server: Option<String>,
    /// Changes and sealed values that no verified receipt covers.
    pub unsent: u64,
    /// How many of them are in a batch file: exported, and not received before the receipt comes back.
    pub exported: u64,
    /// Received batches that a restored server lost and that could not be sent again; their receipts are kept.
    pub lost_batches: Vec<u64>,
    /// The records they belong to.
    pub unsent_records: u64,
    /// Drafts.
    pub drafts: u64,
    /// Refused items that wait for a person.
    pub quarantined: u64,
    /// When the last sync ended well.
    pub last_sync_at: Option<Instant>,
    /// The size of the server's log when it was last seen.
    pub tree_size: u64,
    /// The grants.
    pub grants: Vec<GrantReport>,
    /// How far the clock can be trusted.
    pub clock: ClockView,
    /// The size of the store's files.
    pub disk_bytes: u64,
    /// The last answer, where it was that this enrolment is closed; enrol anew, unless the next sync takes it back.
    pub closed: Option<String>,
    /// Where a damaged store was set aside, if that ever happened.
    pub salvaged_from: Option<String>,
}

/// A grant as it is shown.
#[uniffi::remote(Record)]
pub struct GrantReport {
    /// The grant's number.
    pub id: u64,
    /// The place.
    pub place: Place,
    /// The one household, if it is about one.
    pub household: Option<Id>,
    /// True for what everybody reads of a township.
    pub reference: bool,
}

/// How far the clock can be trusted.
#[uniffi::remote(Record)]
pub struct ClockView {
    /// `system`, or `set` if this store was ever opened with a clock that a person set.
    pub source: String,
    /// How far the wall clock is ahead, in seconds; null without an anchor of this boot.
    pub skew_s: Option<i64>,
    /// How long ago the server's time was last known in this boot; null if never.
    pub anchor_age_s: Option<i64>,
}

/// A refused item as it is shown.
#[uniffi::remote(Record)]
pub struct QuarantineView {
    /// Its number here.
    pub id: i64,
    /// The device that wrote it.
    pub device: Option<Id>,
    /// The batch that carried it.
    pub batch: Option<i64>,
    /// The record.
    pub record: Id,
    /// The record's kind, where it is known.
    pub kind: String,
    /// The item code.
    pub code: String,
    /// What to do, in Chinese.
    pub zh: String,
    /// What to do, in English.
    pub en: String,
    /// When it was refused.
    pub received_at: Instant,
    /// It was written here and refused by the server, not the other way round.
    pub own: bool,
}

/// A receipt as it is listed.
#[uniffi::remote(Record)]
pub struct ReceiptView {
    /// The batch.
    pub batch: u64,
    /// How many items it has.
    pub items: u64,
    /// When the server received it.
    pub received_at: Instant,
    /// The size of the log under whose head it is proved.
    pub tree_size: u64,
    /// The file it was written to, once a host has done so.
    pub file: Option<String>,
    /// The content of the file: a `.dhr` with this one receipt and the path of every item.
    pub content: Vec<u8>,
}

/// What was written into a batch file.
#[uniffi::remote(Record)]
pub struct BatchFile {
    /// How many batches.
    pub batches: u64,
    /// How many items they have.
    pub items: u64,
    /// The size of the file.
    pub bytes: u64,
    /// There is more than one file holds: hand this one in, take its receipt, export again.
    pub more: bool,
    /// The number of its last batch, for `note_exported`; 0 where nothing waits.
    pub last_batch: u64,
    /// The file, sealed to the server; empty where nothing waits.
    pub content: Vec<u8>,
}

/// What the receipts of a file settled.
#[uniffi::remote(Record)]
pub struct ReceiptsTaken {
    /// Batches of this device whose receipts verified, those that were known before too.
    pub batches: u64,
    /// Items that are received now and were not before.
    pub items: u64,
    /// The size of the file.
    pub bytes: u64,
    /// Items that the office refused; they wait in quarantine.
    pub refused: Vec<RefusedItem>,
    /// Receipts that are for another phone or do not verify.
    pub others: u64,
}

/// An item that was refused.
#[uniffi::remote(Record)]
pub struct RefusedItem {
    /// The record.
    pub record: Id,
    /// The item code.
    pub code: String,
}

/// What a sync did.
#[uniffi::remote(Record)]
pub struct SyncReport {
    /// Exchanges that were answered or lost; asking another address who it is exchanges nothing.
    pub requests: u32,
    /// Bodies sent, in bytes.
    pub bytes_up: u64,
    /// Bodies received, in bytes.
    pub bytes_down: u64,
    /// Items the server took.
    pub pushed: u64,
    /// Changes that were new here.
    pub pulled: u64,
    /// Items that were refused, by the server or here.
    pub refused: Vec<RefusedItem>,
    /// Verified receipts.
    pub receipts: u64,
    /// There is more, but the conversation was bounded.
    pub more: bool,
    /// Grants that ended and were purged.
    pub revoked: Vec<u64>,
    /// Batches of this device that another copy of its store had handed in.
    pub caught_up: u64,
    /// Received batches that a restored server lost and that cannot be sent again; their receipts are kept.
    pub lost: Vec<u64>,
    /// Records were compared one by one with the server's, and those that differed were mended.
    pub repaired: bool,
    /// Records that only this phone holds and that others must hand in again.
    pub only_here: u64,
    /// The server's log is an older one than this device has seen; what it lacks was sent again.
    pub restored: bool,
    /// The server's time.
    pub server_time: Option<Instant>,
}

/// What enrolment answers.
#[uniffi::remote(Record)]
pub struct EnrolReport {
    /// The device.
    pub device: Id,
    /// The user.
    pub user: Id,
    /// The first role.
    pub role: String,
    /// The log's public key, hex.
    pub server_key: String,
    /// The grants.
    pub grants: Vec<GrantReport>,
}

/// What a backup or a restore came to.
#[uniffi::remote(Record)]
pub struct BackupReport {
    /// The file, or the store that was made.
    pub file: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Changes in it that no receipt covers.
    pub unsent: u64,
    /// Drafts in it.
    pub drafts: u64,
    /// Whether the device goes on there and is closed here.
    pub moved: bool,
}

/// What was saved of a damaged store.
#[uniffi::remote(Record)]
pub struct Salvaged {
    /// Where the damaged file lies now.
    pub set_aside: PathBuf,
    /// How many precious rows could be read.
    pub rows: u64,
}

/// What a rebuild found.
#[uniffi::remote(Record)]
pub struct RebuildReport {
    /// How many records were projected.
    pub records: u64,
    /// How many rows differ from what was there.
    pub differences: u64,
}
