//! The ledger as hosts hold it: one object, safe to call from any thread. Calls block; a host that must not wait calls them elsewhere.
//!
//! Writing and reading have a connection each, so that a read answers while a sync applies what it pulled.

use crate::{
    conversation::{EnrolConversation, SyncConversation},
    error::LedgerError,
    host::{self, HostClock, HostTransport, LedgerListener, LentClock, Shared, SyncProgress, SystemRandom},
    inputs::{EnrolOptions, FieldText, MonthEntry, VisitEntry, pairs},
    side::{Side, held},
    types::{Id, Month, PathBuf},
};
use daohu_field::{
    BackupReport, BatchFile, ConflictView, DueView, EditReport, EnrolReport, FieldError, HouseholdView, JoinProposal, Ledger,
    MonthRecordView, PastView, QuarantineView, RebuildReport, ReceiptView, ReceiptsTaken, RecordList, RecordQuery, RecordView, ReviewInput,
    ReviewView, StatusView, StoreKey, SyncOptions, SyncReport, Until, VisitAnswer, VisitInput,
};
use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex},
};

/// The ledger of one user on one device.
#[derive(uniffi::Object)]
pub struct FieldLedger {
    writer: Side,
    reader: Side,
    key: StoreKey,
    listener: Mutex<Option<Arc<dyn LedgerListener>>>,
}

impl fmt::Debug for FieldLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldLedger").finish_non_exhaustive()
    }
}

pub(crate) fn key_of(key: &[u8]) -> Result<StoreKey, LedgerError> {
    key.try_into().map_err(|_| LedgerError::of("wrong_key"))
}

impl FieldLedger {
    /// Reads, beside whatever is being written, until an interrupt.
    fn read<T>(&self, work: impl FnOnce(&Ledger) -> Result<T, FieldError>) -> Result<T, LedgerError> {
        self.reader.call(Some(self.reader.asked()), |ledger| work(ledger))
    }

    /// Writes to the end and tells the listener.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&mut Ledger) -> Result<T, FieldError>) -> Result<T, LedgerError> {
        self.telling(None, work)
    }

    /// Writes what changes nothing that is shown.
    pub(crate) fn write_quietly<T>(&self, work: impl FnOnce(&mut Ledger) -> Result<T, FieldError>) -> Result<T, LedgerError> {
        self.writer.call(None, work)
    }

    fn telling<T>(&self, since: Option<u64>, work: impl FnOnce(&mut Ledger) -> Result<T, FieldError>) -> Result<T, LedgerError> {
        let answer = self.writer.call(since, work)?;
        // It is done, whatever becomes of the telling.
        _ = self.listener().map(|listener| listener.on_changed());
        Ok(answer)
    }

    fn listener(&self) -> Option<Arc<dyn LedgerListener>> {
        held(&self.listener).clone()
    }

    fn tell(&self, bytes_up: usize, bytes_down: usize, told: &mut SyncProgress) {
        told.exchanges += 1;
        told.bytes_up += bytes_up as u64;
        told.bytes_down += bytes_down as u64;
        _ = self.listener().map(|listener| listener.on_sync(*told));
    }
}

#[uniffi::export]
impl FieldLedger {
    /// Opens a ledger, or makes an empty one. The key has 32 bytes; without a clock the system's is read.
    ///
    /// # Errors
    /// `usage` for a path that names no file; `wrong_key`; `too_new` for a store of a newer version; `disk_full`; `store_busy` while it is
    /// salvaged; `store_damaged`: call [`salvage`](crate::salvage). The file is as it was.
    #[uniffi::constructor(default(clock = None))]
    pub fn open(path: &str, key: &[u8], clock: Option<Arc<dyn HostClock>>) -> Result<Arc<Self>, LedgerError> {
        let (key, clock) = (key_of(key)?, LentClock::new(clock));
        let open = || Ledger::open(Path::new(path), &key, Box::new(Shared(Arc::clone(&clock))), Box::new(SystemRandom)).map(Side::of);
        Ok(Arc::new(Self { writer: open()?, reader: open()?, key, listener: Mutex::new(None) }))
    }

    /// Closes the store once the calls under way came to their end; a sync ends between two of its exchanges. Whatever is called later is
    /// refused with `store_closed`.
    pub fn release(&self) {
        self.listen(None);
        self.writer.close();
        self.reader.close();
    }

    /// Says who hears of changes; none for nobody.
    pub fn listen(&self, listener: Option<Arc<dyn LedgerListener>>) {
        *held(&self.listener) = listener;
    }

