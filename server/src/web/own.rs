//! The page of somebody who holds single households: which of them were visited this month. No percent: it is no one's score.

use maud::{Markup, html};

use super::{
    figures::OwnView,
    frame::{brand, page},
    households::households,
    text::{Lang, clock, month_long},
};

/// Draws the page.
#[must_use]
pub fn own(view: &OwnView) -> Markup {
    let lang = view.lang;
    let title = month_long(view.month, lang);
    let body = html! {
        main #main {
            h1.seen-by-readers { (title) }
            @if view.households.is_empty() {
                section.card { p.empty { (lang.pick("这个月没有应访的户。", "No household is due this month.")) } }
            } @else {
                (households(&view.households, view.month, lang))
            }
        }
    };
    page(lang, &title, &bar(view), &body)
}

fn bar(view: &OwnView) -> Markup {
    let lang = view.lang;
    let other = if lang == Lang::En { Lang::Zh } else { Lang::En };
    html! {
        header.top {
            (brand(lang))
            form method="get" action="/" {
                label.seen-by-readers for="month" { (lang.pick("月份", "Month")) }
                select #month name="month" {
                    @for month in view.months.iter().rev() { option value=(month) selected[*month == view.month] { (month_long(*month, lang)) } }
                }
                input type="hidden" name="lang" value=(lang.slug());
                button type="submit" { (lang.pick("看", "Show")) }
            }
            div.end {
                @if let Some(at) = view.set_clock { span.demo-clock { (lang.pick("演示时钟", "Demo clock")) " " (clock(at)) } }
                a href={ "/?month=" (view.month) "&lang=" (other.slug()) } lang=(other.tag()) { (other.pick("中文", "English")) }
                span.account { (view.account) }
                form method="post" action="/sign-out" { button type="submit" { (lang.pick("退出", "Sign out")) } }
            }
        }
    }
}
