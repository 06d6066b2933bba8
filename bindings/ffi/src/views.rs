//! What the core answers, mirrored for hosts: uniffi reads and writes the core's own types by these texts, and there is no second type at
//! run time. A field that the core gains or loses does not compile before it stands here too.

use crate::types::{Day, Fields, Id, Instant, Json, Month, PathBuf, Place};

use daohu_domain::{coverage::HouseholdState, hints::Hint};
use daohu_field::{
    BackupReport, BatchFile, ClockView, ConflictValue, ConflictView, Correction, DueCounts, DueHousehold, DueView, EditReport, EnrolReport,
    GrantReport, HouseholdView, JoinProposal, MonthRecordView, PairingView, Part, PastView, PromiseView, QuarantineView, RebuildReport,
    ReceiptView, ReceiptsTaken, RecordList, RecordView, RefusedItem, ReviewView, Salvaged, StatusView, SyncReport, VisitAnswer, VisitView,
};

/// The due households of a month.
#[uniffi::remote(Record)]
pub struct DueView {
    /// The month.
    pub month: Month,
    /// Today.
    pub today: Day,
    /// The sums.
    pub counts: DueCounts,
    /// The households on this device that are in scope in the month, by number.
    pub households: Vec<DueHousehold>,
}

/// The sums of a month.
#[uniffi::remote(Record)]
pub struct DueCounts {
    /// Households that need a visit.
    pub due: u64,
    /// Of these, visited.
    pub met: u64,
    /// Of these, not visited though the month is over.
    pub overdue: u64,
    /// Of these, without anybody who answers for them.
    pub gap: u64,
}

/// One household of the list.
#[uniffi::remote(Record)]
pub struct DueHousehold {
    /// The household.
    pub id: Id,
    /// Its number.
    pub number: String,
    /// The head's name.
    pub name: String,
    /// Its place.
    pub place: Place,
    /// The cadre who holds it, today or at the month's end.
    pub holder: Option<Id>,
    /// The holder's name, where it is known.
    pub holder_name: Option<String>,
    /// How many visits it needs.
    pub due: u64,
    /// It had them.
    pub met: bool,
    /// It is overdue.
    pub overdue: bool,
    /// The day of its last visit in person.
    pub last_visit: Option<String>,
    /// How many promises are open.
    pub promises: u64,
    /// Drafts of visits on this device.
    pub drafts: u64,
    /// Where it stands in the month.
    pub state: HouseholdState,
}

/// A household as it is shown.
#[uniffi::remote(Record)]
pub struct HouseholdView {
    /// The household.
    pub id: Id,
    /// Its number.
    pub number: String,
    /// Its place.
    pub place: Place,
    /// SHA-256 over all its records and their heads, hex.
    pub digest: String,
    /// What is written of it.
    pub fields: Fields,
    /// The fields that no device shows whole.
    pub masked: Vec<String>,
    /// The people.
    pub members: Vec<Part>,
    /// The helpers.
    pub pairings: Vec<PairingView>,
    /// The visits, oldest first; drafts of this device last.
    pub visits: Vec<VisitView>,
    /// The month records.
    pub months: Vec<MonthRecordView>,
    /// What was promised.
    pub promises: Vec<PromiseView>,
    /// Where two people said different things.
    pub conflicts: Vec<ConflictView>,
}

/// A record of a household, plainly.
#[uniffi::remote(Record)]
pub struct Part {
    /// The record.
    pub id: Id,
    /// What it says.
    pub fields: Fields,
}

/// A pairing as it is shown.
#[uniffi::remote(Record)]
pub struct PairingView {
    /// The record.
    pub id: Id,
    /// The household.
    pub household: Id,
    /// The household's number.
    pub number: String,
    /// The cadre.
    pub cadre: Id,
    /// The cadre's name, where it is known.
    pub cadre_name: Option<String>,
    /// What the cadre is to the household.
    pub role: String,
    /// From when on.
    pub from: String,
    /// Until when.
    pub to: Option<String>,
}

/// A visit and what might be worth a second look.
#[uniffi::remote(Record)]
pub struct VisitAnswer {
    /// The visit.
    pub visit: VisitView,
    /// At most two hints; they never block.
    pub hints: Option<Vec<Hint>>,
}

/// A visit as it is shown.
#[uniffi::remote(Record)]
pub struct VisitView {
    /// The record.
    pub id: Id,
    /// The household.
    pub household: Id,
    /// Where it stands, by slug.
    pub state: String,
    /// The month in which it counts.
    pub month: Month,
    /// The day on which it counts.
    pub occurred_day: Day,
    /// `trusted` or `doubtful`.
    pub time: String,
    /// How far the wall clock was ahead, in seconds; null without evidence.
    pub skew_s: Option<i64>,
    /// It was written down later than it was made, and says so.
    pub backfill: bool,
    /// Who recorded it.
    pub recorder: Id,
    /// The recorder's name, where it is known.
    pub recorder_name: Option<String>,
    /// What it says.
    pub fields: Fields,
    /// Later texts that stand beside it.
    pub corrections: Vec<Correction>,
    /// Who confirmed to have taken part, from another phone.
    pub joined: Vec<Id>,
    /// When the server received it.
    pub received_at: Option<Instant>,
    /// The code with which the server refused it, until it is handed in again.
    pub refused: Option<String>,
}

