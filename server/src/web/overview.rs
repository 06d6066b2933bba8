//! The overview: coverage of a place and month with both measures and both versions, gaps, steps, and the grid of places and months.

use maud::{Markup, html};

use super::{
    figures::{Choice, Figures, Measure, Named, Overview, Pair, STATES, Side, Version},
    frame::{brand, page},
    grid::{grid, words},
    households::{badge, households, state_word},
    text::{Lang, clock, hours, month_long, percent},
};

/// The least length of the time bar, minutes: delays of minutes should not look like days.
const DELAY_FULL_MIN: u64 = 60;

/// Draws the page.
#[must_use]
pub fn overview(view: &Overview) -> Markup {
    let lang = view.choice.lang;
    let title = format!("{}·{}", view.place.name, month_long(view.choice.month, lang));
    let body = html! {
        main #main {
            h1.seen-by-readers { (view.place.name) " " (month_long(view.choice.month, lang)) " " (lang.pick("走访概览", "visits")) }
            @if view.figures.households.is_empty() {
                section.card { p.empty { (lang.pick("还没有应访名单，先导入户表和结对表。", "No roster yet; import households and pairings.")) } }
            }
            div.row.three { (coverage_card(view)) (gap_card(&view.figures, lang)) (steps_card(&view.figures, lang)) }
            div.row.main-side {
                div.column {
                    (grid_card(view))
                    @if !view.households.is_empty() { (households(&view.households, view.choice.month, lang)) }
                }
                div.side { (states_card(view)) @if !view.figures.delays.is_empty() { (delay_card(view)) } }
            }
        }
        footer { p { (lang.pick("规则给的是线索，由人来核。", "A rule gives a pointer; a person checks it.")) } }
    };
    page(lang, &title, &bar(view), &body)
}

fn bar(view: &Overview) -> Markup {
    let choice = &view.choice;
    let lang = choice.lang;
    let other = Choice { lang: if lang == Lang::En { Lang::Zh } else { Lang::En }, ..*choice };
    html! {
        header.top {
            (brand(lang))
            nav.where aria-label=(lang.pick("地方", "Place")) {
                ol {
                    @for above in &view.above { li { a href=(Choice { place: above.place, ..*choice }.address()) { (above.name) } } }
                    li aria-current="page" { (view.place.name) }
                }
            }
            (month_form(view))
            (switch(lang.pick("口径", "Measure"), [
                (Choice { measure: Measure::Declared, ..*choice }, lang.pick("报 申报", "Declared"), choice.measure == Measure::Declared),
                (Choice { measure: Measure::Verified, ..*choice }, lang.pick("核 核实", "Verified"), choice.measure == Measure::Verified),
            ]))
            (switch(lang.pick("版本", "Version"), [
                (Choice { version: Version::First, ..*choice }, lang.pick("首 首报", "First"), choice.version == Version::First),
                (Choice { version: Version::Revised, ..*choice }, lang.pick("修 修订", "Revised"), choice.version == Version::Revised),
            ]))
            div.end {
                @if let Some(at) = view.set_clock { span.demo-clock { (lang.pick("演示时钟", "Demo clock")) " " (clock(at)) } }
                a href=(other.address()) lang=(other.lang.tag()) { (other.lang.pick("中文", "English")) }
                span.account { (view.account) }
                form method="post" action="/sign-out" { button type="submit" { (lang.pick("退出", "Sign out")) } }
            }
        }
    }
}

fn month_form(view: &Overview) -> Markup {
    let choice = &view.choice;
    let lang = choice.lang;
    html! {
        form method="get" action="/" {
            input type="hidden" name="place" value=(choice.place);
            label.seen-by-readers for="month" { (lang.pick("月份", "Month")) }
            select #month name="month" {
                @for month in view.months.iter().rev() { option value=(month) selected[*month == choice.month] { (month_long(*month, lang)) } }
            }
            input type="hidden" name="measure" value=(choice.measure.slug());
            input type="hidden" name="version" value=(choice.version.slug());
            input type="hidden" name="lang" value=(lang.slug());
            button type="submit" { (lang.pick("看", "Show")) }
        }
    }
}

fn switch(label: &str, choices: [(Choice, &str, bool); 2]) -> Markup {
    html! {
        nav.pair aria-label=(label) {
            @for (choice, word, is_chosen) in choices { a href=(choice.address()) aria-current=[is_chosen.then_some("true")] { (word) } }
        }
    }
}

type Why = &'static [(&'static str, &'static str)];

