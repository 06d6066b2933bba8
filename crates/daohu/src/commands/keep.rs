//! `backup`, `restore`, `export`, `key`: what keeps an office from being lost, and what an auditor is given.

use super::{Answer, existing};
use crate::{
    args::{
        Shared,
        keep::{Backup, Export, Key, Restore},
    },
    config,
    refusal::Refusal,
};
use daohu_server::{
    backup,
    office::{Office, replace_lost_master},
    random::SystemRandom,
};

/// Writes the log for an auditor.
pub(super) fn export(office: &Office, flags: &Export) -> Result<Answer, Refusal> {
    Ok(office.export_log(&flags.log)?.into())
}

/// Backs the folder up.
pub(super) fn backup(office: &Office, flags: &Backup) -> Result<Answer, Refusal> {
    Ok(office.backup(&flags.to, !flags.without_keys)?.into())
}

/// Restores a backup into the data folder, which is not there yet or empty.
pub(super) fn restore(shared: &Shared, flags: &Restore) -> Result<Answer, Refusal> {
    Ok(backup::restore(&flags.from, &shared.data, flags.keys.as_deref())?.into())
}

/// Replaces the master key.
pub(super) fn key(shared: &Shared, command: &Key) -> Result<Answer, Refusal> {
    let answer = match command {
        Key::Rotate { reason } => existing(shared)?.rotate_master(reason)?,
        Key::Lost { reason } => replace_lost_master(&shared.data, &config::clock(shared, false)?, &SystemRandom, reason)?,
    };
    Ok(answer.into())
}
