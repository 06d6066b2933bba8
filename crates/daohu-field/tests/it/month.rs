//! Month records: composed from visits, handed in with a need met or a reason, two documents shown as one.

use crate::phone::{Phone, World};
use daohu_field::MonthInput;

fn set(field: &str, text: &str) -> MonthInput {
    MonthInput { set: vec![(field.to_owned(), text.to_owned())], ..MonthInput::default() }
}

fn submit(reason: Option<&str>) -> MonthInput {
    MonthInput { submit: true, reason: reason.map(str::to_owned), ..MonthInput::default() }
}

#[test]
fn a_month_is_composed_from_its_visits_and_ready_to_be_copied() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    phone.visit(world.households[0], "核对了收入台账,羊增加两只。");
    let may = "2019-05".parse().unwrap();

    let shown = phone.ledger.month_record(&world.households[0].to_string(), may, &MonthInput::default()).unwrap();

    assert_eq!((shown.id, shown.state.as_str(), shown.visits.len()), (None, "open", 1));
    assert!(shown.text.starts_with("2019年5月纪实　6108022090000000 白文0\n"), "{}", shown.text);
    assert!(shown.text.contains("5月5日入户") && shown.text.contains("羊增加两只"), "{}", shown.text);
    assert_eq!(phone.ledger.status().unwrap().unsent, 1);
}

#[test]
fn a_month_without_a_visit_is_handed_in_only_with_a_reason() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let (household, may) = (world.households[0].to_string(), "2019-05".parse().unwrap());
    assert_eq!(phone.ledger.month_record(&household, may, &submit(None)).unwrap_err().code(), "needs_reason");
    let shown = phone.ledger.month_record(&household, may, &submit(Some("自然灾害"))).unwrap();
    assert_eq!(shown.state, "submitted");
    phone.sync(&mut world.server);
    assert_eq!(world.server.count("month_record"), 1);
}

#[test]
fn a_month_that_was_visited_is_handed_in_with_what_was_composed() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    let (household, may) = (world.households[0].to_string(), "2019-05".parse().unwrap());
    phone.visit(world.households[0], "核对了收入台账。");
    let shown = phone.ledger.month_record(&household, may, &submit(None)).unwrap();
    phone.sync(&mut world.server);
    let held = world.server.fields(shown.id.unwrap());
    assert!(held["work"].as_str().unwrap().contains("5月5日入户"));
    assert!(held["income_change"].as_str().unwrap().contains("核对了收入台账"));
    assert_eq!(held["visits"].as_array().unwrap().len(), 1);
    assert_eq!(world.server.documents[&shown.id.unwrap()].change_count(), 1);
}

#[test]
fn two_documents_of_one_month_are_shown_as_one_with_both_texts() {
    let mut world = World::new(1);
    let (mut a, mut b) = (world.helper(), world.assistant());
    let (household, may) = (world.households[0].to_string(), "2019-05".parse().unwrap());
    a.ledger.month_record(&household, may, &set("needs", "缺水")).unwrap();
    b.ledger.month_record(&household, may, &set("needs", "路不平")).unwrap();
    a.sync(&mut world.server);
    b.sync(&mut world.server);
    a.sync(&mut world.server);
    assert_eq!(world.server.count("month_record"), 2);

    let (one, two) = (
        a.ledger.month_record(&household, may, &MonthInput::default()).unwrap(),
        b.ledger.month_record(&household, may, &MonthInput::default()).unwrap(),
    );

    assert_eq!(one, two);
    assert_eq!(one.conflicts[0].values.len(), 2);
    assert_eq!(a.ledger.conflicts().unwrap(), one.conflicts, "the list of conflicts has them too");
    assert_eq!(a.ledger.household(&household).unwrap().conflicts, b.ledger.conflicts().unwrap());
    assert_eq!(a.ledger.household(&household).unwrap().months.len(), 1);
    assert_eq!(a.digest(world.households[0]), b.digest(world.households[0]));
}

/// Two helpers who each made a document of one month with another text; both phones hold both.
fn twins(world: &mut World, (field, mine, theirs): (&str, &str, &str)) -> (Phone, Phone) {
    let (mut a, mut b) = (world.helper(), world.assistant());
    let (household, may) = (world.households[0].to_string(), "2019-05".parse().unwrap());
    a.ledger.month_record(&household, may, &set(field, mine)).unwrap();
    b.ledger.month_record(&household, may, &set(field, theirs)).unwrap();
    exchange(world, &mut a, &mut b);
    (a, b)
}

fn exchange(world: &mut World, a: &mut Phone, b: &mut Phone) {
    for _ in 0..2 {
        a.sync(&mut world.server);
        b.sync(&mut world.server);
    }
}

