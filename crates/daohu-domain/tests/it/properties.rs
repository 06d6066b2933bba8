//! Whatever comes in, nothing panics, and what is read passes the check.

use daohu_domain::{
    Fields, Json,
    calendar::Instant,
    glossary::glossary,
    kind::Shape,
    kinds,
    mask::masked,
    role,
    state::{MonthRecordFacts, PastEvent, PastReview, fold, fold_month_record, fold_visit},
    time::{Anchor, Evidence, Stamp, best, evidence},
    validate::{check, check_event, check_value, is_newer, read_text},
};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::json;

/// Any JSON, a few levels deep.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
        "2019-0[1-9]-[0-3][0-9]".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec(("(value|from|to|name|text|day|lat|lon|[a-z]{1,5})", inner), 0..5)
                .prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
        ]
    })
}

/// The names of all events, and one that there is not.
fn any_event_name() -> impl Strategy<Value = String> {
    let names: Vec<String> =
        kinds::all().iter().flat_map(|kind| kind.events).map(|event| event.name.to_owned()).chain(["nothing".to_owned()]).collect();
    prop::sample::select(names)
}

fn any_event() -> impl Strategy<Value = PastEvent> {
    (any_event_name(), any::<bool>(), prop::sample::subsequence(role::ALL.to_vec(), 0..4), 0_i64..3_000_000_000).prop_map(
        |(name, by_author, roles, at)| {
            let key = format!("{name}@{at}");
            PastEvent { name, by_author, roles, at: Instant(at), key, fields: Fields::new() }
        },
    )
}

fn any_review() -> impl Strategy<Value = PastReview> {
    let results: Vec<String> =
        daohu_domain::choices::REVIEW_RESULT.iter().map(|choice| choice.slug.to_owned()).chain(["nothing".to_owned()]).collect();
    (prop::sample::select(results), prop::option::of("AR-0[5-7]"), 0_i64..3_000_000_000, any::<bool>(), any::<bool>()).prop_map(
        |(result, rule, at, own, of_month)| PastReview {
            key: format!("{result}@{at}"),
            result,
            rule,
            roles: Vec::new(),
            at: Instant(at),
            own,
            of_month,
        },
    )
}

proptest! {
    #[test]
    fn any_fields_are_checked_without_panicking(
        entries in prop::collection::vec((0_usize..1000, any_json()), 0..12),
        whole in any::<bool>(),
    ) {
        for kind in kinds::all() {
            let key = |at: usize| kind.fields.get(at % (kind.fields.len() + 1)).map_or("unheard_of", |field| field.key);
            let fields: Fields = entries.iter().map(|(at, value)| (key(*at).to_owned(), value.clone())).collect();
            for violation in check(kind, &fields, whole) {
                prop_assert!(!violation.zh.is_empty() && !violation.en.is_empty());
            }
            let _ = is_newer(kind, &fields);
            for event in kind.events {
                let _ = check_event(kind, event.name, &fields);
            }
        }
    }

    #[test]
    fn any_value_is_checked_and_masked_without_panicking(value in any_json()) {
        for field in kinds::all().iter().flat_map(|kind| kind.fields) {
            let _ = check_value(field, &value);
            let hidden = masked(field, &value);
            prop_assert!(field.is_secret() || hidden == value || value.is_null());
        }
    }

    #[test]
    fn any_text_is_read_without_panicking_and_what_is_read_passes(text in prop_oneof![".{0,60}", "[0-9０-９./年月日,;:：，、元万亩 +-]{0,24}"]) {
        for field in kinds::all().iter().flat_map(|kind| kind.fields) {
            match read_text(field, &text) {
                Ok(value) => prop_assert_eq!(check_value(field, &value), vec![], "{} {:?}", field.key, text),
                Err(wrong) => prop_assert!(!wrong.zh.is_empty() && !wrong.code.is_empty()),
            }
        }
    }

    #[test]
    fn every_choice_is_read_back_from_each_of_its_words(pick in any::<usize>()) {
        for field in kinds::all().iter().flat_map(|kind| kind.fields) {
            if let Shape::Choice(of) = field.shape {
                let choice = of[pick % of.len()];
                for word in [choice.slug, choice.zh].into_iter().chain(choice.also.iter().copied()) {
                    prop_assert_eq!(read_text(field, word).unwrap(), json!(choice.slug), "{} {}", field.key, word);
                }
            }
        }
    }

    #[test]
    fn any_events_fold_without_panicking_to_a_declared_state(
        events in prop::collection::vec(any_event(), 0..12),
        reviews in prop::collection::vec(any_review(), 0..12),
        received in prop::option::of(0_i64..3_000_000_000),
    ) {
        for kind in kinds::all() {
            let folded = fold(kind, &events);
            prop_assert!(kind.states.is_empty() || kind.states.iter().any(|state| state.slug == folded.state));
            prop_assert!(folded.refused.iter().all(|at| *at < events.len()));
        }
        let visit = fold_visit(&events, &reviews, received.map(Instant), &[]);
        let states = kinds::find("visit").unwrap().states;
        prop_assert!(states.iter().any(|state| state.slug == visit.state), "{}", visit.state);
        prop_assert!(visit.acts.windows(2).all(|pair| pair[0].at <= pair[1].at));
        let mut other_way = reviews.clone();
        other_way.reverse();
        prop_assert!(fold_visit(&events, &other_way, received.map(Instant), &[]).state == visit.state || has_ties(&reviews));
        for due in [true, false] {
            let (freeze, now) = (Instant(1_500_000_000), Instant(2_500_000_000));
            let facts = MonthRecordFacts { events: &events, reviews: &reviews, freeze, now, due };
            let record = fold_month_record(&facts);
            let states = kinds::find("month_record").unwrap().states;
            prop_assert!(states.iter().any(|state| state.slug == record.state), "{}", record.state);
        }
    }

    #[test]
    fn a_trusted_time_does_not_depend_on_the_wall_clock(
        (wall, other) in (any::<i64>(), any::<i64>()),
        (mono, anchor_mono) in (0_i64..1_000_000_000, 0_i64..1_000_000_000),
        server in 0_i64..4_000_000_000_000,
    ) {
        let anchors = [Anchor { server_ms: server, mono_ms: anchor_mono }];
        let at = |wall_ms| evidence(&Stamp { wall_ms, mono_ms: mono, boot: 3 }, &anchors, None, None);
        prop_assert_eq!(at(wall), at(other));
        prop_assert_eq!(at(wall), Evidence::Trusted(Instant(server + mono - anchor_mono)));
    }

    #[test]
    fn the_best_time_lies_within_the_bounds(wall in any::<i64>(), low in 0_i64..2_000_000, width in 0_i64..2_000_000) {
        let between = Evidence::Between(Instant(low), Instant(low + width));
        let best = best(&Stamp { wall_ms: wall, mono_ms: 0, boot: 0 }, &between);
        prop_assert!(Instant(low) <= best && best <= Instant(low + width));
        prop_assert!(best == Instant(wall) || best == Instant(low) || best == Instant(low + width));
    }
}

/// Says whether two reviews have the same key and instant, so that their order in the list decides.
fn has_ties(reviews: &[PastReview]) -> bool {
    reviews
        .iter()
        .enumerate()
        .any(|(at, left)| reviews.iter().skip(at + 1).any(|right| left.key == right.key && left.of_month == right.of_month))
}

#[test]
fn the_glossary_is_the_same_each_time() {
    assert_eq!(glossary(true), glossary(true));
    assert_ne!(glossary(true), glossary(false));
}