/// A later text of a visit.
#[uniffi::remote(Record)]
pub struct Correction {
    /// When its writer's clock said it was written.
    pub claimed_at: Instant,
    /// What was changed and why.
    pub reason: Option<String>,
    /// The text.
    pub narrative: Option<String>,
}

/// Something promised to a household.
#[uniffi::remote(Record)]
pub struct PromiseView {
    /// Names it for `--kept`.
    pub key: String,
    /// What was promised.
    pub text: String,
    /// By when.
    pub day: Option<String>,
    /// It is kept.
    pub kept: bool,
}

/// One hint.
#[uniffi::remote(Record)]
pub struct Hint {
    /// Names the rule.
    pub rule: String,
    /// Says it in Chinese.
    pub zh: String,
    /// Says it in English.
    pub en: String,
}

/// A month record as it is shown.
#[uniffi::remote(Record)]
pub struct MonthRecordView {
    /// The record; null while nothing was written.
    pub id: Option<Id>,
    /// The household.
    pub household: Id,
    /// The month.
    pub month: Month,
    /// Where it stands, by slug.
    pub state: String,
    /// The texts; composed from the visits where nobody has written yet.
    pub fields: Fields,
    /// The fields that are composed, not written.
    pub composed: Vec<String>,
    /// The visits of the month.
    pub visits: Vec<Id>,
    /// All of it as one text, ready to be copied.
    pub text: String,
    /// It was first handed in after the freeze.
    pub late: bool,
    /// Where two people wrote differently.
    pub conflicts: Vec<ConflictView>,
}

/// A field on which two people disagree.
#[uniffi::remote(Record)]
pub struct ConflictView {
    /// The record.
    pub record: Id,
    /// Its kind.
    pub kind: String,
    /// The household it belongs to.
    pub household: Option<Id>,
    /// The field.
    pub field: String,
    /// What was said, in an order that is the same on every device.
    pub values: Vec<ConflictValue>,
}

/// One of the values.
#[uniffi::remote(Record)]
pub struct ConflictValue {
    /// Its number, to be taken by.
    pub n: u64,
    /// The value.
    pub value: Json,
    /// The name of who said it, where it is known, else the person's id.
    pub by: Option<String>,
    /// The device.
    pub device: Id,
    /// When that device's clock said it was written.
    pub claimed_at: Instant,
    /// The change, hex.
    pub change: String,
}

/// One value a field had.
#[uniffi::remote(Record)]
pub struct PastView {
    /// The field.
    pub field: String,
    /// The value; null where it was taken away.
    pub value: Json,
    /// Who wrote it, where that is known.
    pub by: Option<String>,
    /// The device.
    pub device: Id,
    /// When that device's clock said it was written.
    pub claimed_at: Instant,
    /// When the server received it; null while it has not.
    pub received_at: Option<Instant>,
    /// The change, hex.
    pub change: String,
}

/// Two records that look like one visit.
#[uniffi::remote(Record)]
pub struct JoinProposal {
    /// The record that is kept: the older one.
    pub keep: Id,
    /// The other record.
    pub other: Id,
    /// The household.
    pub household: Id,
    /// The day.
    pub day: String,
}

/// A page of records.
#[uniffi::remote(Record)]
pub struct RecordList {
    /// The records, in order of their ids.
    pub records: Vec<RecordView>,
    /// Where the next page begins; null at the end.
    pub next: Option<String>,
}

/// A record, plainly.
#[uniffi::remote(Record)]
pub struct RecordView {
    /// The record.
    pub id: Id,
    /// Its kind.
    pub kind: String,
    /// Its place.
    pub place: Place,
    /// The household it belongs to.
    pub household: Option<Id>,
    /// Where it stands; empty for a kind without states.
    pub state: String,
    /// What it says.
    pub fields: Fields,
    /// The fields in which two people disagree.
    pub conflicts: Vec<String>,
    /// A newer version wrote something in it that this one does not know.
    pub newer: bool,
}

/// What an edit did.
#[uniffi::remote(Record)]
pub struct EditReport {
    /// The record.
    pub record: Option<Id>,
    /// The fields that were written.
    pub changed: Option<Vec<String>>,
    /// The task that asks for the change.
    pub task: Option<Json>,
}

/// A review as it is shown.
#[uniffi::remote(Record)]
pub struct ReviewView {
    /// The record.
    pub id: Id,
    /// What it judges.
    pub target: Id,
    /// The kind of that.
    pub target_kind: String,
    /// The result, by slug.
    pub result: String,
    /// The words.
    pub reason: Option<String>,
    /// Where the target stands now.
    pub target_state: String,
}

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

/// What a household-month has come to, declared.
#[uniffi::remote(Enum)]
pub enum HouseholdState {
    /// Nothing was needed.
    NotDue,
    /// The need was met.
    Met,
    /// It was met after the freeze only.
    Late,
    /// Nobody answers for it.
    Gap,
    /// The need was not met.
    Unmet,
}
