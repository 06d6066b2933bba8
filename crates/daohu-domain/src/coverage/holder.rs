//! Who holds a household on a day (D3), and whether that is only on paper (D15; domain 3.5).

use super::days::{DaySpan, joined, pieces};

/// A stretch of days on which one cadre holds a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hold<'a> {
    pub(super) span: DaySpan,
    pub(super) cadre: &'a str,
}

/// A primary pairing of one household.
#[derive(Debug, Clone, Copy)]
pub(super) struct Primary<'a> {
    pub(super) span: DaySpan,
    pub(super) cadre: &'a str,
    pub(super) unit: Option<&'a str>,
}

/// Service of a cadre in a unit or post.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service<'a> {
    pub(super) span: DaySpan,
    pub(super) unit: &'a str,
}

/// Returns who holds the household when, in order of days, without two neighbours of one cadre (D3).
///
/// Pairings of one cadre that touch or overlap are one holding. Where two cadres overlap, the holding that began
/// later wins, on a tie the greater id.
pub(super) fn holders<'a>(primaries: &[Primary<'a>]) -> Vec<Hold<'a>> {
    let holdings = holdings(primaries);
    let Some(whole) =
        holdings.iter().map(|hold| hold.span).reduce(|all, span| DaySpan { from: all.from.min(span.from), to: all.to.max(span.to) })
    else {
        return Vec::new();
    };
    let mut out: Vec<Hold<'a>> = Vec::with_capacity(holdings.len());
    for piece in pieces(whole, holdings.iter().map(|hold| hold.span)) {
        let active = holdings.iter().filter(|hold| hold.span.contains(piece.from));
        let Some(winner) = active.max_by_key(|hold| (hold.span.from, hold.cadre)) else { continue };
        match out.last_mut() {
            Some(last) if last.cadre == winner.cadre && last.span.to == piece.from => last.span.to = piece.to,
            _ => out.push(Hold { span: piece, cadre: winner.cadre }),
        }
    }
    out
}

/// Joins the pairings of each cadre.
fn holdings<'a>(primaries: &[Primary<'a>]) -> Vec<Hold<'a>> {
    let mut cadres: Vec<&'a str> = primaries.iter().map(|primary| primary.cadre).collect();
    cadres.sort_unstable();
    cadres.dedup();
    let of_cadre = |cadre| joined(primaries.iter().filter(|primary| primary.cadre == cadre).map(|primary| primary.span).collect());
    cadres.into_iter().flat_map(|cadre| of_cadre(cadre).into_iter().map(move |span| Hold { span, cadre })).collect()
}

/// Returns the days on which the holder is one in name only: every pairing that makes him holder is stale (D15).
pub(super) fn hidden<'a>(holds: &[Hold<'a>], primaries: &[Primary<'a>], services: &dyn Fn(&str) -> &'a [Service<'a>]) -> Vec<DaySpan> {
    let mut out = Vec::new();
    for hold in holds {
        let served = services(hold.cadre);
        if served.is_empty() {
            continue;
        }
        let own = || primaries.iter().filter(|primary| primary.cadre == hold.cadre);
        let edges = own().map(|primary| primary.span).chain(served.iter().map(|service| service.span));
        for piece in pieces(hold.span, edges) {
            let mut active = own().filter(|primary| primary.span.contains(piece.from));
            if active.all(|primary| is_stale(primary, served, piece.from)) {
                out.push(piece);
            }
        }
    }
    joined(out)
}

/// Says whether a pairing is stale on a day: some term ended by then and none runs.
///
/// A pairing made in the name of a unit asks for service in that unit, another for any. Without a term on record
/// nothing is known, and the pairing is not stale.
fn is_stale(primary: &Primary<'_>, served: &[Service<'_>], day: i64) -> bool {
    let relevant = || served.iter().filter(|service| primary.unit.is_none_or(|unit| unit == service.unit));
    relevant().any(|service| service.span.to <= day) && !relevant().any(|service| service.span.contains(day))
}

