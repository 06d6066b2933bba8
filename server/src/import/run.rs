//! An import from paths to answer: read, plan, and write unless it is a dry run.

use super::{ImportError, ImportOptions, memory::ImportTarget, plan::plan, read::read, report::ImportReport};
use daohu_domain::id::Id;
use std::path::PathBuf;

/// Imports the files at `paths` into a store; `new_id` draws the ids of new records.
///
/// # Errors
/// When a path is missing, no file holds a known table, or the store fails; then nothing was written.
pub fn import(
    target: &mut dyn ImportTarget,
    paths: &[PathBuf],
    options: ImportOptions,
    new_id: &mut dyn FnMut() -> Id,
) -> Result<ImportReport, ImportError> {
    let plan = plan(read(paths)?, target, options, new_id)?;
    if !options.dry_run && !plan.writes.is_empty() {
        target.write(&plan.writes)?;
    }
    Ok(plan.report)
}
