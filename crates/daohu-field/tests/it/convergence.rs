//! Two phones and the office: any order of sync ends in the same records on all of them.

use crate::phone::{HOUR, World, input};
use daohu_field::{Until, VisitInput};

#[test]
fn two_helpers_offline_come_to_one_digest_and_both_notes_are_kept() {
    let mut world = World::new(1);
    let (mut a, mut b, mut s) = (world.helper(), world.assistant(), world.secretary());
    a.sync(&mut world.server);
    let household = world.households[0];
    a.visit(household, "核对了收入台账,羊增加两只。");
    b.visit(household, "补贴已到账。");
    let note = |text: &str| vec![("contact_note".to_owned(), text.to_owned())];
    a.ledger.edit(household, &note("上午打电话,下午下地")).unwrap();
    b.ledger.edit(household, &note("只接村委会电话")).unwrap();
    assert_ne!(a.digest(household), b.digest(household));

    for phone in [&mut b, &mut a, &mut s] {
        phone.sync(&mut world.server);
    }
    for phone in [&mut a, &mut b, &mut s] {
        phone.sync(&mut world.server);
    }

    assert_eq!(a.digest(household), b.digest(household));
    assert_eq!(a.digest(household), s.digest(household));
    let conflicts = a.ledger.conflicts().unwrap();
    assert_eq!(conflicts.len(), 1);
    let said: Vec<&str> = conflicts[0].values.iter().filter_map(|value| value.by.as_deref()).collect();
    assert!(said.contains(&"张三") && said.contains(&"李四"), "{said:?}");

    let taken = conflicts[0].values[1].value.clone();
    a.ledger.resolve(household, "contact_note", 2).unwrap();
    for phone in [&mut a, &mut b] {
        phone.sync(&mut world.server);
    }
    assert!(b.ledger.conflicts().unwrap().is_empty());
    assert_eq!(b.ledger.household(&household.to_string()).unwrap().fields["contact_note"], taken);
    assert_eq!(b.ledger.history(household, Some("contact_note")).unwrap().len(), 3);
    assert_eq!(a.digest(household), b.digest(household));
}

#[test]
fn the_digest_is_over_ids_and_sorted_heads_of_the_six_kinds() {
    let mut world = World::new(1);
    let mut phone = world.helper();
    phone.visit(world.households[0], "核对了收入台账。");
    phone.sync(&mut world.server);

    let mut counted: Vec<_> = world
        .server
        .documents
        .iter()
        .filter(|(_, document)| {
            let header = document.header().unwrap();
            header.subject == Some(world.households[0]) && daohu_field::digest::KINDS.contains(&header.kind.as_str())
        })
        .map(|(id, document)| (*id, document.heads()))
        .collect();
    counted.sort();
    assert_eq!(counted.len(), 3);
    let expected = daohu_field::digest::of_household(counted.iter().map(|(id, heads)| (id, heads.as_slice())));

    assert_eq!(phone.digest(world.households[0]), expected.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
}

#[test]
fn the_same_joint_visit_on_two_phones_is_proposed_and_confirmed_by_a_person() {
    let mut world = World::new(1);
    let (mut a, mut b) = (world.helper(), world.assistant());
    let household = world.households[0].to_string();
    let with = VisitInput { with: vec![world.cadres[1].to_string()], ..input("一同走访,核对了台账。") };
    a.ledger.new_visit(&household, &with, Until::Submit).unwrap();
    b.clock.advance(HOUR / 2);
    b.visit(world.households[0], "和张三一同走访。");
    a.sync(&mut world.server);
    b.sync(&mut world.server);
    a.sync(&mut world.server);
    let proposals = b.ledger.join_proposals(&household).unwrap();
    assert_eq!(proposals.len(), 1);

    let kept = b.ledger.join_visits(proposals[0].keep, proposals[0].other).unwrap().visit;

    assert_eq!(kept.joined, [world.cadres[1]]);
    assert!(b.ledger.join_proposals(&household).unwrap().is_empty());
    b.sync(&mut world.server);
    a.sync(&mut world.server);
    let states: Vec<String> = a.ledger.household(&household).unwrap().visits.into_iter().map(|visit| visit.state).collect();
    assert_eq!(states, ["received", "voided"]);
}

#[test]
fn two_visits_two_hours_apart_are_not_proposed_as_one() {
    let mut world = World::new(1);
    let (mut a, mut b) = (world.helper(), world.assistant());
    let household = world.households[0].to_string();
    let with = VisitInput { with: vec![world.cadres[1].to_string()], ..input("一同走访,核对了台账。") };
    a.ledger.new_visit(&household, &with, Until::Submit).unwrap();
    b.clock.advance(2 * HOUR);
    b.visit(world.households[0], "又来了一次。");
    for phone in [&mut a, &mut b] {
        phone.sync(&mut world.server);
    }
    assert!(b.ledger.join_proposals(&household).unwrap().is_empty());
}
