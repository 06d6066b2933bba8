package org.daohu.field

import com.sun.net.httpserver.HttpServer
import com.sun.net.httpserver.HttpsConfigurator
import com.sun.net.httpserver.HttpsServer
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.net.ServerSocket
import java.nio.file.Path
import java.security.KeyStore
import javax.net.ssl.KeyManagerFactory
import javax.net.ssl.SSLContext
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.daohu.field.ffi.HttpHeader
import org.daohu.field.ffi.HttpRequest
import org.daohu.field.ffi.TransportException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** What the transport does and refuses to do. */
class TransportTest {
    private val loopback = InetSocketAddress(InetAddress.getLoopbackAddress(), 0)

    private fun request(server: String, path: String = "/v1/sync", method: String = "POST") =
        HttpRequest(server, method, path, listOf(HttpHeader("content-type", "text/plain")), "hello".encodeToByteArray())

    private fun <T> HttpServer.serving(body: (HttpServer) -> T): T {
        start()
        return try {
            body(this)
        } finally {
            stop(0)
        }
    }

    private val HttpServer.url get() = "http://127.0.0.1:${address.port}"

    @Test
    fun `a request goes out as it is, and whatever status comes is brought back`() {
        val server = HttpServer.create(loopback, 0)
        server.createContext("/") { exchange ->
            val told = "${exchange.requestMethod} ${exchange.requestHeaders.getFirst("content-type")} ${exchange.requestBody.reader().readText()}"
            exchange.sendResponseHeaders(401, 0)
            exchange.responseBody.use { it.write(told.encodeToByteArray()) }
        }
        server.serving {
            val post = HttpTransport().exchange(request(it.url))
            assertEquals(401.toUShort() to "POST text/plain hello", post.status to post.body.decodeToString())
            assertEquals("GET text/plain ", HttpTransport().exchange(request(it.url, method = "GET")).body.decodeToString())
        }
    }

    @Test
    fun `no redirect is followed`() {
        val server = HttpServer.create(loopback, 0)
        var followed = 0
        server.createContext("/login") { followed += 1; it.sendResponseHeaders(200, -1) }
        server.createContext("/v1/") {
            it.responseHeaders.add("location", "/login")
            it.sendResponseHeaders(302, -1)
        }
        server.serving { assertEquals(302.toUShort(), HttpTransport().exchange(request(it.url)).status) }
        assertEquals(0, followed)
    }

    @Test
    fun `an answer that has no end is broken`() {
        val server = HttpServer.create(loopback, 0)
        server.createContext("/") { exchange ->
            exchange.sendResponseHeaders(200, 0)
            runCatching { exchange.responseBody.use { body -> repeat(9) { body.write(ByteArray(1024 * 1024)) } } }
        }
        server.serving { assertThrows(TransportException.Broken::class.java) { HttpTransport().exchange(request(it.url)) } }
    }

    @Test
    fun `an address that is none, or where nobody is, is broken`() {
        val gone = ServerSocket(0, 1, loopback.address).use { it.localPort }
        for (address in listOf("no address", "http://127.0.0.1:$gone")) {
            assertThrows(TransportException.Broken::class.java) { HttpTransport().exchange(request(address)) }
        }
    }

    @Test
    fun `an exchange without an answer ends at its deadline, or when it is cancelled`(): Unit = runBlocking {
        ServerSocket(0, 2, loopback.address).use { silent ->
            val url = "http://127.0.0.1:${silent.localPort}"
            assertThrows(TransportException.Broken::class.java) { HttpTransport(exchangeSeconds = 1).exchange(request(url)) }
            silent.accept().close()

            val transport = HttpTransport()
            val outcome = async(Dispatchers.IO) { runCatching { transport.exchange(request(url)) } }
            withContext(Dispatchers.IO) { silent.accept() }.use {
                transport.cancel()
                assertInstanceOf(TransportException.Broken::class.java, outcome.await().exceptionOrNull())
            }
        }
    }

    @Test
    fun `the office's own authority is trusted where it was given, and nobody else then`(@TempDir folder: Path) {
        val (office, certificate) = keys(folder, "office")
        val (_, stranger) = keys(folder, "stranger")
        val server = HttpsServer.create(loopback, 0)
        server.httpsConfigurator = HttpsConfigurator(office)
        server.createContext("/") { it.sendResponseHeaders(204, -1) }
        server.serving {
            val url = "https://127.0.0.1:${it.address.port}"
            assertEquals(204.toUShort(), HttpTransport(certificate.inputStream()).exchange(request(url)).status)
            for (other in listOf(HttpTransport(), HttpTransport(stranger.inputStream()))) {
                assertThrows(TransportException.Broken::class.java) { other.exchange(request(url)) }
            }
        }
        assertThrows(Exception::class.java) { HttpTransport("no certificate".byteInputStream()) }
    }

    /** A key with a certificate that it signed itself. */
    private fun keys(folder: Path, name: String): Pair<SSLContext, File> {
        val (store, certificate) = folder.resolve("$name.p12").toFile() to folder.resolve("$name.pem").toFile()
        val word = "only-for-tests"
        fun keytool(vararg words: String) {
            val tool = File(System.getProperty("java.home"), "bin/keytool").path
            val process = ProcessBuilder(tool, *words, "-keystore", store.path, "-storepass", word, "-alias", name).redirectErrorStream(true).start()
            val told = process.inputStream.reader().readText()
            check(process.waitFor() == 0) { told }
        }
        keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=$name", "-ext", "san=ip:127.0.0.1", "-ext", "bc=ca:true", "-validity", "2")
        keytool("-exportcert", "-rfc", "-file", certificate.path)
        val held = KeyStore.getInstance("PKCS12").apply { store.inputStream().use { load(it, word.toCharArray()) } }
        val managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm()).apply { init(held, word.toCharArray()) }
        return SSLContext.getInstance("TLS").apply { init(managers.keyManagers, null, null) } to certificate
    }
}
