//! Who owes a visit, and who answers for it: each rule at its border.

use crate::coverage_shared::{TestResult, figures, household, june, of_household, pairing, visit, with};
use serde_json::{Value, json};

/// Returns a household with its tier since 2018.
fn of_tier(id: &str, tier: &str) -> Value {
    with(household(id), json!({"tier": [{"tier": tier, "from": "2018-01-01"}]}))
}

/// Returns a household in scope between two days of 2019 only.
fn in_scope(id: &str, from: &str, to: &str) -> Value {
    with(household(id), json!({"status": [{"status": "poor", "from": format!("2019-{from}"), "to": format!("2019-{to}")}]}))
}

fn attributed(figures: &Value, id: &str) -> String {
    of_household(figures, id, "attributed").as_str().unwrap_or("nobody").to_owned()
}

#[test]
fn a_tier_of_several_months_is_due_when_its_period_ends() -> TestResult {
    let tiers = json!({"two": {"months": 2, "need": 2}, "five": {"months": 5, "need": 1}, "year": {"months": 12, "need": 1}});
    let households = json!([of_tier("two", "two"), of_tier("five", "five"), of_tier("year", "year"), of_tier("none", "monthly")]);
    let visits =
        [visit("V1", "two", "li", "05-01T09:00")?, visit("V2", "two", "li", "06-30T09:00")?, visit("V3", "two", "li", "04-30T09:00")?];
    let base = with(june(), json!({"config": {"tiers": tiers}, "households": households, "visits": visits}));
    let need_in = |month: &str| -> Result<Vec<Value>, Box<dyn std::error::Error>> {
        let query = json!({"place": "610802209000", "month": month, "as_of": "2020-08-01T00:00:00+08:00"});
        let figures = figures(&with(base.clone(), json!({"query": query})))?;
        Ok(["two", "five", "year", "none"].map(|id| of_household(&figures, id, "need")).to_vec())
    };
    assert_eq!(need_in("2019-05")?, [0, 1, 0, 0]);
    assert_eq!(need_in("2019-06")?, [2, 0, 0, 0]);
    assert_eq!(need_in("2019-10")?, [2, 1, 0, 0]);
    assert_eq!(need_in("2019-12")?, [2, 0, 1, 0]);
    let june = figures(&base)?;
    assert_eq!(of_household(&june, "two", "scope_days"), 61);
    assert_eq!((of_household(&june, "two", "visit_days"), of_household(&june, "two", "met_declared")), (json!(2), json!(true)));
    assert_eq!(of_household(&june, "none", "scope_days"), 30);
    Ok(())
}

#[test]
fn the_threshold_of_days_is_the_one_configured() -> TestResult {
    let households = json!([in_scope("H11", "06-20", "07-01"), in_scope("H12", "06-19", "07-01"), in_scope("H7", "06-01", "06-08")]);
    let need = |k_min: u32| -> Result<Vec<Value>, Box<dyn std::error::Error>> {
        let figures = figures(&with(june(), json!({"config": {"k_min": k_min}, "households": households})))?;
        Ok(["H7", "H11", "H12"].map(|id| of_household(&figures, id, "need")).to_vec())
    };
    assert_eq!(need(12)?, [0, 0, 1]);
    assert_eq!(need(7)?, [1, 1, 1]);
    Ok(())
}

