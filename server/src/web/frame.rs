//! The frame of every page: language, title, landmarks, the way past the bar, and no script.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{POLICY, text::Lang};

/// Draws a whole page.
#[must_use]
pub fn page(lang: Lang, title: &str, top: &Markup, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="same-origin";
                title { (title) " - " (lang.pick("到户", "daohu")) }
                link rel="stylesheet" href="/office.css";
            }
            body {
                a.skip href="#main" { (lang.pick("跳到内容", "Skip to content")) }
                (top)
                (body)
            }
        }
    }
}

/// Draws the mark and name that stand at the left of every bar.
#[must_use]
pub fn brand(lang: Lang) -> Markup {
    html! { a.brand href=(if lang == Lang::En { "/?lang=en" } else { "/" }) { span aria-hidden="true" { "户" } (lang.pick("到户", "daohu")) } }
}

/// Answers a page with the headers that every page has.
#[must_use]
pub fn answer(status: StatusCode, page: Markup) -> Response {
    let mut response = (status, Html(page.into_string())).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    response
}

/// Draws a page with one sentence and the way back.
#[must_use]
pub fn sorry(lang: Lang, sentence: &str) -> Markup {
    let top = html! {
        header.top {
            (brand(lang))
            div.end { form method="post" action="/sign-out" { button type="submit" { (lang.pick("退出", "Sign out")) } } }
        }
    };
    let body = html! {
        main #main {
            section.card {
                h1.empty { (sentence) }
                p { a href=(if lang == Lang::En { "/?lang=en" } else { "/" }) { (lang.pick("回到概览", "Back to the overview")) } }
            }
        }
    };
    page(lang, sentence, &top, &body)
}
