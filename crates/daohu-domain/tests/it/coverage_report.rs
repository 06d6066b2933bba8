//! First and revised figures, what came in time, and what surrounds the month: each rule at its border.

use crate::coverage_shared::{TestResult, figures, household, june, of_household, pairing, visit, with};
use serde_json::{Value, json};
use std::error::Error;

fn event(at: &str, act: &str) -> Value {
    json!({"at": format!("2019-{at}:00+08:00"), "do": act})
}

fn logged(visit: Value, log: &[Value]) -> Value {
    with(visit, json!({"log": log}))
}

fn late(visit: Value) -> Value {
    with(visit, json!({"received_at": "2019-07-11T00:00:00+08:00"}))
}

fn side(households: &[Value], visits: &[Value], side: &str) -> Result<Value, Box<dyn Error>> {
    let figures = figures(&with(june(), json!({"households": households, "visits": visits})))?;
    Ok(figures["report"][side].clone())
}

#[test]
fn of_several_reasons_of_a_gain_late_sync_goes_before_correction_before_approval() -> TestResult {
    let approved = |id: &str| -> Result<Value, Box<dyn Error>> {
        let told = with(late(visit(id, "H1", "li", "06-05T09:00")?), json!({"backfill": {"original_date": "2019-06-05"}}));
        Ok(logged(told, &[event("07-12T09:00", "approve_backfill")]))
    };
    let corrected = logged(visit("V2", "H1", "li", "06-05T09:00")?, &[event("07-01T09:00", "return"), event("07-12T09:00", "resubmit")]);
    let synced = late(visit("V3", "H1", "li", "06-05T09:00")?);
    let reasons =
        |visits: &[Value]| -> Result<Value, Box<dyn Error>> { Ok(side(&[household("H1")], visits, "declared")?["reasons"].clone()) };
    assert_eq!(reasons(&[approved("V1")?, corrected.clone(), synced.clone()])?, json!({"late_sync": [1, 0]}));
    assert_eq!(reasons(&[approved("V1")?, synced])?, json!({"late_sync": [1, 0]}));
    assert_eq!(reasons(&[approved("V1")?, corrected])?, json!({"correction": [1, 0]}));
    // An approval means nothing to a visit that is no backfill.
    let acts = [event("07-01T09:00", "return"), event("07-12T09:00", "resubmit"), event("07-13T09:00", "approve_backfill")];
    assert_eq!(reasons(&[logged(visit("V4", "H1", "li", "06-05T09:00")?, &acts)])?, json!({"correction": [1, 0]}));
    assert_eq!(reasons(&[approved("V1")?])?, json!({"backfill_approved": [1, 0]}));
    Ok(())
}

#[test]
fn a_backfill_approved_at_the_freeze_is_approved_after_it() -> TestResult {
    let quarterly = with(household("H1"), json!({"tier": [{"tier": "quarterly", "from": "2018-01-01"}]}));
    let told = |at: &str| -> Result<Value, Box<dyn Error>> {
        let told = with(
            visit("V1", "H1", "li", "04-05T09:00")?,
            json!({"backfill": {"original_date": "2019-04-05"}, "received_at": "2019-06-01T00:00:00+08:00"}),
        );
        Ok(logged(told, &[json!({"at": at, "do": "approve_backfill"})]))
    };
    let report = side(std::slice::from_ref(&quarterly), &[told("2019-07-11T00:00:00+08:00")?], "declared")?;
    assert_eq!(report, json!({"first": [0, 1], "revised": [1, 1], "reasons": {"backfill_approved": [1, 0]}}));
    let report = side(&[quarterly], &[told("2019-07-10T23:59:59+08:00")?], "declared")?;
    assert_eq!(report, json!({"first": [1, 1], "revised": [1, 1], "reasons": {}}));
    Ok(())
}

