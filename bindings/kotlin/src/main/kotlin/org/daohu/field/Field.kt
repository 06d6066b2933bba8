package org.daohu.field

import java.io.File
import java.nio.ByteBuffer
import java.security.SecureRandom
import java.time.YearMonth
import java.util.UUID
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import org.daohu.field.ffi.*

/**
 * The ledger of one user on one device: what is due, visits, records, and their sync, with no signal.
 *
 * Every function may be called from any thread. Reading answers while a sync is under way. What was saved is saved when the function
 * returns, and is never cut short; reading and syncing end when their coroutine is cancelled. Errors are [FieldException].
 */
class Field private constructor(ledger: FieldLedger) : AutoCloseable {
    private val calls = Calls(ledger)
    private val changes = MutableStateFlow(0L)
    private val state = MutableStateFlow<SyncState>(SyncState.Idle(null))
    private val oneSync = Mutex()

    init {
        // It knows the flows only: the core must not keep this object alive.
        ledger.listen(Ear(changes, state))
    }

    /** How the sync stands. */
    val syncState: StateFlow<SyncState> = state.asStateFlow()

    /** The due households of a month, this month by default: at once, and again whenever they changed. */
    fun dueList(month: YearMonth? = null): Flow<DueView> = watch { due(month) }

    /** Whatever [read] tells, at once and again whenever it changed; it ends when the store is closed. */
    fun <T> watch(read: suspend Field.() -> T): Flow<T> =
        changes.map { read() }.distinctUntilChanged().catch { if ((it as? FieldException)?.code != STORE_CLOSED) throw it }

    /** Ends reading, syncing, rebuilding and backing up that is under way; it throws [FieldException.Interrupted] and leaves nothing. */
    fun interrupt(): Unit = calls.interrupt()

    /** Frees the store. Calls under way come to their end first, a sync between two exchanges. Later ones are refused with `store_closed`. */
    override fun close() {
        calls.ledger.release()
        // A flow that waits for the next change looks once more, and ends.
        changes.update { it + 1 }
    }

    // Enrolment and sync.

    /**
     * Enrols this device with the code that the office gave.
     *
     * @param label what the office should call this device
     */
    suspend fun enrol(server: String, code: String, label: String, transport: Transport): EnrolReport = calls.long(transport::cancel) {
        it.enrol(EnrolOptions(server, code, label), transport)
    }

    /** Begins an enrolment that the host carries itself. */
    suspend fun beginEnrol(server: String, code: String, label: String): EnrolSteps =
        EnrolSteps(calls, calls.write { it.beginEnrol(EnrolOptions(server, code, label)) })

    /**
     * Sends what is unsent and fetches what is new; a second call waits for the first. A sync that broke goes on where it was.
     *
     * @param server another address of the same office, remembered once its key has proved to be the enrolled one
     * @param requestsMax at most so many requests; the report's `more` says that there is more
     */
    suspend fun sync(transport: Transport, server: String? = null, requestsMax: UInt? = null): SyncReport = oneSync.withLock {
        state.value = SyncState.Running(SyncProgress(0u, 0u, 0u))
        var ended: SyncState = SyncState.Idle(null)
        try {
            val report = calls.long(transport::cancel) { it.sync(options(server, requestsMax), transport) }
            ended = SyncState.Idle(report)
            report
        } catch (error: FieldException) {
            ended = SyncState.Failed(error)
            throw error
        } finally {
            state.value = ended
        }
    }

    /** Begins a sync that the host carries itself. [syncState] does not tell of it. */
    suspend fun beginSync(server: String? = null, requestsMax: UInt? = null): SyncSteps =
        SyncSteps(calls, calls.write { it.beginSync(options(server, requestsMax)) })

    private fun options(server: String?, requestsMax: UInt?) = SyncOptions(requestsMax, server, null, null)

    // Reading.

    /** The due households of a month, this month by default. */
    suspend fun due(month: YearMonth? = null): DueView = calls.read { it.due(month) }

    /** A household, by its number. */
    suspend fun household(number: String): HouseholdView = calls.read { it.household(number) }

    /** A household, by its id. */
    suspend fun household(id: UUID): HouseholdView = household(id.toString())

