//! Several writers who cannot see each other: every order of meeting gives one record, and nothing is lost.

use crate::sample::{NINE, NOTE, context, device, edit, event_named, fields, header, id, note, resolve};
use daohu_mutate::Numbers;
use daohu_record::{Change, Document, RecordError, guard};
use proptest::prelude::{Strategy, any, prop, proptest};
use serde_json::json;

/// Something one writer does.
#[derive(Debug, Clone)]
enum Act {
    Title(u8),
    Count(u8),
    Story(u8),
    Seen(u8),
    Forget,
    Say,
    /// Takes in everything another writer has.
    Meet(usize),
    Resolve(usize),
}

fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
    let act = (0..10_u8, any::<u8>(), 0..4_usize).prop_map(|(which, n, other)| match which {
        0 | 1 => Act::Title(n % 5),
        2 => Act::Count(n % 5),
        3 => Act::Story(n),
        4 => Act::Seen(n % 5),
        5 => Act::Forget,
        6 => Act::Say,
        7 | 8 => Act::Meet(other),
        _ => Act::Resolve(other % 2 + 1),
    });
    prop::collection::vec((0..4_usize, act), 1..25)
}

/// Lets a writer act; acts that change nothing are no failure.
fn play(documents: &mut [Document], writer: usize, act: &Act) -> Option<Change> {
    let number = u8::try_from(writer + 1).unwrap();
    let document = &mut documents[writer];
    let done = match act {
        Act::Title(n) => edit(document, number, "title", json!(format!("标题{n}"))),
        Act::Count(n) => edit(document, number, "count", json!(n)),
        Act::Story(n) => {
            let old = document.view(&NOTE).fields.get("story").and_then(|story| story.as_str().map(str::to_owned)).unwrap_or_default();
            let keep: String = old.chars().take(usize::from(*n) % (old.chars().count() + 1)).collect();
            edit(document, number, "story", json!(format!("{keep}又写{n}字。")))
        }
        Act::Seen(n) => edit(document, number, "seen", json!([id(*n + 10).to_string()])),
        Act::Forget => edit(document, number, "count", json!(null)),
        Act::Say => document.append(&NOTE, &event_named("submit"), device(number), NINE),
        Act::Meet(other) => {
            let theirs = documents[*other % documents.len()].changes();
            take_in(&mut documents[writer], &theirs);
            return None;
        }
        Act::Resolve(take) => resolve(document, "title", *take, number),
    };
    match done {
        Ok(change) => Some(change),
        Err(RecordError::NothingChanged | RecordError::NoConflict(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

fn take_in(document: &mut Document, changes: &[Change]) {
    for change in changes {
        document.apply_trusted(&change.bytes).unwrap();
    }
}

/// Puts changes into some order in which each follows what it rests on.
fn shuffled(changes: &[Change], numbers: &mut Numbers) -> Vec<Change> {
    let (mut left, mut order): (Vec<Change>, Vec<Change>) = (changes.to_vec(), Vec::new());
    while !left.is_empty() {
        let ready: Vec<usize> =
            (0..left.len()).filter(|index| left[*index].deps.iter().all(|dep| order.iter().any(|before| before.hash == *dep))).collect();
        order.push(left.remove(ready[numbers.below(ready.len())]));
    }
    order
}

proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 96, failure_persistence: None, ..Default::default() })]

    #[test]
    fn in_any_order_of_meeting_the_writers_end_with_one_record(acts in acts(), seed in any::<u64>()) {
        let (first, made) = note();
        let mut documents = vec![first; 4];
        let mut changes = vec![made];
        for (writer, act) in &acts {
            changes.extend(play(&mut documents, *writer, act));
        }
        let mut numbers = Numbers(seed);
        for document in &mut documents {
            take_in(document, &shuffled(&changes, &mut numbers));
        }
        let told = documents[0].view(&NOTE);
        for document in &documents {
            assert_eq!(document.heads(), documents[0].heads());
            assert_eq!(document.view(&NOTE), told);
            assert_eq!(document.history(&NOTE, None), documents[0].history(&NOTE, None));
            let loaded = Document::load(id(1), &document.save()).unwrap();
            assert_eq!((loaded.heads(), loaded.view(&NOTE)), (document.heads(), told.clone()));
        }
        let said = 1 + acts.iter().filter(|(_, act)| matches!(act, Act::Say)).count();
        assert_eq!(told.events.len(), said, "no event is ever lost");
    }

    #[test]
    fn the_guard_takes_every_honest_change_and_makes_the_same_record(acts in acts(), seed in any::<u64>()) {
        let (first, made) = note();
        let mut documents = vec![first; 4];
        let mut changes = vec![made];
        for (writer, act) in &acts {
            changes.extend(play(&mut documents, *writer, act));
        }
        let mut guarded: Option<Document> = None;
        let mut direct: Option<Document> = None;
        for change in shuffled(&changes, &mut Numbers(seed)) {
            let context = daohu_record::GuardContext { device: change.actor, ..context(1) };
            let accepted = guard(guarded.as_ref(), &change.bytes, &context).unwrap();
            assert_eq!((accepted.hash, accepted.newer), (change.hash, false));
            match &mut direct {
                Some(document) => document.apply_trusted(&change.bytes).unwrap(),
                None => direct = Some(Document::load(id(1), &change.bytes).unwrap()),
            }
            guarded = Some(accepted.document);
        }
        let (guarded, direct) = (guarded.unwrap(), direct.unwrap());
        assert_eq!(guarded.heads(), direct.heads());
        assert_eq!(guarded.view(&NOTE), direct.view(&NOTE));
    }
}

