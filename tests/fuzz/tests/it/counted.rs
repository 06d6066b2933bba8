//! An allocator that counts: what is held, the most that was held, and how often something was asked for.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    ptr::null_mut,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

/// What the whole program may hold: beyond it there is no memory, and the test ends instead of the machine.
const HELD_MAX: usize = 3 << 30;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static TIMES: AtomicU64 = AtomicU64::new(0);

/// The allocator of the test program.
struct Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait; this one passes everything on to the system's")]
// SAFETY: every call goes to the system's allocator with the arguments as they came; a refusal is null, as the trait allows.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(held, Relaxed);
        TIMES.fetch_add(1, Relaxed);
        if held > HELD_MAX {
            return null_mut();
        }
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What a piece of work took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Taken {
    /// The most bytes held at once, above what was held before.
    pub(crate) peak_bytes: usize,
    /// How often memory was asked for.
    pub(crate) allocations: u64,
}

/// Runs work and counts what the program took meanwhile; nothing else may run.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, Taken) {
    let (held, times) = (HELD.load(Relaxed), TIMES.load(Relaxed));
    PEAK.store(held, Relaxed);
    let done = work();
    (done, Taken { peak_bytes: PEAK.load(Relaxed).saturating_sub(held), allocations: TIMES.load(Relaxed) - times })
}

#[test]
fn memory_that_was_held_and_given_back_is_counted() {
    let _alone = crate::seeded::alone();
    let (length, taken) = counted(|| vec![7_u8; 10_000_000].len());

    assert_eq!(length, 10_000_000);
    assert!((10_000_000..11_000_000).contains(&taken.peak_bytes) && taken.allocations >= 1, "{taken:?}");
}