#[test]
fn the_worked_examples_of_attribution_hold() -> TestResult {
    let handover = |id: &str, day: &str| [pairing(id, "zhang", "01-01", day), pairing(id, "li", day, "")];
    let mut pairings: Vec<Value> =
        [("H1", "06-20"), ("H2", "06-26"), ("H3", "06-20"), ("H4", "06-20")].into_iter().flat_map(|(id, day)| handover(id, day)).collect();
    pairings.extend([pairing("H5", "wang", "06-10", ""), pairing("H6", "wang", "06-26", ""), pairing("H7", "wang", "06-26", "")]);
    pairings.push(pairing("H8", "zhang", "01-01", ""));
    let visits = [
        visit("V1", "H3", "zhang", "06-03T09:00")?,
        visit("V2", "H4", "zhang", "06-03T11:00")?,
        visit("V3", "H4", "li", "06-25T09:00")?,
        visit("V4", "H7", "wang", "06-28T09:00")?,
        visit("V5", "H8", "li", "06-28T11:00")?,
    ];
    let households: Vec<Value> = (1..=8).map(|n| household(&format!("H{n}"))).collect();
    let figures = figures(&with(june(), json!({"households": households, "pairings": pairings, "visits": visits})))?;
    let expected = [
        ("H1", "li", "unmet"),
        ("H2", "zhang", "unmet"),
        ("H3", "zhang", "met"),
        ("H4", "li", "met"),
        ("H5", "wang", "unmet"),
        ("H6", "GAP", "gap"),
        ("H7", "wang", "met"),
        ("H8", "zhang", "met"),
    ];
    for (id, cadre, state) in expected {
        assert_eq!((attributed(&figures, id).as_str(), of_household(&figures, id, "state")), (cadre, json!(state)), "{id}");
    }
    assert_eq!((of_household(&figures, "H5", "gap_days"), of_household(&figures, "H6", "gap_days")), (json!(9), json!(25)));
    Ok(())
}

#[test]
fn seven_days_are_enough_and_six_are_not() -> TestResult {
    let pairings = [
        pairing("last7", "an", "01-01", "06-24"),
        pairing("last7", "bo", "06-24", ""),
        pairing("last6", "an", "01-01", "06-25"),
        pairing("last6", "bo", "06-25", ""),
        pairing("most7", "an", "06-18", "06-25"),
        pairing("most7", "bo", "06-25", ""),
        pairing("most6", "an", "06-19", "06-25"),
        pairing("most6", "bo", "06-25", ""),
    ];
    let households = ["last7", "last6", "most7", "most6"].map(household);
    let figures = figures(&with(june(), json!({"households": households, "pairings": pairings})))?;
    assert_eq!(["last7", "last6", "most7", "most6"].map(|id| attributed(&figures, id)), ["bo", "an", "an", "GAP"]);
    Ok(())
}

#[test]
fn only_days_in_scope_make_a_holder_answer() -> TestResult {
    // Out of scope from the 16th: bo holds no day in scope, an 15 of them.
    let pairings = [pairing("H1", "an", "01-01", "06-16"), pairing("H1", "bo", "06-16", ""), pairing("H2", "bo", "06-16", "")];
    let visits = [visit("V1", "H1", "bo", "06-20T09:00")?, visit("V2", "H2", "bo", "06-20T11:00")?];
    let households = [in_scope("H1", "01-01", "06-16"), in_scope("H2", "01-01", "06-16")];
    let figures = figures(&with(june(), json!({"households": households, "pairings": pairings, "visits": visits})))?;
    assert_eq!((attributed(&figures, "H1").as_str(), attributed(&figures, "H2").as_str()), ("an", "GAP"));
    assert_eq!(figures["sums"]["met_declared"], 2);
    Ok(())
}

#[test]
fn a_visit_on_a_day_out_of_scope_still_moves_attribution_to_its_holder() -> TestResult {
    let status = json!([{"status": "poor", "from": "2019-01-01", "to": "2019-06-05"}, {"status": "poor", "from": "2019-06-10"}]);
    let pairings = [pairing("H1", "an", "01-01", "06-08"), pairing("H1", "bo", "06-08", "")];
    let visits = [visit("V1", "H1", "an", "06-07T09:00")?];
    let households = [with(household("H1"), json!({"status": status}))];
    let figures = figures(&with(june(), json!({"households": households, "pairings": pairings, "visits": visits})))?;
    assert_eq!(attributed(&figures, "H1"), "an");
    Ok(())
}

