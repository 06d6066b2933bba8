//! The ports of the store: what each promises. All are synchronous; the server calls them on its blocking threads.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::error::Error;
use std::fmt;
use std::path::Path;

use daohu_domain::calendar::{Instant, Month};
use daohu_domain::config::Setting;
use daohu_domain::coverage::{HouseholdFigure, Scenario};
use daohu_domain::id::Id;
use daohu_domain::place::Place;
use daohu_domain::state::PastReview;

use super::account::{
    AccountChange, AccountQuery, AccountRow, AuditRow, CodeRow, DeviceQuery, DeviceRow, GrantRow, SessionRow, TriesRow, WantedGrant,
};
use super::blob::{Begun, BlobRow, BlobUseRow, Swept, UploadQuota, UploadRow, UploadStep};
use super::plan::{Committed, DocumentPlan, EventPlan, IntakePlan};
use super::rows::{
    BatchKey, BatchRow, ChangeRow, DocRow, DocumentRow, HeldRow, HoldingQuery, ImportedRow, IndexedRow, LeafRow, LoggedRow, PairingQuery,
    PairingRow, PullQuery, PulledChange, PulledRow, QuarantineQuery, QuarantineRow, RebuildCount, RecordQuery, RegionQuery, RegionRow,
    SecretRow, SettingRows, TreeRows, Unproved, VillageMonthRow,
};

/// Says why the store did not do what it was asked. Nothing was written, whatever the variant.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process was writing for longer than the busy wait.
    #[error("another process is writing")]
    Busy,
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The file is no store of daohu, or is damaged.
    #[error("the store is damaged")]
    Damaged,
    /// The store was written by a newer daohu.
    #[error("the store is newer than this program")]
    TooNew,
    /// Another transaction changed what the plan was made from; make it anew.
    #[error("the plan is out of date")]
    Stale,
    /// The number of this batch holds another batch: two devices with one id, or a forged chain.
    #[error("another batch holds this number")]
    Fork,
    /// A name, code or number that must be unique is taken.
    #[error("already taken: {0}")]
    Taken(&'static str),
    /// Any other failure of the backend.
    #[error("could not {action}")]
    Backend {
        /// What was being done.
        action: &'static str,
        /// What the backend said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// Returns the stable code that callers and scripts see.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Busy | Self::Stale => "busy",
            Self::Full => "server_full",
            Self::TooNew => "too_new",
            Self::Fork => "batch_fork",
            Self::Taken(_) => "already_taken",
            Self::Damaged => "store_damaged",
            Self::Backend { .. } => "store_failed",
        }
    }
}

/// Batches, changes, their proof, and the log of each place.
pub trait LogStore {
    /// Returns an accepted batch.
    ///
    /// # Errors
    /// When the backend fails.
    fn batch(&self, key: BatchKey) -> Result<Option<BatchRow>, StoreError>;

    /// Returns which of these changes are stored already. A change is known of its record: two records may be made of the same bytes.
    ///
    /// # Errors
    /// When the backend fails.
    fn known(&self, changes: &[(Id, [u8; 32])]) -> Result<HashSet<(Id, [u8; 32])>, StoreError>;

    /// Returns the documents that exist among these records, as bytes.
    ///
    /// # Errors
    /// When the backend fails.
    fn documents(&self, records: &[Id]) -> Result<Vec<DocumentRow>, StoreError>;

    /// Returns the places of those among these records that exist.
    ///
    /// # Errors
    /// When the backend fails.
    fn places_of(&self, records: &BTreeSet<Id>) -> Result<HashMap<Id, Place>, StoreError>;

    /// Writes a plan in one transaction: batches, changes, projections, sequence numbers, leaves, tree. When this returns `Ok`, all of
    /// it survives a crash.
    ///
    /// # Errors
    /// `Stale` where a record changed since the plan was made, `Fork` where the batch's number or its neighbour's chain says otherwise.
    fn commit(&self, plan: &IntakePlan) -> Result<Vec<Committed>, StoreError>;

    /// Returns the log rows of a grant after a cursor, in order, and where the place's log ends.
    ///
    /// # Errors
    /// When the backend fails.
    fn pull(&self, query: &PullQuery) -> Result<PulledRow, StoreError>;

    /// Returns the last number of a place's log, 0 for an empty one.
    ///
    /// # Errors
    /// When the backend fails.
    fn place_head(&self, place: Place) -> Result<u64, StoreError>;

    /// Returns which records a grant covers, with their heads.
    ///
    /// # Errors
    /// When the backend fails.
    fn holdings(&self, query: &HoldingQuery) -> Result<Vec<HeldRow>, StoreError>;

