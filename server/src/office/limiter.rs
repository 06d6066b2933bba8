//! Keeps one device from hurting the others: one sync of it at a time, and so many in a while.
//!
//! This is in memory and of this process alone, since it protects the process; nothing that is stored depends on it.

use std::collections::{HashMap, HashSet};

use daohu_domain::id::Id;

use super::Office;
use crate::limits::{SYNC_BURST, SYNC_PER_SECOND};

/// How many devices are remembered; beyond that all buckets begin anew, full.
const DEVICES_MAX: usize = 20_000;

/// A bucket that holds so many and fills up with time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refill {
    /// Thousandths of a try that are left.
    left: i64,
    at_ms: i64,
}

impl Refill {
    /// Returns a full bucket.
    pub(crate) const fn full(at_ms: i64) -> Self {
        Self { left: SYNC_BURST as i64 * 1000, at_ms }
    }

    /// Takes one; when there is none, returns after how many seconds there is.
    pub(crate) fn take(&mut self, now_ms: i64) -> Result<(), u32> {
        let gained = (now_ms - self.at_ms).max(0).saturating_mul(i64::from(SYNC_PER_SECOND));
        self.left = self.left.saturating_add(gained).min(i64::from(SYNC_BURST) * 1000);
        self.at_ms = now_ms;
        if self.left < 1000 {
            return Err(1);
        }
        self.left -= 1000;
        Ok(())
    }
}

/// What devices are doing now.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    in_flight: HashSet<Id>,
    buckets: HashMap<Id, Refill>,
}

impl Limiter {
    /// Lets a device begin a sync, or says after how many seconds to try again.
    fn begin(&mut self, device: Id, now_ms: i64) -> Result<(), u32> {
        if self.in_flight.contains(&device) {
            // Devices that were cut off come back at different moments, or they would meet again.
            return Err(1 + u32::from(device.as_bytes().last().copied().unwrap_or(0) % 3));
        }
        if self.buckets.len() >= DEVICES_MAX {
            self.buckets.clear();
        }
        self.buckets.entry(device).or_insert_with(|| Refill::full(now_ms)).take(now_ms)?;
        self.in_flight.insert(device);
        Ok(())
    }
}

/// A sync that is under way; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct InFlight {
    office: Office,
    device: Id,
}

impl InFlight {
    /// Begins a sync of a device, or says after how many seconds to try again.
    pub(crate) fn begin(office: &Office, device: Id) -> Result<Self, u32> {
        let now_ms = office.clock().mono_ms();
        office.with_limiter(|limiter| limiter.begin(device, now_ms))?;
        Ok(Self { office: office.clone(), device })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.office.with_limiter(|limiter| limiter.in_flight.remove(&self.device));
    }
}

#[cfg(test)]
mod tests {
    use super::{Limiter, Refill};
    use crate::limits::SYNC_BURST;
    use daohu_domain::id::Id;

    #[test]
    fn a_bucket_gives_its_burst_and_then_what_time_gives_back() {
        let mut bucket = Refill::full(0);
        for _ in 0..SYNC_BURST {
            assert_eq!(bucket.take(0), Ok(()));
        }

        assert_eq!(bucket.take(0), Err(1));
        assert_eq!(bucket.take(100), Ok(()), "ten a second");
        assert_eq!(bucket.take(100), Err(1));
    }

    #[test]
    fn a_device_has_one_sync_at_a_time_and_others_go_on() {
        let (one, two) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
        let mut limiter = Limiter::default();
        assert_eq!(limiter.begin(one, 0), Ok(()));

        assert!(limiter.begin(one, 0).is_err());
        assert_eq!(limiter.begin(two, 0), Ok(()));
    }
}
