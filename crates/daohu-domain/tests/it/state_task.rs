//! The general fold, by the moves of a task and of a kind without states.

use daohu_domain::{
    Fields,
    calendar::Instant,
    kinds,
    role::Role,
    state::{Folded, PastEvent, fold},
};
use std::slice::from_ref;

fn event(name: &str, by_author: bool, role: Role) -> PastEvent {
    PastEvent { name: name.to_owned(), by_author, roles: vec![role], at: Instant(0), key: name.to_owned(), fields: Fields::new() }
}

fn folded(events: &[PastEvent]) -> (String, Vec<usize>) {
    let Folded { state, refused } = fold(kinds::find("task").unwrap(), events);
    (state, refused)
}

#[test]
fn a_task_is_done_then_accepted_or_not() {
    let done = event("done", true, Role::Helper);
    let accept = event("accept", false, Role::VillageClerk);
    let reject = event("reject", false, Role::VillageSecretary);
    let reopen = event("reopen", false, Role::TownOffice);
    assert_eq!(folded(&[]), ("open".to_owned(), vec![]));
    assert_eq!(folded(from_ref(&done)), ("done".to_owned(), vec![]));
    assert_eq!(folded(&[done.clone(), accept.clone()]), ("accepted".to_owned(), vec![]));
    assert_eq!(folded(from_ref(&reject)), ("rejected".to_owned(), vec![]));
    assert_eq!(folded(&[done.clone(), reopen, done.clone()]), ("done".to_owned(), vec![]));
    assert_eq!(folded(&[accept, reject, done]), ("accepted".to_owned(), vec![1, 2]), "a closed one stays closed");
}

#[test]
fn the_one_who_asks_does_not_decide() {
    let accept = event("accept", true, Role::Helper);
    assert_eq!(folded(&[accept]), ("open".to_owned(), vec![0]));
}

#[test]
fn a_refused_event_does_not_stop_those_after_it() {
    let unknown = event("explode", true, Role::TownOffice);
    let done = event("done", true, Role::Helper);
    assert_eq!(folded(&[unknown, done]), ("done".to_owned(), vec![0]));
}

#[test]
fn a_kind_without_states_refuses_every_event() {
    let leave = kinds::find("leave").unwrap();
    let folded = fold(leave, &[event("done", true, Role::TownOffice)]);
    assert_eq!((folded.state.as_str(), folded.refused), ("", vec![0]));
}