    /// Returns all changes of a record in the order of their arrival, as a device pulls them.
    ///
    /// # Errors
    /// When the backend fails.
    fn pulled_of(&self, record: Id) -> Result<Vec<PulledChange>, StoreError>;

    /// Returns the size of the tree and the hashes of these nodes (level, number).
    ///
    /// # Errors
    /// When the backend fails.
    fn tree(&self, nodes: &[(u32, u64)]) -> Result<TreeRows, StoreError>;

    /// Returns leaves in order.
    ///
    /// # Errors
    /// When the backend fails.
    fn leaves(&self, from: u64, limit: usize) -> Result<Vec<LeafRow>, StoreError>;

    /// Returns the rows of a place's log with these numbers, first and last, in order.
    ///
    /// # Errors
    /// When the backend fails.
    fn logged(&self, place: Place, numbers: (u64, u64)) -> Result<Vec<LoggedRow>, StoreError>;
}

/// Records as they are read: projections, which can be made anew, and what goes with them.
pub trait RecordStore {
    /// Returns a page of records in the order of their ids.
    ///
    /// # Errors
    /// When the backend fails.
    fn records(&self, query: &RecordQuery) -> Result<Vec<DocRow>, StoreError>;

    /// Returns the changes of one record in the order of their arrival.
    ///
    /// # Errors
    /// When the backend fails.
    fn changes(&self, record: Id) -> Result<Vec<ChangeRow>, StoreError>;

    /// Returns the events of one record in the order of the fold.
    ///
    /// # Errors
    /// When the backend fails.
    fn events(&self, record: Id) -> Result<Vec<EventPlan>, StoreError>;

    /// Returns the reviews that name a record, as its fold wants them, in the order of their arrival.
    ///
    /// # Errors
    /// When the backend fails.
    fn reviews(&self, target: Id) -> Result<Vec<PastReview>, StoreError>;

    /// Returns pairings.
    ///
    /// # Errors
    /// When the backend fails.
    fn pairings(&self, query: &PairingQuery) -> Result<Vec<PairingRow>, StoreError>;

    /// Returns places of the tree.
    ///
    /// # Errors
    /// When the backend fails.
    fn regions(&self, query: RegionQuery) -> Result<Vec<RegionRow>, StoreError>;

    /// Returns what the last import gave the record with this key.
    ///
    /// # Errors
    /// When the backend fails.
    fn last_import(&self, kind: &str, key: &str) -> Result<Option<ImportedRow>, StoreError>;

    /// Returns quarantined items, oldest first.
    ///
    /// # Errors
    /// When the backend fails.
    fn quarantine(&self, query: &QuarantineQuery) -> Result<Vec<QuarantineRow>, StoreError>;

    /// Makes all projections anew from the changes in one transaction and counts the rows that came out otherwise.
    ///
    /// # Errors
    /// When the backend fails or `project` refuses a record; then nothing is changed.
    fn rebuild(&self, now: Instant, project: &Project<'_>) -> Result<RebuildCount, StoreError>;
}

/// Makes the projection of one record from its changes; the batches' bytes are at hand for time evidence.
pub type Project<'a> = dyn Fn(&[ChangeRow]) -> Result<DocumentPlan, StoreError> + 'a;

/// Users, devices, codes, sessions, grants.
pub trait AccountStore {
    /// Returns accounts by login.
    ///
    /// # Errors
    /// When the backend fails.
    fn accounts(&self, query: &AccountQuery) -> Result<Vec<AccountRow>, StoreError>;

    /// Returns devices in the order of their enrolment.
    ///
    /// # Errors
    /// When the backend fails.
    fn devices(&self, query: DeviceQuery) -> Result<Vec<DeviceRow>, StoreError>;

    /// Returns a device code by its first four characters.
    ///
    /// # Errors
    /// When the backend fails.
    fn code(&self, name: &str) -> Result<Option<CodeRow>, StoreError>;

    /// Returns a session by the hash of its token.
    ///
    /// # Errors
    /// When the backend fails.
    fn session(&self, token_hash: &[u8; 32]) -> Result<Option<SessionRow>, StoreError>;

    /// Returns how often somebody was wrong; zeros for whoever never was.
    ///
    /// # Errors
    /// When the backend fails.
    fn tries(&self, key: &str) -> Result<TriesRow, StoreError>;

    /// Makes one atomic change.
    ///
    /// # Errors
    /// `Taken` where a login, code or device id is in use; then nothing is changed.
    fn apply(&self, change: &AccountChange) -> Result<(), StoreError>;

