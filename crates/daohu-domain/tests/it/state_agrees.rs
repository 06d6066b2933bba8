//! The state that people see and the figures of coverage say the same of every history of a visit.

use crate::coverage_shared::{figures, household, june, of_household, pairing, visit, with};
use daohu_domain::{
    Fields, Json,
    calendar::Instant,
    role::Role,
    state::{PastEvent, PastReview, VisitFold, fold_visit},
};
use proptest::prelude::{Strategy, any, prop, prop_assert_eq, proptest};
use serde_json::json;

/// What can happen to a visit after it was received: by its author, by a reviewer, by a pass of its month record.
const OWN: [&str; 5] = ["withdraw", "resubmit", "void", "correct", "explain"];
const OFFICE: [&str; 8] = ["flag", "accept", "pass", "return", "void", "restore", "open_paper", "refer"];

/// One thing that happens: which, about which rule, how many minutes after the one before.
#[derive(Debug, Clone)]
struct Happening {
    which: usize,
    rule: String,
    minutes: i64,
}

fn happening() -> impl Strategy<Value = Happening> {
    let which = 0..OWN.len() + OFFICE.len() + 1;
    (which, "AR-0[57]", 1_i64..900).prop_map(|(which, rule, minutes)| Happening { which, rule, minutes })
}

fn received() -> Instant {
    "2019-06-05T10:00:00+08:00".parse().unwrap()
}

/// Sorts what happens into events, reviews and passes of the month record.
fn told(happenings: &[Happening]) -> (Vec<PastEvent>, Vec<PastReview>) {
    let own = |name: &str, at: Instant| PastEvent {
        name: name.to_owned(),
        by_author: true,
        roles: vec![Role::Helper],
        at,
        key: at.to_string(),
        fields: Fields::new(),
    };
    let mut events = vec![own("submit", Instant(received().0 - 600_000))];
    let mut reviews = Vec::new();
    let mut at = received();
    for happening in happenings {
        at = Instant(at.0 + happening.minutes * 60_000);
        let review = |result: &str, of_month| PastReview {
            result: result.to_owned(),
            rule: Some(happening.rule.clone()),
            roles: Vec::new(),
            at,
            key: at.to_string(),
            own: false,
            of_month,
        };
        match (OWN.get(happening.which), OFFICE.get(happening.which.saturating_sub(OWN.len()))) {
            (Some(name), _) => events.push(own(name, at)),
            (None, Some(result)) => reviews.push(review(result, false)),
            (None, None) => reviews.push(review("pass", true)),
        }
    }
    (events, reviews)
}

/// Works out June for the one household with this visit.
fn row(fold: &VisitFold, reviews: &[PastReview]) -> (Json, Json) {
    let log: Vec<Json> = fold.acts.iter().map(|act| json!({"at": act.at, "do": act.does, "rule": act.rule})).collect();
    let passes: Vec<Json> = reviews.iter().filter(|review| review.of_month).map(|review| json!({"at": review.at, "do": "pass"})).collect();
    let record = json!({"household": "H1", "month": "2019-06", "submitted_at": received(), "received_at": received(), "log": passes});
    let visit = with(visit("V1", "H1", "zhang", "06-05T09:00").unwrap(), json!({"log": log}));
    let scenario = with(
        june(),
        json!({"households": [household("H1")], "pairings": [pairing("H1", "zhang", "01-01", "")], "visits": [visit], "records": [record]}),
    );
    let figures = figures(&scenario).unwrap();
    (of_household(&figures, "H1", "visits"), of_household(&figures, "H1", "met_verified"))
}

proptest! {
    #[test]
    fn what_people_see_is_what_is_counted(happenings in prop::collection::vec(happening(), 0..10), shuffle in any::<bool>()) {
        let (events, mut reviews) = told(&happenings);
        if shuffle {
            reviews.reverse();
        }
        let fold = fold_visit(&events, &reviews, Some(received()), &[]);
        let counts = matches!(fold.state.as_str(), "received" | "flagged" | "passed");
        let verified = fold.state == "passed" && fold.open_rules.is_empty();
        prop_assert_eq!(row(&fold, &reviews), (json!(u8::from(counts)), json!(verified)), "{:?}", fold);
    }
}
