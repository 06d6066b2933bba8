//! Places by months: a real table whose cells say in words what their colours say.

use daohu_domain::calendar::Month;
use maud::{Markup, html};

use super::{
    figures::{Cell, Choice, GridRow, Measure, Overview, Version},
    text::{Lang, heat, month_long, month_short, percent},
};

/// Draws the grid with its legend.
#[must_use]
pub fn grid(view: &Overview) -> Markup {
    let lang = view.choice.lang;
    html! {
        ul.legend {
            li { (lang.pick("未到户占应访", "Share of due not reached")) }
            @for (class, words) in [("h0", "0"), ("h1", "≤5%"), ("h2", "≤10%"), ("h3", "≤20%"), ("h4", ">20%")] {
                li { span.swatch.(class) aria-hidden="true" {} (words) }
            }
        }
        div.grid-box tabindex="0" role="region" aria-label=(lang.pick("各村各月，可左右滚动", "Villages by months, scrolls sideways")) {
            table.grid {
                caption.seen-by-readers { (caption(&view.choice)) }
                thead {
                    tr {
                        th scope="col" { (lang.pick("地方", "Place")) }
                        @for (n, month) in view.months.iter().enumerate() {
                            th scope="col" { (month_short(*month, n == 0 || month.number() == 1, lang)) }
                        }
                    }
                }
                tbody { @for row in &view.grid { (line(view, row)) } }
            }
        }
        p.note { (lang.pick(
            "格内：已走访/应访与百分比。◆ 有空档户　▲ 修订与首报不同　虚线框：本月未结　斜纹：无应访",
            "In a cell: visited/due and percent. ◆ has a gap household · ▲ revised differs from first · dashed: month still open · hatched: none due",
        )) }
    }
}

fn caption(choice: &Choice) -> String {
    let (measure, version) = words(choice);
    match choice.lang {
        Lang::Zh => format!("各村各月走访覆盖率，{measure}，{version}，按区划代码排列"),
        Lang::En => format!("Coverage by village and month, {measure}, {version}, in code order"),
    }
}

/// Returns the words of the chosen measure and version.
#[must_use]
pub fn words(choice: &Choice) -> (&'static str, &'static str) {
    let measure = match choice.measure {
        Measure::Declared => choice.lang.pick("申报", "declared"),
        Measure::Verified => choice.lang.pick("核实", "verified"),
    };
    let version = match choice.version {
        Version::First => choice.lang.pick("首报", "first figure"),
        Version::Revised => choice.lang.pick("修订", "revised figure"),
    };
    (measure, version)
}

fn line(view: &Overview, row: &GridRow) -> Markup {
    let own = Choice { place: row.place.place, ..view.choice };
    html! {
        tr {
            th scope="row" { a href=(own.address()) { (row.place.name) } }
            @for cell in &row.cells {
                @let here = cell.month == view.choice.month && row.place.place == view.choice.place;
                td class=(class(cell, here)) { (inside(cell, &row.place.name, &Choice { month: cell.month, ..own })) }
            }
        }
    }
}

fn class(cell: &Cell, here: bool) -> String {
    let base = match cell.figure {
        Some((_, 0)) | None => "idle",
        Some(_) if cell.running => "running",
        Some((met, due)) => ["h0", "h1", "h2", "h3", "h4"].get(usize::from(heat(met, due))).copied().unwrap_or("h4"),
    };
    if here { format!("{base} here") } else { base.to_owned() }
}

fn inside(cell: &Cell, name: &str, target: &Choice) -> Markup {
    let said = said(cell, name, target.lang);
    match cell.figure {
        Some((met, due)) if due > 0 => html! {
            a href=(target.address()) aria-label=(said) {
                @if cell.revised { span.mark.revised aria-hidden="true" { "▲" } }
                @if cell.gap { span.mark aria-hidden="true" { "◆" } }
                b { (met) "/" (due) }
                i { (percent(met, due)) }
            }
        },
        _ => html! { span aria-label=(said) role="img" { "—" } },
    }
}

/// Says a cell in words, as it is read aloud.
#[must_use]
pub fn said(cell: &Cell, name: &str, lang: Lang) -> String {
    let month: Month = cell.month;
    let mut parts = vec![name.to_owned(), month_long(month, lang)];
    match cell.figure {
        Some((met, due)) if due > 0 => {
            let percent = percent(met, due);
            match lang {
                Lang::Zh => parts.extend([format!("已走访{met}户"), format!("应访{due}户"), percent]),
                Lang::En => parts.extend([format!("{met} visited"), format!("{due} due"), percent]),
            }
        }
        Some(_) => parts.push(lang.pick("无应访", "none due").to_owned()),
        None => parts.push(lang.pick("首报未写下", "first figure not written yet").to_owned()),
    }
    if cell.gap {
        parts.push(lang.pick("有空档户", "has a gap household").to_owned());
    }
    if cell.revised {
        parts.push(lang.pick("有修订", "revised").to_owned());
    }
    if cell.running && cell.figure.is_some_and(|(_, due)| due > 0) {
        parts.push(lang.pick("本月未结", "month still open").to_owned());
    }
    parts.join(lang.pick("，", ", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_read_aloud_in_words() {
        let cell = Cell { month: "2019-05".parse().unwrap(), figure: Some((35, 36)), gap: true, revised: true, running: false };

        assert_eq!(said(&cell, "肖峁村", Lang::Zh), "肖峁村，2019年5月，已走访35户，应访36户，97.2%，有空档户，有修订");
        assert_eq!(said(&cell, "肖峁村", Lang::En), "肖峁村, May 2019, 35 visited, 36 due, 97.2%, has a gap household, revised");
    }

    #[test]
    fn a_running_month_has_no_colour_and_an_empty_one_is_hatched() {
        let cell = Cell { month: "2019-06".parse().unwrap(), figure: Some((1, 36)), gap: false, revised: false, running: true };

        assert_eq!(class(&cell, true), "running here");
        assert_eq!(class(&Cell { figure: Some((0, 0)), ..cell }, false), "idle");
        assert_eq!(class(&Cell { running: false, ..cell }, false), "h4");
    }
}