const COVERAGE_WHY: Why = &[
    (
        "走访覆盖率：本月已走访的户÷应访的户，先写户数再写百分比。只算入户和务工地走访，一户一天算一次。",
        "Coverage: households visited ÷ due: pair, then percent. In person only, once a day.",
    ),
    ("申报：已收到的有效走访。", "Declared: valid visits received."),
    ("核实：已通过、没有未结疑点，补录看过原件。", "Verified: passed, nothing open; backfill with paper seen."),
    ("首报：次月10日24:00写下，不再变。", "First figure: written at the freeze, never moves."),
    ("修订：之后的变化，写明原因。", "Revised figure: later changes with reasons."),
];
const GAP_WHY: Why = &[
    ("空档：这户这天没有主帮扶人。", "Gap: no primary helper that day."),
    ("隐性空档：名单上有人，人已离岗、没办交接。", "Hidden gap: named, but gone."),
];
const STEPS_WHY: Why = &[("按期：月纪实次月3日前，月把关8日前。", "On time: records by the 3rd, reviews by the 8th.")];
const GRID_WHY: Why =
    &[("每格先写户数再写百分比；地方按区划代码排列。", "Each cell gives the pair, then the percent; places stand in code order.")];
const DELAY_WHY: Why = &[("上报时延：走访结束到服务器收到。", "Delay: end of visit to receipt.")];

fn why(lang: Lang, lines: Why) -> Markup {
    html! {
        details.why {
            summary aria-label=(lang.pick("这是怎么算的", "How this is counted")) { "?" }
            @for (zh, en) in lines { p { (lang.pick(zh, en)) } }
        }
    }
}

fn coverage_card(view: &Overview) -> Markup {
    let (figures, choice) = (&view.figures, &view.choice);
    let lang = choice.lang;
    let sides = [
        (Measure::Declared, lang.pick("申报", "Declared"), &figures.declared),
        (Measure::Verified, lang.pick("核实", "Verified"), &figures.verified),
    ];
    html! {
        section.card aria-labelledby="coverage" {
            h2 #coverage { (lang.pick("走访覆盖率", "Coverage of visits")) }
            (why(lang, COVERAGE_WHY))
            table.figures {
                thead { tr { td {} th scope="col" { (lang.pick("首报", "First figure")) } th scope="col" { (lang.pick("修订（此刻）", "Revised (now)")) } } }
                tbody {
                    @for (measure, word, side) in sides {
                        tr {
                            th scope="row" { (word) }
                            td { @if let Some(first) = side.first { (figure(first, choice.measure == measure && choice.version == Version::First)) }
                                @else { span.none { (lang.pick("未到首报日", "not due yet")) } } }
                            td { (figure(side.revised, choice.measure == measure && choice.version == Version::Revised)) }
                        }
                    }
                }
            }
            @if let Some(sentence) = moved(&figures.declared, lang) { p.note { (sentence) } }
        }
    }
}

fn figure((met, due): Pair, is_chosen: bool) -> Markup {
    html! { span.figure.chosen[is_chosen] { (met) "/" (due) } span.share { "(" (percent(met, due)) ")" } }
}

/// Says how the revised figure came to differ from the first: `修订多19户：迟到同步17，补录批准2`.
#[must_use]
pub fn moved(side: &Side, lang: Lang) -> Option<String> {
    let (first, _) = side.first?;
    let (revised, _) = side.revised;
    let word = |reason: &str| match reason {
        "late_sync" => lang.pick("迟到同步", "late sync"),
        "backfill_approved" => lang.pick("补录批准", "backfill approved"),
        "void" => lang.pick("作废", "voided"),
        "roster" => lang.pick("名单更正", "roster corrected"),
        _ => lang.pick("更正", "correction"),
    };
    let one = |(reason, gained, lost): &(String, u64, u64)| match (gained, lost) {
        (gained, 0) => format!("{}{}{gained}", word(reason), lang.pick("", " ")),
        (0, lost) => format!("{}{}−{lost}", word(reason), lang.pick("", " ")),
        (gained, lost) => format!("{}{}+{gained}−{lost}", word(reason), lang.pick("", " ")),
    };
    if side.reasons.is_empty() {
        return None;
    }
    let reasons = side.reasons.iter().map(one).collect::<Vec<_>>().join(lang.pick("，", ", "));
    Some(match (lang, revised.cmp(&first)) {
        (Lang::Zh, std::cmp::Ordering::Greater) => format!("修订多{}户：{reasons}", revised - first),
        (Lang::Zh, std::cmp::Ordering::Less) => format!("修订少{}户：{reasons}", first - revised),
        (Lang::Zh, std::cmp::Ordering::Equal) => format!("修订户数不变：{reasons}"),
        (Lang::En, std::cmp::Ordering::Greater) => format!("{} more when revised: {reasons}", revised - first),
        (Lang::En, std::cmp::Ordering::Less) => format!("{} fewer when revised: {reasons}", first - revised),
        (Lang::En, std::cmp::Ordering::Equal) => format!("Same number when revised: {reasons}"),
    })
}

fn gap_card(figures: &Figures, lang: Lang) -> Markup {
    html! {
        section.card aria-labelledby="gaps" {
            h2 #gaps { (lang.pick("空档", "Gaps")) }
            (why(lang, GAP_WHY))
            @if figures.gap_households == 0 && figures.longest_hidden == 0 {
                p { (lang.pick("没有空档。", "No gaps.")) }
            } @else {
                div.big {
                    div { strong { (figures.gap_households) (lang.pick(" 户", "")) } span { (lang.pick("本月无帮扶人", "households without a helper")) } }
                    div { strong { (figures.longest_hidden) (lang.pick(" 天", "")) } span { (lang.pick("最长隐性空档", "days, longest hidden gap")) } }
                }
            }
        }
    }
}

