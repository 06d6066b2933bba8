//! What the core answers, mirrored for hosts: uniffi reads and writes the core's own types by these texts, and there is no second type at
//! run time. A field that the core gains or loses does not compile before it stands here too.

use crate::types::{Day, Fields, Id, Instant, Json, Month, Place};

use daohu_domain::{coverage::HouseholdState, hints::Hint};
use daohu_field::{
    ConflictValue, ConflictView, Correction, DueCounts, DueHousehold, DueView, EditReport, HouseholdView, JoinProposal, MonthRecordView,
    PairingView, Part, PastView, PromiseView, RecordList, RecordView, ReviewView, VisitAnswer, VisitView,
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
