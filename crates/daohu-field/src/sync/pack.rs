//! Fetching a pack: what a grant has had so far, chunk by chunk, each in one transaction with the mark of how far it got.
//!
//! A chunk is believed as little as rows are: every change passes the guard. A pack that has gone, is damaged or lies is left, and rows
//! bring the same; so nothing here can lose anything, or hold a phone up for longer than one sync.

use super::{apply::Applied, foreign};
use crate::{
    error::FieldError,
    exchange::{Request, Response},
    ledger::Ledger,
    store::{
        Connection,
        access::{self, GrantRow, IN_FORCE},
        count, in_transaction,
        meta::{self, key},
    },
};
use daohu_domain::place::Place;
use daohu_wire::{ChunkRef, Cursor, PackChunk, PackOffer, RequestSignature, SyncAnswer, pack, request_signature::SeenRequest};

/// How often one conversation asks anew after a pack has gone, before it takes rows.
const GONE_MAX: u32 = 1;

/// A pack that is being fetched, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    offer: PackOffer,
    place: Place,
    epoch: u64,
    /// How many of its chunks are taken.
    taken: usize,
}

impl Open {
    fn wanted(&self) -> Option<&ChunkRef> {
        self.offer.chunks.get(self.taken)
    }
}

/// A part that was asked for.
#[derive(Debug)]
struct Asked {
    open: Open,
    bytes: usize,
    sent_mono_ms: i64,
}

/// What became of a part.
#[derive(Debug)]
pub(crate) enum Part {
    /// It was taken; where it was the last of its chunk, with what the chunk brought.
    Taken(Applied),
    /// The pack is left.
    Left,
    /// The server has no time; nothing is changed.
    Refused,
}

/// The part of a conversation that fetches packs.
#[derive(Debug, Default)]
pub(crate) struct PackFetch {
    asked: Option<Asked>,
    /// The chunk's bytes so far: a cut costs one part of it, a kill one chunk.
    bytes: Vec<u8>,
    gone: u32,
    /// What is unsent goes before the next part.
    is_held: bool,
    /// Rows are asked for instead, until the conversation ends.
    is_off: bool,
}

impl PackFetch {
    /// Says whether packs are wanted in this conversation.
    pub(crate) const fn is_taken(&self) -> bool {
        !self.is_off
    }

    pub(crate) const fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    pub(crate) fn sent_mono_ms(&self) -> i64 {
        self.asked.as_ref().map_or(0, |asked| asked.sent_mono_ms)
    }

    /// Says whether there is a chunk to be fetched.
    pub(crate) fn is_open(&self, connection: &Connection) -> Result<bool, FieldError> {
        Ok(!self.is_off && next(connection)?.is_some())
    }

    /// Takes note that a part was lost on the way; those before it stay.
    pub(crate) fn was_lost(&mut self) {
        self.asked = None;
    }

    /// Says whether something else goes before the next part.
    pub(crate) const fn hold(&mut self, is_held: bool) {
        self.is_held = is_held;
    }

    /// Returns the request for the next part, or none where no pack is open.
    pub(crate) fn next_request(&mut self, ledger: &mut Ledger, link_bytes: u32) -> Result<Option<Request>, FieldError> {
        if self.is_off || self.is_held {
            return Ok(None);
        }
        let Some(open) = next(&ledger.connection)? else { return Ok(None) };
        let Some(chunk) = open.wanted().copied() else { return Ok(None) };
        let (me, now) = (ledger.me()?, ledger.stamp()?);
        let path = pack::path(open.place, open.epoch, open.offer.seq, chunk.n);
        let counter = in_transaction(&mut ledger.connection, |connection| {
            let counter = meta::number(connection, key::COUNTER)? + 1;
            meta::set_number(connection, key::COUNTER, counter)?;
            Ok(count(counter))
        })?;
        let seen = SeenRequest { method: "GET", path: &path, body: &[] };
        let mut headers = vec![("daohu-signature".to_owned(), RequestSignature::sign(&me.key, me.device, counter, seen)?)];
        let (from, whole) = (self.bytes.len(), usize::try_from(chunk.bytes).unwrap_or(usize::MAX));
        let to = whole.min(from.saturating_add(usize::try_from(link_bytes).unwrap_or(usize::MAX)));
        if from > 0 || to < whole {
            headers.push(("range".to_owned(), format!("bytes={from}-{}", to.saturating_sub(1))));
        }
        self.asked = Some(Asked { open, bytes: to.saturating_sub(from), sent_mono_ms: now.mono_ms });
        Ok(Some(Request { method: "GET", path, headers, body: Vec::new() }))
    }

