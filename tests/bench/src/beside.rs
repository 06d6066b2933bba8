//! The other way: each record synced by itself with Automerge's own protocol, on the very documents that daohu sent.
//!
//! Messages are counted as that protocol makes them, with the sixteen bytes that say which document each is about, and once more with
//! all messages of one direction and turn packed together with zstd as daohu packs its bodies: the kindest way to send them.

use crate::report::Outcome;
use automerge::{
    Automerge,
    sync::{Message, State, SyncDoc},
};
use daohu_domain::id::Id;
use std::collections::BTreeMap;

/// Bytes that name the document of a message.
const NAME_BYTES: usize = 16;
/// Turns after which two sides that still talk are taken to talk for ever.
const TURNS_MAX: usize = 32;

/// A document of one change.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// Its name.
    pub(crate) id: Id,
    /// Its change, not compressed.
    pub(crate) change: Vec<u8>,
}

/// What went over the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// Messages from the phone with the names of their documents.
    pub(crate) up: usize,
    /// Messages to the phone.
    pub(crate) down: usize,
    /// Both directions, packed a direction and turn.
    pub(crate) packed: usize,
    /// Of these, from the phone.
    pub(crate) packed_up: usize,
    /// How many turns it took.
    pub(crate) turns: usize,
}

/// Who has the documents at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Has {
    /// Only the phone.
    Phone,
    /// Only the server.
    Server,
    /// Both, and each knows from an earlier sync that the other has them.
    Both,
}

/// Syncs each record by itself and adds up the bytes.
pub(crate) fn weigh(records: &[Record], has: Has) -> Outcome<Weight> {
    let mut weight = Weight::default();
    let mut turns: BTreeMap<(usize, bool), Vec<u8>> = BTreeMap::new();
    for record in records {
        let (mut phone, mut server) = (Peer::new(record, has != Has::Server)?, Peer::new(record, has != Has::Phone)?);
        if has == Has::Both {
            // What is kept of an earlier sync: the heads that both sides have.
            let mut none = BTreeMap::new();
            talk(record.id, (&mut phone, &mut server), &mut none)?;
            phone.begin_again()?;
            server.begin_again()?;
        }
        talk(record.id, (&mut phone, &mut server), &mut turns)?;
    }
    for ((turn, is_up), messages) in &turns {
        let packed = zstd::bulk::compress(messages, 3)?.len();
        weight.turns = weight.turns.max(turn + 1);
        weight.packed += packed;
        if *is_up {
            weight.up += messages.len();
            weight.packed_up += packed;
        } else {
            weight.down += messages.len();
        }
    }
    Ok(weight)
}

struct Peer {
    document: Automerge,
    state: State,
}

impl Peer {
    fn new(record: &Record, has_it: bool) -> Outcome<Self> {
        #[expect(clippy::disallowed_methods, reason = "this is the other side of the comparison, which has no record of ours")]
        let document = if has_it { Automerge::load(&record.change)? } else { Automerge::new() };
        Ok(Self { document, state: State::new() })
    }

    /// Begins a new connection with what is stored of the old one.
    fn begin_again(&mut self) -> Outcome {
        self.state = State::decode(&self.state.encode())?;
        Ok(())
    }

    fn say(&mut self) -> Option<Message> {
        self.document.generate_sync_message(&mut self.state)
    }

    fn hear(&mut self, message: Message) -> Outcome {
        self.document.receive_sync_message(&mut self.state, message)?;
        Ok(())
    }
}

/// Lets both sides talk until neither has anything to say; keeps every message under its turn and direction.
fn talk(id: Id, (phone, server): (&mut Peer, &mut Peer), turns: &mut BTreeMap<(usize, bool), Vec<u8>>) -> Outcome {
    let mut keep = |turn: usize, is_up: bool, message: &Message| {
        let kept = turns.entry((turn, is_up)).or_default();
        kept.extend(&id.as_bytes()[..NAME_BYTES]);
        kept.extend(message.clone().encode());
    };
    for turn in 0..TURNS_MAX {
        let up = phone.say();
        if let Some(message) = up.clone() {
            keep(turn, true, &message);
            server.hear(message)?;
        }
        let down = server.say();
        if let Some(message) = down.clone() {
            keep(turn, false, &message);
            phone.hear(message)?;
        }
        if up.is_none() && down.is_none() {
            let level = phone.document.get_heads() == server.document.get_heads();
            return if level { Ok(()) } else { Err("two documents did not come level".into()) };
        }
    }
    Err("two documents talk for ever".into())
}
