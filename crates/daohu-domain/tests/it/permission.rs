//! Who may do what: every kind, role and act has its decided answer, written down in `permission_table.txt`.

use daohu_domain::{
    id::Id,
    kind::{Home, Kind, Merge},
    kinds,
    permission::{Act, Grant, may, may_decide, may_propose, own_visit},
    place::Place,
    role::{self, Reach, Role},
};
use std::fmt::Write as _;

/// The decided answers. To write them anew after a decision: `DAOHU_WRITE_TABLES=1 cargo test -p daohu-domain permission`.
const TABLE: &str = include_str!("permission_table.txt");

const TOWN: u64 = 610_802_209_000;
const VILLAGE: u64 = 610_802_209_201;

fn place(number: u64) -> Place {
    Place::from_number(number).unwrap()
}

fn id(byte: u8) -> Id {
    Id::from_bytes([byte; 16])
}

/// The grants that a role typically holds in a township: of household 1 or of the village or of all.
fn grants(role: Role) -> Vec<Grant> {
    let grant = |number, household| Grant { role, place: place(number), household };
    match role.level() {
        Reach::Own | Reach::Unit => vec![grant(VILLAGE, Some(id(1)))],
        Reach::Village => vec![grant(VILLAGE, None)],
        Reach::Township | Reach::County | Reach::None => vec![grant(TOWN, None), grant(VILLAGE, None)],
    }
}

/// Where a record of the kind lives, and of which household.
fn home(kind: &Kind) -> (Place, Option<Id>) {
    let number = match kind.home {
        Home::Village => VILLAGE,
        Home::Township => TOWN,
    };
    (place(number), kind.subject.may_be().then(|| id(1)))
}

fn allowed(asked: impl Fn(&[Grant]) -> bool) -> String {
    let roles: Vec<&str> = role::ALL.into_iter().filter(|role| asked(&grants(*role))).map(Role::slug).collect();
    if roles.is_empty() { "nobody".to_owned() } else { roles.join(" ") }
}

/// Adds a line to a list, joining subjects that have the same answer.
fn group(lines: &mut Vec<(String, Vec<String>)>, answer: String, subject: String) {
    match lines.iter_mut().find(|(known, _)| *known == answer) {
        Some((_, subjects)) => subjects.push(subject),
        None => lines.push((answer, vec![subject])),
    }
}

fn table() -> String {
    let mut text =
        String::from("Who may do what with a record of the place and household they hold. Every role that is not named may not.\n");
    for kind in kinds::all() {
        let (place, household) = home(kind);
        let ask = |act: Act<'_>| allowed(|grants| may(kind, act, grants, place, household));
        let _ = write!(text, "\n{}\n  read: {}\n  create: {}\n", kind.name, ask(Act::Read), ask(Act::Create));
        let mut edits = Vec::new();
        let mut proposals = Vec::new();
        for field in kind.fields {
            group(&mut edits, ask(Act::Edit(field.key)), field.key.to_owned());
            let roles = allowed(|grants| may_propose(kind, field.key, grants, place, household));
            group(&mut proposals, roles, field.key.to_owned());
        }
        for (answer, fields) in edits {
            let _ = writeln!(text, "  edit {}: {answer}", fields.join(", "));
        }
        for (answer, fields) in proposals.into_iter().filter(|(answer, _)| answer != "nobody") {
            let _ = writeln!(text, "  propose {}: {answer}", fields.join(", "));
        }
        let mut names: Vec<&str> = kind.events.iter().map(|event| event.name).collect();
        names.dedup();
        for name in names {
            let _ = writeln!(text, "  {name} by the author: {}", ask(Act::Append(name, true)));
            let _ = writeln!(text, "  {name} by another: {}", ask(Act::Append(name, false)));
        }
    }
    text
}

#[test]
fn every_kind_role_and_act_has_its_decided_answer() {
    let now = table();
    if std::env::var_os("DAOHU_WRITE_TABLES").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/permission_table.txt"), &now).unwrap();
    }
    for (line, (now, decided)) in now.lines().zip(TABLE.lines()).enumerate() {
        assert_eq!(now, decided, "line {}", line + 1);
    }
    assert_eq!(now.lines().count(), TABLE.lines().count());
}

#[test]
fn a_helper_visits_own_households_only() {
    let visit = kinds::find("visit").unwrap();
    let helper = grants(Role::Helper);
    assert!(may(visit, Act::Create, &helper, place(VILLAGE), Some(id(1))));
    assert!(!may(visit, Act::Create, &helper, place(VILLAGE), Some(id(2))), "another household of the village");
    assert!(!may(visit, Act::Create, &helper, place(VILLAGE), None));
    assert!(!may(visit, Act::Create, &helper, place(VILLAGE + 1), Some(id(1))), "another village");
    assert!(!may(visit, Act::Read, &[], place(VILLAGE), Some(id(1))), "no grants, no rights");
}

