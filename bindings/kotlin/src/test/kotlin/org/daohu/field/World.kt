package org.daohu.field

import java.io.File
import java.nio.file.Files
import java.time.Instant
import java.time.OffsetDateTime
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.daohu.field.ffi.HostClock

/** What a build must hand in to the tests. */
private fun given(name: String): File = File(checkNotNull(System.getProperty(name)) { "the property $name is missing" })

private fun temporary(): File = Files.createTempDirectory("daohu-kotlin-").toFile()

/** The township's own papers, imported once; every world begins with a copy. */
private val township: File by lazy {
    val folder = temporary()
    Runtime.getRuntime().addShutdownHook(Thread { folder.deleteRecursively() })
    run("import", given("daohu.papers").path, "--data", folder.resolve("data").path, "--now", World.START)
    folder.resolve("data")
}

/** Runs the built binary; whatever it answers. */
private fun tryDaohu(words: List<String>): Pair<Int, JsonElement> {
    val process = ProcessBuilder(listOf(given("daohu.office").path) + words + "--json").redirectError(ProcessBuilder.Redirect.DISCARD).start()
    process.outputStream.close()
    val text = process.inputStream.reader().readText()
    return process.waitFor() to Json.parseToJsonElement(text)
}

private fun run(vararg words: String): JsonElement {
    val (status, answer) = tryDaohu(words.toList())
    check(status == 0) { "daohu ${words.joinToString(" ")}: $status $answer" }
    return answer
}

operator fun JsonElement.get(key: String): JsonElement = checkNotNull((this as JsonObject)[key]) { "no $key in $this" }

operator fun JsonElement.get(number: Int): JsonElement = (this as JsonArray)[number]

val JsonElement.text: String get() = (this as JsonPrimitive).content

/** A folder with the imported township, a clock, a server on a free port of the loopback, and phones. All of it is gone in the end. */
class World : AutoCloseable {
    val folder = temporary()
    private val data = folder.resolve("data")
    private val phones = mutableListOf<Field>()
    private var server: Process? = null
    lateinit var url: String
        private set
    lateinit var serverKey: String
        private set

    /** The clock of every phone; the server reads the same from a file. */
    val clock = object : HostClock {
        override fun wallMs(): Long = now.toEpochMilli()
        override fun monoMs(): Long = now.toEpochMilli()
        override fun boot(): String = "one"
        override fun isSet(): Boolean = true
    }

    @Volatile
    private var now: Instant = Instant.EPOCH

    init {
        township.copyRecursively(data)
        at(START)
    }

    /** Sets the clock of everything. */
    fun at(instant: String) {
        now = OffsetDateTime.parse(instant).toInstant()
        val next = folder.resolve("now.next").apply { writeText("$instant\n") }
        check(next.renameTo(folder.resolve("now")))
    }

    /** Runs a command of the server at the world's clock; it must succeed. */
    fun daohu(vararg words: String): JsonElement = run(*words, "--data", data.path, "--now", now.toString())

    /** The same, whatever it answers: exit status and answer. */
    fun tryDaohu(vararg words: String): Pair<Int, JsonElement> =
        org.daohu.field.tryDaohu(words.toList() + listOf("--data", data.path, "--now", now.toString()))

    fun serve() {
        val ready = folder.resolve("ready")
        val process = ProcessBuilder(
            given("daohu.office").path, "serve", "--data", data.path, "--listen", "127.0.0.1:0",
            "--now", "@${folder.resolve("now").path}", "--ready-file", ready.path,
        ).redirectError(folder.resolve("server.log")).start()
        server = process
        // The line comes once it is ready; the file is there by then.
        checkNotNull(process.inputStream.bufferedReader().readLine()) { folder.resolve("server.log").readText() }
        val line = Json.parseToJsonElement(ready.readText())
        url = line["listening"].text
        serverKey = line["server_key"].text
    }

    /** Ends the server as a person would. */
    fun stop() {
        server?.apply { destroy(); waitFor() }
        server = null
    }

    /** Adds a user and makes a code for a device. */
    fun code(login: String, vararg user: String): String {
        daohu("user", "add", "--login", login, *user)
        return daohu("device", "code", "--user", login)["code"].text
    }

    /** Opens the store of a phone, new or not. */
    suspend fun open(login: String): Field =
        Field.open(folder.resolve("$login.db"), clock) { ByteArray(32) { login.length.toByte() } }.also(phones::add)

    /** Adds a user, enrols a phone and fetches what it may see. */
    suspend fun phone(login: String, vararg user: String): Field {
        val code = code(login, *user)
        return open(login).also {
            it.enrol(url, code, login, HttpTransport())
            it.sync(HttpTransport())
        }
    }

    override fun close() {
        phones.forEach(Field::close)
        stop()
        check(folder.deleteRecursively())
    }

    companion object {
        const val START = "2019-05-05T09:00:00+08:00"
        const val VISIT = "2019-05-12T10:00:00+08:00"
        const val TOWNSHIP = "610802209000"
    }
}