    /// Takes what came back for the part that was asked for.
    ///
    /// # Errors
    /// `disk_full` or `store_failed`; nothing of the chunk is kept then.
    pub(crate) fn on_response(&mut self, ledger: &mut Ledger, response: &Response) -> Result<Part, FieldError> {
        let Some(Asked { open, bytes: asked, .. }) = self.asked.take() else { return Ok(Part::Left) };
        match response.status {
            // The whole answers a part too: a host or a cache may not know of parts.
            200 => self.bytes.clone_from(&response.body),
            206 if response.body.len() == asked => self.bytes.extend_from_slice(&response.body),
            404 => return self.leave_gone(ledger, &open),
            429 | 503 => return Ok(Part::Refused),
            // Where this device is refused altogether the next exchange says so.
            _ => return Ok(self.leave()),
        }
        let Some(chunk) = open.wanted() else { return Ok(self.leave()) };
        let whole = usize::try_from(chunk.bytes).unwrap_or(usize::MAX);
        if self.bytes.len() < whole && response.status == 206 {
            return Ok(Part::Taken(Applied::default()));
        }
        let body = std::mem::take(&mut self.bytes);
        // A page of somebody else's is not the chunk that was offered either. The pack stays noted: rows may not come through as well.
        match PackChunk::open(&body, chunk) {
            Ok(read) if read.place == open.place => Ok(Part::Taken(take(ledger, &open, &read)?)),
            Ok(_) | Err(_) => Ok(self.leave()),
        }
    }

    fn leave(&mut self) -> Part {
        self.bytes = Vec::new();
        self.is_off = true;
        Part::Left
    }

    /// Forgets a pack that has gone: there may be a newer one.
    fn leave_gone(&mut self, ledger: &mut Ledger, open: &Open) -> Result<Part, FieldError> {
        self.bytes = Vec::new();
        self.gone += 1;
        self.is_off = self.gone > GONE_MAX;
        in_transaction(&mut ledger.connection, |connection| forget(connection, open.offer.grant))?;
        Ok(Part::Left)
    }
}

/// Takes a chunk in one transaction with the mark of it; after the last one the grant is read up to the pack's number.
fn take(ledger: &mut Ledger, open: &Open, chunk: &PackChunk) -> Result<Applied, FieldError> {
    in_transaction(&mut ledger.connection, |connection| {
        let mut applied = Applied::default();
        foreign::take(connection, &chunk.items, &mut applied)?;
        applied.project(connection)?;
        if applied.forked {
            return Ok(applied);
        }
        let taken = open.taken + 1;
        if taken < open.offer.chunks.len() {
            meta::set(connection, &taken_key(open.offer.grant), &taken.to_string())?;
        } else {
            access::set_cursor(connection, open.offer.grant, open.offer.seq)?;
            forget(connection, open.offer.grant)?;
        }
        Ok(applied)
    })
}

