package org.daohu.field

import java.time.YearMonth
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** A township on one phone. */
class BigStoreTest {
    @Test
    fun `a store of ten thousand records comes by a first sync, opens, and tells what is due`(): Unit = runBlocking {
        World().use { world ->
            // 8,000 people more, of the households that are there.
            val people = world.folder.resolve("people.csv")
            people.bufferedWriter().use { file ->
                file.appendLine("人口编号,姓名,户编号,与户主关系")
                repeat(PEOPLE) { file.appendLine("P%06d,测试,61080220900%05d,之子".format(it, it % HOUSEHOLDS + 1)) }
            }
            val imported = world.daohu("import", people.path)
            assertEquals("$PEOPLE", imported["counts"]["member"]["imported"].text)
            world.serve()
            val phone = world.phone("office", "--role", "town_office", "--place", World.TOWNSHIP)
            while (phone.sync(HttpTransport()).more) continue
            phone.close()

            val again = world.open("office")
            val due = again.due(YearMonth.of(2019, 5))
            assertEquals(HOUSEHOLDS, due.households.size)
            assertEquals(HOUSEHOLDS.toULong(), due.counts.due)
            assertTrue(again.rebuild().records >= 10_000UL)
        }
    }

    private companion object {
        const val PEOPLE = 8_000
        const val HOUSEHOLDS = 450
    }
}
