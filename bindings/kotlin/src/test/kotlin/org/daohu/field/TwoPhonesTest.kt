package org.daohu.field

import java.util.UUID
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.JsonArray
import org.daohu.field.ffi.HttpRequest
import org.daohu.field.ffi.HttpResponse
import org.daohu.field.ffi.MetPerson
import org.daohu.field.ffi.SyncReport
import org.daohu.field.ffi.TransportException
import org.daohu.field.ffi.VisitEntry
import org.daohu.guide.firstVisit
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test

/** The library against a real server: two phones of one household, offline and back. */
class TwoPhonesTest {
    private val world = World()
    private lateinit var household: UUID
    private lateinit var first: String
    private lateinit var second: String
    private val transport = HttpTransport()

    @BeforeEach
    fun serve() {
        world.serve()
        val pairing = world.daohu("pairing", "list", "--on", "2019-05-05")[0]
        household = UUID.fromString(pairing["household"].text)
        first = pairing["cadre"].text
        val cadres = world.daohu("record", "list", "cadre", "--limit", "200")["records"] as JsonArray
        second = cadres.map { it["id"].text }.first { it != first }
    }

    @AfterEach
    fun end() = world.close()

    private suspend fun primary() = world.phone("helper-a", "--role", "helper", "--cadre", first)

    private suspend fun assistant(): Field {
        world.daohu("pairing", "add", "--household", "$household", "--cadre", second, "--role", "assistant", "--from", "2019-05-01")
        return world.phone("helper-bb", "--role", "assistant_helper", "--cadre", second)
    }

    private fun visit(narrative: String) =
        VisitEntry(mode = "home", purposes = listOf("verify"), met = listOf(MetPerson("户主", "本人")), narrative = narrative)

    /** A sync that the host carries itself. */
    private suspend fun stepwise(field: Field): SyncReport = field.beginSync().use { steps ->
        while (true) {
            val request = steps.next() ?: break
            val response = try {
                withContext(Dispatchers.IO) { transport.exchange(request) }
            } catch (_: TransportException) {
                null
            }
            if (response == null) steps.broke() else steps.answered(response)
        }
        checkNotNull(steps.finish()).also { assertNull(steps.finish()) }
    }

    @Test
    fun `both notes are listed, one is chosen, and both phones hold the same`(): Unit = runBlocking {
        val (a, b) = primary() to assistant()
        world.at(World.VISIT)
        for ((phone, note) in listOf(a to "上午打电话,下午下地", b to "只接村委会电话")) {
            val answer = phone.newVisit(household, visit(note))
            assertEquals("submitted", answer.visit.state)
            assertEquals("2019-05" to "2019-05-12", "${answer.visit.month}" to "${answer.visit.occurredDay}")
            assertEquals(listOf("contact_note"), phone.edit(household, mapOf("contact_note" to note)).changed)
            assertEquals(2UL, phone.status().unsent)
        }
        stepwise(b)
        a.sync(transport)
        stepwise(b)

        for (phone in listOf(a, b)) {
            val conflict = phone.conflicts().single()
            assertEquals(household to "contact_note", conflict.record to conflict.field)
            assertEquals(setOf("上午打电话,下午下地", "只接村委会电话"), conflict.values.map { it.value.text }.toSet())
            assertNotEquals(conflict.values[0].by, conflict.values[1].by)
        }
        val taken = a.conflicts().single().values[1]
        a.resolve(household, "contact_note", taken.n)
        a.sync(transport)
        stepwise(b)
        assertEquals(emptyList<Any>(), b.conflicts())
        assertEquals(taken.value, b.household(household).fields["contact_note"])
        assertEquals(a.household(household).digest, b.household(household).digest)
        assertEquals(2, b.household(household).visits.size)
        assertTrue(a.history(household, "contact_note").size >= 3)
    }