    /// Ends what is under way, or waits for its turn, of reading, enrolling, syncing, rebuilding and backing up (but not moving): it is refused
    /// with `interrupted` and leaves nothing. Saving goes to its end.
    pub fn interrupt(&self) {
        self.writer.interrupt();
        self.reader.interrupt();
    }

    /// Enrols this device with the code that the office gave, in one call.
    ///
    /// # Errors
    /// `code_unknown` and the server's other codes, `not_our_server`, `server_busy`, `offline`, `already_enrolled`, `interrupted`.
    pub fn enrol(&self, options: EnrolOptions, transport: Arc<dyn HostTransport>) -> Result<EnrolReport, LedgerError> {
        let since = Some(self.writer.asked());
        let mut conversation = self.writer.call(since, |ledger| ledger.begin_enrol(options.into(), self.key))?;
        while let Some(request) = self.writer.call(since, |ledger| conversation.next_request(ledger))? {
            let carried = transport.exchange(host::request(conversation.server(), request));
            let response = carried.map(host::response).map_err(|_| FieldError::new("offline"));
            self.writer.call(since, |ledger| conversation.on_response(ledger, &response?))?;
        }
        self.write(|ledger| conversation.finish(ledger))
    }

    /// Begins an enrolment that the host carries itself.
    ///
    /// # Errors
    /// `already_enrolled`, `store_failed`.
    pub fn begin_enrol(self: Arc<Self>, options: EnrolOptions) -> Result<Arc<EnrolConversation>, LedgerError> {
        let inner = self.write_quietly(|ledger| ledger.begin_enrol(options.into(), self.key))?;
        Ok(Arc::new(EnrolConversation { ledger: self, inner: Mutex::new(Some(inner)) }))
    }

    /// Syncs in one call. What was saved is safe whatever comes of it, and a sync that broke goes on where it was.
    ///
    /// # Errors
    /// `not_enrolled`, `offline`, `not_our_server`, the server's codes, `disk_full`, `interrupted`.
    pub fn sync(&self, options: SyncOptions, transport: Arc<dyn HostTransport>) -> Result<SyncReport, LedgerError> {
        let since = Some(self.writer.asked());
        let mut conversation = self.writer.call(since, |ledger| ledger.begin_sync(options))?;
        let mut progress = SyncProgress { exchanges: 0, bytes_up: 0, bytes_down: 0 };
        while let Some(request) = self.writer.call(since, |ledger| conversation.next_request(ledger))? {
            let sent = request.body.len();
            match transport.exchange(host::request(conversation.server(), request)) {
                Ok(response) => {
                    let response = host::response(response);
                    self.telling(since, |ledger| conversation.on_response(ledger, &response))?;
                    self.tell(sent, response.body.len(), &mut progress);
                }
                Err(_) => self.writer.call(since, |ledger| conversation.on_failure(ledger))?,
            }
        }
        Ok(conversation.finish())
    }

    /// Begins a sync that the host carries itself.
    ///
    /// # Errors
    /// `not_enrolled`, `store_failed`.
    pub fn begin_sync(self: Arc<Self>, options: SyncOptions) -> Result<Arc<SyncConversation>, LedgerError> {
        let inner = self.write_quietly(|ledger| ledger.begin_sync(options))?;
        Ok(Arc::new(SyncConversation { ledger: self, inner: Mutex::new(Some(inner)) }))
    }

    /// Returns the due households of a month, this month by default.
    ///
    /// # Errors
    /// `store_damaged`: call [`salvage`](crate::salvage).
    #[uniffi::method(default(month = None))]
    pub fn due(&self, month: Option<Month>) -> Result<DueView, LedgerError> {
        self.read(|ledger| ledger.due(month))
    }

    /// Shows a household, named by its record id or its number.
    ///
    /// # Errors
    /// `not_found`.
    pub fn household(&self, household: &str) -> Result<HouseholdView, LedgerError> {
        self.read(|ledger| ledger.household(household))
    }

    /// Shows a visit, draft or record.
    ///
    /// # Errors
    /// `not_found`.
    pub fn visit(&self, id: Id) -> Result<VisitAnswer, LedgerError> {
        self.read(|ledger| ledger.visit(id))
    }

    /// Lists records of a kind.
    ///
    /// # Errors
    /// `unknown_kind`, `bad_cursor`.
    pub fn records(&self, kind: &str, query: RecordQuery) -> Result<RecordList, LedgerError> {
        self.read(|ledger| ledger.records(kind, &query))
    }

