//! Kept first figures, refusals, and what a scenario may leave out.

use crate::coverage_shared::{TOWN, TestResult, figures, household, june, pairing, visit, with};
use daohu_domain::coverage::{HouseholdFigure, LiveCoverage, Scenario, coverage, first_figures, gaps, with_stored_first};
use serde_json::{Value, json};
use std::error::Error;

/// Keeps the first figures of `before`, as a store does at the freeze, and asks again with the roster of `after`.
fn kept(before: &Value, after: &Value) -> Result<LiveCoverage, Box<dyn Error>> {
    let stored = first_figures(&Scenario::read(before)?)?;
    // Through text and back, as a store would.
    let stored: Vec<HouseholdFigure> = serde_json::from_str(&serde_json::to_string(&stored)?)?;
    Ok(with_stored_first(&Scenario::read(after)?, &stored)?)
}

fn side(live: &LiveCoverage, side: &str) -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::to_value(live)?["report"][side].clone())
}

fn four() -> Result<Value, Box<dyn Error>> {
    let visits = [visit("V1", "H1", "an", "06-05T09:00")?, visit("V2", "H2", "an", "06-05T09:00")?];
    let pairings = ["H1", "H2", "H3", "H4"].map(|id| pairing(id, "an", "01-01", ""));
    Ok(with(june(), json!({"households": (["H1", "H2", "H3", "H4"].map(household)), "pairings": pairings, "visits": visits})))
}

#[test]
fn a_first_figure_knows_only_what_came_before_the_freeze() -> TestResult {
    let visits = [
        with(visit("V1", "H1", "an", "06-05T09:00")?, json!({"received_at": "2019-07-10T23:59:59+08:00"})),
        with(visit("V2", "H2", "bo", "06-05T09:00")?, json!({"received_at": "2019-07-11T00:00:00+08:00"})),
    ];
    let households = [household("H1"), household("H2"), with(household("H3"), json!({"tier": []}))];
    let pairings = [pairing("H1", "an", "01-01", ""), pairing("H2", "an", "01-01", "06-20"), pairing("H2", "bo", "06-01", "06-06")];
    let scenario = with(june(), json!({"households": households, "pairings": pairings, "visits": visits}));
    let figure = |household: &str, attributed: Option<&str>, due: bool, met: bool| HouseholdFigure {
        household: household.to_owned(),
        village: "610802209201".to_owned(),
        attributed: attributed.map(str::to_owned),
        due,
        met_declared: met,
        met_verified: false,
        equivalent_declared: false,
        equivalent_verified: false,
    };
    // At the freeze an answers for H2, whom bo's late visit takes it from later.
    let expected = [figure("H1", Some("an"), true, true), figure("H2", Some("an"), true, false), figure("H3", None, false, false)];
    assert_eq!(first_figures(&Scenario::read(&scenario)?)?, expected);
    let live = kept(&scenario, &scenario)?;
    let roster = [("H1", Some("an")), ("H2", Some("an")), ("H3", None)].map(|(id, cadre)| (id.to_owned(), cadre.map(str::to_owned)));
    assert_eq!(live.first_roster.as_deref(), Some(&roster[..]));
    assert_eq!(live.coverage.households[1].attributed.as_deref(), Some("bo"));
    Ok(())
}

#[test]
fn with_an_unchanged_roster_the_live_figures_are_the_plain_ones() -> TestResult {
    let scenario = four()?;
    assert_eq!(kept(&scenario, &scenario)?.coverage, coverage(&Scenario::read(&scenario)?)?);
    Ok(())
}

#[test]
fn a_roster_changed_after_the_freeze_is_a_reason_and_moves_no_first_figure() -> TestResult {
    let before = four()?;
    // H1 was out of scope after all, H5 was in scope and visited in time, H2 moved to the second village.
    let visits = [
        visit("V1", "H1", "an", "06-05T09:00")?,
        visit("V2", "H2", "an", "06-05T09:00")?,
        visit("V5", "H5", "an", "06-05T09:00")?,
        with(visit("V3", "H3", "an", "06-06T09:00")?, json!({"received_at": "2019-07-12T00:00:00+08:00"})),
    ];
    let gone = with(household("H1"), json!({"status": [{"status": "ordinary", "from": "2018-01-01"}]}));
    let moved = with(household("H2"), json!({"places": [{"place": "610802209202", "from": "2018-01-01"}]}));
    let after =
        with(before.clone(), json!({"households": [gone, moved, household("H3"), household("H4"), household("H5")], "visits": visits}));
    let live = kept(&before, &after)?;
    assert_eq!(side(&live, "declared")?, json!({"first": [2, 4], "revised": [3, 4], "reasons": {"late_sync": [1, 0], "roster": [1, 1]}}));
    assert_eq!(side(&live, "verified")?, json!({"first": [0, 4], "revised": [0, 4], "reasons": {}}));
    Ok(())
}

