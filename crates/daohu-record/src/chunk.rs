//! Reads the outline of a raw change before the library sees it: type, size, checksum, actor, number of rows.
//!
//! The columns of a change are run-length encoded, so eighty bytes can claim 2^62 operations; the library would
//! count them one by one. The rows are therefore added up here first, without expanding them.

use crate::guard::Limits;
use daohu_domain::id::Id;
use sha2::{Digest, Sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE: u8 = 1;
const DEFLATED: u64 = 0b1000;

/// What a chunk says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outline {
    /// The hash that names the change.
    pub(crate) hash: [u8; 32],
    /// The device, if the actor has the form of one.
    pub(crate) actor: Option<Id>,
    /// The changes it rests on.
    pub(crate) deps: Vec<[u8; 32]>,
    /// The counter of its first operation.
    pub(crate) start_op: u64,
    /// The claimed time in seconds.
    pub(crate) time: i64,
}

/// Reads the outline, or names the item code that refuses the chunk.
pub(crate) fn outline(bytes: &[u8], limits: &Limits) -> Result<Outline, &'static str> {
    if bytes.starts_with(&MAGIC) && bytes.get(8).is_some_and(|kind| *kind != CHANGE) {
        return Err("compressed_chunk");
    }
    if bytes.len() > limits.change_bytes {
        return Err("too_big");
    }
    let mut input = Input(bytes);
    let (Some(MAGIC), Some(checksum), Some(CHANGE)) = (input.array::<4>(), input.array::<4>(), input.byte()) else {
        return Err("unreadable");
    };
    let length = input.size().ok_or("unreadable")?;
    if length != input.0.len() {
        return Err("unreadable");
    }
    let hash = hash_of(input.0);
    if !hash.starts_with(&checksum) {
        return Err("unreadable");
    }
    let (outline, rows) = body(input, hash).ok_or("unreadable")?;
    match rows {
        Rows::Few(rows) if rows <= limits.operations => Ok(outline),
        Rows::Few(_) => Err("too_big"),
        Rows::Deflated => Err("compressed_chunk"),
    }
}

enum Rows {
    Few(u64),
    Deflated,
}

/// Returns the hash of a change with this body.
fn hash_of(body: &[u8]) -> [u8; 32] {
    let mut head = vec![CHANGE];
    let mut rest = body.len();
    loop {
        let low = u8::try_from(rest & 0x7f).unwrap_or(0);
        rest >>= 7;
        if rest == 0 {
            head.push(low);
            break;
        }
        head.push(low | 0x80);
    }
    Sha256::new().chain_update(&head).chain_update(body).finalize().into()
}

/// Reads the body; the second part is the number of rows of its longest column.
fn body(mut input: Input<'_>, hash: [u8; 32]) -> Option<(Outline, Rows)> {
    let count = input.size()?;
    let mut deps = Vec::new();
    for _ in 0..count {
        deps.push(input.array::<32>()?);
    }
    let actor = Id::from_slice(input.prefixed()?);
    let _seq = input.unsigned()?;
    let start_op = input.unsigned()?;
    let time = input.signed()?;
    let _message = input.prefixed()?;
    for _ in 0..input.size()? {
        input.prefixed()?;
    }
    let mut columns = Vec::new();
    for _ in 0..input.size()? {
        columns.push((input.unsigned()?, input.size()?));
    }
    let mut most = 0;
    for (spec, length) in columns {
        if spec & DEFLATED != 0 {
            return Some((Outline { hash, actor, deps, start_op, time }, Rows::Deflated));
        }
        most = most.max(rows(spec, Input(input.take(length)?))?);
    }
    Some((Outline { hash, actor, deps, start_op, time }, Rows::Few(most)))
}

/// Counts the rows of a column; its low three bits say how it is encoded. A number ends alike whether it has a sign or not.
fn rows(spec: u64, mut column: Input<'_>) -> Option<u64> {
    let value: fn(&mut Input<'_>) -> Option<()> = match spec & 0b111 {
        5 => |column| column.prefixed().map(|_| ()),
        4 => return runs_of_booleans(column),
        7 => return Some(0),
        _ => |column| column.unsigned().map(|_| ()),
    };
    let mut total = 0_u64;
    while !column.0.is_empty() {
        let count = column.signed()?;
        let rows = if count > 0 {
            value(&mut column)?;
            count.unsigned_abs()
        } else if count == 0 {
            column.unsigned()?
        } else {
            for _ in 0..count.unsigned_abs() {
                value(&mut column)?;
            }
            count.unsigned_abs()
        };
        total = total.saturating_add(rows);
    }
    Some(total)
}

fn runs_of_booleans(mut column: Input<'_>) -> Option<u64> {
    let mut total = 0_u64;
    while !column.0.is_empty() {
        total = total.saturating_add(column.unsigned()?);
    }
    Some(total)
}

/// The bytes not yet read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn prefixed(&mut self) -> Option<&'a [u8]> {
        let length = self.size()?;
        self.take(length)
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.unsigned()?).ok()
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let mut value = 0_i64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let unused = 64 - (shift + 7);
                return Some(if unused > 0 { (value << unused) >> unused } else { value });
            }
        }
        None
    }
}