    /// Shows a record of any kind.
    ///
    /// # Errors
    /// `not_found`.
    pub fn record(&self, id: Id) -> Result<RecordView, LedgerError> {
        self.read(|ledger| ledger.record(id))
    }

    /// Tells who said what when.
    ///
    /// # Errors
    /// `not_found`.
    #[uniffi::method(default(field = None))]
    pub fn history(&self, record: Id, field: Option<String>) -> Result<Vec<PastView>, LedgerError> {
        self.read(|ledger| ledger.history(record, field.as_deref()))
    }

    /// Lists where two people said different things.
    ///
    /// # Errors
    /// `store_damaged`: call [`salvage`](crate::salvage).
    pub fn conflicts(&self) -> Result<Vec<ConflictView>, LedgerError> {
        self.read(|ledger| ledger.conflicts())
    }

    /// Lists visits of two phones that look like one.
    ///
    /// # Errors
    /// `not_found`.
    pub fn join_proposals(&self, household: &str) -> Result<Vec<JoinProposal>, LedgerError> {
        self.read(|ledger| ledger.join_proposals(household))
    }

    /// Returns how this device stands: what is unsent, what waits, how far the clock can be trusted.
    ///
    /// # Errors
    /// `store_damaged`: call [`salvage`](crate::salvage).
    pub fn status(&self) -> Result<StatusView, LedgerError> {
        self.read(|ledger| ledger.status())
    }

    /// Returns the receipts of everything that arrived, each with the bytes of its file.
    ///
    /// # Errors
    /// `store_damaged`: call [`salvage`](crate::salvage).
    pub fn receipts(&self) -> Result<Vec<ReceiptView>, LedgerError> {
        self.read(|ledger| ledger.receipts())
    }

    /// Lists what the server refused, with the reason.
    ///
    /// # Errors
    /// `store_damaged`: call [`salvage`](crate::salvage).
    pub fn quarantine(&self) -> Result<Vec<QuarantineView>, LedgerError> {
        self.read(|ledger| ledger.quarantine())
    }

    /// Returns what was refused as text, to be shown to the office.
    ///
    /// # Errors
    /// `store_damaged`: call [`salvage`](crate::salvage).
    pub fn quarantine_export(&self) -> Result<String, LedgerError> {
        self.read(|ledger| ledger.quarantine_export())
    }