#[test]
fn one_voided_visit_among_the_lost_names_the_loss() -> TestResult {
    let two = with(household("H1"), json!({"tier": [{"tier": "twice", "from": "2018-01-01"}]}));
    let voided = logged(visit("V1", "H1", "li", "06-05T09:00")?, &[event("07-12T09:00", "void")]);
    let returned = logged(visit("V2", "H1", "li", "06-06T09:00")?, &[event("07-12T09:00", "return")]);
    let kept = visit("V3", "H1", "li", "06-07T09:00")?;
    let early = logged(visit("V4", "H1", "li", "06-08T09:00")?, &[event("06-12T09:00", "void")]);
    let reasons = |visits: &[Value]| -> Result<Value, Box<dyn Error>> {
        let config = json!({"tiers": {"twice": {"months": 1, "need": 2}}});
        let figures = figures(&with(june(), json!({"config": config, "households": [two], "visits": visits})))?;
        Ok(figures["report"]["declared"]["reasons"].clone())
    };
    assert_eq!(reasons(&[voided, returned.clone(), early.clone()])?, json!({"void": [0, 1]}));
    assert_eq!(reasons(&[kept, returned, early])?, json!({"correction": [0, 1]}));
    Ok(())
}

#[test]
fn the_verified_count_has_reasons_of_its_own() -> TestResult {
    let visits = [
        logged(late(visit("V1", "H1", "li", "06-05T09:00")?), &[event("07-12T09:00", "pass")]),
        logged(visit("V2", "H2", "li", "06-05T09:00")?, &[event("07-12T09:00", "pass")]),
        logged(visit("V3", "H3", "li", "06-05T09:00")?, &[event("06-12T09:00", "pass"), event("07-12T09:00", "flag")]),
    ];
    let households = ["H1", "H2", "H3"].map(household);
    assert_eq!(
        side(&households, &visits, "verified")?,
        json!({"first": [1, 3], "revised": [2, 3], "reasons": {"late_sync": [1, 0], "correction": [1, 1]}})
    );
    assert_eq!(side(&households, &visits, "declared")?, json!({"first": [2, 3], "revised": [3, 3], "reasons": {"late_sync": [1, 0]}}));
    Ok(())
}

#[test]
fn a_household_met_by_an_outsider_is_met_though_nobody_answers_for_it() -> TestResult {
    let visits = [late(visit("V1", "H1", "li", "06-05T09:00")?), visit("V2", "H2", "li", "06-05T09:00")?];
    let figures = figures(&with(june(), json!({"households": (["H1", "H2", "H3"].map(household)), "visits": visits})))?;
    assert_eq!(["H1", "H2", "H3"].map(|id| of_household(&figures, id, "state")), ["late", "met", "gap"]);
    assert_eq!(figures["sums"]["gap_households"], 3);
    Ok(())
}

#[test]
fn forty_eight_hours_are_in_time_to_the_millisecond() -> TestResult {
    let submitted = |id: &str, at: &str| -> Result<Value, Box<dyn Error>> {
        Ok(with(visit(id, "H1", "li", "06-05T09:20")?, json!({"submitted_at": at, "received_at": "2019-06-09T00:00:00+08:00"})))
    };
    let visits = [
        submitted("V1", "2019-06-07T10:00:00+08:00")?,
        submitted("V2", "2019-06-07T10:00:00.001+08:00")?,
        submitted("V3", "2019-05-07T10:00:00+08:00")?,
    ];
    let figures = figures(&with(june(), json!({"households": [household("H1")], "visits": visits})))?;
    assert_eq!(figures["timeliness"]["visit_48h"], json!([2, 3]));
    Ok(())
}

#[test]
fn visits_are_told_whatever_their_mode_but_not_as_drafts() -> TestResult {
    let visits = [
        with(visit("V1", "H1", "li", "06-05T09:00")?, json!({"mode": "gathering"})),
        with(visit("V2", "H1", "li", "06-06T09:00")?, json!({"absent_reason": "other"})),
        logged(visit("V3", "H1", "li", "06-07T09:00")?, &[event("06-08T09:00", "return")]),
        logged(visit("V4", "H1", "li", "06-08T09:00")?, &[event("06-09T09:00", "withdraw")]),
        logged(visit("V5", "H1", "li", "06-09T09:00")?, &[event("06-10T09:00", "void")]),
        with(visit("V6", "H1", "li", "06-10T09:00")?, json!({"received_at": null})),
        with(visit("V7", "H1", "li", "06-11T09:00")?, json!({"received_at": "2019-08-01T00:00:00+08:00"})),
        visit("V8", "H1", "li", "05-31T09:00")?,
        visit("V9", "elsewhere", "li", "06-05T09:00")?,
    ];
    let away = with(household("elsewhere"), json!({"places": [{"place": "610802000000", "from": "2018-01-01"}]}));
    let figures = figures(&with(june(), json!({"households": [household("H1"), away], "visits": visits})))?;
    assert_eq!(figures["timeliness"]["visit_48h"], json!([3, 3]));
    assert_eq!(figures["delays"][0]["visits"], 3);
    Ok(())
}