#[test]
fn a_need_that_changed_after_the_freeze_is_a_loss_or_a_gain_by_the_roster() -> TestResult {
    let before = with(four()?, json!({"config": {"tiers": {"monthly": {"months": 1, "need": 1}, "twice": {"months": 1, "need": 2}}}}));
    let twice = |id: &str| with(household(id), json!({"tier": [{"tier": "twice", "from": "2018-01-01"}]}));
    let after = with(before.clone(), json!({"households": [twice("H1"), household("H2"), household("H3"), household("H4")]}));
    assert_eq!(side(&kept(&before, &after)?, "declared")?, json!({"first": [2, 4], "revised": [1, 4], "reasons": {"roster": [0, 1]}}));
    let eased = side(&kept(&after, &before)?, "declared")?;
    assert_eq!(eased, json!({"first": [1, 4], "revised": [2, 4], "reasons": {"roster": [1, 0]}}));
    Ok(())
}

#[test]
fn nothing_is_kept_before_the_freeze_and_an_empty_store_is_none() -> TestResult {
    let scenario = four()?;
    let early = with(scenario.clone(), json!({"query": {"place": TOWN, "month": "2019-06", "as_of": "2019-07-10T23:59:59+08:00"}}));
    let live = kept(&scenario, &early)?;
    assert_eq!((live.first_roster, live.coverage.report.declared.first), (None, None));
    let live = with_stored_first(&Scenario::read(&scenario)?, &[])?;
    assert_eq!((live.first_roster, live.coverage), (None, coverage(&Scenario::read(&scenario)?)?));
    Ok(())
}

#[test]
fn what_the_cap_alone_moves_is_named_so_that_the_sum_holds() -> TestResult {
    let call = |id: &str| -> Result<Value, Box<dyn Error>> {
        Ok(with(visit(id, id, "an", "06-15T09:00")?, json!({"mode": "video", "household_confirmed": true})))
    };
    let away = |id: &str| with(household(id), json!({"away": [{"from": "2019-06-01"}]}));
    let mut households: Vec<Value> = ["H1", "H2", "H3"].map(away).to_vec();
    households.extend(["H4", "H5"].map(household));
    let on_foot = with(visit("V1", "H1", "an", "06-20T09:00")?, json!({"received_at": "2019-07-12T00:00:00+08:00"}));
    let scenario = with(
        june(),
        json!({
            "config": {"equivalents": {"allowed": true}}, "households": households, "visits": [call("H1")?, call("H2")?, call("H3")?, on_foot],
        }),
    );
    // Of five one may be met by a call. H1 was visited in person later: no household moved, but one more is let through.
    let live = kept(&scenario, &scenario)?;
    assert_eq!(side(&live, "declared")?, json!({"first": [1, 5], "revised": [2, 5], "reasons": {"cap": [1, 0]}}));
    let plain = figures(&scenario)?;
    assert_eq!(plain["report"]["declared"], json!({"first": [1, 5], "revised": [2, 5], "reasons": {}}));
    Ok(())
}

#[test]
fn what_cannot_be_counted_is_refused_with_its_code() -> TestResult {
    let query = |place: &str, month: &str| json!({"query": {"place": place, "month": month, "as_of": "2019-08-01T00:00:00+08:00"}});
    let backward = json!({"household": "H1", "cadre": "an", "role": "primary", "from": "2019-06-02", "to": "2019-06-01"});
    let refused = [
        (query(TOWN, "2019-13"), "bad_month"),
        (query(TOWN, "1899-12"), "bad_month"),
        (query(TOWN, "June"), "bad_month"),
        (query("610802209999", "2019-06"), "bad_place"),
        (json!({"query": null}), "usage"),
        (json!({"pairings": [backward]}), "usage"),
        (json!({"households": [household("H1"), household("H1")]}), "usage"),
        (json!({"visits": [visit("V1", "H1", "an", "06-05T09:00")?, visit("V1", "H2", "an", "06-05T09:00")?]}), "usage"),
        (json!({"config": {"k_min": 6}}), "usage"),
        (json!({"config": {"tiers": {"monthly": {"months": 1, "need": 1}, "never": {"months": 0, "need": 1}}}}), "usage"),
        (json!({"config": {"equivalents": {"cap_pct": 101}}}), "usage"),
    ];
    for (keys, code) in refused {
        let scenario = with(june(), keys);
        let error = Scenario::read(&scenario).and_then(|scenario| coverage(&scenario)).err();
        assert_eq!(error.as_ref().map(daohu_domain::coverage::ScenarioError::code), Some(code), "{scenario}");
        let sentences = error.map(|error| (error.zh(), error.en())).unwrap_or_default();
        assert!(!sentences.0.is_ascii() && sentences.1.is_ascii());
    }
    Ok(())
}