    /** A visit, draft or record. */
    suspend fun visit(id: UUID): VisitAnswer = calls.read { it.visit(id) }

    /** Records of a kind; `next` of a page is the [cursor] of the following one. */
    suspend fun records(kind: String, place: String? = null, text: String? = null, limit: UInt? = null, cursor: String? = null): RecordList =
        calls.read { it.records(kind, RecordQuery(place, text, limit, cursor)) }

    /** A record of any kind. */
    suspend fun record(id: UUID): RecordView = calls.read { it.record(id) }

    /** Who said what when. */
    suspend fun history(record: UUID, field: String? = null): List<PastView> = calls.read { it.history(record, field) }

    /** Where two people said different things. */
    suspend fun conflicts(): List<ConflictView> = calls.read { it.conflicts() }

    /** Visits of two phones that look like one. */
    suspend fun joinProposals(household: UUID): List<JoinProposal> = calls.read { it.joinProposals(household.toString()) }

    /** What is unsent, what waits, how far the clock can be trusted. */
    suspend fun status(): StatusView = calls.read { it.status() }

    /** The receipts of everything that arrived, each with the bytes of its file. */
    suspend fun receipts(): List<ReceiptView> = calls.read { it.receipts() }

    /** What the server refused, with the reason. */
    suspend fun quarantine(): List<QuarantineView> = calls.read { it.quarantine() }

    /** What was refused as text, to be shown to the office. */
    suspend fun quarantineExport(): String = calls.read { it.quarantineExport() }

    // Visits.

    /** Begins a draft at this moment. */
    suspend fun startVisit(household: UUID): VisitAnswer = calls.write { it.startVisit(household.toString()) }

    /**
     * Writes a visit down in one step; by default it is handed in. Where something does not fit, what fits is kept as a draft, whose id is
     * [FieldException.draft]: go on with [setVisit] and [submitVisit], for another call would begin another draft.
     */
    suspend fun newVisit(household: UUID, entry: VisitEntry, until: Until = Until.SUBMIT): VisitAnswer =
        calls.write { it.newVisit(household.toString(), entry, until) }

    /** Saves what was typed into a draft, at every keystroke. */
    suspend fun setVisit(id: UUID, entry: VisitEntry): VisitAnswer = calls.write { it.setVisit(id, entry) }

    /** Seals a draft: its time no longer moves. */
    suspend fun sealVisit(id: UUID): VisitAnswer = calls.write { it.sealVisit(id) }

    /** Hands a draft in. */
    suspend fun submitVisit(id: UUID): VisitAnswer = calls.write { it.submitVisit(id) }

    /** Takes a visit back within 24 hours. */
    suspend fun withdrawVisit(id: UUID): VisitAnswer = calls.write { it.withdrawVisit(id) }

    /** Puts a later text beside a visit. */
    suspend fun correctVisit(id: UUID, entry: VisitEntry): VisitAnswer = calls.write { it.correctVisit(id, entry) }

    /** Voids a visit. */
    suspend fun voidVisit(id: UUID, reason: String): VisitAnswer = calls.write { it.voidVisit(id, reason) }

    /** Answers a lead. */
    suspend fun explainVisit(id: UUID, text: String): VisitAnswer = calls.write { it.explainVisit(id, text) }

    /** Objects to a review. */
    suspend fun appealVisit(id: UUID, text: String): VisitAnswer = calls.write { it.appealVisit(id, text) }

    /** Says that two visits are one that two people made together. */
    suspend fun joinVisits(one: UUID, other: UUID): VisitAnswer = calls.write { it.joinVisits(one, other) }

    // Other records.

    /** Shows, edits or hands in the month record of a household, with its text to copy. */
    suspend fun monthRecord(household: UUID, month: YearMonth, entry: MonthEntry = MonthEntry()): MonthRecordView =
        calls.write { it.monthRecord(household.toString(), month, entry) }

    /** Reviews a visit or month record of others. */
    suspend fun review(target: UUID, input: ReviewInput): ReviewView = calls.write { it.review(target, input) }

    /** Edits fields of a record; what others must decide becomes a task that asks for it. */
    suspend fun edit(record: UUID, fields: Map<String, String>): EditReport = calls.write { it.edit(record, fields.asList()) }

