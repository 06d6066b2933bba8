//! The search for repeated photos: how well it tells them apart, and how fast it is among a county's photos of years.
//!
//! The photos that are searched are made numbers: four tenths uniform; half of them some fifty photos a scene, each scene at some bits from a
//! made picture, so that the tables are crowded where those of real photos are; and a tenth in one crowd, as if a county had photographed one
//! form again and again.

use crate::{
    clock::{median, ms, quantile, timed},
    report::{Figure, Outcome},
};
use daohu_evidence::{Index, Likeness, Print, Prints, Probe, REACH, looks};
use daohu_mutate::{Numbers, mixed};
use daohu_pictures::{Family, Sort};
use std::collections::BTreeMap;

/// Milliseconds in which photos that look alike are found.
const NEAR_MS_MAX: f64 = 20.0;
/// Of the changed photos, how many are found, and of the found ones, how many are the same.
const SHARE_MIN: f64 = 0.95;
/// Where the test half of the made set begins.
const FIRST_SEED: u64 = 1200;
/// Photos that are asked for: more than anybody looks at.
const FOUND_MAX: usize = 1_000;
/// Bits of a print that a copy differs in at most.
const BLUR_BITS: usize = 8;
/// Photos of a scene, and bits in which its prints differ from those of the made picture it comes from.
const SCENE_PHOTOS: u64 = 50;
const SCENE_BITS: usize = 24;
/// Of ten photos: so many are like nothing, and so many belong to the one crowd.
const UNIFORM_TENTHS: u64 = 4;
const CROWD_TENTHS: u64 = 1;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Photos that are searched.
    pub(crate) photos: u64,
    /// Made pictures with their kin.
    pub(crate) families: u64,
    /// Searches.
    pub(crate) searches: usize,
}

impl Sizes {
    /// What the limits speak of.
    pub(crate) const WHOLE: Self = Self { photos: 1_400_000, families: 200, searches: 300 };
    /// Enough to see that every figure is there.
    pub(crate) const QUICK: Self = Self { photos: 20_000, families: 10, searches: 30 };
}

