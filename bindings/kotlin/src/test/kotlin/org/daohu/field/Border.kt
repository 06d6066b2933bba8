package org.daohu.field

import java.io.File
import java.nio.ByteBuffer
import kotlin.system.measureNanoTime
import kotlinx.coroutines.runBlocking
import org.daohu.field.ffi.FieldLedger
import org.daohu.field.ffi.HostClock

/**
 * The calls of `daohu-bench ffi` in Kotlin: store, key in hex, the clock in ms, how many calls, how many due lists.
 *
 * A first round of each is thrown away: the machine of Java compiles what it runs often.
 */
fun main(words: Array<String>): Unit = runBlocking {
    val key = words[1].chunked(2).map { it.toInt(16).toByte() }.toByteArray()
    val lent = ByteBuffer.allocateDirect(key.size).apply { put(key).flip() }
    val now = words[2].toLong()
    val (calls, rounds) = words.drop(3).map { it.toInt() }
    val clock = object : HostClock {
        override fun wallMs() = now
        override fun monoMs() = now
        override fun boot() = "bench"
        override fun isSet() = true
    }
    var households = 0
    val (callsPerS, dueMs) = FieldLedger.open(words[0], lent, clock).use { ledger ->
        Pair(rate(calls) { ledger.conflicts() }, median(rounds) { households = ledger.due(null).households.size })
    }
    Field.open(File(words[0]), clock) { key }.use { field ->
        val suspending = rate(calls) { field.conflicts() }
        val suspendingDueMs = median(rounds) { field.due() }
        println(
            """{"calls_per_s":$callsPerS,"due_ms":$dueMs,"households":$households,""" +
                """"suspending_calls_per_s":$suspending,"suspending_due_ms":$suspendingDueMs}""",
        )
    }
}

private inline fun rate(calls: Int, call: () -> Unit): Double {
    repeat(calls) { call() }
    return calls * 1e9 / measureNanoTime { repeat(calls) { call() } }
}

private inline fun median(rounds: Int, call: () -> Unit): Double {
    repeat(rounds) { call() }
    return List(rounds) { measureNanoTime { call() } / 1e6 }.sorted()[rounds / 2]
}