    @Test
    fun `the receipt of a visit convinces the verifier, and a bent one does not`(): Unit = runBlocking {
        val phone = primary()
        world.at(World.VISIT)
        phone.newVisit(household, visit("核对收入台账"))
        val report = phone.sync(transport)
        assertEquals(1UL to 1UL, report.pushed to report.receipts)
        assertEquals(0UL, phone.status().unsent)
        val receipt = phone.receipts().single()
        assertEquals(1UL, receipt.items)

        val file = world.folder.resolve("visit.dhr").apply { writeBytes(receipt.content) }
        val words = arrayOf("verify", "--receipt", file.path, "--key", world.serverKey)
        assertEquals("true", world.daohu(*words)["ok"].text)
        file.writeBytes(receipt.content.also { it[it.size / 2] = (it[it.size / 2] + 1).toByte() })
        assertEquals(1, world.tryDaohu(*words).first)
    }

    @Test
    fun `a revoked phone is told so, and keeps what it wrote`(): Unit = runBlocking {
        val phone = primary()
        world.at(World.VISIT)
        val saved = phone.newVisit(household, visit("送去补贴存折"))
        world.daohu("device", "revoke", "${phone.status().device}", "--reason", "lost")
        val error = runCatching { phone.sync(transport) }.exceptionOrNull()
        assertInstanceOf(FieldException.Closed::class.java, error)
        assertEquals("device_revoked", (error as FieldException).code)
        assertEquals(SyncState.Failed(error), phone.syncState.value)
        assertEquals("device_revoked", phone.status().closed)
        assertEquals("送去补贴存折", phone.visit(saved.visit.id).visit.fields["narrative"]?.text)
    }

    @Test
    fun `the due list and the sync tell of themselves`(): Unit = runBlocking {
        val phone = primary()
        world.at(World.VISIT)
        val seen = Channel<Boolean>(Channel.UNLIMITED)
        val progress = mutableListOf<SyncState>()
        val watching = listOf(
            launch { phone.dueList().collect { due -> seen.send(due.households.first { it.id == household }.met) } },
            launch(Dispatchers.Unconfined) { phone.syncState.collect { progress += it } },
        )
        assertEquals(false, seen.receive())
        phone.newVisit(household, visit("羊增加两只"))
        assertEquals(true, seen.receive())

        val report = phone.sync(transport)
        watching.forEach { it.cancelAndJoin() }
        assertEquals(SyncState.Idle(report), progress.last())
        val last = progress.filterIsInstance<SyncState.Running>().last().progress
        assertEquals(report.requests to report.bytesUp, last.exchanges to last.bytesUp)
    }

    /** A link on which nothing ever comes back. */
    private class Stuck : Transport {
        val reached = CompletableDeferred<Unit>()
        private val stopped = CompletableDeferred<Unit>()

        override fun exchange(request: HttpRequest): HttpResponse {
            reached.complete(Unit)
            runBlocking { stopped.await() }
            throw TransportException.Broken()
        }

        override fun cancel() {
            stopped.complete(Unit)
        }
    }

    @Test
    fun `a sync that is cancelled or interrupted leaves nothing, and the next one brings everything once`(): Unit = runBlocking {
        val phone = primary()
        world.at(World.VISIT)
        phone.newVisit(household, visit("查看危房改造"))
        val before = phone.status()

        val cancelled = Stuck()
        val job = launch { phone.sync(cancelled) }
        cancelled.reached.await()
        // Reading answers meanwhile, and nobody who stops reading ends the sync.
        assertEquals(household, phone.household(household).id)
        job.cancelAndJoin()
        assertTrue(job.isCancelled)
        assertEquals(SyncState.Idle(null), phone.syncState.value)

        val interrupted = Stuck()
        val outcome = async { runCatching { phone.sync(interrupted) } }
        interrupted.reached.await()
        phone.interrupt()
        assertInstanceOf(FieldException.Interrupted::class.java, outcome.await().exceptionOrNull())

        val after = phone.status()
        assertEquals(before.unsent to before.treeSize, after.unsent to after.treeSize)
        assertEquals(1UL, phone.sync(transport).pushed)
        val place = phone.household(household).place
        assertEquals(1, (world.daohu("record", "list", "visit", "--place", place)["records"] as JsonArray).size)
    }

