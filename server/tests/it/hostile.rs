//! Changes that no honest device makes, built with Automerge by hand or by turning bits with a right checksum.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ROOT, ScalarValue};
use daohu_domain::id::Id;
use daohu_domain::kinds;
use daohu_domain::place::Place;
use daohu_mutate::{Numbers, chunk::mutant as turned};
use daohu_record::{Document, GuardContext, Limits, guard};

use crate::world::Outcome;

/// Writes root keys into a document as a device that runs another program would.
#[expect(clippy::disallowed_methods, reason = "a hostile device does not ask daohu_record")]
pub(crate) fn put(base: Option<&Document>, device: Id, values: &[(&str, ScalarValue)]) -> Outcome<Vec<u8>> {
    let mut document = match base {
        Some(base) => Automerge::load(&base.save())?,
        None => Automerge::new(),
    };
    document.set_actor(ActorId::from(device.as_bytes().as_slice()));
    let written = document.transact_with::<_, _, automerge::AutomergeError, _>(
        |_| CommitOptions::default().with_time(1_557_000_000),
        |transaction| {
            for (key, value) in values {
                transaction.put(ROOT, *key, value.clone())?;
            }
            Ok(())
        },
    );
    written.map_err(|failure| failure.error)?;
    let change = document.get_last_local_change().ok_or("nothing was written")?;
    Ok(change.raw_bytes().to_vec())
}

/// The root keys of a header.
pub(crate) fn header(kind: &str, place: Place, by: Id) -> Vec<(&'static str, ScalarValue)> {
    vec![
        ("@kind", ScalarValue::from(kind)),
        ("@place", ScalarValue::Uint(place.number())),
        ("@by", ScalarValue::Bytes(by.as_bytes().to_vec())),
    ]
}

/// Turns bytes of an honest change, with a right checksum, until the guard names this code.
pub(crate) fn mutant(code: &str, (base, record, place, device): (&Document, Id, Place, Id), honest: &[u8]) -> Outcome<Vec<u8>> {
    let context =
        GuardContext { kind_of: &|name| kinds::find(name), device, record, place, may: &|_, _, _| true, limits: Limits::default() };
    let mut numbers = Numbers(1);
    for _ in 0..200_000 {
        let bytes = turned(honest, &mut numbers);
        if guard(Some(base), &bytes, &context).is_err_and(|refusal| refusal.code == code) {
            return Ok(bytes);
        }
    }
    Err(format!("no mutant is {code}").into())
}