fn steps_card(figures: &Figures, lang: Lang) -> Markup {
    let steps = [
        (lang.pick("走访", "Visits"), figures.declared.revised),
        (lang.pick("月纪实按期", "Records on time"), figures.record_on_time),
        (lang.pick("月把关按期", "Reviews on time"), figures.review_on_time),
    ];
    html! {
        section.card aria-labelledby="steps" {
            h2 #steps { (lang.pick("三步进度", "Three steps")) @if lang == Lang::Zh { "（应访 " (figures.due) " 户）" } @else { " (" (figures.due) " due)" } }
            (why(lang, STEPS_WHY))
            table.steps {
                tbody {
                    @for (word, (done, of)) in steps {
                        tr { th scope="row" { (word) } td.bar { (meter(done, of)) } td { strong { (done) "/" (of) } "(" (percent(done, of)) ")" } }
                    }
                }
            }
        }
    }
}

/// Draws a bar from 0 to all. Attributes of an image, not styles: the page's policy allows no inline style.
fn meter(done: u64, of: u64) -> Markup {
    let width = (done.min(of) * 200).checked_div(of).unwrap_or(0);
    html! {
        svg viewBox="0 0 200 20" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect.bar-back x="0" y="0" width="200" height="20" {}
            rect.bar-fill x="0" y="0" width=(width) height="20" {}
        }
    }
}

fn grid_card(view: &Overview) -> Markup {
    let lang = view.choice.lang;
    let (measure, version) = words(&view.choice);
    html! {
        section.card aria-labelledby="grid" {
            h2 #grid { (lang.pick("各村各月", "Villages by months")) }
            (why(lang, GRID_WHY))
            p.note { (measure) " · " (version) " · " (lang.pick("按区划代码排列", "in code order")) }
            (grid(view))
        }
    }
}

fn states_card(view: &Overview) -> Markup {
    let lang = view.choice.lang;
    let all: u64 = view.figures.states.iter().sum();
    html! {
        section.card aria-labelledby="states" {
            h2 #states { (month_long(view.choice.month, lang)) " " (all) (lang.pick(" 户", " households")) }
            table.states {
                tbody {
                    @for (state, count) in STATES.iter().zip(view.figures.states) {
                        tr { th scope="row" { (badge(state, lang)) (state_word(state, lang)) } td { (count) } }
                    }
                }
            }
        }
    }
}

fn delay_card(view: &Overview) -> Markup {
    let lang = view.choice.lang;
    let full = view.figures.delays.iter().map(|delay| delay.p90_min.max(delay.median_min)).max().unwrap_or(0).max(DELAY_FULL_MIN);
    let name = |place: &str| {
        let known = view.names.iter().find(|named: &&Named| named.place.to_string() == place);
        known.map_or_else(|| place.to_owned(), |named| named.name.clone())
    };
    html! {
        section.card aria-labelledby="delays" {
            h2 #delays { (lang.pick("上报时延", "Delay")) }
            (why(lang, DELAY_WHY))
            table.delays {
                thead.seen-by-readers { tr { th scope="col" { (lang.pick("地方", "Place")) } th scope="col" { (lang.pick("图", "Chart")) } th scope="col" { (lang.pick("中位数", "Median")) } } }
                tbody {
                    @for delay in &view.figures.delays {
                        tr { th scope="row" { (name(&delay.place)) } td.bar { (delay_bar(delay.median_min, delay.p90_min, full)) } td { (hours(delay.median_min, lang)) } }
                    }
                }
            }
            p.note { (lang.pick("只看信号，不看人。条：中位数；竖线：九成在此之内。", "Signal, not people. Bar: median; mark: nine of ten within.")) }
        }
    }
}

fn delay_bar(median_min: u64, p90_min: u64, full_min: u64) -> Markup {
    let at = |minutes: u64| minutes.min(full_min) * 196 / full_min;
    html! {
        svg viewBox="0 0 200 10" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect.bar-back x="0" y="2" width="200" height="6" {}
            rect.bar-quiet x="0" y="2" width=(at(median_min).max(2)) height="6" {}
            rect.bar-tick x=(at(p90_min)) y="0" width="4" height="10" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_how_many_and_why() {
        let side = Side {
            first: Some((412, 450)),
            revised: (431, 450),
            reasons: vec![("late_sync".into(), 17, 0), ("backfill_approved".into(), 2, 0)],
        };

        assert_eq!(moved(&side, Lang::Zh).unwrap(), "修订多19户：迟到同步17，补录批准2");
        assert_eq!(moved(&side, Lang::En).unwrap(), "19 more when revised: late sync 17, backfill approved 2");
        assert_eq!(moved(&Side { first: None, ..side }, Lang::Zh), None);
    }
}
