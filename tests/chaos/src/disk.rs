//! The files of a store as a crash, a backup or a torn checkpoint leaves them.
//!
//! SQLite writes ahead: what a transaction changes goes to the end of `FILE-wal` before anything else. A process that dies, or a
//! machine whose power fails, leaves a beginning of what was being written there; every such beginning is a state in which the next
//! start may find the files. What a finished call has written lies before that, synced, and is never cut.

use crate::{Outcome, dice::Dice};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Bytes before the first frame of a write-ahead log.
const WAL_HEAD: u64 = 32;
/// Bytes of a frame: its header and one page.
const FRAME: u64 = 24 + PAGE as u64;
/// Bytes of a page, of SQLCipher and of SQLite both.
const PAGE: usize = 4096;

/// The files of a store, whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    main: Vec<u8>,
    wal: Vec<u8>,
}

/// How far a write-ahead log had come when a call began.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mark {
    head: Vec<u8>,
    len: u64,
}

impl Files {
    /// Reads the files as they lie there now, also while the store is open.
    pub(crate) fn read(main: &Path) -> Outcome<Self> {
        Ok(Self { main: read(main)?, wal: read(&beside(main, "-wal"))? })
    }

    /// Puts the files in the place of what is there. The store must be closed.
    pub(crate) fn put(&self, main: &Path) -> Outcome {
        fs::write(main, &self.main)?;
        for ending in ["-wal", "-shm"] {
            match fs::remove_file(beside(main, ending)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        if !self.wal.is_empty() {
            fs::write(beside(main, "-wal"), &self.wal)?;
        }
        Ok(())
    }

    /// Cuts what a call that did not end had written since its mark: anywhere, or between two frames. Returns how many bytes are gone.
    pub(crate) fn cut(&mut self, mark: &Mark, dice: &Dice) -> u64 {
        let len = length(&self.wal);
        let goes_on = mark.len == 0 || self.wal.starts_with(&mark.head);
        if !goes_on || len <= mark.len {
            // It was begun anew meanwhile: what lies there is one state of many, and it is taken whole.
            return 0;
        }
        let mut keep = mark.len + dice.below(len - mark.len + 1);
        if dice.chance(50) {
            keep = (WAL_HEAD + keep.saturating_sub(WAL_HEAD).div_ceil(FRAME) * FRAME).min(len);
        }
        self.wal.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
        len - keep
    }

    /// Takes some pages of the main file as `later` has them: a checkpoint that did not end. The log is whole then.
    pub(crate) fn tear(&mut self, later: &Self, dice: &Dice) -> usize {
        if self.wal.is_empty() {
            return 0;
        }
        let mut torn = 0;
        let longest = self.main.len().max(later.main.len());
        for at in (0..longest).step_by(PAGE) {
            if let Some(page) = later.main.get(at..at + PAGE)
                && dice.chance(50)
            {
                if self.main.len() < at + PAGE {
                    self.main.resize(at + PAGE, 0);
                }
                if let Some(place) = self.main.get_mut(at..at + PAGE).filter(|place| *place != page) {
                    place.copy_from_slice(page);
                    torn += 1;
                }
            }
        }
        torn
    }
}

impl Mark {
    /// Notes how far the log of a store has come.
    pub(crate) fn of(main: &Path) -> Outcome<Self> {
        use std::io::Read;
        let path = beside(main, "-wal");
        let mut mark = Self::default();
        match fs::File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
            Ok(file) => {
                mark.len = file.metadata()?.len();
                file.take(WAL_HEAD).read_to_end(&mut mark.head)?;
            }
        }
        Ok(mark)
    }
}

/// Names a file beside a store.
pub(crate) fn beside(main: &Path, ending: &str) -> PathBuf {
    let mut name = main.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => Ok(other?),
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
