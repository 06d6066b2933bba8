//! When a visit truly began: from what the device's clocks said at submission, and what the batch's header knows of the server's time.

use daohu_domain::calendar::{DAY_MS, Instant};
use daohu_domain::time::{self, Anchor, Evidence, Stamp, evidence_of_claim};
use daohu_wire::Boot;

use crate::store::plan::StartEvidence;

/// Returns what is known of the true start, where the device claims `start` and submitted under `stamp`.
pub(super) fn of_start(start: Instant, stamp: &Stamp, boots: &[Boot], received_at: Instant) -> StartEvidence {
    let of_stamp = of_stamp(stamp, boots, received_at);
    match (evidence_of_claim(start, stamp, &of_stamp, 0), of_stamp) {
        (Evidence::Trusted(at), _) => StartEvidence::Trusted(at),
        (Evidence::Between(after, before), _) => StartEvidence::Between(after, before),
        (Evidence::None, Evidence::Between(after, before)) => bounds(start, stamp, (after, before)),
        (Evidence::None, _) => StartEvidence::None,
    }
}

/// Where the stamp is only bounded, a start of the same boot and day is bounded too: it lies before the stamp by as much as the
/// monotonic clock says, and after the last trusted instant before that boot.
fn bounds(start: Instant, stamp: &Stamp, (after, before): (Instant, Instant)) -> StartEvidence {
    let ago = stamp.wall_ms.saturating_sub(start.0);
    if !(0..=DAY_MS).contains(&ago) || stamp.mono_ms < ago {
        return StartEvidence::None;
    }
    StartEvidence::Between(after, Instant(before.0.saturating_sub(ago)).max(after))
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