#[test]
fn a_visit_of_ones_own_needs_no_holding_but_a_holders_does() -> TestResult {
    // bo answers by days and visited before he held: it is his own. In H2 an visited after he held: not as holder.
    let pairings = [
        pairing("H1", "an", "01-01", "06-10"),
        pairing("H1", "bo", "06-10", ""),
        pairing("H2", "an", "01-01", "06-10"),
        pairing("H2", "bo", "06-10", ""),
    ];
    let visits =
        [visit("V1", "H1", "an", "06-02T09:00")?, visit("V2", "H1", "bo", "06-03T09:00")?, visit("V3", "H2", "an", "06-10T09:00")?];
    let figures =
        figures(&with(june(), json!({"households": [household("H1"), household("H2")], "pairings": pairings, "visits": visits})))?;
    assert_eq!((attributed(&figures, "H1").as_str(), attributed(&figures, "H2").as_str()), ("bo", "bo"));
    assert_eq!(figures["cadres"], json!([{"cadre": "bo", "cov_duty": [2, 2], "cov_self": [1, 2]}]));
    Ok(())
}

#[test]
fn a_deputy_answers_from_the_twentieth_day_of_leave() -> TestResult {
    let leave = |cadre: &str, from: &str, to: &str, deputy: Option<&str>| json!({"cadre": cadre, "from": format!("2019-{from}"), "to": format!("2019-{to}"), "deputy": deputy});
    let leaves = [
        // 19 days, though the two overlap to 21.
        leave("c19", "06-01", "06-12", Some("sun")),
        leave("c19", "06-10", "06-20", Some("sun")),
        // 20 days in two pieces, the longer with a deputy; one of May has another deputy.
        leave("c20", "05-25", "06-13", Some("sun")),
        leave("c20", "06-20", "06-28", Some("qian")),
        leave("c20", "04-01", "05-20", Some("zhou")),
        // The longest has no deputy, the other two tie: the later one.
        leave("tie", "06-01", "06-15", None),
        leave("tie", "06-15", "06-18", Some("sun")),
        leave("tie", "06-20", "06-23", Some("qian")),
        // Of a leave outside the month no deputy comes.
        leave("out", "06-01", "06-25", None),
        leave("out", "04-01", "06-01", Some("zhou")),
    ];
    let households = ["c19", "c20", "tie", "out"].map(household);
    let pairings = ["c19", "c20", "tie", "out"].map(|id| pairing(id, id, "01-01", ""));
    let figures = figures(&with(june(), json!({"households": households, "pairings": pairings, "leaves": leaves})))?;
    assert_eq!(["c19", "c20", "tie", "out"].map(|id| attributed(&figures, id)), ["c19", "sun", "qian", "out"]);
    assert_eq!(["c19", "c20", "tie", "out"].map(|id| of_household(&figures, id, "on_leave")), [false, true, true, true]);
    Ok(())
}

#[test]
fn a_quarter_asks_for_sixty_days_of_leave() -> TestResult {
    let leave = |cadre: &str, to: &str| json!({"cadre": cadre, "from": "2019-04-10", "to": format!("2019-{to}"), "deputy": "sun"});
    let households = [of_tier("c59", "quarterly"), of_tier("c60", "quarterly")];
    let pairings = ["c59", "c60"].map(|id| pairing(id, id, "01-01", ""));
    let figures = figures(&with(
        june(),
        json!({"households": households, "pairings": pairings, "leaves": [leave("c59", "06-08"), leave("c60", "06-09")]}),
    ))?;
    assert_eq!((attributed(&figures, "c59").as_str(), attributed(&figures, "c60").as_str()), ("c59", "sun"));
    Ok(())
}

