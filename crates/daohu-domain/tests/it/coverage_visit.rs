//! Which visits count, and from when on: each rule at its border.

use crate::coverage_shared::{TestResult, figures, household, june, of_household, pairing, visit, with};
use serde_json::{Value, json};

fn event(at: &str, act: &str) -> Value {
    json!({"at": format!("2019-{at}:00+08:00"), "do": act})
}

fn received(at: &str) -> Value {
    json!({"received_at": format!("2019-{at}+08:00")})
}

/// Works out June for households that zhang holds, with some visits.
fn with_visits(ids: &[&str], visits: &[Value]) -> Result<Value, Box<dyn std::error::Error>> {
    with_config(ids, visits, &json!({}))
}

fn with_config(ids: &[&str], visits: &[Value], config: &Value) -> Result<Value, Box<dyn std::error::Error>> {
    let households: Vec<Value> = ids.iter().map(|id| household(id)).collect();
    let pairings: Vec<Value> = ids.iter().map(|id| pairing(id, "zhang", "01-01", "")).collect();
    figures(&with(june(), json!({"households": households, "pairings": pairings, "visits": visits, "config": config})))
}

#[test]
fn a_chain_of_duplicates_is_one_visit_with_all_its_people() -> TestResult {
    let first = visit("V1", "H1", "an", "06-05T09:00")?;
    let second = with(visit("V2", "H1", "bo", "06-05T09:10")?, json!({"duplicate_of": "V1"}));
    let third = with(visit("V3", "H1", "zhang", "06-05T09:20")?, json!({"duplicate_of": "V2"}));
    let voided = |visit: &Value| with(visit.clone(), json!({"log": [event("06-20T09:00", "void")]}));
    for chain in [
        [first.clone(), second.clone(), third.clone()],
        [voided(&first), second.clone(), third.clone()],
        [first.clone(), voided(&second), third.clone()],
        [voided(&first), voided(&second), third.clone()],
    ] {
        let figures = with_visits(&["H1"], &chain)?;
        assert_eq!((of_household(&figures, "H1", "visits"), figures["timeliness"]["visit_48h"].clone()), (json!(1), json!([1, 1])));
        assert_eq!(figures["cadres"][0]["cov_self"], json!([1, 1]));
    }
    let figures = with_visits(&["H1"], &[first, second, voided(&third)])?;
    assert_eq!(figures["cadres"][0]["cov_self"], json!([0, 1]));
    Ok(())
}

#[test]
fn a_chain_of_duplicates_is_followed_for_sixteen_links() -> TestResult {
    let of_length = |length: usize| -> Result<Vec<Value>, Box<dyn std::error::Error>> {
        let recorder = |n: usize| if n == 0 { "zhang" } else { "an" };
        let link = |n: usize| {
            let next = format!("V{}", n + 1);
            Ok(with(visit(&format!("V{n}"), "H1", recorder(n), "06-05T09:00")?, json!({"duplicate_of": next})))
        };
        (0..length).map(link).collect()
    };
    let zhang_took_part = |length: usize| -> Result<bool, Box<dyn std::error::Error>> {
        let figures = with_visits(&["H1"], &of_length(length)?)?;
        assert_eq!((of_household(&figures, "H1", "visits"), &figures["cadres"][0]["cadre"]), (json!(1), &json!("zhang")));
        Ok(figures["cadres"][0]["cov_self"] == json!([1, 1]))
    };
    assert!(zhang_took_part(17)?);
    assert!(!zhang_took_part(18)?);
    assert!(!zhang_took_part(3000)?);
    Ok(())
}

#[test]
fn two_visits_that_name_each_other_are_one() -> TestResult {
    let ring = |one: &str, other: &str| -> Result<Value, Box<dyn std::error::Error>> {
        Ok(with(visit(one, "H1", one, "06-05T09:00")?, json!({"duplicate_of": other})))
    };
    let figures = with_visits(&["H1"], &[ring("an", "zhang")?, ring("zhang", "an")?])?;
    assert_eq!(of_household(&figures, "H1", "visits"), 1);
    assert_eq!(figures["cadres"][0]["cov_self"], json!([1, 1]));
    let void = with(ring("an", "zhang")?, json!({"log": [event("06-20T09:00", "void")]}));
    assert_eq!(of_household(&with_visits(&["H1"], &[void, ring("zhang", "an")?])?, "H1", "visits"), 1);
    assert_eq!(of_household(&with_visits(&["H1"], &[ring("an", "an")?])?, "H1", "visits"), 1);
    Ok(())
}

