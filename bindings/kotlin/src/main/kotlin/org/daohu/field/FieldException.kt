package org.daohu.field

import java.util.Locale
import java.util.UUID
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull
import org.daohu.field.ffi.LedgerException

/**
 * Why a call did not do what was asked; nothing is half done then, but that a visit which does not fit is kept as a [draft]. An app decides by the class or by [code] and shows [sentence].
 *
 * @property code the stable code
 * @property zh what to do, in Chinese
 * @property en what to do, in English
 * @property detail what a program may want to know beside it
 */
sealed class FieldException(val code: String, val zh: String, val en: String, val detail: JsonObject, cause: Throwable) :
    Exception("$code: $en", cause) {

    /** No whole answer came, or the server asked to come back later. What was saved waits; sync again when there is a link. */
    class Offline internal constructor(from: LedgerException.Refused) : FieldException(from)

    /** Whoever called [Field.interrupt] ended it, and it left nothing. */
    class Interrupted internal constructor(from: LedgerException.Refused) : FieldException(from)

    /** The office closed this enrolment, or does not know it. What was saved is still here; ask the office. */
    class Closed internal constructor(from: LedgerException.Refused) : FieldException(from)

    /** The store's file is damaged: call [Field.salvage]. */
    class Damaged internal constructor(from: LedgerException.Refused) : FieldException(from)

    /** Anything else that was refused; [code] tells what. */
    class Refused internal constructor(from: LedgerException.Refused) : FieldException(from)

    private constructor(from: LedgerException.Refused) :
        this(from.code, from.zh, from.en, Json.parseToJsonElement(from.detail) as JsonObject, from)

    /** The draft that a refused [Field.newVisit] left, to go on with. */
    val draft: UUID? get() = (detail["draft"] as? JsonPrimitive)?.contentOrNull?.let(UUID::fromString)

    /** What to tell the person: Chinese where the device speaks Chinese, else English. */
    fun sentence(locale: Locale = Locale.getDefault()): String = if (locale.language == "zh") zh else en
}

/** Names the error of the core by its class. */
internal fun LedgerException.typed(): FieldException = when (this) {
    is LedgerException.Refused -> when (code) {
        "offline", "server_busy", "busy" -> FieldException.Offline(this)
        "interrupted" -> FieldException.Interrupted(this)
        "device_revoked", "unknown_device" -> FieldException.Closed(this)
        "store_damaged" -> FieldException.Damaged(this)
        else -> FieldException.Refused(this)
    }
}
