//! From a command to one call of the core.

use crate::{
    args::{
        Args, Command, QuarantineCommand, RecordCommand,
        visit::{NewVisit, VisitCommand},
    },
    carry,
    print::Answer,
    store,
    wire::Wire,
};
use daohu_domain::{calendar::Month, id::Id};
use daohu_field::{EnrolOptions, FieldError, Ledger, MonthInput, RecordQuery, ReviewInput, StoreKey, SyncOptions};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// Runs a command.
pub(crate) fn run(args: &Args) -> Result<Answer, FieldError> {
    if matches!(args.command, Command::Attach(_) | Command::Evidence(_)) {
        return Err(FieldError::new("not_in_this_version"));
    }
    if let Command::Restore { file } = &args.command {
        return restore(args, file);
    }
    let key = match args.command {
        Command::Enrol { .. } => store::read_or_make_key(&args.global)?,
        _ => store::read_key(&args.global)?,
    };
    match with_ledger(args, &key) {
        Err(error) if error.code() == "store_damaged" => Err(store::salvage(&args.global, &key, error)),
        other => other,
    }
}

fn with_ledger(args: &Args, key: &StoreKey) -> Result<Answer, FieldError> {
    let mut ledger = store::open(&args.global, key)?;
    let answer = command(args, key, &mut ledger);
    // What was read of a damaged page is not shown.
    ledger.sound()?;
    answer
}

fn command(args: &Args, key: &StoreKey, ledger: &mut Ledger) -> Result<Answer, FieldError> {
    match &args.command {
        Command::Enrol { server, code, label, ca } => {
            let ca = ca.as_ref().map(|ca| std::path::absolute(ca).unwrap_or_else(|_| ca.clone()).to_string_lossy().into_owned());
            let options = EnrolOptions { server: server.clone(), code: code.clone(), label: label.clone(), ca };
            enrol(ledger, options, *key)
        }
        Command::Sync { max_requests, server } => sync(ledger, *max_requests, server.clone()),
        Command::Visit(visit) => match &visit.command {
            Some(command) => visit_command(ledger, command),
            None => new_visit(ledger, &visit.new),
        },
        Command::Record { command } => record(ledger, command),
        Command::Quarantine { command } => quarantine(ledger, command),
        Command::Receipts { out } => receipts(ledger, out.as_deref()),
        Command::ExportBatch { file } => carry::export(ledger, file),
        Command::ImportReceipt { file } => carry::import(ledger, file),
        Command::Backup { file, moving } => answer("backup", &ledger.backup(file, &passphrase()?, key, *moving)?),
        other => plain(ledger, other),
    }
}

/// Commands that are one call.
fn plain(ledger: &mut Ledger, command: &Command) -> Result<Answer, FieldError> {
    match command {
        Command::Due { month } => answer("due", &ledger.due(month.as_deref().map(month_of).transpose()?)?),
        Command::Household { household } => answer("household", &ledger.household(household)?),
        Command::Edit { id, values } => {
            let id = record_or_household(ledger, id)?;
            answer("edit", &ledger.edit(id, &pairs(values)?)?)
        }
        Command::Month { household, month, set, submit, reason } => {
            let input = MonthInput { set: pairs(set)?, submit: *submit, reason: reason.clone() };
            let shown = ledger.month_record(household, month_of(month)?, &input)?;
            answer("month", &json!({ "month_record": shown }))
        }
        Command::Review { id, result, reason, rule, opened } => {
            let input = ReviewInput { result: result.clone(), reason: reason.clone(), rule: rule.clone(), opened: opened.clone() };
            answer("review", &json!({ "review": ledger.review(id_of(id)?, &input)? }))
        }
        Command::Conflicts => answer("conflicts", &ledger.conflicts()?),
        Command::Resolve { id, field, take } => {
            let id = record_or_household(ledger, id)?;
            answer("edit", &ledger.resolve(id, field, *take)?)
        }
        Command::History { id, field } => {
            let id = record_or_household(ledger, id)?;
            answer("history", &ledger.history(id, field.as_deref())?)
        }
        Command::Status => answer("status", &ledger.status()?),
        Command::Rebuild => answer("rebuild", &ledger.rebuild()?),
        _ => Err(FieldError::new("not_in_this_version")),
    }
}

/// Makes a store and its key file, the key first; another store's key is not written over.
fn restore(args: &Args, file: &Path) -> Result<Answer, FieldError> {
    let (_, report) = Ledger::restore(file, &args.global.db, &passphrase()?, |key| store::keep_key(&args.global, key))?;
    answer("backup", &report)
}

/// Reads the passphrase: the first line of standard input, so that no list of processes shows it.
fn passphrase() -> Result<String, FieldError> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| FieldError::new("usage").because(error))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn enrol(ledger: &mut Ledger, options: EnrolOptions, key: StoreKey) -> Result<Answer, FieldError> {
    let wire = Wire::to(&options.server, options.ca.as_deref().map(Path::new))?;
    let mut conversation = ledger.begin_enrol(options, key)?;
    while let Some(request) = conversation.next_request(ledger)? {
        let response = wire.carry(&request, 0)?.ok_or_else(|| FieldError::new("offline"))?;
        conversation.on_response(ledger, &response)?;
    }
    let report = conversation.finish(ledger)?;
    // Whoever has just enrolled goes out and records: the households come along. Where the link breaks here, the next
    // sync brings them.
    let _first_sync = sync(ledger, None, None);
    answer("enrol", &report)
}