    /// Makes the stored grants of an account equal to those wanted and returns all of them, ended ones too. Writes only on a difference.
    ///
    /// # Errors
    /// When the backend fails.
    fn settle_grants(&self, account: Id, wanted: &[WantedGrant], now: Instant) -> Result<Vec<GrantRow>, StoreError>;

    /// Returns the revision of what every device may see of the policy: at each change higher than every one given before, to an account
    /// too, and than the clock, so that a store put back to a copy gives none twice.
    ///
    /// # Errors
    /// When the backend fails.
    fn policy_rev(&self) -> Result<u64, StoreError>;
}

/// Values that no document may hold, and the audit of who read them.
pub trait SecretStore {
    /// Returns a secret as it is kept: encrypted.
    ///
    /// # Errors
    /// When the backend fails.
    fn secret(&self, record: Id, field: &str) -> Result<Option<SecretRow>, StoreError>;

    /// Erases a secret: its key is nowhere else. Returns whether there was one.
    ///
    /// # Errors
    /// When the backend fails.
    fn erase_secret(&self, record: Id, field: &str, audit: &AuditRow) -> Result<bool, StoreError>;

    /// Adds a row to the audit.
    ///
    /// # Errors
    /// When the backend fails.
    fn audit(&self, row: &AuditRow) -> Result<(), StoreError>;

    /// Returns the newest rows of the audit, newest first.
    ///
    /// # Errors
    /// When the backend fails.
    fn audits(&self, limit: usize) -> Result<Vec<AuditRow>, StoreError>;
}

/// What a store knows of the keys beside it: names, never keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyRing {
    /// The name of the master key that wraps its secrets; none in a store of an earlier version.
    pub master: Option<[u8; 8]>,
    /// The name of the seal key.
    pub seal: Option<[u8; 8]>,
    /// The key by which an import knows people again, under the master key; none while it is the master key itself.
    pub match_key: Option<Vec<u8>>,
}

/// Encrypts the second factor of an account anew.
pub type SecondFactorAgain<'a> = dyn Fn(Id, &[u8]) -> Option<Vec<u8>> + 'a;

/// How everything under the master key is wrapped anew.
pub struct Rewrap<'a> {
    /// The name of the key it is under now.
    pub old: Option<[u8; 8]>,
    /// The name of the new one.
    pub new: [u8; 8],
    /// The key of imports under the new one; none where it is the new one itself.
    pub match_key: Option<Vec<u8>>,
    /// Wraps the own key of a secret anew; none where it does not open, and then it is left as it is.
    pub secret: &'a dyn Fn(&SecretRow) -> Option<Vec<u8>>,
    /// Encrypts a second factor anew; none as above.
    pub second_factor: &'a SecondFactorAgain<'a>,
    /// What must be told later.
    pub audit: AuditRow,
}

impl fmt::Debug for Rewrap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rewrap({:02x?} to {:02x?})", self.old, self.new)
    }
}

/// What was wrapped anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RewrapCount {
    /// Secrets.
    pub secrets: u64,
    /// Second factors.
    pub second_factors: u64,
    /// What did not open, of both, and was left as it is.
    pub unreadable: u64,
}

/// What the store knows of keys.
pub trait KeyStore {
    /// Returns the names of the keys.
    ///
    /// # Errors
    /// When the backend fails.
    fn key_ring(&self) -> Result<KeyRing, StoreError>;

    /// Notes the names of the keys where none are noted yet.
    ///
    /// # Errors
    /// When the backend fails.
    fn name_keys(&self, master: [u8; 8], seal: [u8; 8]) -> Result<(), StoreError>;

    /// Returns any one secret; none where there is none.
    ///
    /// # Errors
    /// When the backend fails.
    fn any_secret(&self) -> Result<Option<SecretRow>, StoreError>;

    /// Wraps all of it anew in one transaction: after a crash it is all under the one key or all under the other, as the ring says.
    ///
    /// # Errors
    /// `Stale` where it is under another key than `old`; then nothing was written.
    fn rewrap(&self, rewrap: &Rewrap<'_>) -> Result<RewrapCount, StoreError>;
}

/// What the rules of coverage need to answer one question, and the first figures that were kept.
#[derive(Debug, Clone)]
pub struct Question {
    /// The roster and what reached the server.
    pub scenario: Scenario,
    /// The first figures of the place and month; empty before the freeze.
    pub stored: Vec<HouseholdFigure>,
}

/// The figures that are kept.
pub trait CoverageStore {
    /// Writes the first figures of every month whose freeze has passed; a read of a month counts as a tick.
    ///
    /// # Errors
    /// When the backend fails.
    fn tick(&self, now: Instant) -> Result<(), StoreError>;