    /// Begins a draft at this moment.
    ///
    /// # Errors
    /// `not_found`, `not_enrolled`.
    pub fn start_visit(&self, household: &str) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.start_visit(household))
    }

    /// Writes a visit down in one step.
    ///
    /// # Errors
    /// `not_found`, `moved`: nothing is written then. The code of what does not fit: what fits is kept as a draft, whose id is `draft` in
    /// the detail; go on with [`set_visit`](Self::set_visit) and [`submit_visit`](Self::submit_visit), or there will be one more.
    pub fn new_visit(&self, household: &str, entry: VisitEntry, until: Until) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.new_visit(household, &VisitInput::from(entry), until))
    }

    /// Saves what was typed into a draft, at every keystroke.
    ///
    /// # Errors
    /// `not_found`, `bad_state`.
    pub fn set_visit(&self, id: Id, entry: VisitEntry) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.set_visit(id, &VisitInput::from(entry)))
    }

    /// Seals a draft: its time no longer moves.
    ///
    /// # Errors
    /// `not_found`, and what is missing.
    pub fn seal_visit(&self, id: Id) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.seal_visit(id))
    }

    /// Hands a draft in. What this says is saved is never lost.
    ///
    /// # Errors
    /// `not_found`, and what is missing.
    pub fn submit_visit(&self, id: Id) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.submit_visit(id))
    }

    /// Takes a visit back within 24 hours.
    ///
    /// # Errors
    /// `too_late`.
    pub fn withdraw_visit(&self, id: Id) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.withdraw_visit(id))
    }

    /// Puts a later text beside a visit.
    ///
    /// # Errors
    /// `not_found`, `bad_state`, and what is missing.
    pub fn correct_visit(&self, id: Id, entry: VisitEntry) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.correct_visit(id, &VisitInput::from(entry)))
    }

    /// Voids a visit.
    ///
    /// # Errors
    /// `needs_reason`, `bad_state`.
    pub fn void_visit(&self, id: Id, reason: &str) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.void_visit(id, reason))
    }

    /// Answers a lead.
    ///
    /// # Errors
    /// `bad_state`.
    pub fn explain_visit(&self, id: Id, text: &str) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.explain_visit(id, text))
    }

    /// Objects to a review.
    ///
    /// # Errors
    /// `bad_state`.
    pub fn appeal_visit(&self, id: Id, text: &str) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.appeal_visit(id, text))
    }

    /// Says that two visits are one that two people made together.
    ///
    /// # Errors
    /// `not_found`, `bad_state`.
    pub fn join_visits(&self, one: Id, other: Id) -> Result<VisitAnswer, LedgerError> {
        self.write(|ledger| ledger.join_visits(one, other))
    }

    /// Shows, edits or hands in the month record of a household, with its text to copy.
    ///
    /// # Errors
    /// `not_found`, and what does not fit.
    pub fn month_record(&self, household: &str, month: Month, entry: MonthEntry) -> Result<MonthRecordView, LedgerError> {
        self.write(|ledger| ledger.month_record(household, month, &entry.into()))
    }

    /// Reviews a visit or month record of others.
    ///
    /// # Errors
    /// `not_found`, `own_visit` for own work.
    pub fn review(&self, target: Id, input: ReviewInput) -> Result<ReviewView, LedgerError> {
        self.write(|ledger| ledger.review(target, &input))
    }

    /// Edits fields of a record.
    ///
    /// # Errors
    /// `not_found`, `forbidden_writer`, and what does not fit.
    pub fn edit(&self, record: Id, fields: Vec<FieldText>) -> Result<EditReport, LedgerError> {
        self.write(|ledger| ledger.edit(record, &pairs(fields)))
    }

    /// Adds a record of any kind.
    ///
    /// # Errors
    /// `unknown_kind`, `forbidden_writer`, and what does not fit.
    pub fn add_record(&self, kind: &str, fields: Vec<FieldText>) -> Result<RecordView, LedgerError> {
        self.write(|ledger| ledger.add_record(kind, &pairs(fields)))
    }

    /// Chooses between two values of a field; `take` is the number of one.
    ///
    /// # Errors
    /// `no_conflict`.
    pub fn resolve(&self, record: Id, field: &str, take: u64) -> Result<EditReport, LedgerError> {
        self.write(|ledger| ledger.resolve(record, field, usize::try_from(take).unwrap_or(usize::MAX)))
    }

    /// Drops something that was refused.
    ///
    /// # Errors
    /// `not_found`.
    pub fn quarantine_drop(&self, id: i64) -> Result<QuarantineView, LedgerError> {
        self.write(|ledger| ledger.quarantine_drop(id))
    }

    /// Puts what is unsent into a file that somebody carries; it is received only once the receipt is back. The app writes and flushes it.
    ///
    /// # Errors
    /// `not_enrolled`, `moved`, `restored`.
    pub fn export_batches(&self) -> Result<BatchFile, LedgerError> {
        self.write(|ledger| ledger.export_batches())
    }

    /// Notes that a batch file is flushed, by the number of its last batch.
    ///
    /// # Errors
    /// `disk_full`, `store_failed`.
    pub fn note_exported(&self, last_batch: u64) -> Result<(), LedgerError> {
        self.write(|ledger| ledger.note_exported(last_batch))
    }

    /// Takes the receipts that came back.
    ///
    /// # Errors
    /// `receipt_invalid`.
    pub fn import_receipts(&self, file: &[u8]) -> Result<ReceiptsTaken, LedgerError> {
        self.write(|ledger| ledger.import_receipts(file))
    }

    /// Makes all lists anew from the records.
    ///
    /// # Errors
    /// `interrupted`; `store_damaged`: call [`salvage`](crate::salvage).
    pub fn rebuild(&self) -> Result<RebuildReport, LedgerError> {
        self.telling(Some(self.writer.asked()), |ledger| ledger.rebuild())
    }

    /// Bounds the file of this ledger, or lifts the bound.
    ///
    /// # Errors
    /// `store_damaged`: call [`salvage`](crate::salvage).
    pub fn limit_bytes(&self, bytes_max: Option<u64>) -> Result<(), LedgerError> {
        self.write(|ledger| ledger.limit_bytes(bytes_max))
    }

    /// Backs the ledger up under a passphrase; with `moving` this device is closed, and the other one goes on.
    ///
    /// # Errors
    /// `weak_password`, `already_there`, `disk_full`, `interrupted`; the ledger is as it was.
    pub fn backup(&self, to: PathBuf, passphrase: &str, moving: bool) -> Result<BackupReport, LedgerError> {
        let since = (!moving).then(|| self.writer.asked());
        self.telling(since, |ledger| ledger.backup(&to, passphrase, &self.key, moving))
    }
}
