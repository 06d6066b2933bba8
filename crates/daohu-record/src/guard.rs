//! Intake of one change that somebody else made, on the server and on the phone.
//!
//! Automerge cannot be trusted with bytes from outside: one in twelve mutants with a right checksum panics in it,
//! others make a document that works until it is saved and can never be loaded again. So a change is read by our
//! own eyes first ([`crate::chunk`]), applied to a scratch copy with panics contained, compared byte for byte with
//! what the library makes of it, saved and loaded again (`admit`), and only then held against the declaration of
//! its kind and the rights of its writer (`judge`). What comes back is a new document; the old one is untouched.

mod admit;
mod judge;

use crate::{Document, Header};
use automerge::{ObjType, ScalarValue};
use daohu_domain::{codes, id::Id, kind::Kind, permission::Act, place::Place, validate::Violation};
use std::fmt;

/// How large what comes from outside may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bounds the bytes of one raw change.
    pub change_bytes: usize,
    /// Bounds the bytes of a saved document.
    pub document_bytes: usize,
    /// Bounds the changes of a document.
    pub changes: usize,
    /// Bounds the operations of one change.
    pub operations: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { change_bytes: 64 * 1024, document_bytes: 1024 * 1024, changes: 5_000, operations: 20_000 }
    }
}

/// What the guard must know of the world around the change.
#[derive(Clone, Copy)]
pub struct GuardContext<'a> {
    /// Finds the declaration of a kind.
    pub kind_of: &'a dyn Fn(&str) -> Option<&'static Kind>,
    /// Names the device that signed the batch.
    pub device: Id,
    /// Names the record that the item names.
    pub record: Id,
    /// Names the place that the item names.
    pub place: Place,
    /// Says whether the writer may do this to the record. It is asked [`Act::Create`] for a first change,
    /// [`Act::Edit`] for each field and [`Act::Append`] for each event of a change; the second part of `Append` says
    /// whether the device of the change is the one that made the record. Who knows that a person has several
    /// devices compares the header's `by` with the person instead.
    pub may: &'a dyn Fn(&Kind, Act<'_>, &Header) -> bool,
    /// Bounds the sizes.
    pub limits: Limits,
}

impl fmt::Debug for GuardContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, record, place, limits, .. } = self;
        write!(f, "GuardContext {{ device: {device}, record: {record}, place: {place}, limits: {limits:?} }}")
    }
}

/// A change that passed, and the document with it.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Holds the record with the change, as it was loaded again from its own bytes.
    pub document: Document,
    /// Says what the record is and whose.
    pub header: Header,
    /// Names the change.
    pub hash: [u8; 32],
    /// Names what it rests on.
    pub deps: Vec<[u8; 32]>,
    /// Names the device that made it.
    pub actor: Id,
    /// Holds what that device's clock claims, to the second.
    pub at_ms: i64,
    /// Says that the change made the record.
    pub is_new: bool,
    /// Says that a newer client wrote it: fields, events or values that are not declared here (`ok_newer`).
    pub newer: bool,
    /// Names what it wrote.
    pub touched: Touched,
}

/// What a change wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Names the fields.
    pub fields: Vec<String>,
    /// Names the events by their keys in the record, as [`crate::EventView`] does.
    pub events: Vec<String>,
}

/// A change that did not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {en}")]
pub struct Refusal {
    /// Is the item code.
    pub code: &'static str,
    /// Says in Chinese what to do.
    pub zh: String,
    /// Says in English what to do.
    pub en: String,
}

impl Refusal {
    /// Makes the refusal of a code with the sentences that go with it.
    #[must_use]
    pub fn of(code: &'static str) -> Self {
        let (zh, en) = codes::sentence_or_plain(code);
        Self { code, zh: zh.to_owned(), en: en.to_owned() }
    }

    /// Makes the refusal of a value that breaks its declaration; the sentence names the field.
    fn by_rule(violation: Violation) -> Self {
        let code = if violation.code == "secret_in_text" { "secret_in_text" } else { "invalid_record" };
        Self { code, zh: violation.zh, en: violation.en }
    }
}

/// Judges one foreign change on its way in.
///
/// # Errors
///
/// The item code that refuses it, with its sentences. `duplicate` means that the change is there already.
pub fn guard(current: Option<&Document>, bytes: &[u8], context: &GuardContext<'_>) -> Result<Accepted, Refusal> {
    let admitted = admit::admit(current, bytes, context).map_err(Refusal::of)?;
    judge::judge(current, admitted, context, Strictness::Full)
}

/// Judges one change that the server has judged before, on a device.
///
/// The bytes are watched as closely as on the server, since one bad change bricks a store. Sealed fields and events
/// are watched too. But rights are not asked, and what breaks a declaration here, or an unknown kind, is taken as
/// the work of a newer server ([`Accepted::newer`]): a device that refused it would drift from all others.
///
/// # Errors
///
/// As [`guard`].
pub fn guard_trusted_reader(current: Option<&Document>, bytes: &[u8], context: &GuardContext<'_>) -> Result<Accepted, Refusal> {
    let admitted = admit::admit(current, bytes, context).map_err(Refusal::of)?;
    judge::judge(current, admitted, context, Strictness::Reader)
}

/// How much of a declaration is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    Full,
    Reader,
}

/// A change that is safe to hold, with what it does to each root key.
struct Admitted {
    document: Document,
    outline: crate::chunk::Outline,
    actor: Id,
    touches: Vec<Touch>,
}

/// What a change does to one root key.
struct Touch {
    key: String,
    deeds: Vec<Deed>,
    /// What the key holds as the writer sees it, where the operations alone do not say it.
    left: Option<crate::values::Stored>,
}

/// One operation on a root key or inside its object.
#[derive(Debug, Clone, PartialEq)]
enum Deed {
    /// Writes a scalar; `over` says that it replaces something.
    Put { scalar: ScalarValue, over: bool },
    /// Makes an object.
    Make(ObjType),
    /// Deletes.
    Delete,
    /// Adds to or takes from an object without harm: letters of a text, elements of a set.
    Within(Inner),
    /// Anything else: counters, marks, objects inside objects.
    Other,
}

/// One operation inside an object.
#[derive(Debug, Clone, PartialEq)]
enum Inner {
    Letters,
    Element,
    Removal,
}
