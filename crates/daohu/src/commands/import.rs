//! `import`: the township's papers, in any order, as often as one likes.

use super::{Answer, DAY, read_if};
use crate::{args::office::Import, refusal::Refusal};
use daohu_server::{
    import::{ImportError, ImportOptions, office::run},
    office::Office,
};
use serde_json::json;

/// Imports files and folders. Refused rows make the exit 1; the good ones are in all the same.
pub(super) fn import(office: &Office, flags: &Import) -> Result<Answer, Refusal> {
    let options = ImportOptions { dry_run: flags.dry_run, as_of: read_if(flags.as_of.as_deref(), "--as-of", DAY)?, now: office.now() };
    let report = run(office, &flags.paths, options).map_err(|error| refused(&error))?;
    let is_clean = report.is_clean();
    let answer = serde_json::to_value(report).map_err(|_| Refusal::of("internal"))?;
    if is_clean { Ok(answer.into()) } else { Err(Refusal::answered(answer)) }
}

fn refused(error: &ImportError) -> Refusal {
    if matches!(error, ImportError::NotFound(_)) {
        return Refusal::no_file();
    }
    let (zh, en) = error.sentence();
    let detail = error.file().map_or_else(|| json!({}), |file| json!({ "file": file }));
    Refusal::of(error.code()).saying(zh, en).with(detail)
}
