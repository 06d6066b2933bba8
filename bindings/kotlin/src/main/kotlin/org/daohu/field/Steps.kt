package org.daohu.field

import org.daohu.field.ffi.EnrolConversation
import org.daohu.field.ffi.EnrolReport
import org.daohu.field.ffi.HttpRequest
import org.daohu.field.ffi.HttpResponse
import org.daohu.field.ffi.SyncConversation
import org.daohu.field.ffi.SyncReport

/** A sync that the host carries itself: ask for a request, carry it, give back what came, until there is none. */
class SyncSteps internal constructor(private val calls: Calls, private val inner: SyncConversation) : AutoCloseable {
    /** The next request; null where the sync has come to its end. */
    suspend fun next(): HttpRequest? = calls.write { inner.nextRequest() }

    /** Takes what came back. */
    suspend fun answered(response: HttpResponse): Unit = calls.write { inner.onResponse(response) }

    /** Says that nothing came back. The next request is smaller; `offline` is thrown where it was tried often enough. */
    suspend fun broke(): Unit = calls.write { inner.onFailure() }

    /** Ends the sync and says what came of it; null where it was ended before. */
    suspend fun finish(): SyncReport? = calls.write { inner.finish() }

    override fun close(): Unit = inner.close()
}

/** An enrolment that the host carries itself, like [SyncSteps]. */
class EnrolSteps internal constructor(private val calls: Calls, private val inner: EnrolConversation) : AutoCloseable {
    /** The next request; null where all is done. */
    suspend fun next(): HttpRequest? = calls.write { inner.nextRequest() }

    /** Takes what came back. */
    suspend fun answered(response: HttpResponse): Unit = calls.write { inner.onResponse(response) }

    /** Ends the enrolment and says as whom the device is enrolled; null where it was ended before. */
    suspend fun finish(): EnrolReport? = calls.write { inner.finish() }

    override fun close(): Unit = inner.close()
}
