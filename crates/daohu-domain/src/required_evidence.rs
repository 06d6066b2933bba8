//! Which evidence is asked for, and what of it is missing (佐证完整率).
//!
//! An issue says itself what closes it; a household's file has a customary list of papers. Of a visit, a month record or anything else no
//! evidence is asked for, ever.

use crate::{
    calendar::Day,
    declare::one,
    kind::{Choice, Fields, Json, Kind},
    kinds::evidence::SORT,
    validate::{day_of, text_of},
};

/// The papers of a household's file, as offices of Shaanxi keep it.
pub const HOUSEHOLD_FILE: &[Choice] = &[
    one("application", "申请书", "application"),
    one("appraisal", "评议记录", "minutes of the appraisal"),
    one("publicity_photo", "公示照片", "photo of a public notice"),
    one("survey", "信息采集表", "survey sheet"),
    one("agreement", "帮扶协议", "agreement with the helper"),
    one("plan", "一户一策", "plan of the household"),
    one("policies", "政策享受一览表", "policies received"),
    one("income", "收入核算明细表", "income statement"),
    one("visit_book", "走访纪实簿", "visit book"),
    one("signed_results", "帮扶成效签字", "results, signed"),
    one("contract", "产业合同", "contract of an industry"),
    one("exit_form", "退出核实认可表", "exit, checked and agreed"),
    one("exit_notice", "退出公示公告", "notice of the exit"),
    one("pictures", "影像", "pictures"),
];

/// Papers that only a household needs that has left poverty.
const OF_EXIT: [&str; 2] = ["exit_form", "exit_notice"];

/// One thing that is asked for, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Is what a piece of evidence names to fill it.
    pub name: String,
    /// Shows it in Chinese.
    pub zh: String,
    /// Shows it in English; of what an issue asks for in its own words, those words.
    pub en: String,
}

/// A piece of evidence that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Is the slot it says it fills.
    pub slot: Option<&'a str>,
    /// Is its sort: a slug of [`SORT`].
    pub sort: &'a str,
    /// Is the day it shows.
    pub event_date: Option<Day>,
}

impl<'a> Piece<'a> {
    /// Reads the fields of an evidence record.
    #[must_use]
    pub fn of(fields: &'a Fields) -> Self {
        Self { slot: text_of(fields, "slot"), sort: text_of(fields, "sort").unwrap_or("other"), event_date: day_of(fields, "event_date") }
    }
}

/// What is asked for and what of it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completeness {
    /// Counts what is asked for.
    pub required: usize,
    /// Lists what is missing, in the order in which it is asked for.
    pub missing: Vec<Slot>,
    /// Lists what is filled only by evidence of days before the issue was found.
    pub early: Vec<Slot>,
}

/// Returns what a record of this kind with these fields asks for.
#[must_use]
pub fn slots(kind: &Kind, fields: &Fields) -> Vec<Slot> {
    match kind.name {
        "issue" => {
            let asked = fields.get("required_evidence").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
            let slot = |text: &str| Slot {
                name: text.to_owned(),
                zh: text.to_owned(),
                en: sort_named(text).map_or(text, |sort| sort.en).to_owned(),
            };
            asked.map(str::trim).filter(|text| !text.is_empty()).map(slot).collect()
        }
        "household" => {
            let has_left = fields.get("exit_year").is_some_and(|year| !year.is_null());
            let asked = HOUSEHOLD_FILE.iter().filter(|slot| has_left || !OF_EXIT.contains(&slot.slug));
            asked.map(|slot| Slot { name: slot.slug.to_owned(), zh: slot.zh.to_owned(), en: slot.en.to_owned() }).collect()
        }
        _ => Vec::new(),
    }
}

/// Holds the evidence of a record against what it asks for.
///
/// A piece fills the slot that it names. One that names none fills the first slot whose words are those of its sort (会议记录). One piece fills
/// one slot: a photo of a meeting is not its minutes as well.
#[must_use]
pub fn completeness(kind: &Kind, fields: &Fields, pieces: &[Piece<'_>]) -> Completeness {
    let slots = slots(kind, fields);
    let found_on = day_of(fields, "found_on");
    // Of each slot: whether it is filled at all, and by something that is not too early.
    let mut filled: Vec<(bool, bool)> = vec![(false, false); slots.len()];
    for piece in pieces {
        let by_name = |slot: &Slot| piece.slot == Some(slot.name.as_str());
        let by_sort = |slot: &Slot| piece.slot.is_none() && sort_named(&slot.zh).is_some_and(|sort| sort.slug == piece.sort);
        if let Some(at) = slots.iter().position(|slot| by_name(slot) || by_sort(slot))
            && let Some(slot) = filled.get_mut(at)
        {
            let is_early = matches!((piece.event_date, found_on), (Some(shown), Some(found)) if shown < found);
            *slot = (true, slot.1 || !is_early);
        }
    }
    let with = |wanted: fn((bool, bool)) -> bool| -> Vec<Slot> {
        slots.iter().zip(&filled).filter(|(_, filled)| wanted(**filled)).map(|(slot, _)| slot.clone()).collect()
    };
    Completeness { required: slots.len(), missing: with(|(any, _)| !any), early: with(|(any, in_time)| any && !in_time) }
}

impl Completeness {
    /// Counts the slots that are filled.
    #[must_use]
    pub fn filled(&self) -> usize {
        self.required - self.missing.len()
    }

    /// Says what is missing, in Chinese and English; none where nothing is asked for.
    #[must_use]
    pub fn sentence(&self) -> Option<(String, String)> {
        let (filled, required) = (self.filled(), self.required);
        let list = |by: fn(&Slot) -> &str, comma: &str| self.missing.iter().map(by).collect::<Vec<_>>().join(comma);
        match (required, self.missing.is_empty()) {
            (0, _) => None,
            (_, true) => Some((format!("佐证已齐（{filled}/{required}）。"), format!("all evidence is there ({filled}/{required})"))),
            _ => Some((
                format!("还缺：{}（{filled}/{required}）。", list(|slot| &slot.zh, "、")),
                format!("missing: {} ({filled}/{required})", list(|slot| &slot.en, ", ")),
            )),
        }
    }
}

/// Finds the sort of evidence that offices call so.
fn sort_named(text: &str) -> Option<&'static Choice> {
    SORT.iter().find(|sort| sort.zh == text || sort.also.contains(&text))
}
