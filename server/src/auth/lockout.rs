//! Wrong tries at one account: after five in a row it is locked for fifteen minutes.
//!
//! While an account is locked even the right password is refused, or the lock would tell a guesser when it is right.
//! Logins that nobody has are counted too, or the lock would tell which ones exist.

use crate::store::account::TriesRow;
use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use sha2::{Digest, Sha256};

/// Wrong tries in a row after which an account is locked.
pub const TRIES_MAX: u32 = 5;

/// How long an account stays locked.
pub const LOCK_MS: i64 = 15 * 60_000;

/// Returns the key under which the wrong tries at an account are counted.
#[must_use]
pub fn key_of(account: Id) -> String {
    format!("sign-in:{account}")
}

/// Returns the key for a login that nobody has: one of 65,536, so that guesses at names cannot fill the store.
#[must_use]
pub fn key_of_unknown(login: &str) -> String {
    let hash = Sha256::digest(login.as_bytes());
    format!("sign-in:?{}", hex::encode(hash.get(..2).unwrap_or_default()))
}

/// Returns how many whole minutes the lock still holds, at least one; `None` when the account is open.
#[must_use]
pub fn minutes_left(row: &TriesRow, now: Instant) -> Option<i64> {
    let left_ms = row.locked_until.0 - now.0;
    // A clock that was set back must not lock an account for years.
    (left_ms > 0 && left_ms <= LOCK_MS).then(|| (left_ms + 59_999) / 60_000)
}

/// Returns what to keep after a wrong try.
#[must_use]
pub fn after_wrong(row: &TriesRow, now: Instant) -> TriesRow {
    let tries = row.tries.saturating_add(1);
    let first_at = if row.tries == 0 { now } else { row.first_at };
    if tries >= TRIES_MAX {
        TriesRow { tries: 0, first_at: now, locked_until: Instant(now.0 + LOCK_MS) }
    } else {
        TriesRow { tries, first_at, ..*row }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_wrong_try_locks_for_a_quarter_of_an_hour() {
        let mut row = TriesRow::default();
        for n in 1..=4 {
            row = after_wrong(&row, Instant(n * 1000));
            assert_eq!(minutes_left(&row, Instant(n * 1000)), None);
        }

        row = after_wrong(&row, Instant(5000));

        assert_eq!(minutes_left(&row, Instant(5000)), Some(15));
        assert_eq!(minutes_left(&row, Instant(5000 + LOCK_MS - 1)), Some(1));
        assert_eq!(minutes_left(&row, Instant(5000 + LOCK_MS)), None);
        assert_eq!(row.tries, 0, "the next five tries count anew");
    }

    #[test]
    fn a_clock_set_back_does_not_lock_for_ever() {
        let row = TriesRow { tries: 0, first_at: Instant(0), locked_until: Instant(10 * LOCK_MS) };

        assert_eq!(minutes_left(&row, Instant(0)), None);
    }

    #[test]
    fn guessed_names_share_a_bounded_number_of_counters() {
        assert_eq!(key_of_unknown("zhang"), key_of_unknown("zhang"));
        assert_eq!(key_of_unknown(&"x".repeat(5_000)).len(), "sign-in:?".len() + 4);
    }
}