#[test]
fn two_who_write_one_field_apart_are_both_shown_and_one_choice_ends_it() {
    let (mut mine, _) = note();
    let mut theirs = mine.clone();
    let (a, b) = (edit(&mut mine, 1, "title", json!("甲")).unwrap(), edit(&mut theirs, 2, "title", json!("乙")).unwrap());
    mine.apply_trusted(&b.bytes).unwrap();
    theirs.apply_trusted(&a.bytes).unwrap();
    let view = mine.view(&NOTE);
    assert_eq!(view.conflicts, theirs.view(&NOTE).conflicts);
    let conflict = view.conflicts.first().unwrap();
    assert_eq!((view.conflicts.len(), conflict.field.as_str()), (1, "title"));
    let said: Vec<_> = conflict.values.iter().map(|said| (said.value.clone(), said.actor, said.claimed_at_ms, said.change)).collect();
    assert_eq!(said, [(json!("甲"), device(1), NINE + 60_000, a.hash), (json!("乙"), device(2), NINE + 60_000, b.hash)]);
    for take in [1, 2] {
        let mut chosen = mine.clone();
        let change = resolve(&mut chosen, "title", take, 1).unwrap();
        let view = chosen.view(&NOTE);
        assert_eq!((view.conflicts.len(), view.fields.get("title")), (0, Some(&conflict.values[take - 1].value)));
        assert_eq!(view.origins["title"].change, change.hash);
    }
    for take in [0, 3] {
        assert_eq!(resolve(&mut mine, "title", take, 1), Err(RecordError::NoConflict("title".to_owned())));
    }
    assert_eq!(resolve(&mut mine, "count", 1, 1), Err(RecordError::NoConflict("count".to_owned())));
}

#[test]
fn two_who_choose_apart_do_not_delete_each_others_choice() {
    let (mut mine, _) = note();
    let mut theirs = mine.clone();
    let (a, b) = (edit(&mut mine, 1, "title", json!("甲")).unwrap(), edit(&mut theirs, 2, "title", json!("乙")).unwrap());
    mine.apply_trusted(&b.bytes).unwrap();
    theirs.apply_trusted(&a.bytes).unwrap();
    resolve(&mut mine, "title", 1, 1).unwrap();
    let choice = edit(&mut theirs, 2, "title", json!("乙")).unwrap();
    mine.apply_trusted(&choice.bytes).unwrap();
    let values: Vec<_> = mine.view(&NOTE).conflicts[0].values.iter().map(|said| said.value.clone()).collect();
    assert_eq!(values, [json!("甲"), json!("乙")]);
}

#[test]
fn two_who_write_the_same_do_not_disagree() {
    let (mut mine, _) = note();
    let mut theirs = mine.clone();
    edit(&mut mine, 1, "title", json!("同")).unwrap();
    let change = edit(&mut theirs, 2, "title", json!("同")).unwrap();
    mine.apply_trusted(&change.bytes).unwrap();
    assert!(mine.view(&NOTE).conflicts.is_empty());
}

#[test]
fn two_who_write_one_text_keep_the_words_of_both() {
    let (mut mine, _) = note();
    let mut theirs = mine.clone();
    edit(&mut mine, 1, "story", json!("早上六点。上午入户。")).unwrap();
    let change = edit(&mut theirs, 2, "story", json!("上午入户。水已通。")).unwrap();
    mine.apply_trusted(&change.bytes).unwrap();
    let view = mine.view(&NOTE);
    assert_eq!(view.fields.get("story"), Some(&json!("早上六点。上午入户。水已通。")));
    assert!(view.conflicts.is_empty());
}

#[test]
fn two_who_fill_an_empty_text_or_set_keep_what_both_wrote() {
    let empty = fields(json!({"tone": "calm", "title": "甲"}));
    let (mut mine, _) = Document::create(&header(), &NOTE, &empty, None, device(1), NINE).unwrap();
    let mut theirs = mine.clone();
    mine.edit(&NOTE, &fields(json!({"story": "甲写。", "seen": [id(4).to_string()]})), device(1), NINE).unwrap();
    let change = theirs.edit(&NOTE, &fields(json!({"story": "乙写。", "seen": [id(5).to_string()]})), device(2), NINE).unwrap();
    mine.apply_trusted(&change.bytes).unwrap();
    let view = mine.view(&NOTE);
    let story = view.fields["story"].as_str().unwrap();
    assert!(story.contains("甲写。") && story.contains("乙写。"), "{story}");
    assert_eq!(view.fields["seen"], json!([id(4).to_string(), id(5).to_string()]));
    assert!(view.conflicts.is_empty());
}

#[test]
fn events_are_folded_in_causal_order_whatever_the_clocks_say() {
    let (mut mine, _) = note();
    let mut theirs = mine.clone();
    let mut early = event_named("return");
    early.stamp.wall_ms = 0;
    let answer = theirs.append(&NOTE, &early, device(2), 0).unwrap();
    mine.apply_trusted(&answer.bytes).unwrap();
    mine.append(&NOTE, &event_named("submit"), device(1), 0).unwrap();
    let names: Vec<String> = mine.view(&NOTE).events.into_iter().map(|event| event.name).collect();
    assert_eq!(names, ["submit", "return", "submit"]);
}