#[test]
fn a_delay_is_whole_minutes_and_never_negative() -> TestResult {
    let arrived = |at: &str| -> Result<Value, Box<dyn Error>> {
        let told = with(visit("V1", "H1", "li", "06-05T09:20")?, json!({"received_at": at}));
        let figures = figures(&with(june(), json!({"households": [household("H1")], "visits": [told]})))?;
        Ok(figures["delays"][0]["median_min"].clone())
    };
    assert_eq!(arrived("2019-06-05T10:01:59+08:00")?, 1);
    assert_eq!(arrived("2019-06-05T10:02:00+08:00")?, 2);
    assert_eq!(arrived("2019-06-05T09:00:00+08:00")?, 0);
    Ok(())
}

#[test]
fn records_and_reviews_are_in_time_until_their_last_day_ends() -> TestResult {
    let record = |id: &str, received: &str, acts: &[(&str, &str)]| {
        let log: Vec<Value> = acts.iter().map(|(at, act)| json!({"at": at, "do": act})).collect();
        json!({"household": id, "month": "2019-06", "received_at": received, "log": log})
    };
    let in_time = "2019-07-03T23:59:59.999+08:00";
    let records = json!([
        record("H1", in_time, &[("2019-07-08T23:59:59.999+08:00", "refer")]),
        record("H2", in_time, &[("2019-07-09T00:00:00+08:00", "pass")]),
        record("H3", in_time, &[("2019-07-05T00:00:00+08:00", "resubmit"), ("2019-07-06T00:00:00+08:00", "other")]),
        record("H4", "2019-07-04T00:00:00+08:00", &[("2019-07-05T00:00:00+08:00", "pass")]),
        // Handed in twice: the first one is in time.
        record("H5", "2019-07-20T00:00:00+08:00", &[]),
        record("H5", in_time, &[("2019-07-04T00:00:00+08:00", "return"), ("2019-07-12T00:00:00+08:00", "resubmit")]),
        record("idle", in_time, &[("2019-07-05T00:00:00+08:00", "pass")]),
        with(record("H6", in_time, &[]), json!({"month": "2019-05"})),
    ]);
    let mut households = ["H1", "H2", "H3", "H4", "H5", "H6"].map(household).to_vec();
    households.push(with(household("idle"), json!({"tier": []})));
    let scenario = with(june(), json!({"households": households, "records": records}));
    let whole = figures(&scenario)?;
    assert_eq!((&whole["timeliness"]["record_on_time"], &whole["timeliness"]["review_on_time"]), (&json!([4, 6]), &json!([2, 4])));
    let asked =
        |as_of: &str| figures(&with(scenario.clone(), json!({"query": {"place": "610802209000", "month": "2019-06", "as_of": as_of}})));
    assert_eq!(asked(in_time)?["timeliness"]["record_on_time"], json!([0, 6]));
    assert_eq!(asked("2019-07-04T00:00:00+08:00")?["timeliness"]["review_on_time"], json!([0, 4]));
    Ok(())
}

#[test]
fn a_takeover_begins_in_the_month_and_is_answered_even_after_it() -> TestResult {
    let pairings = [
        pairing("H1", "an", "01-01", "06-01"),
        pairing("H1", "bo", "06-01", "06-30"),
        pairing("H1", "an", "06-30", "07-01"),
        pairing("H1", "bo", "07-01", ""),
        // A gap of a day, then the same cadre: he takes over from nobody.
        pairing("H2", "an", "01-01", "06-10"),
        pairing("H2", "an", "06-11", ""),
    ];
    let visits = [
        visit("V1", "H1", "bo", "05-31T09:00")?,
        visit("V2", "H1", "bo", "06-30T09:00")?,
        visit("V3", "H1", "bo", "07-03T09:00")?,
        visit("V4", "H2", "an", "06-11T09:00")?,
        with(visit("V5", "H1", "an", "06-30T09:00")?, json!({"mode": "phone"})),
    ];
    let figures =
        figures(&with(june(), json!({"households": [household("H2"), household("H1")], "pairings": pairings, "visits": visits})))?;
    let row = |household: &str, cadre: &str, from: &str, days: Option<u32>| json!({"household": household, "cadre": cadre, "from": from, "first_visit_days": days});
    let expected = [row("H1", "bo", "2019-06-01", Some(32)), row("H1", "an", "2019-06-30", None), row("H2", "an", "2019-06-11", Some(0))];
    assert_eq!(figures["takeovers"], json!(expected));
    Ok(())
}

