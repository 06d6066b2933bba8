//! The first half of the guard: are these bytes safe to hold?

use super::{Admitted, Deed, GuardContext, Inner, Touch};
use crate::{
    Document, ENCODING,
    chunk::{Outline, outline},
    contain::contained,
    document::{HEADER, load_options, root_key_of, stored_at},
};
use automerge::{
    Automerge, AutomergeError, ChangeHash, ObjId, ObjType, ReadDoc, ScalarValue,
    legacy::{Key, ObjectId, Op, OpType},
};
use std::collections::HashMap;

/// What happened in the contained part.
struct Tried {
    loaded: Automerge,
    touches: Vec<Touch>,
}

/// Applies a change to a scratch copy and gives back the copy as it was loaded from its own bytes, or an item code.
pub(super) fn admit(current: Option<&Document>, bytes: &[u8], context: &GuardContext<'_>) -> Result<Admitted, &'static str> {
    let outline = outline(bytes, &context.limits)?;
    let actor = outline.actor.filter(|actor| *actor == context.device).ok_or("actor_taken")?;
    if current.is_some_and(|document| document.id() != context.record) {
        return Err("invalid_record");
    }
    rests_on_known(current, &outline, context)?;
    let tried = contained(|| try_out(current, bytes, &outline, context)).map_err(|_| "panics")??;
    if current.is_some() && tried.touches.iter().any(|touch| HEADER.contains(&touch.key.as_str())) {
        return Err("sealed_touched");
    }
    let document = Document::of(context.record, tried.loaded).map_err(|_| "invalid_record")?;
    Ok(Admitted { document, outline, actor, touches: tried.touches })
}

/// Checks that all it rests on is there, that it is not there itself, and that its counter follows.
fn rests_on_known(current: Option<&Document>, outline: &Outline, context: &GuardContext<'_>) -> Result<(), &'static str> {
    let Some(document) = current else {
        return match (outline.deps.as_slice(), outline.start_op) {
            ([], 1) => Ok(()),
            ([], _) => Err("not_canonical"),
            _ => Err("missing_dep"),
        };
    };
    if document.has(&outline.hash) {
        return Err("duplicate");
    }
    if outline.deps.is_empty() {
        // A second beginning would write the header anew.
        return Err("sealed_touched");
    }
    let mut last = 0;
    for dep in &outline.deps {
        let known = document.inner().get_change_meta_by_hash(&ChangeHash(*dep)).ok_or("missing_dep")?;
        last = last.max(known.max_op);
    }
    if outline.start_op != last + 1 {
        // A counter that leaps ahead would leave no numbers for the changes after it.
        return Err("not_canonical");
    }
    if document.change_count() >= context.limits.changes { Err("too_big") } else { Ok(()) }
}

/// The part in which the library may panic. Works on copies only.
fn try_out(current: Option<&Document>, bytes: &[u8], outline: &Outline, context: &GuardContext<'_>) -> Result<Tried, &'static str> {
    let change = automerge::Change::try_from(bytes).map_err(|_| "unreadable")?;
    if change.is_empty() || change.message().is_some() || !change.extra_bytes().is_empty() {
        return Err("not_canonical");
    }
    let operations = change.decode().operations;
    if operations.iter().any(must_not_be_tried) {
        return Err("not_canonical");
    }
    let hash = change.hash();
    let mut scratch = current.map_or_else(|| Automerge::new_with_encoding(ENCODING), |document| document.inner().clone());
    scratch.apply_changes([change]).map_err(|error| match error {
        AutomergeError::DuplicateSeqNumber(..) => "actor_taken",
        _ => "unreadable",
    })?;
    if hash.0 != outline.hash || scratch.get_change_meta_by_hash(&hash).is_none() {
        return Err(if scratch.get_missing_deps(&[hash]).is_empty() { "not_canonical" } else { "missing_dep" });
    }
    let saved = scratch.save_nocompress();
    if saved.len() > context.limits.document_bytes {
        return Err("too_big");
    }
    // Loading makes every change anew and takes its hash: where this one is a head of both, the library makes these very bytes of it.
    let heads = scratch.get_heads();
    let loaded = Automerge::load_with_options(&saved, load_options()).ok();
    let loaded = loaded.filter(|loaded| heads.contains(&hash) && loaded.get_heads() == heads);
    let Some(loaded) = loaded else {
        let is_canonical = scratch.get_change_by_hash(&hash).is_some_and(|held| held.raw_bytes() == bytes);
        return Err(if is_canonical { "not_reloadable" } else { "not_canonical" });
    };
    let replaces = current.is_some() || operations.iter().any(|operation| !operation.pred.is_empty());
    let touches = touches(&loaded, operations, hash);
    // Where nothing replaces anything and all lies where it belongs, both show every operation there is.
    if (replaces || touches.is_err()) && loaded.hydrate(None) != scratch.hydrate(None) {
        // Saved and loaded it would say something else than applied: devices would drift apart.
        return Err("not_reloadable");
    }
    Ok(Tried { loaded, touches: touches? })
}

/// Says that an operation is not ours and could end the whole program, which containing a panic does not prevent:
/// a mark with a wrong id panics again in a destructor while its first panic unwinds, and thousands of objects one
/// inside the other overflow the stack of whoever reads them.
fn must_not_be_tried(operation: &Op) -> bool {
    match operation.action {
        OpType::MarkBegin(_) | OpType::MarkEnd(_) => true,
        OpType::Make(_) => operation.obj != ObjectId::Root,
        _ => false,
    }
}

/// Returns what a change does to each root key, from its own operations.
fn touches(document: &Automerge, operations: Vec<Op>, hash: ChangeHash) -> Result<Vec<Touch>, &'static str> {
    let mut touches: Vec<Touch> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut last_object: Option<(automerge::legacy::OpId, String)> = None;
    for operation in operations {
        let (key, deed) = match (&operation.obj, &operation.key) {
            (ObjectId::Root, Key::Map(key)) => (key.to_string(), at_root(&operation)),
            (ObjectId::Root, Key::Seq(_)) => return Err("unreadable"),
            (ObjectId::Id(id), key) => {
                if !fits(document, id, key, operation.insert) {
                    return Err("not_canonical");
                }
                if last_object.as_ref().is_none_or(|(last, _)| last != id) {
                    last_object = Some((id.clone(), root_key_of(document, id).ok_or("unreadable")?));
                }
                let key = last_object.as_ref().map(|(_, key)| key.clone()).unwrap_or_default();
                (key, within(&operation))
            }
        };
        let place = *places.entry(key).or_insert_with_key(|key| {
            touches.push(Touch { key: key.clone(), deeds: Vec::new(), left: None });
            touches.len() - 1
        });
        if let Some(touch) = touches.get_mut(place)
            && !(matches!(deed, Deed::Within(_)) && touch.deeds.last() == Some(&deed))
        {
            touch.deeds.push(deed);
        }
    }
    for touch in &mut touches {
        if touch.deeds.iter().any(|deed| matches!(deed, Deed::Make(_) | Deed::Delete | Deed::Within(_))) {
            touch.left = stored_at(document, &touch.key, hash);
        }
    }
    Ok(touches)
}

/// Says whether an operation is of the sort that its object takes: named in a map, placed in a text or list.
fn fits(document: &Automerge, object: &automerge::legacy::OpId, key: &Key, insert: bool) -> bool {
    let object = ObjId::Id(object.counter(), object.actor().clone(), 0);
    match document.object_type(object) {
        Ok(ObjType::Map) => matches!(key, Key::Map(_)) && !insert,
        Ok(ObjType::Text | ObjType::List) => matches!(key, Key::Seq(_)),
        Ok(ObjType::Table) | Err(_) => false,
    }
}

fn at_root(operation: &Op) -> Deed {
    match &operation.action {
        OpType::Put(scalar) if !operation.insert => Deed::Put { scalar: scalar.clone(), over: !operation.pred.is_empty() },
        OpType::Make(kind) if !operation.insert => Deed::Make(*kind),
        OpType::Delete => Deed::Delete,
        _ => Deed::Other,
    }
}

fn within(operation: &Op) -> Deed {
    match (&operation.action, &operation.key) {
        (OpType::Put(ScalarValue::Str(_)), Key::Seq(_)) => Deed::Within(Inner::Letters),
        (OpType::Put(ScalarValue::Boolean(true)), Key::Map(_)) => Deed::Within(Inner::Element),
        (OpType::Delete, _) => Deed::Within(Inner::Removal),
        _ => Deed::Other,
    }
}
