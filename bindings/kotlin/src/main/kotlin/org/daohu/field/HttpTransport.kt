package org.daohu.field

import java.io.IOException
import java.io.InputStream
import java.security.KeyStore
import java.security.cert.CertificateFactory
import java.util.concurrent.TimeUnit
import javax.net.ssl.SSLContext
import javax.net.ssl.TrustManagerFactory
import javax.net.ssl.X509TrustManager
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody
import org.daohu.field.ffi.HostTransport
import org.daohu.field.ffi.HttpRequest
import org.daohu.field.ffi.HttpResponse
import org.daohu.field.ffi.TransportException

/** Carries requests, and can be told to stop. [exchange] blocks and throws [TransportException.Broken] where no whole answer came. */
interface Transport : HostTransport {
    /** Ends the exchanges that are under way, which then are broken; later ones are carried as before. */
    fun cancel()
}

/**
 * Carries requests over HTTP and HTTPS. It follows no redirect, since a captive portal redirects, and repeats nothing by itself.
 *
 * @param authority the office's own certificate authority, PEM or DER; nobody else is trusted then
 * @param connectSeconds how long a link may take to be there at all
 * @param exchangeSeconds the shortest deadline of a whole exchange; a big request gets more, a second for each KiB
 */
class HttpTransport(
    authority: InputStream? = null,
    connectSeconds: Long = 15,
    private val exchangeSeconds: Long = 120,
) : Transport {
    private val client = OkHttpClient.Builder()
        .followRedirects(false)
        .followSslRedirects(false)
        .retryOnConnectionFailure(false)
        .connectTimeout(connectSeconds, TimeUnit.SECONDS)
        // The deadline of the whole exchange bounds both.
        .readTimeout(0, TimeUnit.SECONDS)
        .writeTimeout(0, TimeUnit.SECONDS)
        .apply { authority?.let { trustOnly(it) } }
        .build()

    override fun exchange(request: HttpRequest): HttpResponse {
        try {
            val call = client.newCall(request.forOkHttp())
            call.timeout().timeout(maxOf(exchangeSeconds, request.body.size / SLOWEST_BYTES_A_SECOND), TimeUnit.SECONDS)
            return call.execute().use { answer ->
                val source = answer.body.source()
                if (source.request(BODY_BYTES_MAX + 1)) throw TransportException.Broken()
                HttpResponse(answer.code.toUShort(), source.readByteArray())
            }
        } catch (_: IOException) {
            throw TransportException.Broken()
        } catch (_: IllegalArgumentException) {
            // An address that is none.
            throw TransportException.Broken()
        }
    }

    override fun cancel() = client.dispatcher.cancelAll()

    private fun HttpRequest.forOkHttp(): Request {
        // The bytes are wanted as they were sent.
        val builder = Request.Builder().url(server + path).header("accept-encoding", "identity")
        headers.forEach { builder.header(it.name, it.value) }
        return if (method == "GET") builder.get().build() else builder.method(method, body.toRequestBody()).build()
    }

    private companion object {
        /** No answer of ours is bigger. */
        const val BODY_BYTES_MAX = 8L * 1024 * 1024

        /** No deadline is shorter than a request at this speed would need. */
        const val SLOWEST_BYTES_A_SECOND = 1024L

        fun OkHttpClient.Builder.trustOnly(authority: InputStream) {
            val store = KeyStore.getInstance(KeyStore.getDefaultType()).apply { load(null) }
            val found = authority.use { CertificateFactory.getInstance("X.509").generateCertificates(it) }
            require(found.isNotEmpty()) { "no certificate was found" }
            found.forEachIndexed { number, certificate -> store.setCertificateEntry("authority-$number", certificate) }
            val trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).apply { init(store) }
            val managers = trust.trustManagers
            val context = SSLContext.getInstance("TLS").apply { init(null, managers, null) }
            sslSocketFactory(context.socketFactory, managers.filterIsInstance<X509TrustManager>().first())
        }
    }
}
