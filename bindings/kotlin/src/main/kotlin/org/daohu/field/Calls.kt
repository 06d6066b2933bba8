package org.daohu.field

import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.isActive
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import org.daohu.field.ffi.FieldLedger
import org.daohu.field.ffi.LedgerException

/** Calls of the core, which block, as suspending functions. */
internal class Calls(val ledger: FieldLedger) {
    /** How often the host itself asked that everything end. */
    private val asked = AtomicInteger()

    /** How to stop what each long call waits for; nobody but the host and its own coroutine ends one. */
    private val stops = CopyOnWriteArrayList<() -> Unit>()

    /** Ends everything that is under way, for the host. */
    fun interrupt() {
        asked.incrementAndGet()
        ledger.interrupt()
        stops.forEach { it() }
    }

    /** Writes something down. It is never cut short: what a person handed in is saved even if her screen is gone. */
    suspend fun <T> write(work: (FieldLedger) -> T): T = withContext(Dispatchers.IO + NonCancellable) {
        try {
            work(ledger)
        } catch (refused: LedgerException) {
            throw refused.typed()
        }
    }

    /** Reads. Whoever is cancelled meanwhile ends the reading, unless that would end somebody's sync as well. */
    suspend fun <T> read(work: (FieldLedger) -> T): T = cancellable({ if (stops.isEmpty()) ledger.interrupt() }, work)

    /** Does something long, such as a sync. Whoever is cancelled ends it in the core; it is gone when this returns. */
    suspend fun <T> long(stop: () -> Unit = {}, work: (FieldLedger) -> T): T {
        stops.add(stop)
        try {
            return cancellable({ ledger.interrupt(); stop() }, work)
        } finally {
            stops.remove(stop)
        }
    }

    private suspend fun <T> cancellable(stop: () -> Unit, work: (FieldLedger) -> T): T = coroutineScope {
        // Its failure is a value: one that is ended must not outdo the cancellation that ended it.
        val call = async(Dispatchers.IO) { runCatching { again({ isActive }) { work(ledger) } } }
        try {
            call.await().getOrThrow()
        } catch (cancelled: CancellationException) {
            // Asked again until it has ended, since what is asked before the call began ends nothing.
            withContext(NonCancellable) {
                do stop() while (withTimeoutOrNull(STOP_AGAIN_MS) { call.join() } == null)
            }
            throw cancelled
        }
    }

    /** Calls again what was ended by the interrupt of somebody else; it left nothing. It gives up where that goes on and on. */
    private inline fun <T> again(isWanted: () -> Boolean, work: () -> T): T {
        repeat(TIMES_MAX - 1) {
            val before = asked.get()
            try {
                return work()
            } catch (refused: LedgerException) {
                val error = refused.typed()
                if (error !is FieldException.Interrupted || asked.get() != before || !isWanted()) throw error
            }
        }
        try {
            return work()
        } catch (refused: LedgerException) {
            throw refused.typed()
        }
    }

    private companion object {
        const val STOP_AGAIN_MS = 50L
        const val TIMES_MAX = 100
    }
}
