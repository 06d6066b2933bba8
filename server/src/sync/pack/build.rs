//! Making a pack: the log of a place is read once, in order, and cut into chunks by who may read what is in them.

use std::collections::BTreeSet;
use std::io;

use daohu_domain::kind::Kind;
use daohu_domain::kinds;
use daohu_domain::permission::{Act, role_may};
use daohu_domain::place::Place;
use daohu_domain::role::{ALL, Role};
use daohu_wire::limits::{PACK_CHUNKS_MAX, PULLED_ITEMS_MAX};
use daohu_wire::{PackChunk, PulledItem, WireError};
use sha2::{Digest, Sha256};

use super::super::pull::People;
use super::PackSizes;
use super::shelf::{Draft, Index, IndexedChunk, PROGRAM, Shelf};
use crate::error::OfficeError;
use crate::office::Office;
use crate::permit::view::Eyes;
use crate::store::StoreError;
use crate::store::rows::PullQuery;

/// Bytes of changes that are read at once.
const READ_BYTES: usize = 4 * 1024 * 1024;

/// Kinds that the same roles read, and what waits of them to be cut.
struct Group {
    readers: (bool, Vec<Role>),
    kinds: BTreeSet<String>,
    items: Vec<PulledItem>,
    bytes: usize,
}

/// Makes the pack of a place and puts it to the others; none where the place is too big for one or nobody may have any of it.
pub(super) fn make(office: &Office, place: Place, sizes: &PackSizes) -> Result<Option<Index>, OfficeError> {
    let shelf = Shelf::of(office);
    let mut mark = [0; 8];
    office.random().fill(&mut mark);
    let mut cutter = Cutter { draft: shelf.begin(place, u64::from_be_bytes(mark)).map_err(on_disk)?, place, chunks: Vec::new() };
    let mut groups: Vec<Group> = Vec::new();
    let mut people = People::new(office);
    let mut query = PullQuery { place, household: None, reference: false, after: 0, not_of: None, bytes_max: READ_BYTES, kinds: None };
    loop {
        let page = office.store().pull(&query)?;
        for row in page.rows {
            // What this version does not know it tells nobody, by rows as little as by packs.
            let Some(kind) = kinds::find(&row.kind) else { continue };
            let group = group_of(&mut groups, kind);
            group.kinds.insert(row.kind.clone());
            group.bytes += row.bytes.len();
            group.items.push(people.item(place, row)?);
            if group.bytes >= sizes.chunk_bytes || group.items.len() >= PULLED_ITEMS_MAX {
                cutter.cut(group)?;
            }
        }
        query.after = page.to;
        if !page.more {
            break;
        }
    }
    for group in &mut groups {
        cutter.cut(group)?;
    }
    if cutter.chunks.is_empty() || cutter.chunks.len() > PACK_CHUNKS_MAX {
        return Ok(None);
    }
    // The tree is read after the log: it holds at least what the pack holds.
    let head = *office.head()?.head();
    let index = Index {
        program: PROGRAM.to_owned(),
        place,
        epoch: office.epoch(),
        seq: query.after,
        tree_size: head.size,
        tree_root: head.root,
        chunks: cutter.chunks,
    };
    shelf.keep(&cutter.draft, &index).map_err(on_disk)?;
    Ok(Some(index))
}

fn group_of<'a>(groups: &'a mut Vec<Group>, kind: &Kind) -> &'a mut Group {
    let reads = |role: &Role| Eyes::on_phone(*role) && role_may(kind, Act::Read, *role);
    let readers = (kind.reference, ALL.into_iter().filter(reads).collect::<Vec<_>>());
    let position = groups.iter().position(|group| group.readers == readers).unwrap_or(groups.len());
    if position == groups.len() {
        groups.push(Group { readers, kinds: BTreeSet::new(), items: Vec::new(), bytes: 0 });
    }
    &mut groups[position]
}

/// Writes chunks one after the other.
struct Cutter {
    draft: Draft,
    place: Place,
    chunks: Vec<IndexedChunk>,
}

impl Cutter {
    /// Writes what waits in a group as one chunk, or as several where it does not shrink.
    fn cut(&mut self, group: &mut Group) -> Result<(), OfficeError> {
        let kinds: Vec<String> = std::mem::take(&mut group.kinds).into_iter().collect();
        group.bytes = 0;
        let mut waiting = vec![std::mem::take(&mut group.items)];
        while let Some(mut items) = waiting.pop() {
            if items.is_empty() {
                continue;
            }
            let chunk = PackChunk { place: self.place, items };
            match chunk.encode() {
                Ok(body) => self.write(&body, &kinds)?,
                Err(WireError::TooBig { .. }) if chunk.items.len() > 1 => {
                    items = chunk.items;
                    let rest = items.split_off(items.len() / 2);
                    waiting.extend([rest, items]);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn write(&mut self, body: &[u8], kinds: &[String]) -> Result<(), OfficeError> {
        let n = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX);
        self.draft.write(&n.to_string(), body).map_err(on_disk)?;
        let bytes = u32::try_from(body.len()).unwrap_or(u32::MAX);
        self.chunks.push(IndexedChunk { n, bytes, hash: Sha256::digest(body).into(), kinds: kinds.to_vec() });
        Ok(())
    }
}

fn on_disk(error: io::Error) -> OfficeError {
    match error.kind() {
        io::ErrorKind::StorageFull => StoreError::Full.into(),
        _ => StoreError::Backend { action: "write a pack", source: Box::new(error) }.into(),
    }
}
