//! What a sync costs in bytes: visits up, a sync with nothing new, the first pull of everything; beside Automerge's own protocol.
//!
//! Every body goes between the real field core and the real office; nothing is estimated. Speeds are medians over several rounds.

use crate::{
    beside::{self, Has, Record, Weight},
    bulk::Bulk,
    clock::{cpu_s, median, timed},
    phone::{Phone, Traffic},
    report::{Figure, Outcome},
    township::Township,
    workload::{self, Line},
};
use daohu_domain::calendar::DAY_MS;
use daohu_field::SyncOptions;
use daohu_wire::{SyncRequest, limits::MAX_BYTES_CEILING};
use serde_json::json;

/// How much bigger than the packed lines of JSON visits may be.
const JSON_SHARE_MAX: f64 = 1.25;
/// Bytes of a visit in a small batch, header and signature of the batch counted.
const SMALL_BYTES_MAX: f64 = 300.0;
/// Bytes of a sync with nothing new, both ways.
const NOOP_BYTES_MAX: f64 = 450.0;
/// Bytes of the first pull of ten thousand records.
const PULL_BYTES_MAX: f64 = 2_400_000.0;
/// Seconds of the same.
const PULL_S_MAX: f64 = 3.0;
/// Visits that the device without a store pushes at once.
const BULK_AT_ONCE: usize = 500;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Visits in the office in the end.
    pub(crate) total: usize,
    /// Visits of the big batch.
    pub(crate) big: usize,
    /// Visits of a small batch.
    pub(crate) small: usize,
    /// Rounds of what varies.
    pub(crate) rounds: usize,
}

impl Sizes {
    /// What the limits speak of.
    pub(crate) const WHOLE: Self = Self { total: 10_000, big: 1_000, small: 20, rounds: 3 };
    /// Enough to see that every figure is there.
    pub(crate) const QUICK: Self = Self { total: 200, big: 100, small: 20, rounds: 1 };
}

/// The office, a phone that makes visits, and what was measured so far.
struct Stage<'a> {
    township: Township,
    phone: Phone,
    lines: &'a [Line],
    sizes: Sizes,
    say: &'a mut dyn FnMut(&Figure),
}