/// Keeps the packs that an answer offers, and forgets those that lead nowhere any more: their grant ended or is read already.
pub(crate) fn keep_offers(
    connection: &Connection,
    answer: &SyncAnswer,
    cursors: &[Cursor],
    applied: &mut Applied,
) -> Result<(), FieldError> {
    let grants = access::grants(connection, IN_FORCE)?;
    for name in meta::starting_with(connection, key::PACK_PREFIX)? {
        let waits = |grant: &GrantRow| waits(grant) && offer_key(grant.id) == name;
        if !grants.iter().any(waits) {
            let number = name.strip_prefix(key::PACK_PREFIX).unwrap_or_default();
            meta::forget(connection, &format!("{}{number}", key::PACK_TAKEN_PREFIX))?;
            meta::forget(connection, &name)?;
        }
    }
    if applied.restored {
        return Ok(());
    }
    for offer in &answer.packs {
        let asked = cursors.iter().any(|cursor| cursor.grant == offer.grant && cursor.seq == 0);
        let Some(grant) = grants.iter().find(|grant| grant.id == offer.grant && waits(grant)).filter(|_| asked) else { continue };
        // The pack that was begun goes on; where it has gone the server says so.
        if open_of(connection, grant)?.is_none_or(|open| open.epoch != answer.epoch) {
            meta::set(connection, &offer_key(offer.grant), &format!("{} {}", answer.epoch, hex::encode(offer.to_cbor())))?;
            meta::forget(connection, &taken_key(offer.grant))?;
        }
        applied.moved = true;
    }
    Ok(())
}

/// Says whether a grant may be read by a pack: a whole place, of which nothing was read yet.
const fn waits(grant: &GrantRow) -> bool {
    grant.seq == 0 && grant.household.is_none()
}

fn offer_key(grant: u64) -> String {
    format!("{}{grant}", key::PACK_PREFIX)
}

fn taken_key(grant: u64) -> String {
    format!("{}{grant}", key::PACK_TAKEN_PREFIX)
}

fn forget(connection: &Connection, grant: u64) -> Result<(), FieldError> {
    meta::forget(connection, &offer_key(grant))?;
    meta::forget(connection, &taken_key(grant))
}

/// Returns the pack that is fetched next.
fn next(connection: &Connection) -> Result<Option<Open>, FieldError> {
    for grant in access::grants(connection, IN_FORCE)?.iter().filter(|grant| waits(grant)) {
        if let Some(open) = open_of(connection, grant)? {
            return Ok(Some(open));
        }
    }
    Ok(None)
}

/// Returns the pack of a grant; none as well where what was noted of it cannot be read.
fn open_of(connection: &Connection, grant: &GrantRow) -> Result<Option<Open>, FieldError> {
    let Some(text) = meta::text(connection, &offer_key(grant.id))? else { return Ok(None) };
    let taken = count(meta::number(connection, &taken_key(grant.id))?);
    let read = || {
        let (epoch, offer) = text.split_once(' ')?;
        let offer = PackOffer::from_cbor(&hex::decode(offer).ok()?).ok()?;
        let open = Open { offer, place: grant.place, epoch: epoch.parse().ok()?, taken: usize::try_from(taken).ok()? };
        open.wanted().is_some().then_some(open)
    };
    Ok(read())
}

#[cfg(test)]
mod tests {
    use super::{keep_offers, next, take};
    use crate::{
        Clock, Ledger, Random, SetClock,
        store::{
            Connection,
            access::{self, GrantRow, IN_FORCE},
            meta,
        },
        sync::apply::Applied,
    };
    use daohu_wire::{ChunkRef, ClockKind, Cursor, DeviceKey, PackChunk, PackOffer, SignedHead, SyncAnswer};

    #[derive(Debug)]
    struct Zeros;

    impl Random for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    const PLACE: &str = "610802209201";

    fn ledger(folder: &std::path::Path) -> Ledger {
        let clock: Box<dyn Clock> = Box::new(SetClock::at(1_557_018_000_000));
        let ledger = Ledger::open(&folder.join("a.db"), &[1; 32], clock, Box::new(Zeros)).unwrap();
        give(&ledger.connection, None);
        ledger
    }

    fn give(connection: &Connection, household: Option<daohu_domain::id::Id>) {
        let (place, role) = (PLACE.parse().unwrap(), Some("village_secretary".to_owned()));
        let row = GrantRow { id: 7, role, place, household, reference: false, seq: 0, state: IN_FORCE, reason: None };
        access::put_grant(connection, &row).unwrap();
    }