fn sync(ledger: &mut Ledger, requests_max: Option<u32>, server: Option<String>) -> Result<Answer, FieldError> {
    let server_once = std::env::var("DAOHU_SERVER").ok().filter(|server| !server.is_empty());
    let mut conversation = ledger.begin_sync(SyncOptions { requests_max, server, server_once, first_bytes: None })?;
    let ca = ledger.server()?.1.map(PathBuf::from);
    let wire = Wire::to(conversation.server(), ca.as_deref())?;
    while let Some(request) = conversation.next_request(ledger)? {
        match wire.carry(&request, conversation.link_bytes())? {
            Some(response) => conversation.on_response(ledger, &response)?,
            None => conversation.on_failure(ledger)?,
        }
    }
    answer("sync", &conversation.finish())
}

fn new_visit(ledger: &mut Ledger, new: &NewVisit) -> Result<Answer, FieldError> {
    let household = new
        .household
        .as_deref()
        .ok_or_else(|| FieldError::new("usage").saying("要写是哪一户：--household 户编号。", "say which household: --household NUMBER"))?;
    answer("visit", &ledger.new_visit(household, &new.flags.input()?, new.until())?)
}

fn visit_command(ledger: &mut Ledger, command: &VisitCommand) -> Result<Answer, FieldError> {
    let visit = match command {
        VisitCommand::Start { household } => ledger.start_visit(household)?,
        VisitCommand::Set { id, flags } => ledger.set_visit(id_of(id)?, &flags.input()?)?,
        VisitCommand::Seal { id } => ledger.seal_visit(id_of(id)?)?,
        VisitCommand::Submit { id } => ledger.submit_visit(id_of(id)?)?,
        VisitCommand::Withdraw { id } => ledger.withdraw_visit(id_of(id)?)?,
        VisitCommand::Show { id } => ledger.visit(id_of(id)?)?,
        VisitCommand::Correct { id, flags } => ledger.correct_visit(id_of(id)?, &flags.input()?)?,
        VisitCommand::Void { id, reason } => ledger.void_visit(id_of(id)?, reason)?,
        VisitCommand::Explain { id, text } => ledger.explain_visit(id_of(id)?, text)?,
        VisitCommand::Appeal { id, text } => ledger.appeal_visit(id_of(id)?, text)?,
        VisitCommand::Join { id, other: Some(other) } => ledger.join_visits(id_of(id)?, id_of(other)?)?,
        VisitCommand::Join { id, other: None } => return answer("join", &ledger.join_proposals(id)?),
    };
    answer("visit", &visit)
}

fn record(ledger: &mut Ledger, command: &RecordCommand) -> Result<Answer, FieldError> {
    match command {
        RecordCommand::List { kind, place, text, limit, cursor } => {
            let place = place.as_deref().map(str::parse).transpose().map_err(|_| FieldError::new("bad_place"))?;
            let query = RecordQuery { place, text: text.clone(), limit: *limit, cursor: cursor.clone() };
            answer("records", &ledger.records(kind, &query)?)
        }
        RecordCommand::Show { id } => answer("record", &ledger.record(id_of(id)?)?),
        RecordCommand::Add { kind, values } => answer("record", &ledger.add_record(kind, &pairs(values)?)?),
    }
}

fn quarantine(ledger: &mut Ledger, command: &QuarantineCommand) -> Result<Answer, FieldError> {
    match command {
        QuarantineCommand::List => answer("quarantine", &ledger.quarantine()?),
        QuarantineCommand::Export { file } => {
            let lines = ledger.quarantine_export()?;
            let items = lines.lines().count();
            std::fs::write(file, &lines).map_err(|error| FieldError::new("store_failed").because(error))?;
            answer("export", &json!({ "file": file, "items": items, "bytes": lines.len() }))
        }
        QuarantineCommand::Drop { id } => answer("quarantine", &[ledger.quarantine_drop(*id)?]),
    }
}

fn receipts(ledger: &Ledger, out: Option<&Path>) -> Result<Answer, FieldError> {
    let mut receipts = ledger.receipts()?;
    if let Some(folder) = out {
        let failed = |error: std::io::Error| FieldError::new("store_failed").because(error);
        std::fs::create_dir_all(folder).map_err(failed)?;
        for receipt in &mut receipts {
            let file = folder.join(format!("batch-{:06}.dhr", receipt.batch));
            std::fs::write(&file, &receipt.content).map_err(failed)?;
            receipt.file = Some(file.to_string_lossy().into_owned());
        }
    }
    answer("receipts", &receipts)
}

pub(crate) fn answer(what: &'static str, view: &impl Serialize) -> Result<Answer, FieldError> {
    let json = serde_json::to_value(view).map_err(|error| FieldError::new("store_failed").because(error))?;
    Ok(Answer { what, json })
}

/// Reads `key=value`.
///
/// # Errors
/// `usage` without an equals sign.
pub(crate) fn pair(text: &str) -> Result<(String, String), FieldError> {
    let (key, value) = text.split_once('=').ok_or_else(|| FieldError::new("usage").with(json!({ "form": "field=value" })))?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// Names the file beside `path` whose name ends in `ending`.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn pairs(texts: &[String]) -> Result<Vec<(String, String)>, FieldError> {
    texts.iter().map(|text| pair(text)).collect()
}

fn id_of(text: &str) -> Result<Id, FieldError> {
    text.parse().map_err(|_| FieldError::new("not_found"))
}

fn month_of(text: &str) -> Result<Month, FieldError> {
    text.parse().map_err(|_| FieldError::new("bad_month"))
}

/// Households may be named by their number wherever a record is.
fn record_or_household(ledger: &Ledger, text: &str) -> Result<Id, FieldError> {
    match text.parse() {
        Ok(id) => Ok(id),
        Err(_) => {
            let shown = serde_json::to_value(ledger.household(text)?).unwrap_or(Json::Null);
            shown.get("id").and_then(Json::as_str).and_then(|id| id.parse().ok()).ok_or_else(|| FieldError::new("not_found"))
        }
    }
}