#[test]
fn an_assistant_has_a_duty_from_seven_days_on_and_meets_it_himself() -> TestResult {
    let assist = |id: &str, from: &str, to: &str| with(pairing(id, "sun", from, to), json!({"role": "assistant"}));
    let pairings = [
        assist("H6", "06-25", ""),
        // Seven days in two pieces that overlap.
        assist("H7", "06-20", "06-24"),
        assist("H7", "06-22", "06-27"),
        assist("joint", "01-01", ""),
        assist("other", "01-01", ""),
        assist("once", "01-01", ""),
        assist("short", "01-01", ""),
        assist("closed", "01-01", ""),
        assist("ten", "01-01", ""),
    ];
    let call = |id: &str, household: &str, recorder: &str, start: &str| {
        Ok::<Value, Box<dyn std::error::Error>>(with(visit(id, household, recorder, start)?, json!({"mode": "phone"})))
    };
    let visits = [
        call("V1", "H7", "sun", "06-01T09:00")?,
        call("V2", "H7", "sun", "06-02T09:00")?,
        with(call("V3", "joint", "li", "06-01T10:00")?, json!({"participants": ["li", "sun"]})),
        call("V4", "joint", "sun", "06-30T10:00")?,
        call("V5", "other", "li", "06-01T11:00")?,
        call("V6", "other", "li", "06-02T11:00")?,
        call("V7", "once", "sun", "06-01T12:00")?,
        call("V8", "once", "sun", "06-01T16:00")?,
        with(visit("V9", "once", "sun", "06-05T16:00")?, json!({"mode": "video"})),
        with(call("V10", "once", "sun", "06-06T16:00")?, json!({"absent_reason": "other"})),
        with(call("V11", "once", "sun", "06-07T16:00")?, json!({"log": [{"at": "2019-06-09T09:00:00+08:00", "do": "return"}]})),
        call("V12", "once", "sun", "05-31T16:00")?,
    ];
    let households = json!([
        household("H6"),
        household("H7"),
        household("joint"),
        household("other"),
        of_tier("once", "quarterly"),
        in_scope("short", "06-22", "07-01"),
        in_scope("ten", "06-21", "07-01"),
        with(household("closed"), json!({"status": []})),
    ]);
    let config = json!({"assistant": {"need": 2, "modes": ["phone"]}});
    let figures = figures(&with(june(), json!({"config": config, "households": households, "pairings": pairings, "visits": visits})))?;
    // Of H7, joint, other, once and ten the first two are kept in touch with.
    assert_eq!(figures["assistants"], json!([{"cadre": "sun", "cov_duty": [2, 5]}]));
    Ok(())
}

#[test]
fn staff_is_of_the_unit_of_its_last_day_of_service_in_the_month() -> TestResult {
    let term = |unit: &str, from: &str, to: &str| json!({"unit": unit, "from": format!("2019-{from}"), "to": format!("2019-{to}")});
    let cadres = json!([
        {"id": "an", "terms": [term("U1", "01-01", "06-10"), term("U2", "06-05", "06-10"), term("U3", "05-01", "06-09"), term("U4", "07-01", "08-01")]},
        {"id": "bo", "terms": [term("U5", "01-01", "06-01")]},
    ]);
    let units: Vec<Value> = (1..=6)
        .rev()
        .map(|n| {
            json!({"id": format!("U{n}"), "obliged": [
        {"cadre": "an", "from": "2019-01-01", "to": "2019-07-01"}, {"cadre": "an", "from": "2019-06-01"},
        {"cadre": "bo", "from": "2019-01-01", "to": "2019-06-30"}, {"cadre": "cui", "from": "2019-06-30"}]})
        })
        .collect();
    let pairings = [pairing("H1", "an", "01-01", ""), pairing("H2", "bo", "01-01", ""), pairing("gone", "cui", "01-01", "")];
    let households = [household("H1"), household("H2"), in_scope("gone", "01-01", "06-30")];
    let figures = figures(&with(june(), json!({"cadres": cadres, "units": units, "households": households, "pairings": pairings})))?;
    assert_eq!(
        figures["units"],
        json!([
            {"unit": "U1", "fulfil": [1, 2], "cov_unit": [0, 1]},
            {"unit": "U2", "fulfil": [1, 2], "cov_unit": [0, 1]},
        ])
    );
    Ok(())
}