/// Measures everything.
pub(crate) fn run(sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome {
    let looked = apart(sizes, say)?;
    search(&looked, sizes, say)
}

/// Counts of pairs of which the answer is known.
#[derive(Debug, Default)]
struct Pairs {
    found: usize,
    missed: usize,
    wrong_same_scene: usize,
    wrong_other_scene: usize,
    others: usize,
    strong_and_wrong: usize,
}

impl Pairs {
    fn other(&mut self, distance: Option<u32>, is_same_scene: bool) {
        self.others += 1;
        match distance {
            Some(_) if is_same_scene => self.wrong_same_scene += 1,
            Some(_) => self.wrong_other_scene += 1,
            None => {}
        }
        self.strong_and_wrong += usize::from(distance.and_then(Likeness::of) == Some(Likeness::Strong));
    }
}

/// Precision and recall over the test half; each pair is asked both ways. Returns how every base picture looks.
fn apart(sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome<Vec<(Prints, Probe)>> {
    let (mut pairs, mut bases) = (Pairs::default(), Vec::<(Prints, Probe)>::new());
    let mut by_sort: BTreeMap<Sort, (usize, usize)> = BTreeMap::new();
    let mut took = Vec::new();
    for seed in FIRST_SEED..FIRST_SEED + sizes.families {
        let family = Family::of(seed);
        let (base, span) = timed(|| looks(&family.base));
        took.push(ms(span));
        let base = base?;
        for (sort, changed) in &family.changed {
            let changed = looks(changed)?;
            for distance in [changed.1.distance(&base.0), base.1.distance(&changed.0)] {
                let (found, all) = by_sort.entry(*sort).or_default();
                *all += 1;
                *found += usize::from(distance.is_some());
                if distance.is_some() { pairs.found += 1 } else { pairs.missed += 1 }
            }
        }
        for again in &family.again {
            let again = looks(again)?;
            pairs.other(again.1.distance(&base.0), true);
            pairs.other(base.1.distance(&again.0), true);
        }
        for earlier in &bases {
            pairs.other(base.1.distance(&earlier.0), false);
            pairs.other(earlier.1.distance(&base.0), false);
        }
        bases.push(base);
    }
    let wrong = pairs.wrong_same_scene + pairs.wrong_other_scene;
    let mut recall = Figure::new("evidence", "recall", share(pairs.found, pairs.found + pairs.missed), "share").at_least(SHARE_MIN);
    for (sort, (found, all)) in &by_sort {
        recall = recall.with_number(&format!("{sort:?}").to_lowercase(), share(*found, *all));
    }
    say(&recall.with("pairs", pairs.found + pairs.missed));
    let precision = Figure::new("evidence", "precision", share(pairs.found, pairs.found + wrong), "share").at_least(SHARE_MIN);
    let precision = precision.with("wrong_of_the_same_scene", pairs.wrong_same_scene).with("wrong_of_another", pairs.wrong_other_scene);
    say(&precision.with("other_pairs", pairs.others).with("strong_and_wrong", pairs.strong_and_wrong));
    say(&Figure::new("evidence", "looks_ms", median(&took), "ms").with_number("slowest", quantile(&took, 1.0)).with("pixels", "512 x 384"));
    Ok(bases)
}

/// Fills an index and searches it.
fn search(looked: &[(Prints, Probe)], sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome {
    let mut numbers = Numbers(1_400_000);
    let crowd = looked.first().ok_or("no pictures were made")?;
    let scenes = (sizes.photos / SCENE_PHOTOS).max(1);
    let photos = (0..sizes.photos).map(|key| {
        let prints = match numbers.next() % 10 {
            ..UNIFORM_TENTHS => uniform(&mut numbers),
            tenth if tenth < UNIFORM_TENTHS + CROWD_TENTHS => blurred(&crowd.0, &mut numbers),
            _ => blurred(&scene(looked, numbers.next() % scenes).0, &mut numbers),
        };
        (key, prints)
    });
    let photos: Vec<(u64, Prints)> = photos.collect();
    let (mut index, building) = timed(|| Index::of(photos.iter().copied()));
    say(&Figure::new("evidence", format!("index_build_ms_{}", sizes.photos), ms(building), "ms"));
    let per_photo = share(index.bytes(), index.len());
    say(&Figure::new("evidence", "index_bytes_per_photo", per_photo, "B").with_number("all_of_it_mb", share(index.bytes(), 1_000_000)));

    let (mut took, mut found, mut in_crowd) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..sizes.searches {
        let is_crowd = turn % 10 == 0;
        let probe = match turn % 10 {
            0 => crowd.1.clone(),
            1..4 => Probe { windows: (0..crowd.1.windows.len()).map(|_| any_print(&mut numbers)).collect() },
            _ => scene(looked, numbers.next() % scenes).1,
        };
        let (near, span) = timed(|| index.near(&probe, REACH, FOUND_MAX));
        if is_crowd {
            in_crowd.push(ms(span));
        }
        took.push(ms(span));
        found.push(f64::from(u32::try_from(near.near.len())?));
    }
    let name = |what: &str| format!("near_{what}_{}", sizes.photos);
    let middle = Figure::new("evidence", name("ms"), median(&took), "ms").at_most(NEAR_MS_MAX).with("searches", took.len());
    say(&middle.with_number("p95", quantile(&took, 0.95)).with_number("found_median", median(&found)));
    let slowest = Figure::new("evidence", name("slowest_ms"), quantile(&took, 1.0), "ms").at_most(NEAR_MS_MAX);
    say(&slowest.with_number("median_in_the_crowd", median(&in_crowd)).with_number("found_most", quantile(&found, 1.0)));

    let (all, span) = timed(|| index.near(&crowd.1, REACH, usize::MAX));
    say(&Figure::new("evidence", name("whole_crowd_ms"), ms(span), "ms").with("found", all.near.len()));

    let more: Vec<Prints> = (0..10_000).map(|_| uniform(&mut numbers)).collect();
    let ((), span) = timed(|| (sizes.photos..).zip(&more).for_each(|(key, prints)| index.insert(key, prints)));
    say(&Figure::new("evidence", "insert_ms", ms(span) / 10_000.0, "ms").with("photos", 10_000));
    Ok(())
}

/// Returns how a scene looks: a made picture, some bits of all its prints turned, and always the same ones.
fn scene(looked: &[(Prints, Probe)], number: u64) -> (Prints, Probe) {
    let mut numbers = Numbers(mixed(number));
    let Some((prints, probe)) = looked.get(numbers.below(looked.len())) else { return <(Prints, Probe)>::default() };
    let mut some_bits = || (0..SCENE_BITS).fold(0_u64, |bits, _| bits | 1 << numbers.below(64));
    let (d, p) = (some_bits(), some_bits());
    let turned = |print: Print| Print { d: print.d ^ d, p: print.p ^ p };
    let prints = Prints { whole: prints.whole.map(turned), centre: prints.centre.map(turned), cut: prints.cut.map(turned) };
    (prints, Probe { windows: probe.windows.iter().copied().map(turned).collect() })
}

fn any_print(numbers: &mut Numbers) -> Print {
    Print { d: numbers.next(), p: numbers.next() }
}

fn uniform(numbers: &mut Numbers) -> Prints {
    Prints { whole: Some(any_print(numbers)), centre: Some(any_print(numbers)), cut: Some(any_print(numbers)) }
}

/// Returns prints as a copy of the photo might have them.
fn blurred(prints: &Prints, numbers: &mut Numbers) -> Prints {
    let mut blur = |print: Option<Print>| {
        print.map(|print| {
            let mut flip = |bits: u64| (0..numbers.below(BLUR_BITS + 1)).fold(bits, |bits, _| bits ^ (1 << numbers.below(64)));
            Print { d: flip(print.d), p: flip(print.p) }
        })
    };
    Prints { whole: blur(prints.whole), centre: blur(prints.centre), cut: blur(prints.cut) }
}

#[expect(clippy::cast_precision_loss, reason = "counts that are far below the last digit")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::{Sizes, run};

    #[test]
    fn every_figure_is_told_and_the_made_set_is_told_apart() {
        let mut told = Vec::new();

        run(Sizes { photos: 2_000, families: 5, searches: 20 }, &mut |figure| told.push(figure.to_json())).unwrap();

        let named = |name: &str| told.iter().find(|line| line["figure"] == name).unwrap_or_else(|| panic!("no {name} in {told:?}"));
        assert_eq!((&named("recall")["holds"], &named("precision")["holds"]), (&true.into(), &true.into()));
        assert!(named("index_bytes_per_photo")["value"].as_f64().unwrap() > 100.0);
        assert!(named("near_slowest_ms_2000")["found_most"].as_f64().unwrap() >= 100.0, "the crowd is found");
        for name in ["looks_ms", "index_build_ms_2000", "near_ms_2000", "insert_ms"] {
            named(name);
        }
    }
}
