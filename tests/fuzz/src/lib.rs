//! Hostile bytes: every place where bytes of somebody else come in, as a plain function of bytes.
//!
//! A target takes any bytes, does with them what the product would do, checks what must hold, and says in a word what
//! became of them. A panic that gets out of it is the failure. `tests/it` runs each with bent honest inputs from a seed
//! and measures memory; `cargo xtask fuzz` runs the same functions under libFuzzer. A new place is a function in
//! [`targets`], a line in [`TARGETS`] and a folder in `corpus`.

#![expect(clippy::unwrap_used, reason = "a target that cannot be set up, or finds a false answer, fails")]

mod stage;
pub mod targets;

use daohu_server::import::read::XLS_CELLS_MAX;
use daohu_wire::limits::{
    ANSWER_INFLATED_BYTES_MAX, DOCUMENT_BYTES_MAX, ENROL_BYTES_MAX, PACK_CHUNK_INFLATED_BYTES_MAX, RECEIPT_FILE_BYTES_MAX,
    REQUEST_INFLATED_BYTES_MAX,
};
use targets::{api, carried, door, import, record, wire};

/// The most that an old workbook takes: for each cell there may be, twice a value and once a value with its place.
#[expect(clippy::cast_possible_truncation, reason = "two million")]
const XLS_CELLS_BYTES: usize = XLS_CELLS_MAX as usize * 128;

/// A mebibyte, for the bounds that are nobody's limit.
const MIB: usize = 1024 * 1024;

/// One place where bytes come in.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: the folder of its corpus and fixtures, and the word after `--target`.
    pub name: &'static str,
    /// Takes bytes in and says what became of them; `ok` is what becomes of honest ones.
    pub run: fn(&[u8]) -> String,
    /// How many bent inputs `./test` tries.
    pub inputs: usize,
    /// The most bytes that one input may hold at once, above what was held before.
    pub peak_bytes: usize,
    /// The most allocations of one input: work is counted and not timed, so that a slow machine fails nothing.
    pub allocations: u64,
}

const fn target(name: &'static str, run: fn(&[u8]) -> String, inputs: usize, peak_bytes: usize, allocations: u64) -> Target {
    Target { name, run, inputs, peak_bytes, allocations }
}

/// Every target. A buffer that doubles while it grows holds three times what came out, for a moment.
pub const TARGETS: &[Target] = &[
    target("sync_request", wire::sync_request, 6_000, 4 * REQUEST_INFLATED_BYTES_MAX, 50_000),
    target("sync_answer", wire::sync_answer, 6_000, 4 * ANSWER_INFLATED_BYTES_MAX, 50_000),
    target("batch", wire::batch, 6_000, REQUEST_INFLATED_BYTES_MAX, 50_000),
    target("receipt_file", wire::receipt_file, 6_000, 2 * RECEIPT_FILE_BYTES_MAX, 50_000),
    target("enrol", wire::enrol, 4_000, 4 * ENROL_BYTES_MAX + 2 * MIB, 50_000),
    target("small_frames", wire::small_frames, 8_000, MIB, 10_000),
    target("pack", carried::pack, 5_000, 4 * PACK_CHUNK_INFLATED_BYTES_MAX, 50_000),
    target("batch_file", carried::batch_file, 3_000, 4 * REQUEST_INFLATED_BYTES_MAX, 50_000),
    target("repair", carried::repair, 3_000, 4 * ANSWER_INFLATED_BYTES_MAX, 50_000),
    target("exported_log", carried::exported_log, 4_000, MIB, 10_000),
    target("record", record::intake, 16_000, 8 * DOCUMENT_BYTES_MAX, 200_000),
    target("workbook", import::workbook, 2_000, XLS_CELLS_BYTES, 200_000),
    target("table_text", import::table_text, 4_000, 32 * MIB, 200_000),
    target("issues", import::issues, 4_000, 32 * MIB, 200_000),
    target("api", api::request, 1_200, 64 * MIB, 400_000),
    target("sync_door", door::sync, 500, 64 * MIB, 400_000),
];

/// Returns the target of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
