//! `verify`, `rebuild`, `quarantine`: what the log proves, what can be made anew, what was not accepted.

use super::{Answer, ID, Open, read};
use crate::{
    args::office::{Quarantine, Verify},
    refusal::Refusal,
};
use daohu_domain::calendar::Instant;
use daohu_server::office::Office;
use daohu_wire::{limits::RECEIPT_FILE_BYTES_MAX, log_file::check, receipt};
use serde_json::json;
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

/// Verifies the log, or a receipt or an exported log against a key alone.
pub(super) fn verify(flags: &Verify, open: impl Fn() -> Result<Office, Refusal>) -> Result<Answer, Refusal> {
    match (&flags.receipt, &flags.log, &flags.key) {
        (Some(file), _, Some(key)) => return receipts(file, &key_of(key)?),
        (_, Some(file), Some(key)) => return exported(file, &key_of(key)?),
        (None, None, Some(_)) => {
            return Err(Refusal::usage("--key 要和 --receipt 或 --log 一起用。", "--key goes with --receipt or --log"));
        }
        _ => {}
    }
    let answer = (&open as &Open<'_>)()?.verify()?;
    if answer["ok"] == true { Ok(answer.into()) } else { Err(Refusal::answered(answer)) }
}

/// Makes projections and coverage anew; a difference is a fault of ours and says so by its exit.
pub(super) fn rebuild(office: &Office) -> Result<Answer, Refusal> {
    let answer = office.rebuild()?;
    if answer["differences"] == 0 { Ok(answer.into()) } else { Err(Refusal::answered(answer)) }
}

/// Runs a quarantine command.
pub(super) fn quarantine(office: &Office, command: &Quarantine) -> Result<Answer, Refusal> {
    let answer = match command {
        Quarantine::List => office.quarantine_list()?,
        Quarantine::Show { id } => office.quarantine_show(read(id, "ID", ID)?)?,
        Quarantine::Release { id } => office.quarantine_release(read(id, "ID", ID)?)?,
    };
    Ok(answer.into())
}

fn key_of(text: &str) -> Result<[u8; 32], Refusal> {
    <[u8; 32]>::try_from(hex::decode(text.trim()).unwrap_or_default())
        .map_err(|_| Refusal::usage("--key 是 64 位十六进制的服务器公钥。", "--key is the server's public key, 64 hex digits"))
}

/// Verifies an exported log with the log's public key alone; no store is opened.
fn exported(file: &Path, key: &[u8; 32]) -> Result<Answer, Refusal> {
    let stream = File::open(file).map_err(|_| Refusal::no_file())?;
    let found = check(BufReader::new(stream), key).map_err(|_| Refusal::no_file())?;
    let bad = found.first_bad.map(|bad| {
        let place = bad.leaf.map_or_else(|| "log".to_owned(), |leaf| format!("leaf {leaf}"));
        json!({ "batch": bad.batch.unwrap_or(place), "reason": bad.reason, "leaf": bad.leaf })
    });
    let answer = json!({
        "ok": bad.is_none(), "tree_size": found.head.map(|head| head.size), "root": found.head.map(|head| hex::encode(head.root)),
        "batches": found.batches, "clock": found.head.map(|head| head.clock.name()), "first_bad": bad,
        "head_at": found.head.map(|head| Instant(head.time_ms).to_string()),
    });
    if answer["ok"] == true { Ok(answer.into()) } else { Err(Refusal::answered(answer)) }
}

/// Verifies the receipts of a file with the log's public key alone; no store is opened.
fn receipts(file: &Path, key: &[u8; 32]) -> Result<Answer, Refusal> {
    // No more is read than a file of receipts may have: what is named here may have no end.
    let most = u64::try_from(RECEIPT_FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|opened| opened.take(most + 1).read_to_end(&mut bytes));
    if read.map_err(|_| Refusal::no_file())? > RECEIPT_FILE_BYTES_MAX {
        return Err(Refusal::of("too_big").saying(
            "这个文件太大，不是回执文件。请核对文件名，或请手机重新导出回执。",
            "This file is too big to hold receipts; check its name, or export the receipts on the phone again.",
        ));
    }
    let receipts = receipt::from_file(&bytes).map_err(|_| Refusal::of("receipt_invalid"))?;
    let Some(last) = receipts.iter().max_by_key(|receipt| receipt.head.head().size) else { return Err(Refusal::of("receipt_invalid")) };
    let head = last.head.head();
    let bad = receipts
        .iter()
        .find_map(|receipt| receipt.verify(key).err().map(|error| json!({"batch": receipt.batch(), "reason": error.code()})));
    let answer = json!({
        "ok": bad.is_none(), "tree_size": head.size, "root": hex::encode(head.root), "batches": receipts.len(), "clock": head.clock.name(), "first_bad": bad,
    });
    if answer["ok"] == true { Ok(answer.into()) } else { Err(Refusal::answered(answer)) }
}