/// Returns who holds on a day.
pub(super) fn holder_on<'a>(holds: &[Hold<'a>], day: i64) -> Option<&'a str> {
    holds.iter().find(|hold| hold.span.contains(day)).map(|hold| hold.cadre)
}

#[cfg(test)]
mod tests {
    use super::{Hold, Primary, Service, hidden, holder_on, holders};
    use crate::coverage::days::DaySpan;

    fn primary(cadre: &'static str, from: i64, to: i64) -> Primary<'static> {
        Primary { span: DaySpan { from, to }, cadre, unit: None }
    }

    fn told(holds: &[Hold<'static>]) -> Vec<(&'static str, i64, i64)> {
        holds.iter().map(|hold| (hold.cadre, hold.span.from, hold.span.to)).collect()
    }

    #[test]
    fn the_holding_that_began_later_wins_even_after_a_renewal() {
        let pairings = [primary("zhang", 0, 12), primary("zhang", 12, 40), primary("bo", 10, 30)];
        let holds = holders(&pairings);
        assert_eq!(told(&holds), [("zhang", 0, 10), ("bo", 10, 30), ("zhang", 30, 40)]);
        assert_eq!((holder_on(&holds, 9), holder_on(&holds, 10), holder_on(&holds, 40)), (Some("zhang"), Some("bo"), None));
    }

    #[test]
    fn a_gap_of_one_day_makes_a_new_holding() {
        let pairings = [primary("zhang", 0, 12), primary("zhang", 13, 40), primary("bo", 10, 30)];
        assert_eq!(told(&holders(&pairings)), [("zhang", 0, 10), ("bo", 10, 13), ("zhang", 13, 40)]);
    }

    #[test]
    fn of_two_that_began_together_the_greater_id_wins() {
        for pairings in [[primary("an", 5, 20), primary("bo", 5, 10)], [primary("bo", 5, 10), primary("an", 5, 20)]] {
            assert_eq!(told(&holders(&pairings)), [("bo", 5, 10), ("an", 10, 20)]);
        }
    }

    #[test]
    fn one_cadre_holds_without_a_seam_though_another_touches() {
        let pairings = [primary("an", 0, 10), primary("bo", 10, 20), primary("an", 25, 30)];
        assert_eq!(told(&holders(&pairings)), [("an", 0, 10), ("bo", 10, 20), ("an", 25, 30)]);
        assert!(holders(&[]).is_empty());
    }

    fn hidden_days(primaries: &[Primary<'static>], services: &'static [Service<'static>]) -> Vec<DaySpan> {
        hidden(&holders(primaries), primaries, &|_| services)
    }

    #[test]
    fn one_pairing_that_is_not_stale_keeps_the_holder_real() {
        static SERVED: [Service<'static>; 2] =
            [Service { span: DaySpan { from: 0, to: 10 }, unit: "U1" }, Service { span: DaySpan { from: 5, to: 20 }, unit: "U2" }];
        let in_name_of = |unit, from| Primary { unit: Some(unit), ..primary("qin", from, 30) };
        assert_eq!(hidden_days(&[in_name_of("U1", 0)], &SERVED), [DaySpan { from: 10, to: 30 }]);
        assert_eq!(
            hidden_days(&[in_name_of("U1", 0), in_name_of("U2", 12)], &SERVED),
            [DaySpan { from: 10, to: 12 }, DaySpan { from: 20, to: 30 }]
        );
        assert_eq!(hidden_days(&[primary("qin", 0, 30)], &SERVED), [DaySpan { from: 20, to: 30 }]);
        assert!(hidden_days(&[in_name_of("U3", 0)], &SERVED).is_empty());
        assert!(hidden_days(&[primary("qin", 0, 30)], &[]).is_empty());
    }

    #[test]
    fn service_that_has_yet_to_begin_makes_nothing_stale() {
        static SERVED: [Service<'static>; 1] = [Service { span: DaySpan { from: 10, to: 20 }, unit: "U1" }];
        assert_eq!(hidden_days(&[primary("qin", 0, 30)], &SERVED), [DaySpan { from: 20, to: 30 }]);
    }
}
