//! What a household comes to in a month, as a row: first figures and those that stand have the same columns.

use daohu_domain::calendar::Month;
use daohu_domain::coverage::HouseholdFigure;
use daohu_domain::id::Id;
use daohu_domain::place::Place;
use rusqlite::{Connection, Error, params};

use super::super::convert;

/// Which rows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Figures {
    /// Those written at the freeze.
    First,
    /// Those of today.
    Kept,
}

impl Figures {
    const fn table(self) -> &'static str {
        match self {
            Self::First => "first_figure",
            Self::Kept => "household_month",
        }
    }

    /// Returns the rows of a village and month, by household.
    pub(super) fn of(self, connection: &Connection, village: Place, month: Month) -> Result<Vec<HouseholdFigure>, Error> {
        let mut ask = connection.prepare_cached(&format!(
            "SELECT household, attributed, due, met_declared, met_verified, equivalent_declared, equivalent_verified FROM {} \
             WHERE place = ?1 AND month = ?2 ORDER BY household",
            self.table()
        ))?;
        let rows = ask.query_map(params![convert::of_place(village), month.to_string()], |row| {
            Ok(HouseholdFigure {
                household: convert::id(row, 0)?.to_string(),
                village: village.to_string(),
                attributed: row.get(1)?,
                due: row.get(2)?,
                met_declared: row.get(3)?,
                met_verified: row.get(4)?,
                equivalent_declared: row.get(5)?,
                equivalent_verified: row.get(6)?,
            })
        })?;
        rows.collect()
    }

    /// Adds rows of a village and month.
    pub(super) fn add(self, connection: &Connection, (village, month): (Place, Month), figures: &[HouseholdFigure]) -> Result<(), Error> {
        let mut insert = connection.prepare_cached(&format!(
            "INSERT INTO {} (place, month, household, attributed, due, met_declared, met_verified, equivalent_declared, \
             equivalent_verified) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            self.table()
        ))?;
        for figure in figures {
            let Ok(household) = figure.household.parse::<Id>() else { continue };
            insert.execute(params![
                convert::of_place(village),
                month.to_string(),
                household.as_bytes(),
                figure.attributed,
                figure.due,
                figure.met_declared,
                figure.met_verified,
                figure.equivalent_declared,
                figure.equivalent_verified
            ])?;
        }
        Ok(())
    }
}
