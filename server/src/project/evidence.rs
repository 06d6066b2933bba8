//! When a visit truly began: from what the device's clocks said at submission, and what the batch's header knows of the server's time.

use daohu_domain::calendar::Instant;
use daohu_domain::kinds::visit::began_at;
use daohu_domain::time::{self, Anchor, Evidence, Stamp, evidence_of_claim};
use daohu_record::EventView;
use daohu_wire::Boot;

use crate::store::plan::StartEvidence;

/// Returns what is known of the true start of a visit that claims `start` and was handed in by this event.
pub(super) fn of_start(start: Instant, submitted: &EventView, boots: &[Boot], received_at: Instant) -> StartEvidence {
    let known = match began_at(&submitted.fields, start) {
        Some(began) => of_stamp(&began, boots, received_at),
        None => evidence_of_claim(start, &submitted.stamp, &of_stamp(&submitted.stamp, boots, received_at)),
    };
    match known {
        Evidence::Trusted(at) => StartEvidence::Trusted(at),
        Evidence::Between(after, before) => StartEvidence::Between(after, before),
        Evidence::None => StartEvidence::None,
    }
}

/// Returns the best instant of a stamp.
pub(super) fn best(stamp: &Stamp, boots: &[Boot], received_at: Instant) -> Instant {
    time::best(stamp, &of_stamp(stamp, boots, received_at))
}

fn of_stamp(stamp: &Stamp, boots: &[Boot], received_at: Instant) -> Evidence {
    let anchors: Vec<Anchor> = boots.iter().filter(|boot| boot.number == stamp.boot).flat_map(anchors).collect();
    let before = boots.iter().filter(|boot| boot.number < stamp.boot).flat_map(anchors_ms).max();
    let after = boots.iter().filter(|boot| boot.number > stamp.boot).flat_map(anchors_ms).min();
    let after = after.map_or(received_at, |after| after.min(received_at));
    time::evidence(stamp, &anchors, before, Some(after))
}

fn anchors(boot: &Boot) -> impl Iterator<Item = Anchor> + '_ {
    boot.anchors.iter().map(|anchor| Anchor { server_ms: anchor.server_ms, mono_ms: anchor.mono_ms })
}

fn anchors_ms(boot: &Boot) -> impl Iterator<Item = Instant> + '_ {
    boot.anchors.iter().map(|anchor| Instant(anchor.server_ms))
}

#[cfg(test)]
mod tests {
    use super::{best, of_start};
    use crate::store::plan::StartEvidence;
    use daohu_domain::calendar::{DAY_MS, Instant};
    use daohu_domain::id::Id;
    use daohu_domain::kind::Fields;
    use daohu_domain::kinds::visit::began;
    use daohu_domain::time::Stamp;
    use daohu_record::EventView;
    use daohu_wire::{Anchor, Boot};

    const HOUR: i64 = 3_600_000;

    fn boot(number: u32, anchors: &[(i64, i64)]) -> Boot {
        let anchors = anchors.iter().map(|(server_ms, mono_ms)| Anchor { server_ms: *server_ms, mono_ms: *mono_ms }).collect();
        Boot { number, id: format!("boot {number}"), anchors }
    }

    /// Submitted one hour after boot 2 began, by a wall clock that is a year ahead.
    fn stamp() -> Stamp {
        Stamp { wall_ms: 365 * DAY_MS + 10 * HOUR, mono_ms: HOUR, boot: 2 }
    }

    fn submitted(fields: Fields) -> EventView {
        let actor = Id::from_bytes([0; 16]);
        EventView { key: String::new(), name: "submit".to_owned(), stamp: stamp(), fields, actor, change: [0; 32], edited: false }
    }

    fn claim(ago_ms: i64) -> Instant {
        Instant(stamp().wall_ms - ago_ms)
    }

    #[test]
    fn an_anchor_of_the_same_boot_gives_the_true_start_whatever_the_wall_clock_says() {
        let boots = [boot(2, &[(20 * HOUR, 2 * HOUR)])];

        let start = of_start(claim(HOUR / 2), &submitted(Fields::new()), &boots, Instant(30 * HOUR));

        assert_eq!(start, StartEvidence::Trusted(Instant(18 * HOUR + HOUR / 2)));
        assert_eq!(best(&stamp(), &boots, Instant(30 * HOUR)), Instant(19 * HOUR));
    }

    #[test]
    fn across_a_reboot_the_start_lies_between_what_is_known_before_and_after() {
        let boots = [boot(1, &[(5 * HOUR, 0), (6 * HOUR, HOUR)]), boot(3, &[(25 * HOUR, HOUR)])];

        let start = of_start(claim(HOUR / 2), &submitted(Fields::new()), &boots, Instant(30 * HOUR));

        assert_eq!(start, StartEvidence::Between(Instant(6 * HOUR), Instant(24 * HOUR + HOUR / 2)));
    }

    #[test]
    fn a_start_that_may_be_of_the_boot_before_has_no_bounds() {
        let boots = [boot(1, &[(5 * HOUR, 0)])];

        assert_eq!(of_start(claim(2 * HOUR), &submitted(Fields::new()), &boots, Instant(30 * HOUR)), StartEvidence::None);
    }

    #[test]
    fn a_claim_after_the_stamp_or_more_than_a_day_before_has_no_evidence() {
        let boots = [boot(2, &[(20 * HOUR, 2 * HOUR)])];

        assert_eq!(of_start(claim(-1), &submitted(Fields::new()), &boots, Instant(30 * HOUR)), StartEvidence::None);
        assert_eq!(of_start(claim(DAY_MS + 1), &submitted(Fields::new()), &boots, Instant(30 * HOUR)), StartEvidence::None);
    }

    #[test]
    fn a_visit_handed_in_days_later_keeps_the_clocks_at_which_it_began() {
        let boots = [boot(1, &[(5 * HOUR, HOUR)]), boot(2, &[(90 * HOUR, HOUR)])];
        let start = Stamp { wall_ms: 77 * HOUR, mono_ms: 3 * HOUR, boot: 1 };
        let carried = began(&start, &stamp());

        let known = of_start(Instant(start.wall_ms), &submitted(carried), &boots, Instant(100 * HOUR));

        assert_eq!(known, StartEvidence::Trusted(Instant(7 * HOUR)));
        assert_eq!(began(&Stamp { wall_ms: 0, mono_ms: 0, boot: 2 }, &stamp()), Fields::new(), "near enough: nothing is carried");
    }

    #[test]
    fn without_any_anchor_there_is_no_evidence() {
        assert_eq!(of_start(claim(0), &submitted(Fields::new()), &[], Instant(30 * HOUR)), StartEvidence::None);
    }
}
