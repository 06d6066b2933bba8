//! How fast the core is: intake at the office, saving on the phone, the list of due households, the coverage of a month.
//!
//! Every figure is a median over several rounds; beside those of a busy machine stands what the processor alone took, where the system
//! tells.

use crate::{
    bulk::{Bulk, Pushed},
    clock::{median, ms, quantile, timed},
    phone::{Closed, Phone},
    report::{Figure, Outcome},
    township::Township,
    workload::Line,
};
use daohu_domain::{
    calendar::{DAY_MS, Instant, Month},
    place::Place,
};
use daohu_field::{SyncOptions, Until, VisitInput};
use daohu_server::office::Office;
use daohu_wire::limits::MAX_BYTES_CEILING;
use std::collections::{BTreeMap, BTreeSet};

/// Changes a second that the office takes in on one core.
const INTAKE_MIN: f64 = 4_000.0;
/// Milliseconds in which a visit is saved for good.
const SAVE_MS_MAX: f64 = 10.0;
/// Milliseconds in which a store of ten thousand records is open and says what is due.
const DUE_MS_MAX: f64 = 100.0;
/// The same for a hundred thousand.
const DUE_BIG_MS_MAX: f64 = 500.0;
/// Milliseconds of the coverage of a township's month.
const COVERAGE_MS_MAX: f64 = 5.0;
/// Changes of a big push, of a middling one, and of a small one.
const AT_ONCE: usize = 500;
const SOME_AT_ONCE: usize = 100;
const FEW_AT_ONCE: usize = 20;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Visits of the usual store.
    pub(crate) usual: usize,
    /// Visits of the big store.
    pub(crate) big: usize,
    /// Households of the township whose month is reckoned.
    pub(crate) households: usize,
    /// Visits that are saved one by one.
    pub(crate) saves: usize,
    /// Rounds of everything else.
    pub(crate) rounds: usize,
}

impl Sizes {
    /// What the limits speak of.
    pub(crate) const WHOLE: Self = Self { usual: 10_000, big: 100_000, households: 450, saves: 200, rounds: 15 };
    /// Enough to see that every figure is there.
    pub(crate) const QUICK: Self = Self { usual: 200, big: 400, households: 50, saves: 10, rounds: 3 };
}