#[test]
fn a_duplicate_of_an_unapproved_backfill_stands_in() -> TestResult {
    let late = with(
        visit("V1", "H1", "an", "06-05T09:00")?,
        json!({"backfill": {"original_date": "2019-06-05"}, "received_at": "2019-07-20T00:00:00+08:00"}),
    );
    let other = with(visit("V2", "H1", "zhang", "06-05T09:00")?, json!({"duplicate_of": "V1"}));
    let figures = with_visits(&["H1"], &[late, other])?;
    assert_eq!((of_household(&figures, "H1", "visits"), of_household(&figures, "H1", "backfill")), (json!(1), json!(false)));
    Ok(())
}

#[test]
fn a_backfill_is_in_time_until_the_freeze_of_its_own_month() -> TestResult {
    let told = |id: &str, day: &str, at: &str| {
        Ok::<Value, Box<dyn std::error::Error>>(with(
            with(visit(id, id, "zhang", "06-20T09:00")?, json!({"backfill": {"original_date": format!("2019-{day}")}})),
            received(at),
        ))
    };
    let approved = |visit: Value, at: &str| with(visit, json!({"log": [event(at, "approve_backfill")]}));
    let visits = [
        told("H1", "06-05", "07-10T23:59:59")?,
        told("H2", "06-05", "07-11T00:00:00")?,
        approved(told("H3", "06-05", "07-11T00:00:00")?, "07-31T23:59"),
        approved(told("H4", "06-05", "07-11T00:00:00")?, "08-01T00:00"),
        // Of May: counts nowhere in June, whenever it came.
        told("H5", "05-31", "06-02T09:00:00")?,
    ];
    let figures = with_visits(&["H1", "H2", "H3", "H4", "H5"], &visits)?;
    assert_eq!(["H1", "H2", "H3", "H4", "H5"].map(|id| of_household(&figures, id, "met_declared")), [true, false, true, false, false]);
    Ok(())
}

#[test]
fn a_backfill_of_a_quarter_is_judged_by_the_month_it_happened_in() -> TestResult {
    let told = |id: &str, at: &str| {
        Ok::<Value, Box<dyn std::error::Error>>(with(
            with(visit(id, id, "zhang", "04-20T09:00")?, json!({"backfill": {"original_date": "2019-04-20"}})),
            received(at),
        ))
    };
    let households = ["H1", "H2"].map(|id| with(household(id), json!({"tier": [{"tier": "quarterly", "from": "2018-01-01"}]})));
    let visits = [told("H1", "05-10T23:59:59")?, told("H2", "05-11T00:00:00")?];
    let figures = figures(&with(june(), json!({"households": households, "visits": visits})))?;
    assert_eq!(["H1", "H2"].map(|id| of_household(&figures, id, "met_declared")), [true, false]);
    Ok(())
}

#[test]
fn a_backfill_without_time_evidence_is_verified_once_its_paper_was_seen() -> TestResult {
    let told = |log: Value| {
        Ok::<Value, Box<dyn std::error::Error>>(with(
            visit("V1", "H1", "zhang", "06-05T09:00")?,
            json!({"time": null, "backfill": {"original_date": "2019-06-05"}, "log": log}),
        ))
    };
    let verified =
        |visit: Value| Ok::<Value, Box<dyn std::error::Error>>(of_household(&with_visits(&["H1"], &[visit])?, "H1", "met_verified"));
    assert_eq!(verified(told(json!([event("06-06T09:00", "open_paper"), event("06-07T09:00", "pass")]))?)?, true);
    assert_eq!(verified(told(json!([event("06-06T09:00", "pass"), event("06-07T09:00", "open_paper")]))?)?, true);
    assert_eq!(verified(told(json!([event("06-07T09:00", "pass")]))?)?, false);
    assert_eq!(verified(told(json!([event("06-07T09:00", "open_paper")]))?)?, false);
    Ok(())
}