fn values(phone: &Phone) -> Vec<String> {
    let conflicts = phone.ledger.conflicts().unwrap();
    conflicts.iter().flat_map(|one| &one.values).map(|one| one.value.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_person_chooses_between_the_texts_of_two_documents_and_writes_on() {
    let mut world = World::new(1);
    let (mut a, mut b) = twins(&mut world, ("needs", "缺水", "路不平"));
    let (household, may) = (world.households[0].to_string(), "2019-05".parse().unwrap());
    let conflict = b.ledger.conflicts().unwrap().remove(0);
    let taken = conflict.values[1].value.clone();

    let report = b.ledger.resolve(conflict.record, "needs", 2).unwrap();

    assert_eq!((report.record, report.changed), (Some(conflict.record), Some(vec!["needs".to_owned()])));
    exchange(&mut world, &mut a, &mut b);
    for phone in [&mut a, &mut b] {
        assert!(phone.ledger.conflicts().unwrap().is_empty());
        assert_eq!(phone.ledger.month_record(&household, may, &MonthInput::default()).unwrap().fields["needs"], taken);
    }
    let shown = a.ledger.month_record(&household, may, &set("needs", "缺水，路也不平")).unwrap();
    assert_eq!((shown.fields["needs"].as_str(), shown.conflicts.len()), (Some("缺水，路也不平"), 0), "what was settled stays settled");
    assert_eq!(b.ledger.resolve(conflict.record, "needs", 1).unwrap_err().code(), "not_found");
}

#[test]
fn two_people_who_choose_apart_between_two_documents_disagree_again() {
    let mut world = World::new(1);
    let (mut a, mut b) = twins(&mut world, ("needs", "缺水", "路不平"));
    let record = a.ledger.conflicts().unwrap()[0].record;
    let before = values(&a);

    a.ledger.resolve(record, "needs", 1).unwrap();
    b.ledger.resolve(record, "needs", 2).unwrap();
    exchange(&mut world, &mut a, &mut b);

    let mut after = values(&a);
    assert_eq!(after, values(&b));
    after.sort();
    assert_eq!(after, {
        let mut before = before;
        before.sort();
        before
    });
    a.ledger.resolve(record, "needs", 2).unwrap();
    exchange(&mut world, &mut a, &mut b);
    assert!(values(&b).is_empty());
}

#[test]
fn two_people_who_choose_alike_between_two_documents_agree() {
    let mut world = World::new(1);
    let (mut a, mut b) = twins(&mut world, ("work", "核对台账", "送存折"));
    let conflict = a.ledger.conflicts().unwrap().remove(0);
    let (household, may) = (world.households[0].to_string(), "2019-05".parse().unwrap());

    a.ledger.resolve(conflict.record, "work", 2).unwrap();
    b.ledger.resolve(conflict.record, "work", 2).unwrap();
    exchange(&mut world, &mut a, &mut b);

    assert!(values(&a).is_empty() && values(&b).is_empty());
    let shown = b.ledger.month_record(&household, may, &MonthInput::default()).unwrap();
    assert_eq!(shown.fields["work"], conflict.values[1].value);
}

#[test]
fn what_somebody_is_adding_while_another_chooses_stays_in_view() {
    for take in [1, 2] {
        let mut world = World::new(1);
        let (mut a, mut b) = twins(&mut world, ("work", "核对台账", "送存折"));
        let (household, may) = (world.households[0].to_string(), "2019-05".parse().unwrap());
        let record = a.ledger.conflicts().unwrap()[0].record;
        let shown = b.ledger.month_record(&household, may, &MonthInput::default()).unwrap().fields["work"].as_str().unwrap().to_owned();

        a.ledger.resolve(record, "work", take).unwrap();
        b.ledger.month_record(&household, may, &set("work", &format!("{shown}，又补了一段"))).unwrap();
        exchange(&mut world, &mut a, &mut b);

        for phone in [&mut a, &mut b] {
            let text = phone.ledger.month_record(&household, may, &MonthInput::default()).unwrap().fields["work"].to_string();
            assert!(text.contains("又补了一段"), "{take}: {text}");
        }
    }
}

#[test]
fn who_may_not_write_the_month_may_not_choose_for_it() {
    let mut world = World::new(1);
    let (a, _) = twins(&mut world, ("needs", "缺水", "路不平"));
    let mut inspector = world.official(0x70, "巡查员", "inspector");
    let record = a.ledger.conflicts().unwrap()[0].record;
    assert_eq!(values(&inspector).len(), 2);
    assert_eq!(inspector.ledger.resolve(record, "needs", 1).unwrap_err().code(), "forbidden_writer");
}

#[test]
fn a_text_that_two_helpers_continue_is_merged_letter_by_letter() {
    let mut world = World::new(1);
    let (mut a, mut b) = (world.helper(), world.assistant());
    let (household, may) = (world.households[0].to_string(), "2019-05".parse().unwrap());
    a.ledger.month_record(&household, may, &set("work", "上旬核对台账。")).unwrap();
    a.sync(&mut world.server);
    b.sync(&mut world.server);
    a.ledger.month_record(&household, may, &set("work", "(张)上旬核对台账。")).unwrap();
    b.ledger.month_record(&household, may, &set("work", "上旬核对台账。下旬修路。")).unwrap();
    a.sync(&mut world.server);
    b.sync(&mut world.server);
    a.sync(&mut world.server);
    let shown = a.ledger.month_record(&household, may, &MonthInput::default()).unwrap();
    assert_eq!(shown.fields["work"], "(张)上旬核对台账。下旬修路。");
    assert!(shown.conflicts.is_empty());
}
