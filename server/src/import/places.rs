//! Which village a row means: by its code, or by the names of township and village as offices write them.
//!
//! Ancestry is climbed by parents. Only where a table of regions names no parent is one guessed, once, from the code.

use super::cell;
use daohu_domain::place::Place;
use std::collections::BTreeMap;

/// Endings of a village's name that offices write or leave out.
const VILLAGE_ENDINGS: [&str; 7] = ["村民委员会", "居民委员会", "村委会", "居委会", "行政村", "社区", "村"];
/// The level of a township.
pub const TOWN: &str = "town";
/// The level of a village.
pub const VILLAGE: &str = "village";

/// A place of the tree, as far as an import needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its code.
    pub code: Place,
    /// Its name.
    pub name: String,
    /// Its level's slug.
    pub level: String,
    /// The place above it.
    pub parent: Option<Place>,
}

/// The places that an import knows: those of the store and those of its own tables.
#[derive(Debug, Default)]
pub struct Places {
    regions: BTreeMap<Place, Region>,
    by_name: BTreeMap<String, Vec<Place>>,
    main_town: Option<Place>,
}

impl Places {
    /// Adds a place, or tells it anew.
    pub fn add(&mut self, region: Region) {
        if region.level == TOWN && self.main_town.is_none() {
            self.main_town = Some(region.code);
        }
        for name in [plain_name(&region.name), short_name(&region.name)] {
            let codes = self.by_name.entry(name).or_default();
            if !codes.contains(&region.code) {
                codes.push(region.code);
            }
        }
        self.regions.insert(region.code, region);
    }

    /// Returns a place by its code.
    #[must_use]
    pub fn get(&self, code: Place) -> Option<&Region> {
        self.regions.get(&code)
    }

    /// Returns the township that a record of the whole township belongs to, where nothing says which.
    #[must_use]
    pub fn main_town(&self) -> Option<Place> {
        self.main_town
    }

    /// Returns the township of a place: itself or the nearest above it.
    #[must_use]
    pub fn town_of(&self, place: Place) -> Option<Place> {
        self.above(place).find(|region| region.level == TOWN).map(|region| region.code)
    }

    /// Finds a village by its code or name; names of county and township decide between villages of one name.
    ///
    /// A township that is named must fit, even if only one village has the name: 左界村 of another township is another village.
    #[must_use]
    pub fn village(&self, village: &str, town: Option<&str>, county: Option<&str>) -> Option<Place> {
        if let Ok(code) = cell::plain(village).parse::<Place>() {
            return self.regions.get(&code).filter(|region| region.level == VILLAGE).map(|region| region.code);
        }
        let exact = self.by_name.get(&plain_name(village));
        let named = exact.or_else(|| self.by_name.get(&short_name(village)));
        let mut fitting = named?.iter().copied().filter(|code| {
            let is_village = self.regions.get(code).is_some_and(|region| region.level == VILLAGE);
            is_village && town.is_none_or(|town| self.is_below(*code, town)) && self.fits_county(*code, county)
        });
        let only = fitting.next();
        if fitting.next().is_some() { None } else { only }
    }

    /// Finds a township by its code or name.
    #[must_use]
    pub fn town(&self, text: &str) -> Option<Place> {
        if let Ok(code) = cell::plain(text).parse::<Place>() {
            return self.regions.get(&code).filter(|region| region.level == TOWN).map(|region| region.code);
        }
        let mut fitting = self
            .by_name
            .get(&plain_name(text))?
            .iter()
            .copied()
            .filter(|code| self.regions.get(code).is_some_and(|region| region.level == TOWN));
        let only = fitting.next();
        if fitting.next().is_some() { None } else { only }
    }

    fn is_below(&self, place: Place, town: &str) -> bool {
        let wanted = plain_name(town);
        self.above(place).filter(|region| region.level == TOWN).any(|region| {
            let name = plain_name(&region.name);
            // Offices write 红石桥 for 红石桥乡 and 榆阳区红石桥乡 for it too.
            name == wanted || wanted.ends_with(&name) || (wanted.chars().count() >= 2 && name.starts_with(&wanted))
        })
    }

    /// Says whether a county that is named fits; a tree that does not reach up to counties cannot say no.
    fn fits_county(&self, place: Place, county: Option<&str>) -> bool {
        let Some(wanted) = county.map(plain_name) else { return true };
        let mut counties = self.above(place).filter(|region| region.level == "county").map(|region| plain_name(&region.name)).peekable();
        counties.peek().is_none() || counties.any(|name| name == wanted)
    }

    fn above(&self, place: Place) -> impl Iterator<Item = &Region> {
        let climb = |region: &&Region| region.parent.filter(|parent| *parent != region.code).and_then(|parent| self.regions.get(&parent));
        // Eight levels, because a wrong table may name a place above itself.
        std::iter::successors(self.regions.get(&place), climb).take(8)
    }
}

fn plain_name(name: &str) -> String {
    cell::plain(name)
}

fn short_name(name: &str) -> String {
    let plain = plain_name(name);
    let short = VILLAGE_ENDINGS.iter().find_map(|ending| plain.strip_suffix(ending)).filter(|short| short.chars().count() >= 2);
    short.map_or(plain.clone(), str::to_owned)
}

/// Returns the level that the digits of a code speak of: its trailing zeros.
#[must_use]
pub fn level_of(code: Place) -> &'static str {
    match code.number() {
        number if number % 10_000_000_000 == 0 => "province",
        number if number % 100_000_000 == 0 => "city",
        number if number % 1_000_000 == 0 => "county",
        number if number % 1_000 == 0 => TOWN,
        _ => VILLAGE,
    }
}

/// Returns the place above one by the digits of its code, for a table that names no parents.
#[must_use]
pub fn parent_by_digits(code: Place) -> Option<Place> {
    let number = code.number();
    let unit = match level_of(code) {
        VILLAGE => 1_000,
        TOWN => 1_000_000,
        "county" => 100_000_000,
        "city" => 10_000_000_000,
        _ => return None,
    };
    Place::from_number(number - number % unit)
}
