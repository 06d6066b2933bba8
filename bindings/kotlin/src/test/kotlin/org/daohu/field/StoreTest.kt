package org.daohu.field

import java.io.File
import java.nio.file.Path
import java.util.UUID
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** The store by itself, errors, and what the library tells about kinds. */
class StoreTest {
    private suspend fun refused(call: suspend () -> Unit): FieldException =
        assertInstanceOf(FieldException::class.java, runCatching { call() }.exceptionOrNull())

    @Test
    fun `a store opens with its key alone, and the bytes of the key are wiped`(@TempDir folder: Path): Unit = runBlocking {
        val store = folder.resolve("ledger.db").toFile()
        val key = Field.newKey()
        assertNotEquals(key.toList(), Field.newKey().toList())
        val handed = key.copyOf()
        Field.open(store) { handed }.use { assertEquals(null, it.status().device) }
        assertArrayEquals(ByteArray(32), handed)

        val wrong = refused { Field.open(store) { Field.newKey() }.close() }
        assertEquals("wrong_key", wrong.code)
        assertEquals("wrong_key", refused { Field.open(store) { ByteArray(5) }.close() }.code)
        Field.open(store) { key }.close()
    }

    @Test
    fun `an error has a code and a sentence in each language`(@TempDir folder: Path): Unit = runBlocking {
        Field.open(folder.resolve("ledger.db").toFile()) { Field.newKey() }.use { field ->
            val error = refused { field.household(UUID(1, 2)) }
            assertInstanceOf(FieldException.Refused::class.java, error)
            assertEquals("not_found", error.code)
            val text = Kinds.errors.first { it.code == "not_found" }
            assertEquals(text.zh to text.en, error.zh to error.en)
            assertEquals(error.zh to error.en, error.sentence(java.util.Locale.CHINA) to error.sentence(java.util.Locale.ENGLISH))
            assertEquals("not_enrolled", refused { field.sync(HttpTransport()) }.code)
            assertEquals("usage", refused { field.records("visit", place = "nowhere") }.code)
        }
    }

    @Test
    fun `a damaged store is named as such, and salvaged beside`(@TempDir folder: Path): Unit = runBlocking {
        val store = folder.resolve("ledger.db").toFile()
        val key = Field.newKey()
        Field.open(store) { key.copyOf() }.close()
        // The second page and all after it, as a bad sector would leave them.
        val bytes = store.readBytes()
        bytes.fill(7, 4096, bytes.size)
        store.writeBytes(bytes)
        assertInstanceOf(FieldException.Damaged::class.java, refused { Field.open(store) { key.copyOf() }.use { it.due() } })
        val salvaged = Field.salvage(store) { key.copyOf() }
        assertArrayEquals(bytes, File(salvaged.setAside).readBytes())
        Field.open(store) { key.copyOf() }.use { assertEquals(salvaged.setAside, it.status().salvagedFrom) }
    }

    @Test
    fun `a store that is in use, or whole, or of another key is not salvaged`(@TempDir folder: Path): Unit = runBlocking {
        val store = folder.resolve("ledger.db").toFile()
        val key = Field.newKey()
        Field.open(store) { key.copyOf() }.use {
            assertEquals("store_busy", refused { Field.salvage(store) { key.copyOf() } }.code)
        }
        assertEquals("not_damaged", refused { Field.salvage(store) { key.copyOf() } }.code)
        assertEquals("wrong_key", refused { Field.salvage(store) { Field.newKey() } }.code)
        Field.open(store) { key.copyOf() }.use { assertEquals(null, it.status().salvagedFrom) }
    }

    @Test
    fun `after it was closed a store refuses, and its flows end`(@TempDir folder: Path): Unit = runBlocking {
        val field = Field.open(folder.resolve("ledger.db").toFile()) { Field.newKey() }
        val seen = Channel<Unit>(Channel.UNLIMITED)
        val watching = launch { field.watch { conflicts() }.collect { seen.send(Unit) } }
        seen.receive()
        field.close()
        watching.join()
        assertEquals(false, watching.isCancelled)
        assertEquals("store_closed", refused { field.status() }.code)
        assertEquals("store_closed", refused { field.startVisit(UUID(1, 2)) }.code)
        assertEquals("store_closed", refused { field.sync(HttpTransport()) }.code)
        field.close()
    }

    @Test
    fun `the classes are of Java 8 and rest on nothing of the desktop`() {
        val root = File(Field::class.java.protectionDomain.codeSource.location.toURI())
        val classes = root.walk().filter { it.extension == "class" }.toList()
        assertTrue(classes.size > 100, "${classes.size} classes in $root")
        for (file in classes) {
            val bytes = file.readBytes()
            assertEquals(52, bytes[7].toInt(), "${file.name}: the version of its bytecode")
            val text = String(bytes, Charsets.ISO_8859_1)
            assertEquals(emptyList<String>(), DESKTOP.filter { it in text }, file.name)
        }
    }

    private companion object {
        val DESKTOP = listOf("java/awt/", "javax/swing/", "java/net/http/", "java/lang/management/")
    }

    @Test
    fun `the program of the guide has less than 60 lines`() {
        val lines = File(System.getProperty("daohu.program")).readLines().filter(String::isNotBlank)
        assertTrue(lines.first().startsWith("package ") && lines.size < 60, "${lines.size} lines from ${lines.first()}")
    }

    @Test
    fun `every kind is told as data`() {
        assertTrue(Kinds.names.containsAll(listOf("household", "visit", "month_record")), "${Kinds.names}")
        for (name in Kinds.names) {
            assertTrue((Kinds.schema(name)["properties"] as JsonObject).isNotEmpty(), name)
        }
        val error = assertInstanceOf(FieldException::class.java, runCatching { Kinds.schema("nothing") }.exceptionOrNull())
        assertEquals("unknown_kind", error.code)
    }
}