#[test]
fn the_obliged_may_have_their_household_anywhere() -> TestResult {
    let units = json!([{"id": "U1", "place": "group-1", "obliged": [{"cadre": "an", "from": "2019-01-01"}, {"cadre": "bo", "from": "2019-01-01"}]}]);
    let elsewhere = with(household("H1"), json!({"places": [{"place": "610802000000", "from": "2018-01-01"}]}));
    let pairings = [pairing("H1", "an", "01-01", ""), with(pairing("H1", "bo", "01-01", ""), json!({"role": "assistant"}))];
    let figures = figures(&with(june(), json!({"units": units, "households": [elsewhere], "pairings": pairings})))?;
    assert_eq!(figures["units"], json!([{"unit": "U1", "fulfil": [1, 2], "cov_unit": [0, 0]}]));
    assert_eq!(figures["sums"]["households"], 0);
    Ok(())
}

#[test]
fn the_last_day_of_the_month_decides_about_units_and_tours() -> TestResult {
    // On 06-30 an is obliged and paired, cui no longer, ding not yet; the place of U1 was in the village until then.
    let obliged = json!([
        {"cadre": "an", "from": "2019-06-30", "to": "2019-07-01"}, {"cadre": "cui", "from": "2019-01-01", "to": "2019-06-30"},
        {"cadre": "ding", "from": "2019-07-01"}, {"cadre": "wen", "from": "2019-01-01"},
    ]);
    let base = june();
    let mut regions = base["regions"].as_array().cloned().unwrap_or_default();
    let yard = |parent: &str| json!({"code": "yard", "level": "group", "parent": parent});
    regions.push(with(yard("610802209201"), json!({"to": "2019-07-01"})));
    regions.push(with(yard("610802000000"), json!({"from": "2019-07-01"})));
    let units = json!([{"id": "U1", "place": "yard", "obliged": obliged}]);
    let pairings = [pairing("H1", "an", "06-30", "07-01"), pairing("H1", "ding", "07-01", ""), pairing("H4", "wen", "01-01", "")];
    let tours = json!([{"household": "H1", "cadre": "secretary", "date": "2019-06-30"}]);
    let twice =
        json!([{"status": "poor", "from": "2019-01-01", "to": "2019-05-01"}, {"status": "poor", "from": "2019-06-30", "to": "2019-07-01"}]);
    let households = [
        with(household("H1"), json!({"status": twice})),
        in_scope("H2", "07-01", "08-01"),
        in_scope("H3", "06-01", "06-30"),
        with(household("H4"), json!({"status": []})),
    ];
    let keys = json!({"regions": regions, "units": units, "households": households, "pairings": pairings, "tours": tours});
    let figures = figures(&with(base, keys))?;
    assert_eq!(figures["units"], json!([{"unit": "U1", "fulfil": [1, 2], "cov_unit": [0, 0]}]));
    assert_eq!(figures["tour"], json!({"households": [1, 1], "villages": 1}));
    assert_eq!(figures["takeovers"], json!([{"household": "H1", "cadre": "an", "from": "2019-06-30", "first_visit_days": null}]));
    Ok(())
}

#[test]
fn a_pause_in_scope_moves_neither_the_tier_nor_the_place() -> TestResult {
    let spans = |ends: [&str; 2]| json!([{"status": "poor", "from": "2018-01-01", "to": ends[0]}, {"status": "poor", "from": ends[1]}]);
    let tier = json!([{"tier": "twice", "from": "2018-01-01", "to": "2019-06-05"}, {"tier": "monthly", "from": "2019-06-05"}]);
    let places =
        json!([{"place": "610802209201", "from": "2018-01-01", "to": "2019-06-25"}, {"place": "610802209202", "from": "2019-06-25"}]);
    let config = json!({"tiers": {"monthly": {"months": 1, "need": 1}, "twice": {"months": 1, "need": 2}}});
    let came_back = with(household("H1"), json!({"status": spans(["2019-05-10", "2019-06-10"]), "tier": tier}));
    let went = with(household("H2"), json!({"status": spans(["2019-06-20", "2019-07-10"]), "places": places}));
    let figures = figures(&with(june(), json!({"config": config, "households": [came_back, went]})))?;
    assert_eq!((of_household(&figures, "H1", "need"), of_household(&figures, "H1", "scope_days")), (json!(1), json!(21)));
    assert_eq!(of_household(&figures, "H2", "place"), "610802209201");
    Ok(())
}
