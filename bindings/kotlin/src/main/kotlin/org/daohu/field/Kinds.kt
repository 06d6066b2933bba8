package org.daohu.field

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import org.daohu.field.ffi.ErrorText
import org.daohu.field.ffi.LedgerException
import org.daohu.field.ffi.errorTexts
import org.daohu.field.ffi.kindNames
import org.daohu.field.ffi.kindSchema

/** Kinds of record and codes as data, so that an app draws any form and shows any refusal. */
object Kinds {
    /** The kinds by name. */
    val names: List<String> by lazy { kindNames() }

    /** Every code with its sentences. */
    val errors: List<ErrorText> by lazy { errorTexts() }

    /**
     * The declaration of a kind as JSON Schema, with labels in both languages, choices, masks and bounds.
     *
     * @throws FieldException `unknown_kind`
     */
    fun schema(kind: String): JsonObject = try {
        Json.parseToJsonElement(kindSchema(kind)) as JsonObject
    } catch (refused: LedgerException) {
        throw refused.typed()
    }
}
