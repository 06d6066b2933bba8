package org.daohu.field

import org.daohu.field.ffi.SyncProgress
import org.daohu.field.ffi.SyncReport

/** How the sync of a [Field] stands. */
sealed interface SyncState {
    /** None is under way; [last] is what the last one did in this process. */
    data class Idle(val last: SyncReport?) : SyncState

    /** One is under way, so far. */
    data class Running(val progress: SyncProgress) : SyncState

    /** The last one broke; what was saved waits for the next. */
    data class Failed(val error: FieldException) : SyncState
}
