//! The folder `packs/`: one folder a pack, named by place, epoch and number, with its chunks and an index.
//!
//! Whatever cannot be read there is as good as not there, and everything there may be deleted at any time.

use std::fs;
use std::io;
use std::path::PathBuf;

use daohu_domain::place::Place;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::office::Office;

/// The name of the index in a pack's folder.
const INDEX: &str = "index.json";

/// How many packs of one place stay: the newest, and the one before it for whoever is fetching it.
const KEPT: usize = 2;

/// What a pack holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Index {
    /// The program that made it: another one may read other kinds to other roles.
    pub(super) program: String,
    pub(super) place: Place,
    pub(super) epoch: u64,
    /// The last number of the place's log in it.
    pub(super) seq: u64,
    /// The log's tree once all of it was there: a log without this beginning is another one.
    pub(super) tree_size: u64,
    pub(super) tree_root: [u8; 32],
    pub(super) chunks: Vec<IndexedChunk>,
}

/// One chunk of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IndexedChunk {
    pub(super) n: u32,
    pub(super) bytes: u32,
    pub(super) hash: [u8; 32],
    /// The kinds in it.
    pub(super) kinds: Vec<String>,
}

impl IndexedChunk {
    /// Says whether whoever reads these kinds may have the whole chunk.
    pub(super) fn is_read_by(&self, kinds: &[&str]) -> bool {
        self.kinds.iter().all(|kind| kinds.contains(&kind.as_str()))
    }
}

/// The folder.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
}

/// The program as an index names it.
pub(super) const PROGRAM: &str = env!("CARGO_PKG_VERSION");

impl Shelf {
    pub(super) fn of(office: &Office) -> Self {
        Self { folder: office.folder().join("packs") }
    }

    /// Returns the newest pack of a place.
    pub(super) fn newest(&self, place: Place, epoch: u64) -> Option<Index> {
        self.names(place).into_iter().filter(|(of, _)| *of == epoch).find_map(|(_, seq)| self.find(place, epoch, seq))
    }

    /// Returns a pack.
    pub(super) fn find(&self, place: Place, epoch: u64, seq: u64) -> Option<Index> {
        let text = fs::read(self.folder.join(name(place, epoch, seq)).join(INDEX)).ok()?;
        let index: Index = serde_json::from_slice(&text).ok()?;
        let is_it = (index.place, index.epoch, index.seq) == (place, epoch, seq) && index.program == PROGRAM;
        is_it.then_some(index)
    }

    /// Returns the bytes of a chunk; none where they are not there or are others.
    pub(super) fn read(&self, index: &Index, chunk: &IndexedChunk) -> Option<Vec<u8>> {
        let folder = self.folder.join(name(index.place, index.epoch, index.seq));
        let body = fs::read(folder.join(chunk.n.to_string())).ok()?;
        (<[u8; 32]>::from(Sha256::digest(&body)) == chunk.hash).then_some(body)
    }

    /// Takes a pack away. Where that fails it stays, and is looked at again.
    pub(super) fn remove(&self, index: &Index) {
        _ = fs::remove_dir_all(self.folder.join(name(index.place, index.epoch, index.seq)));
    }

    /// Begins a pack beside the others; what an earlier try left there is taken away.
    pub(super) fn begin(&self, place: Place, mark: u64) -> io::Result<Draft> {
        let prefix = format!(".{place}-");
        for entry in fs::read_dir(&self.folder)?.filter_map(Result::ok) {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        let folder = self.folder.join(format!("{prefix}{mark:016x}"));
        fs::create_dir(&folder)?;
        Ok(Draft { folder })
    }

    /// Puts a pack to the others, whole, and takes away those that nobody is fetching any more.
    pub(super) fn keep(&self, draft: &Draft, index: &Index) -> io::Result<()> {
        draft.write(INDEX, &serde_json::to_vec(index).map_err(io::Error::other)?)?;
        let target = self.folder.join(name(index.place, index.epoch, index.seq));
        if target.exists() {
            // Unreadable, of another program, or of another process that was faster.
            fs::remove_dir_all(&target)?;
        }
        fs::rename(&draft.folder, target)?;
        let others = self.names(index.place).into_iter();
        let (own, foreign): (Vec<_>, Vec<_>) = others.partition(|(epoch, _)| *epoch == index.epoch);
        for (epoch, seq) in own.into_iter().skip(KEPT).chain(foreign) {
            fs::remove_dir_all(self.folder.join(name(index.place, epoch, seq)))?;
        }
        Ok(())
    }

    /// Returns epoch and number of the packs of a place, the newest first.
    fn names(&self, place: Place) -> Vec<(u64, u64)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().filter_map(Result::ok);
        let mut found: Vec<(u64, u64)> = entries
            .filter_map(|entry| {
                let name = entry.file_name();
                let (epoch, seq) = name.to_str()?.strip_prefix(&format!("{place}-"))?.split_once('-')?;
                Some((epoch.parse().ok()?, seq.parse().ok()?))
            })
            .collect();
        found.sort_by_key(|(_, seq)| std::cmp::Reverse(*seq));
        found
    }
}

/// A pack that is being written.
#[derive(Debug)]
pub(super) struct Draft {
    folder: PathBuf,
}

impl Draft {
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        fs::write(self.folder.join(name), bytes)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already where it was kept.
        _ = fs::remove_dir_all(&self.folder);
    }
}

fn name(place: Place, epoch: u64, seq: u64) -> String {
    format!("{place}-{epoch}-{seq}")
}