    /** Adds a record of any kind. */
    suspend fun addRecord(kind: String, fields: Map<String, String>): RecordView = calls.write { it.addRecord(kind, fields.asList()) }

    /** Chooses between the values of a [ConflictView]; [take] is the number of one. */
    suspend fun resolve(record: UUID, field: String, take: ULong): EditReport = calls.write { it.resolve(record, field, take) }

    /** Drops something that was refused. */
    suspend fun quarantineDrop(id: Long): QuarantineView = calls.write { it.quarantineDrop(id) }

    // The store.

    /** What is unsent as a file that somebody carries; it counts as received only once the receipt is back. */
    suspend fun exportBatches(): BatchFile = calls.write { it.exportBatches() }

    /** Notes that the app wrote and flushed the file of [exportBatches]: [StatusView.exported] counts what is in it. */
    suspend fun noteExported(file: BatchFile): Unit = calls.write { it.noteExported(file.lastBatch) }

    /** Takes the receipts that came back. */
    suspend fun importReceipts(file: ByteArray): ReceiptsTaken = calls.write { it.importReceipts(direct(file)) }

    /** Makes all lists anew from the records. */
    suspend fun rebuild(): RebuildReport = calls.long { it.rebuild() }

    /** Bounds the file of this ledger, or lifts the bound. */
    suspend fun limitBytes(bytesMax: ULong?): Unit = calls.write { it.limitBytes(bytesMax) }

    /** Backs the ledger up under a passphrase; with [moving] this device is closed, and the other one goes on. */
    suspend fun backup(to: File, passphrase: String, moving: Boolean = false): BackupReport =
        calls.long { it.backup(to.path, passphrase, moving) }

    companion object {
        /**
         * Opens a ledger, or makes an empty one.
         *
         * @param key gives the 32 bytes of the store's key; they are wiped once the store is open
         * @param clock the clock of the device. On Android it must be given: there the core cannot read it by itself
         */
        suspend fun open(store: File, clock: HostClock? = null, key: suspend () -> ByteArray): Field =
            withKey(key) { Field(FieldLedger.open(store.path, it, clock)) }

        /**
         * Sets a damaged store aside and brings what can be read of it into a new one. Call [close] first; a store that is in use
         * (`store_busy`), that is whole (`not_damaged`) or whose key is another (`wrong_key`) is left as it is.
         */
        suspend fun salvage(store: File, nowMs: Long = System.currentTimeMillis(), key: suspend () -> ByteArray): Salvaged =
            withKey(key) { org.daohu.field.ffi.salvage(store.path, it, nowMs) }

        /** Restores a backup into a file that is not there yet; keep the key it gives where the one before was kept. */
        suspend fun restore(from: File, to: File, passphrase: String): Restored =
            blocking { org.daohu.field.ffi.restore(from.path, to.path, passphrase) }

        /** A new key for a new store, of the system's randomness. */
        fun newKey(): ByteArray = ByteArray(KEY_BYTES).also(SecureRandom()::nextBytes)

        private const val KEY_BYTES = 32
        private const val STORE_CLOSED = "store_closed"

        private suspend fun <T> withKey(key: suspend () -> ByteArray, work: (ByteBuffer) -> T): T {
            val bytes = key()
            val lent = direct(bytes)
            try {
                return blocking { work(lent) }
            } finally {
                bytes.fill(0)
                repeat(lent.capacity()) { lent.put(it, 0) }
            }
        }

        private suspend fun <T> blocking(work: () -> T): T = withContext(Dispatchers.IO) {
            try {
                work()
            } catch (refused: LedgerException) {
                throw refused.typed()
            }
        }

        private fun direct(bytes: ByteArray): ByteBuffer = ByteBuffer.allocateDirect(bytes.size).also { it.duplicate().put(bytes) }

        private fun Map<String, String>.asList() = map { (field, text) -> FieldText(field, text) }
    }
}

/** Hears the core and sets the flows; it returns at once. */
private class Ear(private val changes: MutableStateFlow<Long>, private val state: MutableStateFlow<SyncState>) : LedgerListener {
    override fun onChanged() = changes.update { it + 1 }

    override fun onSync(progress: SyncProgress) {
        state.value = SyncState.Running(progress)
    }
}
