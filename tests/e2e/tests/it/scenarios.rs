//! Scenarios of the agreed vectors, played into a store by real phones, real syncs and the office's real commands: the
//! figures asked of the store are the ones that the scenario's paper reckoning gives.

mod phones;
mod play;
mod roster;
mod time;

use daohu_e2e::{Outcome, World, shared};
use serde_json::Value as Json;
use std::{collections::BTreeSet, fs};

/// Which vectors are not played, and why.
const LEFT_OUT: [(&str, &str); 3] = [
    ("03-proxy-visit", "a phone always counts its owner among those who took part"),
    ("15-duplicates", "no command names the original of a duplicate"),
    ("27-tree", "a code has one record of its region in a store, not one for each span"),
];

/// Figures of a played vector that a store cannot have, and why.
const FIGURES_LEFT_OUT: [(&str, &str, &str); 1] = [("41-takeover", "tour", "a store has no record of tours")];

/// Plays one vector and compares the store's figures with the expected ones.
fn play(name: &str) -> Outcome<()> {
    let vector: Json = serde_json::from_str(&fs::read_to_string(shared(&format!("vectors/{name}.json"))?)?)?;
    let (scenario, expected) = (&vector["scenario"], &vector["expected"]);
    let mut world = World::empty("2018-12-01T00:00:00+08:00")?;
    let ids = roster::enter(&world, scenario)?;
    world.serve()?;
    let ids = play::Play::all(&world, scenario, ids)?;

    let query = ["place", "month", "as_of"].map(|key| roster::plain(&scenario["query"][key]));
    world.at(&query[2])?;
    let figures = world.daohu(&["coverage", "--place", &query[0], "--month", &query[1], "--as-of", &query[2]])?;

    let mut figures = renamed(&figures, &ids)?;
    let told = |key: &str| !FIGURES_LEFT_OUT.iter().any(|(vector, figure, _)| (*vector, *figure) == (name, key));
    for (key, wanted) in expected.as_object().into_iter().flatten().filter(|(key, _)| told(key)) {
        sort(&mut figures[key]);
        let mut wanted = wanted.clone();
        sort(&mut wanted);
        assert_eq!(figures[key], wanted, "{name}: {key} (left: the store, right: the vector)");
    }
    Ok(())
}

/// Puts the scenario's ids in the place of the store's.
fn renamed(figures: &Json, ids: &roster::Ids) -> Outcome<Json> {
    let mut told = figures.to_string();
    for (name, id) in ids {
        told = told.replace(id.as_str(), name);
    }
    Ok(serde_json::from_str(&told)?)
}

/// Sorts the rows of a list by what names them: ids in a store have another order than those of a scenario.
fn sort(value: &mut Json) {
    let name = |row: &Json| -> Vec<String> {
        let keys = ["id", "cadre", "place", "household", "from"];
        let parts = if row["household"].is_string() { &["household", "from"][..] } else { &keys[..3] };
        parts.iter().map(|key| roster::plain(&row[*key])).collect()
    };
    if let Json::Array(rows) = value
        && rows.iter().all(Json::is_object)
    {
        rows.sort_by_key(name);
    }
}

macro_rules! played {
    ($($test:ident: $vector:literal,)*) => {
        const PLAYED: &[&str] = &[$($vector),*];
        $(#[test]
        fn $test() -> Outcome<()> {
            play($vector)
        })*
    };
}

played! {
    handovers_are_attributed_as_in_vector_01: "01-handover-june",
    gaps_are_told_as_in_vector_02: "02-gap-june",
    ties_go_to_the_later_holder_as_in_vector_04: "04-ties",
    overlapping_pairings_are_one_holder_a_day_as_in_vector_05: "05-overlap",
    a_leap_february_is_as_in_vector_06: "06-leap-february",
    a_plain_february_is_as_in_vector_07: "07-plain-february",
    a_clock_six_days_slow_is_put_right_as_in_vector_08: "08-clock-trusted",
    a_reboot_leaves_a_doubt_as_in_vector_09: "09-clock-doubt",
    a_doubt_across_two_months_is_never_verified_as_in_vector_10: "10-clock-straddles",
    modes_count_as_in_vector_11: "11-modes",
    reviews_and_the_author_s_own_moves_fold_as_in_vector_12: "12-states",
    a_passed_month_record_passes_its_visits_as_in_vector_13: "13-month-review-passes",
    twice_a_month_needs_two_days_as_in_vector_14: "14-twice-a-month",
    a_backfill_is_declared_as_in_vector_16: "16-backfill",
    a_video_call_is_equivalent_as_in_vector_17: "17-equivalents",
    statuses_carry_duty_as_in_vector_18: "18-scope-statuses",
    households_enter_and_leave_scope_as_in_vector_19: "19-enter-exit-leave",
    assistants_have_a_duty_of_their_own_as_in_vector_20: "20-assistant-duty",
    a_split_household_is_visited_with_its_parent_as_in_vector_21: "21-split-merge",
    midnight_parts_months_as_in_vector_22: "22-midnight",
    midnight_seen_from_may_is_as_in_vector_23: "23-midnight-may",
    a_deputy_answers_during_leave_as_in_vector_24: "24-leave",
    one_helper_under_two_units_is_one_as_in_vector_25: "25-two-units",
    a_moved_household_is_told_where_it_lives_as_in_vector_26: "26-moved",
    a_quarterly_household_is_not_due_in_may_as_in_vector_28: "28-quarter-not-due",
    a_quarter_is_told_at_its_end_as_in_vector_29: "29-quarter-end",
    a_short_quarter_is_as_in_vector_30: "30-quarter-short",
    december_freezes_in_january_as_in_vector_31: "31-year-end",
    hidden_and_open_gaps_add_up_as_in_vector_32: "32-hidden-gap",
    a_pairing_is_stale_as_in_vector_33: "33-hidden-details",
    a_running_month_is_told_so_far_as_in_vector_34: "34-running-month",
    late_syncs_are_a_revision_as_in_vector_35: "35-late-sync",
    late_syncs_of_may_leave_june_alone_as_in_vector_36: "36-late-sync-june",
    each_reason_of_a_revision_is_told_as_in_vector_37: "37-revision-reasons",
    the_last_second_before_the_freeze_counts_as_in_vector_38: "38-freeze-edge",
    forty_eight_hours_and_the_days_of_a_month_are_as_in_vector_39: "39-timeliness",
    delays_are_told_by_village_as_in_vector_40: "40-delays",
    a_takeover_and_an_empty_post_are_told_as_in_vector_41: "41-takeover",
    staff_who_left_are_told_by_unit_as_in_vector_42: "42-unit-staff",
    one_of_sixteen_is_as_in_vector_43: "43-percent",
    nobody_in_scope_is_nothing_due_as_in_vector_44: "44-nothing-due",
    nine_units_with_one_paired_clerk_each_are_as_in_vector_45: "45-seed-nine-units",
}

#[test]
fn every_vector_is_played_or_left_out_with_a_reason() -> Outcome<()> {
    let mut there = BTreeSet::new();
    for file in fs::read_dir(shared("vectors")?)? {
        let name = file?.file_name().to_string_lossy().into_owned();
        there.extend(name.strip_suffix(".json").map(str::to_owned));
    }
    let told: BTreeSet<String> = PLAYED.iter().copied().chain(LEFT_OUT.iter().map(|(name, _)| *name)).map(str::to_owned).collect();
    assert_eq!(there, told);
    assert!(LEFT_OUT.iter().all(|(_, why)| !why.is_empty()));
    Ok(())
}