    /// Tells the villages of a subtree, in order of their codes.
    ///
    /// # Errors
    /// When the backend fails.
    fn villages(&self, place: Place) -> Result<Vec<Place>, StoreError>;

    /// Reads what the figures of a place and month need, all of one moment.
    ///
    /// # Errors
    /// When the backend fails.
    fn question(&self, place: Place, month: Month, as_of: Instant) -> Result<Question, StoreError>;

    /// Returns the kept figures of the villages of a place, month by month; a month after the present one has none.
    ///
    /// # Errors
    /// When the backend fails.
    fn village_months(&self, place: Place, months: (Month, Month), now: Instant) -> Result<Vec<VillageMonthRow>, StoreError>;

    /// Returns the rules that were set, in order.
    ///
    /// # Errors
    /// When the backend fails.
    fn settings(&self) -> Result<SettingRows, StoreError>;

    /// Sets rules in one transaction and returns the version of the last.
    ///
    /// # Errors
    /// When the backend fails.
    fn set(&self, settings: &[Setting], now: Instant) -> Result<u64, StoreError>;
}

/// Files that records name: which are there, who names them, which are on their way. The bytes are not here.
pub trait BlobStore {
    /// Returns a file that is in the blob store.
    ///
    /// # Errors
    /// When the backend fails.
    fn blob(&self, hash: &[u8; 32]) -> Result<Option<BlobRow>, StoreError>;

    /// Returns files after another one, in the order of their hashes.
    ///
    /// # Errors
    /// When the backend fails.
    fn blobs(&self, after: Option<&[u8; 32]>, limit: usize) -> Result<Vec<BlobRow>, StoreError>;

    /// Returns the records that name a file, in the order of their ids.
    ///
    /// # Errors
    /// When the backend fails.
    fn blob_uses(&self, hash: &[u8; 32]) -> Result<Vec<BlobUseRow>, StoreError>;

    /// Begins an upload, within what its device may have on its way; where the file is there already it is done at once and costs nothing.
    /// Nothing is written where the answer is `OtherLength` or `TooMuch`.
    ///
    /// # Errors
    /// When the backend fails.
    fn begin_upload(&self, row: &UploadRow, quota: &UploadQuota) -> Result<Begun, StoreError>;

    /// Returns an upload.
    ///
    /// # Errors
    /// When the backend fails.
    fn upload(&self, id: Id) -> Result<Option<UploadRow>, StoreError>;

    /// Takes an upload a step further.
    ///
    /// # Errors
    /// `Stale` where it is not open, or has other bytes than the step begins with; then nothing was written.
    fn step_upload(&self, id: Id, step: &UploadStep) -> Result<(), StoreError>;

    /// Takes out of the tables what is over: uploads whose time is up, those for a record that did not come within `announced_ms`, and
    /// files that no record names and no upload brings.
    ///
    /// # Errors
    /// When the backend fails.
    fn sweep(&self, now: Instant, announced_ms: i64) -> Result<Swept, StoreError>;
}

/// The store as one thing: copied and looked over while it is in use.
pub trait WholeStore {
    /// Writes a copy of one moment into a new file, readable by its owner alone; others may read and write meanwhile.
    ///
    /// # Errors
    /// `Full`, `Damaged` where a page cannot be read, or a backend failure; what was begun of the copy is left for the caller to delete.
    fn copy_to(&self, file: &Path) -> Result<(), StoreError>;

    /// Looks at every page and index, and says what the backend finds wrong first; nothing where all is sound.
    ///
    /// # Errors
    /// When the backend cannot even look.
    fn unsound(&self) -> Result<Option<String>, StoreError>;

    /// Returns the first row behind which no leaf stands: batches, changes, rows and ends of the places' logs, what devices sent last.
    ///
    /// # Errors
    /// When the backend fails.
    fn unproved(&self) -> Result<Option<Unproved>, StoreError>;

    /// Returns the next record's row after another one's, in the order of ids; none after the last.
    ///
    /// # Errors
    /// When the backend fails.
    fn indexed(&self, after: Option<Id>) -> Result<Option<IndexedRow>, StoreError>;

    /// Returns the first change without a record's row, and the first row of a log that says otherwise than the record's row.
    /// `reference` are the kinds that everybody's grant covers.
    ///
    /// # Errors
    /// When the backend fails.
    fn misplaced(&self, reference: &[&str]) -> Result<Option<Unproved>, StoreError>;
}

/// A whole store.
pub trait Store:
    LogStore + RecordStore + AccountStore + SecretStore + CoverageStore + BlobStore + KeyStore + WholeStore + fmt::Debug + Send + Sync
{
}
