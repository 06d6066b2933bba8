//! Households of a month, such as those of one village, in the order of their numbers: state, visits, who is responsible.

use maud::{Markup, html};

use super::{
    figures::HouseholdRow,
    text::{Lang, month_long},
};
use daohu_domain::calendar::Month;

/// Draws the list.
#[must_use]
pub fn households(rows: &[HouseholdRow], month: Month, lang: Lang) -> Markup {
    html! {
        section.card aria-labelledby="households" {
            h2 #households { (lang.pick("各户", "Households")) " · " (month_long(month, lang)) }
            div.list-box {
                table.list {
                    thead {
                        tr {
                            @for (zh, en) in [("户编号", "Number"), ("户主", "Head"), ("状态", "State"), ("走访天数", "Days visited"), ("帮扶责任人", "Helper"), ("空档天数", "Gap days")] {
                                th scope="col" { (lang.pick(zh, en)) }
                            }
                        }
                    }
                    tbody { @for row in rows { (line(row, lang)) } }
                }
            }
        }
    }
}

fn line(row: &HouseholdRow, lang: Lang) -> Markup {
    let days = if row.line.hidden_days > 0 {
        match lang {
            Lang::Zh => format!("{}，隐性 {}", row.line.gap_days, row.line.hidden_days),
            Lang::En => format!("{}, hidden {}", row.line.gap_days, row.line.hidden_days),
        }
    } else {
        row.line.gap_days.to_string()
    };
    html! {
        tr {
            th scope="row" { (row.number) }
            td { (row.head) }
            td { span.state { (badge(&row.line.state, lang)) (state_word(&row.line.state, lang)) @if row.line.backfill { span.tag { (lang.pick("补录", "backfill")) } } } }
            td { (row.line.visit_days) }
            td { @if row.holder.is_empty() { span.none { "—" } } @else { (row.holder) } }
            td { (days) }
        }
    }
}

/// Returns the word of a state.
#[must_use]
pub fn state_word(state: &str, lang: Lang) -> &'static str {
    let (zh, en) = match state {
        "met" => ("已走访", "visited"),
        "late" => ("迟报", "late"),
        "unmet" => ("未走访", "not visited"),
        "gap" => ("空档", "gap"),
        _ => ("不需", "not due"),
    };
    lang.pick(zh, en)
}

/// Draws a state's badge: a shape and a letter, readable in grey print; readers hear the word beside it.
#[must_use]
pub fn badge(state: &str, lang: Lang) -> Markup {
    let (zh, en) = match state {
        "met" => ("走", "V"),
        "late" => ("迟", "L"),
        "unmet" => ("未", "N"),
        "gap" => ("空", "G"),
        _ => ("—", "—"),
    };
    html! { span.badge.(state) aria-hidden="true" { b { (lang.pick(zh, en)) } } }
}