#[test]
fn a_helper_without_a_household_in_the_grant_reaches_nothing() {
    let village_wide = vec![Grant { role: Role::Helper, place: place(VILLAGE), household: None }];
    let household = kinds::find("household").unwrap();
    for asked in [Some(id(1)), None] {
        assert!(!may(household, Act::Read, &village_wide, place(VILLAGE), asked));
    }
}

#[test]
fn rights_of_several_grants_add_up_but_each_stays_in_its_place() {
    let review = kinds::find("review").unwrap();
    let visit = kinds::find("visit").unwrap();
    let both = vec![
        Grant { role: Role::VillageSecretary, place: place(VILLAGE), household: None },
        Grant { role: Role::Helper, place: place(VILLAGE + 1), household: Some(id(7)) },
    ];
    assert!(may(review, Act::Create, &both, place(VILLAGE), Some(id(1))));
    assert!(may(visit, Act::Create, &both, place(VILLAGE + 1), Some(id(7))));
    assert!(!may(review, Act::Create, &both, place(VILLAGE + 1), Some(id(7))), "a helper there, a secretary only here");
}

#[test]
fn reference_records_are_read_by_all_who_hold_anything_and_written_by_the_township_alone() {
    for kind in kinds::all().iter().filter(|kind| kind.reference) {
        assert!(may(kind, Act::Read, &grants(Role::Helper), place(TOWN), None), "{}", kind.name);
        assert!(!may(kind, Act::Read, &grants(Role::Sysadmin), place(TOWN), None), "{}", kind.name);
        for role in role::ALL {
            assert_eq!(may(kind, Act::Create, &grants(role), place(TOWN), None), role == Role::TownOffice, "{} {role}", kind.name);
        }
    }
}

#[test]
fn sealed_fields_are_nobodys_and_secrets_are_not_proposed() {
    for kind in kinds::all() {
        let (place, household) = home(kind);
        for field in kind.fields {
            for role in role::ALL {
                if field.merge == Merge::Sealed {
                    assert!(!may(kind, Act::Edit(field.key), &grants(role), place, household), "{}.{}", kind.name, field.key);
                }
                if field.merge == Merge::Sealed || field.is_secret() {
                    assert!(!may_propose(kind, field.key, &grants(role), place, household), "{}.{}", kind.name, field.key);
                }
            }
        }
    }
}

#[test]
fn inspectors_only_read() {
    for kind in kinds::all() {
        let (place, household) = home(kind);
        let grants = grants(Role::Inspector);
        assert!(may(kind, Act::Read, &grants, place, household), "{}", kind.name);
        assert!(!may(kind, Act::Create, &grants, place, household), "{}", kind.name);
        assert!(!kind.fields.iter().any(|field| may(kind, Act::Edit(field.key), &grants, place, household)), "{}", kind.name);
        let events = || kind.events.iter().map(|event| event.name);
        assert!(!events().any(|name| [true, false].into_iter().any(|own| may(kind, Act::Append(name, own), &grants, place, household))));
    }
}

#[test]
fn nobody_reviews_a_visit_he_took_part_in() {
    assert!(own_visit(&[id(3), id(4)], id(4)));
    assert!(!own_visit(&[id(3), id(4)], id(5)));
    assert!(!own_visit(&[], id(5)));
}

#[test]
fn only_the_township_approves_backfills_and_restores() {
    for result in ["approve_backfill", "restore"] {
        assert!(may_decide(result, Role::TownOffice) && !may_decide(result, Role::VillageSecretary) && !may_decide(result, Role::Helper));
    }
    for result in ["pass", "return", "refer", "void", "accept", "open_paper", "flag"] {
        assert!(may_decide(result, Role::VillageSecretary) && may_decide(result, Role::TownOffice));
        assert!(!may_decide(result, Role::Helper) && !may_decide(result, Role::VillageClerk) && !may_decide(result, Role::Inspector));
    }
}

#[test]
fn roles_are_read_by_slug_and_by_name() {
    for role in role::ALL {
        assert_eq!(role.slug().parse(), Ok(role));
        assert_eq!(role.zh().parse(), Ok(role));
        assert_eq!(serde_json::to_value(role).unwrap(), role.slug());
    }
    assert!("boss".parse::<Role>().is_err());
}
