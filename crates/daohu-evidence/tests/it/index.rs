//! The index finds what looking at every photo finds, no more and no less.

use daohu_evidence::{Index, Near, Print, Prints, Probe, REACH};
use daohu_mutate::Numbers;
use proptest::prelude::{any, prop_assert_eq, proptest};

/// Flips some bits, any of them and now and then the same.
fn blurred(print: Print, bits: usize, numbers: &mut Numbers) -> Print {
    let mut flip = |number: u64| (0..numbers.below(bits + 1)).fold(number, |number, _| number ^ (1 << numbers.below(64)));
    Print { d: flip(print.d), p: flip(print.p) }
}

fn any_print(numbers: &mut Numbers) -> Print {
    Print { d: numbers.next(), p: numbers.next() }
}

/// Photos in a few crowds and some by themselves; some lack a print.
fn photos(seed: u64, count: u64) -> Vec<(u64, Prints)> {
    let mut numbers = Numbers(seed);
    let crowds: Vec<Print> = (0..4).map(|_| any_print(&mut numbers)).collect();
    let mut photos = Vec::new();
    for key in 0..count {
        let mut print = || match numbers.below(8) {
            0 => None,
            1 => Some(any_print(&mut numbers)),
            crowd => Some(blurred(crowds[crowd % 4], 14, &mut numbers)),
        };
        photos.push((key * 7, Prints { whole: print(), centre: print(), cut: print() }));
    }
    photos
}

fn probe(photos: &[(u64, Prints)], numbers: &mut Numbers) -> Probe {
    let some = photos[numbers.below(photos.len())].1;
    let mut windows = vec![any_print(numbers)];
    windows.extend(some.all().map(|print| blurred(print, 9, numbers)));
    Probe { windows }
}

fn by_looking_at_all(photos: &[(u64, Prints)], probe: &Probe, distance_max: u32) -> Vec<Near> {
    let near = |(key, prints): &(u64, Prints)| probe.distance(prints).map(|distance| Near { distance, key: *key });
    let mut found: Vec<Near> = photos.iter().filter_map(near).filter(|near| near.distance <= distance_max).collect();
    found.sort_unstable();
    found
}

proptest! {
    #[test]
    fn the_index_agrees_with_looking_at_all(seed in any::<u64>(), count in 1..400_u64, put_in in 0..400_usize, distance_max in 0..=REACH) {
        let photos = photos(seed, count);
        let (first, later) = photos.split_at(put_in.min(photos.len()));
        let mut index = Index::of(first.iter().copied());
        later.iter().for_each(|(key, prints)| index.insert(*key, prints));
        let mut numbers = Numbers(seed ^ 1);
        for _ in 0..8 {
            let probe = probe(&photos, &mut numbers);
            prop_assert_eq!(index.near(&probe, distance_max, usize::MAX).near, by_looking_at_all(&photos, &probe, distance_max));
        }
        prop_assert_eq!(index.len(), photos.len());
    }
}

#[test]
fn photos_that_came_later_move_into_the_tables_and_are_found_before_and_after() {
    let photos = photos(3, 3_000);
    let mut index = Index::default();
    let (mut numbers, mut sizes) = (Numbers(4), Vec::new());
    for (count, (key, prints)) in photos.iter().enumerate() {
        index.insert(*key, prints);
        sizes.push(index.bytes());
        if count % 311 == 0 {
            let probe = probe(&photos[..=count], &mut numbers);
            assert_eq!(index.near(&probe, REACH, usize::MAX).near, by_looking_at_all(&photos[..=count], &probe, REACH), "{count}");
        }
    }
    // A table costs more at once than a photo that waits.
    assert!(sizes.windows(2).filter(|pair| pair[1] - pair[0] > 5_000).count() >= 3);
}

#[test]
fn a_search_in_a_crowd_ends_when_it_has_found_enough() {
    let mut numbers = Numbers(6);
    let one = any_print(&mut numbers);
    let crowd = (0..500).map(|key| (key, Prints { whole: Some(blurred(one, 3, &mut numbers)), ..Prints::default() }));
    let mut index = Index::of(crowd.collect::<Vec<_>>());
    index.insert(500, &Prints { whole: Some(one), ..Prints::default() });
    let near = |photos_max| index.near(&Probe { windows: vec![one] }, REACH, photos_max);

    let (some, all, more) = (near(100), near(501), near(1_000));

    assert_eq!((some.near.len(), some.is_all), (100, false));
    assert_eq!((all.near.len(), all.is_all), (501, true));
    assert_eq!(all, more);
    assert!(some.near.iter().all(|near| all.near.iter().any(|other| other.key == near.key && other.distance <= near.distance)));
}

#[test]
fn an_empty_index_and_an_empty_probe_find_nothing() {
    let photos = photos(9, 20);

    assert_eq!(Index::default().near(&probe(&photos, &mut Numbers(1)), REACH, 9).near, []);
    assert_eq!(Index::of(photos).near(&Probe::default(), REACH, 9).near, []);
    assert!(Index::default().is_empty());
}

#[test]
fn differences_in_any_ten_bits_are_found_and_eleven_are_not() {
    let mut numbers = Numbers(11);
    for _ in 0..300 {
        let print = any_print(&mut numbers);
        let mut bits: Vec<u32> = (0..64).collect();
        (0..10).for_each(|at| bits.swap(at, at + numbers.below(64 - at)));
        let flipped = |count: usize| bits[..count].iter().fold(print.p, |p, bit| p ^ (1 << bit));
        let index = Index::of([(1, Prints { whole: Some(print), ..Prints::default() })]);
        let near = |p| index.near(&Probe { windows: vec![Print { d: print.d, p }] }, REACH, 9).near;

        assert_eq!(near(flipped(10)), [Near { distance: 5, key: 1 }]);
        assert_eq!(near(flipped(10) ^ (1 << bits[63])), []);
    }
}