/// Measures everything; each figure is told as soon as it is known.
pub(crate) fn run(lines: &[Line], sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome {
    let (own, rest) = split(lines, sizes)?;
    let everything: Vec<Line> = own.iter().chain(&rest).cloned().collect();
    let township = Township::new(&everything)?;
    let first = everything.iter().map(|line| line.start_ms).min().unwrap_or(0);
    let mut phone = Phone::enrol(&township, "phone", first - DAY_MS)?;
    let roster = phone.sync(&township, SyncOptions::default())?;
    let mut stage = Stage { township, phone, lines: &own, sizes, say };
    let mut sent = big_batch(&mut stage)?;
    with_positions(&stage.lines[..sizes.big], stage.say)?;
    sent.extend(small_batches(&mut stage)?);
    sent.extend(fill(&mut stage, &rest)?);
    no_op(&mut stage, &sent)?;
    first_pull(&mut stage, &sent, &roster)
}

/// Returns the lines that the phone writes, and those that make the store as big as wanted.
///
/// A file with fewer lines is enough for what is counted a visit; the rest is then made by the maker of the workload.
fn split(lines: &[Line], sizes: Sizes) -> Outcome<(Vec<Line>, Vec<Line>)> {
    let wanted = sizes.big + sizes.small * sizes.rounds;
    if lines.len() >= sizes.total {
        let (own, rest) = lines.split_at(wanted);
        return Ok((own.to_vec(), rest.iter().take(sizes.total - wanted).cloned().collect()));
    }
    let mut own: Vec<Line> = lines.iter().take(wanted).cloned().collect();
    let made = workload::make(sizes.total)?;
    // Lines later in the file than those that were given, so that none comes twice.
    let after = own.iter().map(|line| line.end_ms).max().unwrap_or(0);
    let mut rest = made.into_iter().map(|line| line.later(after + DAY_MS));
    own.extend(rest.by_ref().take(wanted - own.len()));
    let rest = rest.take(sizes.total - wanted).collect();
    Ok((own, rest))
}

/// The phone writes many visits and hands them in with one sync.
fn big_batch(stage: &mut Stage<'_>) -> Outcome<Vec<Record>> {
    let (lines, count) = (&stage.lines[..stage.sizes.big], stage.sizes.big);
    for line in lines {
        stage.phone.visit(&stage.township, line, false)?;
    }
    let traffic = stage.phone.sync(&stage.township, SyncOptions::default())?;
    let per_visit = |bytes: usize| bytes as f64 / count as f64;
    let up = per_visit(traffic.up);
    let json = per_visit(workload::json_bytes(lines, false)?);
    (stage.say)(
        &pushed(&format!("bytes_up_per_visit_{count}"), up, &traffic)
            .at_most(JSON_SHARE_MAX * json)
            .with_number("ratio", up / json)
            .with_number("json_zstd3", json)
            .with("positions", "left out on both sides"),
    );
    let sent = records_of(&traffic)?;
    let other = beside::weigh(&sent, Has::Phone)?;
    (stage.say)(
        &automerge("automerge_bytes_up_per_visit", count, per_visit(other.up), &other).with_number("packed_up", per_visit(other.packed_up)),
    );
    Ok(sent)
}

/// The same visits once more with their positions, in an office of their own: each position is a value of its own, sealed to the
/// server, with a key of its own.
fn with_positions(lines: &[Line], say: &mut dyn FnMut(&Figure)) -> Outcome {
    let township = Township::new(lines)?;
    let first = lines.iter().map(|line| line.start_ms).min().unwrap_or(0);
    let mut phone = Phone::enrol(&township, "phone", first - DAY_MS)?;
    phone.sync(&township, SyncOptions::default())?;
    for line in lines {
        phone.visit(&township, line, true)?;
    }
    let traffic = phone.sync(&township, SyncOptions::default())?;
    let up = traffic.up as f64 / lines.len() as f64;
    let json = workload::json_bytes(lines, true)? as f64 / lines.len() as f64;
    say(&pushed(&format!("bytes_up_per_visit_{}_with_positions", lines.len()), up, &traffic)
        .with_number("ratio", up / json)
        .with_number("json_zstd3", json)
        .with("items", traffic.report.pushed)
        .with("positions", "on both sides; ours sealed to the server, which cannot be packed"));
    Ok(())
}

/// The phone writes a few visits at a time, as a helper does.
fn small_batches(stage: &mut Stage<'_>) -> Outcome<Vec<Record>> {
    let Sizes { big, small, rounds, .. } = stage.sizes;
    let (mut ups, mut ratios, mut signed, mut last, mut sent) = (Vec::new(), Vec::new(), Vec::new(), Traffic::default(), Vec::new());
    for lines in stage.lines[big..].chunks(small).take(rounds) {
        for line in lines {
            stage.phone.visit(&stage.township, line, false)?;
        }
        last = stage.phone.sync(&stage.township, SyncOptions::default())?;
        let per_visit = |bytes: usize| bytes as f64 / lines.len() as f64;
        ups.push(per_visit(last.up));
        signed.push(per_visit(last.up + last.signatures));
        ratios.push(last.up as f64 / workload::json_bytes(lines, false)? as f64);
        sent.extend(records_of(&last)?);
    }
    (stage.say)(
        &pushed(&format!("bytes_up_per_visit_{small}"), median(&ups), &last)
            .at_most(SMALL_BYTES_MAX)
            .with_number("ratio", median(&ratios))
            .with_number("with_request_signature", median(&signed))
            .with("rounds", ups.len()),
    );
    let other = beside::weigh(&sent, Has::Phone)?;
    let count = sent.len().max(1) as f64;
    (stage.say)(
        &automerge("automerge_bytes_up_per_visit", small, other.up as f64 / count, &other)
            .with_number("packed_up", other.packed_up as f64 / count),
    );
    Ok(sent)
}

/// Fills the office up to its size with the visits of another device of the same user.
fn fill(stage: &mut Stage<'_>, rest: &[Line]) -> Outcome<Vec<Record>> {
    let mut bulk = Bulk::enrol(&stage.township, stage.phone.now_ms())?;
    for lines in rest.chunks(BULK_AT_ONCE) {
        bulk.push(&stage.township, lines)?;
    }
    stage.phone.advance_to(bulk.now_ms());
    Ok(bulk.into_sent())
}

/// A sync with nothing new, once the phone has everything.
fn no_op(stage: &mut Stage<'_>, sent: &[Record]) -> Outcome {
    stage.phone.sync(&stage.township, fast())?;
    let traffic = stage.phone.sync(&stage.township, SyncOptions::default())?;
    if traffic.report.requests != 1 {
        return Err(format!("a sync with nothing new took {} requests", traffic.report.requests).into());
    }
    let records = stage.township.records + stage.sizes.total;
    (stage.say)(
        &Figure::new("sync", format!("noop_bytes_{}", stage.sizes.total), (traffic.up + traffic.down) as f64, "B")
            .at_most(NOOP_BYTES_MAX)
            .with("up", traffic.up)
            .with("down", traffic.down)
            .with("requests", traffic.report.requests)
            .with("visits", stage.sizes.total)
            .with("records", records),
    );
    let other = beside::weigh(sent, Has::Both)?;
    let bytes = (other.up + other.down) as f64;
    (stage.say)(&automerge("automerge_noop_bytes", sent.len(), bytes, &other).with("packed", other.packed));
    Ok(())
}

/// A new phone of the same user gets everything: by rows first, since packs that were made stay, then by packs.
fn first_pull(stage: &mut Stage<'_>, sent: &[Record], roster: &Traffic) -> Outcome {
    let rows = Pulled::measure(stage, "rows")?;
    stage.township.make_packs(true);
    let packs = Pulled::measure(stage, "packs")?;
    let (total, of_roster) = (stage.sizes.total, (roster.up + roster.down) as f64);
    (stage.say)(
        &packs
            .figure("first_pull_bytes", total, packs.bytes(), "B")
            .at_most(PULL_BYTES_MAX)
            .with("visits", total)
            .with("counted", "both ways: the visits and all households, pairings and places")
            .with("roster_records", stage.township.records)
            .with_number("roster_by_rows", of_roster)
            .with_number("by_rows", rows.bytes()),
    );
    (stage.say)(&rows.figure("first_pull_by_rows_s", total, median(&rows.seconds), "s").with_number("cpu", median(&rows.cpu)));
    (stage.say)(
        &packs
            .figure("first_pull_s", total, median(&packs.seconds), "s")
            .at_most(PULL_S_MAX)
            .with_number("cpu", median(&packs.cpu))
            .with_number("for_as_many_records_as_visits", median(&packs.seconds) * total as f64 / packs.last.report.pulled.max(1) as f64)
            .with_number("first_of_all_which_makes_the_packs", packs.seconds.first().copied().unwrap_or_default())
            .with("rounds", packs.seconds.len())
            .with("counted", "office and phone on one core, everything pulled"),
    );
    let other = beside::weigh(sent, Has::Server)?;
    let bytes = (other.up + other.down) as f64;
    (stage.say)(&automerge("automerge_first_pull_bytes", sent.len(), bytes, &other).with("packed", other.packed));
    Ok(())
}

/// First pulls of new phones.
struct Pulled {
    seconds: Vec<f64>,
    cpu: Vec<f64>,
    last: Traffic,
}

impl Pulled {
    fn measure(stage: &Stage<'_>, way: &str) -> Outcome<Self> {
        let mut all = Self { seconds: Vec::new(), cpu: Vec::new(), last: Traffic::default() };
        for round in 0..stage.sizes.rounds {
            let mut phone = Phone::enrol(&stage.township, &format!("new-by-{way}-{round}"), stage.phone.now_ms())?;
            let before = cpu_s();
            let (pulled, took) = timed(|| phone.sync(&stage.township, fast()));
            all.cpu.extend(before.zip(cpu_s()).map(|(before, after)| after - before));
            all.last = pulled?;
            all.seconds.push(took.as_secs_f64());
        }
        Ok(all)
    }

    fn bytes(&self) -> f64 {
        (self.last.up + self.last.down) as f64
    }

    fn figure(&self, name: &str, total: usize, value: f64, unit: &'static str) -> Figure {
        Figure::new("sync", format!("{name}_{total}"), value, unit)
            .with("requests", self.last.report.requests)
            .with("changes", self.last.report.pulled)
    }
}

/// A link that is known to be good.
fn fast() -> SyncOptions {
    SyncOptions { first_bytes: Some(MAX_BYTES_CEILING), ..SyncOptions::default() }
}

fn pushed(name: &str, up: f64, traffic: &Traffic) -> Figure {
    Figure::new("sync", name, up, "B").with("requests", traffic.report.requests).with("up", traffic.up).with("down", traffic.down)
}

fn automerge(name: &str, count: usize, value: f64, weight: &Weight) -> Figure {
    Figure::new("sync", format!("{name}_{count}"), value, "B")
        .with("turns", weight.turns)
        .with("beside", json!("automerge::sync, each record by itself"))
}

/// Returns the records that were handed in, as they went over the wire.
fn records_of(traffic: &Traffic) -> Outcome<Vec<Record>> {
    let mut records = Vec::new();
    for body in &traffic.requests {
        let items = SyncRequest::decode(body)?.batches.into_iter().flat_map(|batch| batch.items);
        records.extend(items.map(|item| Record { id: item.record, change: item.bytes }));
    }
    Ok(records)
}