    @Test
    fun `what a person hands in is saved even if her screen is gone`(): Unit = runBlocking {
        val phone = primary()
        world.at(World.VISIT)
        val job = launch(start = CoroutineStart.UNDISPATCHED) { phone.newVisit(household, visit("讲解医保政策")) }
        job.cancelAndJoin()
        assertEquals(1UL, phone.status().unsent)
    }

    /** Somebody in the way, who answers everything alike. */
    private class Portal(private val code: String) : Transport {
        override fun exchange(request: HttpRequest) = HttpResponse(400u, """{"code":"$code"}""".encodeToByteArray())

        override fun cancel() = Unit
    }

    @Test
    fun `whoever stands in the way cannot name what an app takes for the state of its store`(): Unit = runBlocking {
        val phone = primary()
        for (code in listOf("interrupted", "store_damaged")) {
            val error = assertInstanceOf(FieldException.Refused::class.java, runCatching { phone.sync(Portal(code)) }.exceptionOrNull())
            assertEquals("not_our_server", error.code)
        }
    }

    @Test
    fun `a visit that does not fit is one draft, with which its author goes on`(): Unit = runBlocking {
        val phone = primary()
        world.at(World.VISIT)
        val error = runCatching { phone.newVisit(household, VisitEntry(narrative = "还没写完")) }.exceptionOrNull() as FieldException
        val draft = checkNotNull(error.draft) { error }
        phone.setVisit(draft, visit("写完了"))
        assertEquals("submitted", phone.submitVisit(draft).visit.state)
        assertEquals(0UL to 1UL, phone.status().let { it.drafts to it.unsent })
    }

    @Test
    fun `what is in a flushed batch file is told, and received only with its receipt`(): Unit = runBlocking {
        val phone = primary()
        world.at(World.VISIT)
        phone.newVisit(household, visit("走访邻居"))
        val file = phone.exportBatches()
        assertEquals(0UL, phone.status().exported)
        phone.noteExported(file)
        assertEquals(1UL to 1UL, phone.status().let { it.exported to it.unsent })
    }

    @Test
    fun `without a server a sync is offline, and the visit goes another time`(): Unit = runBlocking {
        val phone = primary()
        world.at(World.VISIT)
        phone.newVisit(household, visit("协调低保"))
        world.stop()
        val error = runCatching { phone.sync(transport) }.exceptionOrNull()
        assertInstanceOf(FieldException.Offline::class.java, error)
        world.serve()
        assertEquals(1UL, phone.sync(transport, server = world.url).pushed)
        assertEquals(true, phone.dueList().first().households.first { it.id == household }.met)
    }

    @Test
    fun `a store moves to another phone under a passphrase`(): Unit = runBlocking {
        val phone = primary()
        world.at(World.VISIT)
        phone.newVisit(household, visit("走访邻居"))
        val file = world.folder.resolve("moved.backup")
        assertTrue(phone.backup(file, "十二只羊在山坡上-2019", moving = true).moved)
        val restored = Field.restore(file, world.folder.resolve("other.db"), "十二只羊在山坡上-2019")
        Field.open(world.folder.resolve("other.db"), world.clock) { restored.key }.use { other ->
            assertEquals(phone.status().device, other.status().device)
            assertEquals(1UL, other.sync(transport).pushed)
        }
        assertTrue(restored.key.all { it == 0.toByte() })
    }

    @Test
    fun `the program of the guide records a visit and syncs it`(): Unit = runBlocking {
        world.at(World.VISIT)
        val code = world.code("guide", "--role", "helper", "--cadre", first)
        var kept: ByteArray? = null
        val told = firstVisit(world.folder, world.url, code, world.clock, { kept?.copyOf() }, { kept = it.copyOf() })
        assertEquals(1, told.size)
        assertEquals("true", world.daohu("verify")["ok"].text)
        assertEquals(32, kept?.size)
    }
}