    fn answer(seq: u64) -> SyncAnswer {
        let head = SignedHead::sign(&DeviceKey::from_seed(&[2; 32]), 1, [0; 32], 5, ClockKind::System).unwrap();
        let chunk = |n| ChunkRef { n, bytes: 9, hash: [3; 32] };
        SyncAnswer { packs: vec![PackOffer { grant: 7, seq, chunks: vec![chunk(0), chunk(4)] }], ..SyncAnswer::new(9, 5, head, 65_536) }
    }

    fn keep(ledger: &Ledger, seq: u64, cursor: u64) -> bool {
        let mut applied = Applied::default();
        keep_offers(&ledger.connection, &answer(seq), &[Cursor { grant: 7, seq: cursor }], &mut applied).unwrap();
        applied.moved
    }

    /// Takes an empty chunk of the open pack.
    fn take_one(ledger: &mut Ledger) {
        let open = next(&ledger.connection).unwrap().unwrap();
        take(ledger, &open, &PackChunk { place: PLACE.parse().unwrap(), items: Vec::new() }).unwrap();
    }

    #[test]
    fn the_pack_that_was_begun_goes_on_although_a_newer_one_is_offered() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = ledger(folder.path());
        assert!(keep(&ledger, 100, 0));
        take_one(&mut ledger);

        assert!(keep(&ledger, 200, 0), "there is something to fetch");

        let open = next(&ledger.connection).unwrap().unwrap();
        assert_eq!((open.offer.seq, open.taken, open.wanted().map(|chunk| chunk.n)), (100, 1, Some(4)));
    }

    #[test]
    fn the_last_chunk_moves_the_cursor_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = ledger(folder.path());
        keep(&ledger, 100, 0);
        take_one(&mut ledger);
        assert_eq!(access::grants(&ledger.connection, IN_FORCE).unwrap()[0].seq, 0);
        take_one(&mut ledger);

        assert_eq!(access::grants(&ledger.connection, IN_FORCE).unwrap()[0].seq, 100);
        assert_eq!(meta::starting_with(&ledger.connection, "pack").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn cursors_that_begin_anew_begin_packs_anew_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = ledger(folder.path());
        keep(&ledger, 100, 0);
        take_one(&mut ledger);

        access::reset_cursors(&ledger.connection).unwrap();

        assert_eq!(meta::starting_with(&ledger.connection, "pack").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_pack_whose_grant_ended_or_was_read_by_rows_is_forgotten() {
        for read in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let mut ledger = ledger(folder.path());
            keep(&ledger, 100, 0);
            take_one(&mut ledger);
            if read {
                access::set_cursor(&ledger.connection, 7, 50).unwrap();
            } else {
                access::take_grant(&ledger.connection, 7, None, None).unwrap();
            }

            keep(&ledger, 100, 50);

            assert_eq!(meta::starting_with(&ledger.connection, "pack").unwrap(), Vec::<String>::new());
        }
    }

    #[test]
    fn a_pack_for_a_household_an_unknown_grant_or_an_older_question_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path());
        assert!(!keep(&ledger, 100, 50), "another question");
        give(&ledger.connection, Some(daohu_domain::id::Id::from_bytes([5; 16])));
        assert!(!keep(&ledger, 100, 0), "a household");
        access::take_grant(&ledger.connection, 7, None, None).unwrap();
        assert!(!keep(&ledger, 100, 0), "no grant");
        assert_eq!(next(&ledger.connection).unwrap(), None);
    }

    #[test]
    fn what_was_noted_of_a_pack_and_cannot_be_read_is_no_pack() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path());
        keep(&ledger, 100, 0);
        for (name, value) in [("pack_taken.7", "2"), ("pack.7", "9 00"), ("pack.7", ""), ("pack.7", "9 zz")] {
            meta::set(&ledger.connection, name, value).unwrap();
            assert_eq!(next(&ledger.connection).unwrap(), None, "{name} {value}");
            assert!(name != "pack.7" || keep(&ledger, 100, 0), "it is offered again");
            assert_eq!(next(&ledger.connection).unwrap().is_some(), name == "pack.7", "and begins anew");
        }
    }
}
