//! Any target of daohu-fuzz under libFuzzer: the one that `DAOHU_FUZZ_TARGET` names. One program, so that all is linked once.
#![no_main]

use daohu_fuzz::{Target, find};
use libfuzzer_sys::fuzz_target;
use std::{
    panic::{AssertUnwindSafe, catch_unwind, set_hook},
    sync::{LazyLock, Mutex},
};

/// Where the last panic arose.
static LAST: Mutex<String> = Mutex::new(String::new());

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    // libFuzzer's own hook ends the program at every panic, also at those that the product contains.
    set_hook(Box::new(|panic| {
        if let Ok(mut last) = LAST.lock() {
            *last = panic.to_string();
        }
    }));
    let name = std::env::var("DAOHU_FUZZ_TARGET").unwrap_or_default();
    find(&name).unwrap_or_else(|| {
        eprintln!("DAOHU_FUZZ_TARGET names no target: {name}");
        std::process::exit(1);
    })
});

fuzz_target!(|bytes: &[u8]| {
    let target = *TARGET;
    if catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).is_err() {
        eprintln!("a panic got out: {}", LAST.lock().map(|last| last.clone()).unwrap_or_default());
        std::process::abort();
    }
});