/// Measures everything over lines of which there are at least as many as the big store has.
pub(crate) fn run(lines: &[Line], sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome {
    let usual = lines.get(..sizes.usual).ok_or("fewer visits than the usual store has")?;
    few_at_once(usual, say)?;
    let (township, phone) = intake(usual, "intake_changes_per_s", say)?;
    month(&township, usual, sizes, say)?;
    let phone = saving(&township, phone, usual, sizes, say)?;
    due(&phone, &format!("due_ms_{}", sizes.usual), (DUE_MS_MAX, sizes, &township), say)?;
    drop((phone, township));
    small_township(usual, sizes, say)?;
    let big = lines.get(..sizes.big).ok_or("fewer visits than the big store has")?;
    let (township, phone) = intake(big, &format!("intake_changes_per_s_{}", sizes.big), say)?;
    due(&phone.close(), &format!("due_ms_{}", sizes.big), (DUE_BIG_MS_MAX, sizes, &township), say)
}

/// Small pushes, as helpers send them: most of each is the commit.
fn few_at_once(lines: &[Line], say: &mut dyn FnMut(&Figure)) -> Outcome {
    let lines = &lines[..lines.len().min(100 * FEW_AT_ONCE)];
    let (_, _, pushes) = push_all(lines, FEW_AT_ONCE)?;
    say(&rate(&format!("intake_changes_per_s_{FEW_AT_ONCE}_at_once"), FEW_AT_ONCE, &pushes));
    Ok(())
}

/// Fills an office with visits and then a phone with everything.
fn intake(lines: &[Line], name: &str, say: &mut dyn FnMut(&Figure)) -> Outcome<(Township, Phone)> {
    let (township, bulk, pushes) = push_all(lines, AT_ONCE)?;
    let figure = rate(name, AT_ONCE, &pushes).at_least(INTAKE_MIN).with("visits", lines.len());
    say(&figure.with_number("first_figures_beside_ms", township.kept_ms()));
    let mut phone = Phone::enrol(&township, "phone", bulk.now_ms())?;
    let options = SyncOptions { first_bytes: Some(MAX_BYTES_CEILING), ..SyncOptions::default() };
    phone.sync(&township, options)?;
    Ok((township, phone))
}

pub(crate) fn push_all(lines: &[Line], at_once: usize) -> Outcome<(Township, Bulk, Vec<Pushed>)> {
    let township = Township::new(lines)?;
    let first = lines.iter().map(|line| line.start_ms).min().unwrap_or(0);
    let mut bulk = Bulk::enrol(&township, first - DAY_MS)?;
    let mut pushes = Vec::new();
    for part in lines.chunks(at_once) {
        pushes.push(bulk.push(&township, part)?);
        bulk.forget_sent();
    }
    Ok((township, bulk, pushes))
}

fn rate(name: &str, at_once: usize, pushes: &[Pushed]) -> Figure {
    let rates: Vec<f64> = pushes.iter().map(|push| push.items as f64 / push.took.as_secs_f64()).collect();
    let items = pushes.iter().map(|push| push.items).sum::<usize>() as f64;
    let took: f64 = pushes.iter().map(|push| push.took.as_secs_f64()).sum();
    let figure = Figure::new("core", name, median(&rates), "changes/s")
        .with("at_once", at_once)
        .with("rounds", rates.len())
        .with_number("slowest", quantile(&rates, 0.0))
        .with_number("overall", items / took);
    let cpu: Option<f64> = pushes.iter().map(|push| push.cpu_s).sum();
    match cpu.filter(|cpu| *cpu > 0.0) {
        Some(cpu) => figure.with_number("overall_by_cpu", items / cpu),
        None => figure,
    }
}

/// A phone that has everything saves visits, and keystrokes of one more.
fn saving(township: &Township, mut phone: Phone, lines: &[Line], sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome<Closed> {
    let after = phone.now_ms();
    let mut took = Vec::new();
    for line in lines.iter().take(sizes.saves) {
        let line = line.later(after - lines[0].start_ms);
        phone.advance_to(line.end_ms + 1);
        let (household, input) = (township.home(&line)?.id.to_string(), line.input(false));
        let (saved, span) = timed(|| -> Outcome<_> { Ok(phone.ledger.new_visit(&household, &input, Until::Submit)?) });
        saved?;
        took.push(ms(span));
    }
    say(&spread("save_visit_ms", &took).at_most(SAVE_MS_MAX).with("records", township.records + lines.len()));
    let home = township.home(&lines[0])?.id.to_string();
    let draft = phone.ledger.new_visit(&home, &lines[0].later(after - lines[0].start_ms).input(false), Until::Draft)?.visit.id;
    let mut typed = String::new();
    let mut took = Vec::new();
    for letter in "到户走访，核对收入台账。".chars().cycle().take(sizes.saves) {
        typed.push(letter);
        let input = VisitInput { narrative: Some(typed.clone()), ..VisitInput::default() };
        let (saved, span) = timed(|| -> Outcome<_> { Ok(phone.ledger.set_visit(draft, &input)?) });
        saved?;
        took.push(ms(span));
    }
    say(&spread("save_keystroke_ms", &took).at_most(SAVE_MS_MAX));
    Ok(phone.close())
}

/// Opens the store and lists what is due, as an app that is started does.
fn due(phone: &Closed, name: &str, (limit, sizes, township): (f64, Sizes, &Township), say: &mut dyn FnMut(&Figure)) -> Outcome {
    let (mut opened, mut took) = (Vec::new(), Vec::new());
    let (mut listed, mut counted) = (0, 0);
    for _ in 0..sizes.rounds {
        let (ledger, opening) = timed(|| phone.open());
        let ledger = ledger?;
        let (due, listing) = timed(|| -> Outcome<_> { Ok(ledger.due(None)?) });
        let due = due?;
        (listed, counted) = (due.households.len(), due.counts.due);
        opened.push(ms(opening));
        took.push(ms(opening + listing));
    }
    if counted == 0 {
        return Err("no household was due".into());
    }
    let figure = spread(name, &took).at_most(limit).with_number("of_these_opening", median(&opened));
    say(&figure.with("households", listed).with("due", counted).with("roster_records", township.records));
    Ok(())
}

/// The coverage of a month where the township is as big as the workload makes it: thousands of households.
fn month(township: &Township, lines: &[Line], sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome {
    let households = township.households.len();
    figures_of_month(&township.office, (township.town, fullest(lines)), (&format!("_{households}_households"), sizes), say)
}

/// The coverage of a month of a township of the usual size.
fn small_township(lines: &[Line], sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome {
    let mut chosen = BTreeSet::new();
    for line in lines {
        if chosen.len() < sizes.households {
            chosen.insert(line.household.as_str());
        }
    }
    let lines: Vec<Line> = lines.iter().filter(|line| chosen.contains(line.household.as_str())).cloned().collect();
    let (township, _, pushes) = push_all(&lines, SOME_AT_ONCE)?;
    let name = format!("intake_changes_per_s_{}_households", township.households.len());
    say(&rate(&name, SOME_AT_ONCE, &pushes).with("visits", lines.len()));
    figures_of_month(&township.office, (township.town, fullest(&lines)), ("", sizes), say)
}

/// Kept figures of the villages and their sum, then the whole answer with every household.
fn figures_of_month(
    office: &Office,
    (town, month): (Place, Month),
    (ending, sizes): (&str, Sizes),
    say: &mut dyn FnMut(&Figure),
) -> Outcome {
    let (mut kept, mut whole) = (Vec::new(), Vec::new());
    let mut due = 0;
    // Once outside the count: it may have to write what was not asked for before.
    office.coverage(town, month, None)?;
    office.village_months(town, month, month)?;
    for _ in 0..sizes.rounds {
        let (rows, span) = timed(|| office.village_months(town, month, month));
        due = rows?.iter().map(|row| row.declared.1).sum();
        kept.push(ms(span));
        let (answer, span) = timed(|| office.coverage(town, month, None));
        if answer?["sums"]["due"].as_u64() != Some(due) {
            return Err("the kept figures and the whole answer disagree".into());
        }
        whole.push(ms(span));
    }
    if due == 0 {
        return Err("no household was due".into());
    }
    let figure = |name: &str, took: &[f64]| spread(&format!("{name}{ending}"), took).with("month", month.to_string()).with("due", due);
    say(&figure("coverage_township_month_ms", &kept).at_most(COVERAGE_MS_MAX).with("counted", "the kept figures of every village"));
    say(&figure("coverage_township_month_answer_ms", &whole).with("counted", "the whole answer, every household and cadre named"));
    Ok(())
}

/// Returns the month in which most visits began.
fn fullest(lines: &[Line]) -> Month {
    let mut months: BTreeMap<Month, usize> = BTreeMap::new();
    for line in lines {
        *months.entry(Instant(line.start_ms).month()).or_default() += 1;
    }
    months.into_iter().max_by_key(|(_, visits)| *visits).map_or_else(|| Instant(0).month(), |(month, _)| month)
}

fn spread(name: &str, took: &[f64]) -> Figure {
    Figure::new("core", name, median(took), "ms").with_number("p95", quantile(took, 0.95)).with("rounds", took.len())
}
