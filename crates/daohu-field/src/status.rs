//! Status: what is still on this device, when it last spoke with the server, and how far its clock can be trusted.

use crate::{
    enrol::{self, GrantReport},
    error::FieldError,
    ledger::Ledger,
    project::past::evidence_of,
    store::{
        change, count, draft,
        meta::{self, key},
        open::beside,
        quarantine, time,
    },
};
use daohu_domain::{calendar::Instant, id::Id, time::skew_ms};
use serde::Serialize;
use std::fs;

/// What is still on this device and how it stands.
#[derive(Debug, Clone, Serialize)]
pub struct StatusView {
    /// The device; null before enrolment.
    pub device: Option<Id>,
    /// The user's name.
    pub name: Option<String>,
    /// The first role.
    pub role: Option<String>,
    /// The address of the server.
    pub server: Option<String>,
    /// Changes and sealed values that no verified receipt covers.
    pub unsent: u64,
    /// How many of them are in a batch file: exported, and not received before the receipt comes back.
    pub exported: u64,
    /// Received batches that a restored server lost and that could not be sent again; their receipts are kept.
    pub lost_batches: Vec<u64>,
    /// The records they belong to.
    pub unsent_records: u64,
    /// Drafts.
    pub drafts: u64,
    /// Refused items that wait for a person.
    pub quarantined: u64,
    /// When the last sync ended well.
    pub last_sync_at: Option<Instant>,
    /// The size of the server's log when it was last seen.
    pub tree_size: u64,
    /// The grants.
    pub grants: Vec<GrantReport>,
    /// How far the clock can be trusted.
    pub clock: ClockView,
    /// The size of the store's files.
    pub disk_bytes: u64,
    /// The last answer, where it was that this enrolment is closed: enrol anew, unless the next sync takes it back. `moved` for a store
    /// that was moved to another phone, `restored` for one out of a backup, which enrols anew before it sends.
    pub closed: Option<String>,
    /// Where a damaged store was set aside, if that ever happened.
    pub salvaged_from: Option<String>,
}

/// How far the clock can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockView {
    /// `system`, or `set` if this store was ever opened with a clock that a person set.
    pub source: String,
    /// How far the wall clock is ahead, in seconds; null without an anchor of this boot.
    pub skew_s: Option<i64>,
    /// How long ago the server's time was last known in this boot; null if never.
    pub anchor_age_s: Option<i64>,
}

impl Ledger {
    /// Returns how this device stands.
    ///
    /// # Errors
    /// `store_damaged` when the store cannot be read.
    pub fn status(&self) -> Result<StatusView, FieldError> {
        let connection = &self.connection;
        let last_sync = meta::number(connection, key::LAST_SYNC)?;
        Ok(StatusView {
            device: meta::id(connection, key::DEVICE)?,
            name: meta::text(connection, key::NAME)?,
            role: meta::text(connection, key::ROLE)?,
            server: meta::text(connection, key::SERVER)?,
            unsent: change::count_unsent(connection)?,
            exported: crate::batch_file::count_exported(connection)?,
            lost_batches: crate::sync::catch_up::lost(connection)?,
            unsent_records: change::count_unsent_records(connection)?,
            drafts: draft::all(connection)?.len() as u64,
            quarantined: quarantine::open(connection)?.len() as u64,
            last_sync_at: (last_sync != 0).then_some(Instant(last_sync)),
            tree_size: count(meta::number(connection, key::TREE_SIZE)?),
            grants: enrol::grants(connection)?,
            clock: self.clock_view()?,
            disk_bytes: ["", "-wal", "-shm"]
                .iter()
                .filter_map(|ending| fs::metadata(beside(&self.path, ending)).ok())
                .map(|file| file.len())
                .sum(),
            closed: self.closed()?,
            salvaged_from: meta::text(connection, key::SALVAGED)?,
        })
    }

    /// Returns the address of the server and the file of its certificate authority, as enrolment left them.
    ///
    /// # Errors
    /// `store_damaged` when the store cannot be read.
    pub fn server(&self) -> Result<(Option<String>, Option<String>), FieldError> {
        Ok((meta::text(&self.connection, key::SERVER)?, meta::text(&self.connection, key::CA)?))
    }

    /// Returns why nothing is sent from here any more; a store that was moved away or restored says so before it asks the server.
    fn closed(&self) -> Result<Option<String>, FieldError> {
        for (mark, code) in [(key::MOVED, "moved"), (key::RESTORED, "restored")] {
            if meta::text(&self.connection, mark)?.is_some() {
                return Ok(Some(code.to_owned()));
            }
        }
        meta::text(&self.connection, key::CLOSED)
    }

    fn clock_view(&self) -> Result<ClockView, FieldError> {
        let stamp = self.stamp_seen()?;
        let evidence = evidence_of(&self.connection, &stamp)?;
        let newest = time::anchors(&self.connection, stamp.boot)?.last().map(|(_, mono_ms)| *mono_ms);
        let was_set = self.clock.is_set() || meta::text(&self.connection, key::CLOCK_SET)?.is_some();
        Ok(ClockView {
            source: (if was_set { "set" } else { "system" }).to_owned(),
            skew_s: skew_ms(&stamp, &evidence).map(|skew| skew.div_euclid(1000)),
            anchor_age_s: newest.map(|mono_ms| stamp.mono_ms.saturating_sub(mono_ms).div_euclid(1000)),
        })
    }
}