#[test]
fn a_tour_is_of_the_year_and_of_households_in_scope_at_the_end_of_the_month() -> TestResult {
    let closed = with(household("closed"), json!({"status": [{"status": "poor", "from": "2018-01-01", "to": "2019-06-30"}]}));
    let tour = |household: &str, date: &str| json!({"household": household, "cadre": "secretary", "date": date});
    let tours = [
        tour("H1", "2019-01-01"),
        tour("H2", "2019-06-30"),
        tour("H3", "2018-12-31"),
        tour("H3", "2019-07-01"),
        tour("closed", "2019-03-01"),
    ];
    let households = [household("H1"), household("H2"), household("H3"), closed];
    let figures = figures(&with(june(), json!({"households": households, "tours": tours})))?;
    assert_eq!(figures["tour"], json!({"households": [2, 3], "villages": 1}));
    Ok(())
}

#[test]
fn a_post_is_empty_only_while_it_is_needed_and_over() -> TestResult {
    let post = |id: &str, place: &str, from: &str, to: Option<&str>, terms: Value| json!({"id": id, "place": place, "from": from, "to": to, "terms": terms});
    let term = |from: &str, to: &str| json!({"cadre": "mu", "from": from, "to": to});
    let posts = json!([
        post("P3", "610802209202", "2019-06-20", None, json!([])),
        post(
            "P1",
            "group-1",
            "2018-01-01",
            Some("2019-06-11"),
            json!([term("2019-06-02", "2019-06-04"), term("2019-06-03", "2019-06-05")])
        ),
        post("P2", "610802000000", "2018-01-01", None, json!([])),
        post("P4", "610802209202", "2019-07-01", None, json!([])),
    ]);
    let scenario = with(june(), json!({"posts": posts}));
    let gaps = json!([{"id": "P1", "gap_days": 7}, {"id": "P3", "gap_days": 11}, {"id": "P4", "gap_days": 0}]);
    assert_eq!(figures(&scenario)?["posts"], gaps);
    let early = with(scenario, json!({"query": {"place": "610802209000", "month": "2019-06", "as_of": "2019-06-22T08:00:00+08:00"}}));
    assert_eq!(figures(&early)?["posts"][1], json!({"id": "P3", "gap_days": 2}));
    Ok(())
}

#[test]
fn the_year_adds_each_month_with_its_own_need_and_place() -> TestResult {
    // From April in the second village; quarterly from April: due in January to March and in June.
    let moved = with(
        household("H1"),
        json!({
            "places": [{"place": "610802209201", "from": "2018-01-01", "to": "2019-04-01"}, {"place": "610802209202", "from": "2019-04-01"}],
            "tier": [{"tier": "monthly", "from": "2018-01-01", "to": "2019-04-01"}, {"tier": "quarterly", "from": "2019-04-01"}],
        }),
    );
    let visits =
        [visit("V1", "H1", "li", "01-31T09:00")?, visit("V2", "H1", "li", "04-01T09:00")?, visit("V3", "H1", "li", "04-02T09:00")?];
    let scenario = with(june(), json!({"households": [moved], "visits": visits}));
    let of_place = |place: &str| {
        figures(&with(scenario.clone(), json!({"query": {"place": place, "month": "2019-06", "as_of": "2019-08-01T00:00:00+08:00"}})))
    };
    let year = |met: u32, due: u32, days: u32| json!({"declared": [met, due], "in_scope_days": days, "gap_days": days, "hidden_days": 0});
    assert_eq!(of_place("610802209000")?["ytd"], year(2, 4, 181));
    assert_eq!(of_place("610802209201")?["ytd"], year(1, 3, 90));
    assert_eq!(of_place("610802209202")?["ytd"], year(1, 1, 91));
    Ok(())
}