#[test]
fn a_month_record_passes_only_what_came_before_it() -> TestResult {
    let pass = "2019-07-05T09:00:00+08:00";
    let visits = [
        with(visit("V1", "H1", "zhang", "06-05T09:00")?, received("07-05T08:59:59")),
        with(visit("V2", "H2", "zhang", "06-05T09:00")?, received("07-05T09:00:00")),
        with(visit("V3", "H3", "zhang", "06-05T09:00")?, json!({"log": [{"at": pass, "do": "flag", "rule": "AR-05"}]})),
        // Of May: another record's.
        visit("V4", "H4", "zhang", "05-31T09:00")?,
        visit("V5", "H5", "zhang", "06-05T09:00")?,
    ];
    let record = |id: &str, act: &str| json!({"household": id, "month": "2019-06", "received_at": "2019-07-01T00:00:00+08:00", "log": [{"at": pass, "do": act}]});
    let ids = ["H1", "H2", "H3", "H4", "H5"];
    let households = ids.map(|id| with(household(id), json!({"tier": [{"tier": "two", "from": "2018-01-01"}]})));
    let records = json!([record("H1", "pass"), record("H2", "pass"), record("H3", "pass"), record("H4", "pass"), record("H5", "refer")]);
    let config = json!({"tiers": {"two": {"months": 2, "need": 1}}});
    let scenario = with(june(), json!({"config": config, "households": households, "visits": visits, "records": records}));
    assert_eq!(ids.map(|id| of_household(&figures(&scenario).unwrap_or_default(), id, "met_verified")), [true, false, false, false, false]);
    let early = with(scenario, json!({"query": {"place": "610802209000", "month": "2019-06", "as_of": pass}}));
    assert_eq!(of_household(&figures(&early)?, "H1", "met_verified"), false);
    Ok(())
}

#[test]
fn a_call_stands_for_a_visit_only_after_two_days_of_attempts_in_its_month() -> TestResult {
    let call = |id: &str| {
        Ok::<Value, Box<dyn std::error::Error>>(with(
            visit(id, id, "zhang", "06-15T09:00")?,
            json!({"mode": "video", "household_confirmed": true}),
        ))
    };
    let attempt = |id: &str, household: &str, start: &str| {
        Ok::<Value, Box<dyn std::error::Error>>(with(visit(id, household, "zhang", start)?, json!({"absent_reason": "migrant_work"})))
    };
    let visits = [
        call("same-day")?,
        attempt("A1", "same-day", "06-15T07:00")?,
        attempt("A2", "same-day", "06-01T07:00")?,
        call("next-day")?,
        attempt("B1", "next-day", "06-16T07:00")?,
        attempt("B2", "next-day", "06-01T07:00")?,
        call("one-day")?,
        attempt("C1", "one-day", "06-10T07:00")?,
        attempt("C2", "one-day", "06-10T17:00")?,
        call("may")?,
        attempt("D1", "may", "05-31T07:00")?,
        attempt("D2", "may", "06-10T07:00")?,
        call("phoned")?,
        attempt("E1", "phoned", "06-09T07:00")?,
        with(attempt("E2", "phoned", "06-10T07:00")?, json!({"mode": "phone"})),
        call("hospital")?,
        attempt("F1", "hospital", "06-09T07:00")?,
        with(attempt("F2", "hospital", "06-10T07:00")?, json!({"absent_reason": "hospital"})),
        call("returned")?,
        attempt("G1", "returned", "06-09T07:00")?,
        with(attempt("G2", "returned", "06-10T07:00")?, json!({"log": [event("06-12T09:00", "return")]})),
        with(call("absent")?, json!({"absent_reason": "other"})),
        attempt("I1", "absent", "06-09T07:00")?,
        attempt("I2", "absent", "06-10T07:00")?,
        with(call("phone")?, json!({"mode": "phone"})),
        attempt("J1", "phone", "06-09T07:00")?,
        attempt("J2", "phone", "06-10T07:00")?,
    ];
    let ids = ["same-day", "next-day", "one-day", "may", "phoned", "hospital", "returned", "absent", "phone"];
    let allowed = json!({"equivalents": {"allowed": true, "cap_pct": 100}});
    let figures = with_config(&ids, &visits, &allowed)?;
    assert_eq!(ids.map(|id| of_household(&figures, id, "met_declared")), [true, false, false, false, false, false, false, false, false]);
    assert_eq!(figures["sums"]["contacted"], 8);
    Ok(())
}

