//! The cells of the grid, from the rows that are kept a village and month: a higher place is the sum of its villages.

use super::super::super::problem::Problem;
use crate::{
    coverage::VillageMonth,
    office::Office,
    web::figures::{Cell, Choice, GridRow, Measure, Named, Pair, Version},
};
use daohu_domain::calendar::Month;

/// Returns a row a place, a cell a month.
///
/// # Errors
/// When the store fails.
pub(super) fn grid(office: &Office, places: &[Named], months: &[Month], choice: &Choice) -> Result<Vec<GridRow>, Problem> {
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for place in places {
        let kept = office.village_months(place.place, *first, *last)?;
        let cells = months.iter().map(|month| cell(*month, kept.iter().filter(|row| row.month == *month), choice)).collect();
        rows.push(GridRow { place: place.clone(), cells });
    }
    Ok(rows)
}

fn cell<'a>(month: Month, rows: impl Iterator<Item = &'a VillageMonth>, choice: &Choice) -> Cell {
    let mut cell = Cell { month, figure: None, gap: false, revised: false, running: false };
    for row in rows {
        let (first, revised) = match choice.measure {
            Measure::Declared => (row.first_declared, row.declared),
            Measure::Verified => (row.first_verified, row.verified),
        };
        let figure = if choice.version == Version::First { first } else { Some(revised) };
        cell.figure = figure.map_or(cell.figure, |figure| Some(sum(cell.figure, figure)));
        cell.gap |= row.gap_households > 0;
        cell.revised |= first.is_some_and(|first| first != revised);
        cell.running |= !row.frozen;
    }
    cell
}

fn sum(so_far: Option<Pair>, (met, due): Pair) -> Pair {
    so_far.map_or((met, due), |(a, b)| (a + met, b + due))
}
