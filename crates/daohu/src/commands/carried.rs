//! `import-batch`: what phones could not send themselves, carried here as files.

use super::Answer;
use crate::{args::office::ImportBatch, refusal::Refusal};
use daohu_domain::{codes, id::Id};
use daohu_server::{
    batch_file::{Carried, CarriedRefusal, receipt_files},
    office::Office,
};
use daohu_wire::limits::BATCH_FILE_BYTES_MAX;
use serde_json::{Value as Json, json};
use std::{
    collections::HashMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

/// Takes in batch files and writes their receipts. What is bad in them makes the exit 1; the good is in all the same.
pub(super) fn import_batch(office: &Office, flags: &ImportBatch) -> Result<Answer, Refusal> {
    // A file that cannot be read is named like one that is not ours, and the others go in.
    let (mut names, mut contents, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for file in &flags.files {
        match read(file) {
            Ok(bytes) => {
                names.push(file.clone());
                contents.push(bytes);
            }
            Err(why) => refused.push(json!({
                "file": file.to_string_lossy(), "part": null, "device": null, "batch": null, "code": why.code, "zh": why.zh, "en": why.en,
            })),
        }
    }
    let carried = office.import_batch_files(&contents)?;
    refused.extend(carried.refused.iter().map(|refusal| refused_json(refusal, &names)));
    if let (true, Some(first)) = (carried.batches.is_empty(), refused.first()) {
        let text = |key: &str| first[key].as_str().unwrap_or_default().to_owned();
        // Files that cannot be read come first, and have one code.
        let code =
            if contents.len() < flags.files.len() { "not_found" } else { carried.refused.first().map_or("not_found", |why| why.code) };
        return Err(Refusal::of(code).saying(text("zh"), text("en")).with(json!({ "refused": refused })));
    }
    let receipts = match &flags.receipt_out {
        Some(folder) => write_receipts(folder, &carried)?,
        None => HashMap::new(),
    };
    let batches: Vec<Json> = carried.batches.iter().map(|batch| {
        let items: u64 = batch.statuses.values().sum();
        json!({ "device": batch.device, "batch": batch.number, "items": items, "statuses": batch.statuses, "receipt": receipts.get(&batch.device) })
    }).collect();
    let answer = json!({ "batches": batches, "refused": refused });
    if answer["refused"] == json!([]) { Ok(answer.into()) } else { Err(Refusal::answered(answer)) }
}

/// Reads a file, no more of it than one may have.
fn read(file: &Path) -> Result<Vec<u8>, Refusal> {
    let most = u64::try_from(BATCH_FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    fs::File::open(file).and_then(|opened| opened.take(most + 1).read_to_end(&mut bytes)).map_err(|_| Refusal::no_file())?;
    Ok(bytes)
}

fn write_receipts(folder: &Path, carried: &Carried) -> Result<HashMap<Id, String>, Refusal> {
    let failed = |_| Refusal::of("file_not_written").with(json!({ "file": folder.to_string_lossy() }));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut written = HashMap::new();
    for (device, name, bytes) in receipt_files(&carried.batches) {
        let file = folder.join(name);
        fs::write(&file, bytes).map_err(failed)?;
        written.insert(device, file.to_string_lossy().into_owned());
    }
    Ok(written)
}

fn refused_json(refusal: &CarriedRefusal, files: &[PathBuf]) -> Json {
    let (zh, en) = sentence(refusal.code);
    let file = files.get(refusal.file).map(|file| file.to_string_lossy());
    let (device, batch) = refusal.batch.unzip();
    json!({ "file": file, "part": refusal.part, "device": device, "batch": batch, "code": refusal.code, "zh": zh, "en": en })
}

/// Returns the sentences of a code, where those of a phone would mislead somebody who holds a file.
fn sentence(code: &'static str) -> (&'static str, &'static str) {
    match code {
        "wrong_key" => (
            "这个文件不是封给本单位的，或路上被改过，什么都没收。请手机重新导出。",
            "This file is sealed to another office or was changed on the way, nothing was taken; export it again on the phone.",
        ),
        "bad_frame" => (
            "这不是完整的批次文件，读不出来的没收。请手机重新导出。",
            "This is no whole batch file, what cannot be read was not taken; export it again on the phone.",
        ),
        "too_big" => ("这个文件太大，没有收。请手机重新导出。", "This file is too big and was not taken; export it again on the phone."),
        other => codes::sentence_or_plain(other),
    }
}