#[test]
fn away_ends_with_its_span_and_the_cap_is_rounded_down_for_each_count() -> TestResult {
    let call = |id: &str, verified: bool| {
        let log = if verified { json!([event("06-20T09:00", "pass")]) } else { json!([]) };
        Ok::<Value, Box<dyn std::error::Error>>(with(
            visit(id, id, "zhang", "06-15T09:00")?,
            json!({"mode": "video", "household_confirmed": true, "log": log}),
        ))
    };
    let away = |id: &str, to: &str| with(household(id), json!({"away": [{"from": "2019-06-15", "to": to}]}));
    let mut households = vec![away("H1", "2019-06-16"), away("H2", "2019-06-16"), away("H3", "2019-06-15")];
    households.extend(["H4", "H5", "H6", "H7", "H8", "H9"].map(household));
    let visits = [call("H1", true)?, call("H2", false)?, call("H3", true)?, visit("V4", "H4", "zhang", "06-15T09:00")?];
    let count = |cap_pct: u32| {
        let config = json!({"equivalents": {"allowed": true, "cap_pct": cap_pct}});
        let figures = figures(&with(june(), json!({"households": households, "visits": visits, "config": config})))?;
        let sums = &figures["sums"];
        let both = ["met_declared", "met_verified", "equivalent", "equivalent_excess"].map(|key| sums[key].clone());
        assert_eq!(figures["report"]["declared"]["revised"], json!([both[0], 9]));
        assert_eq!(figures["report"]["verified"]["first"], json!([both[1], 9]));
        assert_eq!(figures["ytd"]["declared"][0], both[0]);
        Ok::<[Value; 4], Box<dyn std::error::Error>>(both)
    };
    // Nine are due: 11 % is not one household, 12 % is one, 22 % still one, 23 % two.
    assert_eq!(count(11)?, [1, 0, 2, 2]);
    assert_eq!(count(12)?, [2, 1, 2, 1]);
    assert_eq!(count(22)?, [2, 1, 2, 1]);
    assert_eq!(count(23)?, [3, 1, 2, 0]);
    Ok(())
}

#[test]
fn met_thanks_to_is_said_only_if_it_would_not_be_met_without() -> TestResult {
    let backfilled = json!({"backfill": {"original_date": "2019-06-05"}});
    let visits = [
        with(visit("V1", "H1", "zhang", "06-05T09:00")?, backfilled.clone()),
        visit("V2", "H1", "zhang", "06-06T09:00")?,
        with(visit("V3", "H2", "zhang", "06-05T09:00")?, backfilled.clone()),
        with(visit("V4", "H2", "zhang", "06-06T09:00")?, json!({"mode": "gathering"})),
    ];
    let figures = with_visits(&["H1", "H2"], &visits)?;
    assert_eq!(["H1", "H2"].map(|id| of_household(&figures, id, "backfill")), [false, true]);
    assert_eq!((of_household(&figures, "H1", "visit_days"), figures["sums"]["backfill"].clone()), (json!(2), json!(1)));
    Ok(())
}

#[test]
fn a_split_household_is_met_once_in_each_and_told_once() -> TestResult {
    let child = |id: &str, place: &str| with(household(id), json!({"parents": ["H0"], "places": [{"place": place, "from": "2018-01-01"}]}));
    let gone = with(household("H0"), json!({"status": [{"status": "poor", "from": "2018-01-01", "to": "2019-06-01"}]}));
    let households = [gone, child("H1", "610802209202"), child("H2", "610802209201"), household("H3")];
    let visits = [with(visit("V1", "H0", "zhang", "06-05T09:00")?, json!({"names": ["H2", "H1", "H3", "H2", "H9"]}))];
    let scenario = with(june(), json!({"households": households, "visits": visits}));
    let whole = figures(&scenario)?;
    assert_eq!(["H1", "H2", "H3"].map(|id| of_household(&whole, id, "visits")), [1, 1, 0]);
    assert_eq!(whole["timeliness"]["visit_48h"], json!([1, 1]));
    assert_eq!(whole["delays"], json!([{"place": "610802209202", "visits": 1, "median_min": 20, "p90_min": 20}]));
    Ok(())
}