#[test]
fn a_backward_span_is_refused_wherever_it_stands_and_can_be_dropped() -> TestResult {
    let span = json!({"from": "2019-06-02", "to": "2019-06-01"});
    let of = |keys: Value| with(span.clone(), keys);
    let lists = [
        json!({"regions": [of(json!({"code": TOWN, "level": "town"}))]}),
        json!({"units": [{"id": "U1", "obliged": [of(json!({"cadre": "an"}))]}]}),
        json!({"cadres": [{"id": "an", "terms": [of(json!({"unit": "U1"}))]}]}),
        json!({"households": [{"id": "H1", "status": [of(json!({"status": "poor"}))]}]}),
        json!({"households": [{"id": "H1", "tier": [of(json!({"tier": "monthly"}))]}]}),
        json!({"households": [{"id": "H1", "places": [of(json!({"place": TOWN}))]}]}),
        json!({"households": [{"id": "H1", "away": [span]}]}),
        json!({"leaves": [of(json!({"cadre": "an"}))]}),
        json!({"posts": [of(json!({"id": "P1", "place": TOWN}))]}),
        json!({"posts": [{"id": "P1", "place": TOWN, "from": "2019-06-01", "terms": [of(json!({"cadre": "an"}))]}]}),
    ];
    for keys in lists {
        let mut scenario = Scenario::read(&with(june(), keys.clone()))?;
        assert_eq!(coverage(&scenario).err().map(|error| error.code()), Some("usage"), "{keys}");
        assert_eq!((scenario.drop_backward_spans(), scenario.drop_backward_spans()), (1, 0), "{keys}");
        if keys.get("regions").is_none() {
            coverage(&scenario)?;
        }
    }
    Ok(())
}

#[test]
fn a_place_without_a_row_is_known_by_the_households_in_it() -> TestResult {
    let scenario = json!({
        "query": {"place": "610802209201", "month": "2019-06", "as_of": "2019-08-01T00:00:00+08:00"},
        "households": [with(household("H0"), json!({"places": []})), household("H1")],
    });
    assert_eq!(figures(&scenario)?["sums"]["due"], 1);
    assert_eq!(figures(&json!({"scenario": scenario}))?["sums"]["due"], 1);
    Ok(())
}

#[test]
fn a_gap_is_listed_since_its_first_day_with_who_held_last() -> TestResult {
    let status = |from: &str, to: Option<&str>| json!({"status": [{"status": "poor", "from": from, "to": to}]});
    let households = [
        household("H1"),
        household("H2"),
        household("H3"),
        with(household("H4"), status("2019-06-05", None)),
        household("H5"),
        with(household("H6"), status("2018-01-01", Some("2019-06-20"))),
        household("H7"),
    ];
    let pairings = [
        // H1 was held by two until 05-20, H2 has a holder who left on 06-11, H3 a gap that is over and one that has yet to come.
        pairing("H1", "an", "01-01", "03-01"),
        pairing("H1", "bo", "03-01", "05-20"),
        pairing("H2", "qin", "01-01", ""),
        pairing("H3", "an", "01-01", "06-04"),
        pairing("H3", "an", "06-06", "06-28"),
        pairing("H5", "an", "01-01", "06-21"),
        pairing("H6", "an", "01-01", "06-20"),
        pairing("H7", "bo", "01-01", "06-20"),
    ];
    let cadres = json!([{"id": "qin", "terms": [{"unit": "U1", "from": "2018-01-01", "to": "2019-06-11"}]}]);
    let query = json!({"place": TOWN, "month": "2019-06", "as_of": "2019-06-21T08:00:00+08:00"});
    let scenario = with(june(), json!({"query": query, "households": households, "pairings": pairings, "cadres": cadres}));
    let row = |id: &str, days: [u32; 2], since: &str, last: Option<&str>, reason: &str| {
        let [gap, hidden] = days;
        json!({"household": id, "place": "610802209201", "gap_days": gap, "hidden_days": hidden, "since": since, "last_holder": last, "reason": reason})
    };
    let expected = [
        row("H1", [20, 0], "2019-05-20", Some("bo"), "no_holder"),
        row("H2", [0, 10], "2019-06-11", Some("qin"), "holder_left"),
        row("H3", [2, 0], "2019-06-04", Some("an"), "no_holder"),
        row("H4", [16, 0], "2019-06-05", None, "no_holder"),
        row("H7", [1, 0], "2019-06-20", Some("bo"), "no_holder"),
    ];
    assert_eq!(serde_json::to_value(gaps(&Scenario::read(&scenario)?)?)?, json!(expected));
    Ok(())
}
