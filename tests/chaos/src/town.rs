//! The office of a run: the real server over a data folder of its own, called as its routes call it.

use crate::{
    Outcome,
    dice::Dice,
    disk::{Files, Mark},
};
use daohu_domain::calendar::Instant;
use daohu_field::{Request, Response};
use daohu_server::{
    clock::{ClockHand, ServerClock},
    office::Office,
    sync::PackSizes,
};
use daohu_wire::limits::{ANSWER_BYTES_MAX, REQUEST_BYTES_MAX};
use std::path::{Path, PathBuf};

/// The path of the sync door.
pub(crate) const SYNC: &str = "/v1/sync";

/// Packs of a place that is as small as those of a run: some hundred bytes a chunk, so that a pack has several.
const PACKS: PackSizes = PackSizes { changes_min: 12, chunk_bytes: 600 };

/// The path at which records are compared.
pub(crate) const REPAIR: &str = "/v1/repair";

/// The server.
pub(crate) struct Town {
    office: Option<Office>,
    folder: PathBuf,
    hand: ClockHand,
    random: Dice,
}

impl Town {
    /// Opens the office over a folder.
    pub(crate) fn open(folder: &Path, now: Instant, random: Dice) -> Outcome<Self> {
        let mut town = Self { office: None, folder: folder.to_owned(), hand: ClockHand::at(now), random };
        town.start()?;
        Ok(town)
    }

    /// Moves the server's clock.
    pub(crate) fn at(&self, now: Instant) {
        self.hand.set(now);
    }

    /// Returns the running office.
    pub(crate) fn office(&self) -> Outcome<&Office> {
        Ok(self.office.as_ref().ok_or("the server is down")?)
    }

    /// Stops as a person stops it.
    pub(crate) fn stop(&mut self) {
        self.office = None;
    }

    /// Starts, as `daohu serve` does. A clock that is behind the log is mended first: nothing is served under it.
    pub(crate) fn start(&mut self) -> Outcome {
        let office = Office::open(&self.folder, ServerClock::by_hand(&self.hand), self.random.clone())?;
        if let Some(last) = office.last_entry_at()?.filter(|last| office.now() < *last) {
            self.hand.set(last);
        }
        office.begin_serving()?;
        office.set_pack_sizes(PACKS);
        self.office = Some(office);
        Ok(())
    }

    /// Returns the file of the store.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("daohu.db")
    }

    /// Notes how far the store's log has come.
    pub(crate) fn mark(&self) -> Outcome<Mark> {
        Mark::of(&self.file())
    }

    /// Dies and starts again: what was written since the mark is cut somewhere. Returns how many bytes are gone.
    pub(crate) fn crash(&mut self, since: Option<&Mark>, dice: &Dice) -> Outcome<u64> {
        let mut files = Files::read(&self.file())?;
        let cut = since.map_or(0, |mark| files.cut(mark, dice));
        self.stop();
        files.put(&self.file())?;
        self.start()?;
        Ok(cut)
    }

    /// Dies while its store is being tidied at the end, and starts again. Returns how many pages were half done.
    pub(crate) fn tear(&mut self, dice: &Dice) -> Outcome<usize> {
        let mut files = Files::read(&self.file())?;
        self.stop();
        let torn = files.tear(&Files::read(&self.file())?, dice);
        files.put(&self.file())?;
        self.start()?;
        Ok(torn)
    }

    /// Answers a request as the server's routes do, without a socket in between: the bodies are the same.
    pub(crate) fn carry(&self, request: &Request) -> Outcome<Response> {
        let office = self.office()?;
        if request.body.len() > REQUEST_BYTES_MAX {
            return Err(format!("a request of {} bytes", request.body.len()).into());
        }
        let response = daohu_carry::carry(office, request);
        if response.body.len() > ANSWER_BYTES_MAX {
            return Err(format!("an answer of {} bytes", response.body.len()).into());
        }
        Ok(response)
    }
}
