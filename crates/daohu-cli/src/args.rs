//! The flags of `daohu-field`, as contracts name them.

pub(crate) mod visit;

use clap::{Args as ClapArgs, Parser, Subcommand};
use std::path::PathBuf;

/// Records household visits with no signal and comes level with the office when there is one.
#[derive(Debug, Parser)]
#[command(name = "daohu-field", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Global {
    /// The store.
    #[arg(long, global = true, env = "DAOHU_FIELD_DB", default_value = "daohu-field.db", value_name = "FILE")]
    pub(crate) db: PathBuf,
    /// The key of the store; FILE.key beside it by default.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Print exactly one JSON value.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Set the wall clock: an instant, or @FILE whose first line is read again at each use.
    #[arg(long, global = true, env = "DAOHU_NOW", value_name = "INSTANT")]
    pub(crate) now: Option<String>,
    /// Set the monotonic clock, in milliseconds.
    #[arg(long, global = true, env = "DAOHU_MONO", value_name = "MS", allow_negative_numbers = true)]
    pub(crate) mono: Option<i64>,
    /// Set the name of this boot.
    #[arg(long, global = true, env = "DAOHU_BOOT", value_name = "TEXT")]
    pub(crate) boot: Option<String>,
    /// The language of sentences: zh or en.
    #[arg(long, global = true, env = "DAOHU_LANG", value_name = "LANG", value_parser = ["zh", "en"], default_value = "zh")]
    pub(crate) lang: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Enrol this device with a one-time code.
    Enrol {
        /// The address of the server.
        #[arg(long, env = "DAOHU_SERVER")]
        server: String,
        /// The one-time code.
        #[arg(long)]
        code: String,
        /// What the office should call this device.
        #[arg(long, default_value = "")]
        label: String,
        /// The office's own certificate authority, PEM.
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
    },
    /// List the households that are due.
    Due {
        /// The month, this month by default.
        #[arg(long, value_name = "YYYY-MM")]
        month: Option<String>,
    },
    /// Show a household.
    Household {
        /// Record id or number.
        household: String,
    },
    /// Record a visit, or go on with one.
    Visit(Box<visit::Visit>),
    /// Write fields of a record.
    Edit {
        /// The record, or the number of a household.
        id: String,
        /// field=value; an empty value takes it away.
        #[arg(required = true, value_name = "FIELD=VALUE")]
        values: Vec<String>,
    },
    /// Show the record of a month, write it, hand it in.
    Month {
        /// Record id or number.
        household: String,
        /// The month.
        month: String,
        /// field=TEXT.
        #[arg(long = "set", value_name = "FIELD=TEXT")]
        set: Vec<String>,
        /// Hand it in.
        #[arg(long)]
        submit: bool,
        /// Why the household was not visited.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Review a visit or a month record.
    Review {
        /// The record.
        id: String,
        /// pass, return or refer.
        #[arg(long)]
        result: String,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
        /// The rule of a lead.
        #[arg(long)]
        rule: Option<String>,
        /// Evidence that was looked at.
        #[arg(long, value_name = "EVIDENCE")]
        opened: Vec<String>,
    },
    /// List where two people wrote different things.
    Conflicts,
    /// End a conflict by taking one of its values.
    Resolve {
        /// The record.
        id: String,
        /// The field.
        field: String,
        /// The number of the value.
        #[arg(long)]
        take: usize,
    },
    /// Show every value a record has had.
    History {
        /// The record.
        id: String,
        /// Only this field.
        #[arg(long)]
        field: Option<String>,
    },
    /// Records of any kind.
    Record {
        #[command(subcommand)]
        command: RecordCommand,
    },
    /// Come level with the server.
    Sync {
        /// At most this many requests.
        #[arg(long, value_name = "N")]
        max_requests: Option<u32>,
        /// Another address of the same office, remembered.
        #[arg(long)]
        server: Option<String>,
    },
    /// Show what is still on this device.
    Status,
    /// Copy the whole store into a file under a passphrase, read from standard input.
    Backup {
        /// The file; it must not be there yet.
        file: PathBuf,
        /// Close this store and let the device go on where the file is restored.
        #[arg(long = "move")]
        moving: bool,
    },
    /// Make the store from such a file; the passphrase is read from standard input.
    Restore {
        /// The file.
        file: PathBuf,
    },
    /// List the receipts, or write them as files.
    Receipts {
        /// The folder for the files.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// What was refused.
    Quarantine {
        #[command(subcommand)]
        command: QuarantineCommand,
    },
    /// Make every disposable row anew.
    Rebuild,
    /// Write what is unsent into a file that somebody carries to the office.
    ExportBatch {
        /// The file, sealed: the carrier reads nothing of it.
        file: PathBuf,
    },
    /// Take the receipts that came back from the office as a file.
    ImportReceipt {
        /// The file.
        file: PathBuf,
    },
    /// Not in this version.
    #[command(hide = true)]
    Attach(Rest),
    /// Not in this version.
    #[command(hide = true)]
    Evidence(Rest),
}

/// Whatever follows a command that this version lacks.
#[derive(Debug, ClapArgs)]
pub(crate) struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    pub(crate) rest: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecordCommand {
    /// List the records of a kind.
    List {
        /// The kind.
        kind: String,
        /// Only records of this place.
        #[arg(long)]
        place: Option<String>,
        /// Only records whose number or name contains this.
        #[arg(long = "q", value_name = "TEXT")]
        text: Option<String>,
        /// At most this many.
        #[arg(long)]
        limit: Option<u32>,
        /// Where the page begins.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show a record.
    Show {
        /// The record.
        id: String,
    },
    /// Add a record.
    Add {
        /// The kind.
        kind: String,
        /// field=value, and household=H, place=CODE.
        #[arg(value_name = "FIELD=VALUE")]
        values: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// List what was refused.
    List,
    /// Write all of it into a file.
    Export {
        /// The file.
        file: PathBuf,
    },
    /// Mark one as dealt with.
    Drop {
        /// Its number in the list.
        id: i64,
    },
}
