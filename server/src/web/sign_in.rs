//! The sign-in page: three fields, one sentence when it did not work, the same for every cause.

use maud::{Markup, html};

use super::{
    frame::{brand, page},
    text::Lang,
};

/// Why the form is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// First look.
    Fresh,
    /// Name, password or code is wrong; which of them is not said.
    Wrong,
    /// Locked for so many minutes.
    Locked(i64),
    /// The form came from another site.
    Elsewhere,
    /// Too much to do, or a fault.
    Later,
}

/// Draws the page; `back` is the address to return to, already checked to be our own.
#[must_use]
pub fn sign_in(lang: Lang, why: Why, back: &str) -> Markup {
    let title = lang.pick("登录", "Sign in");
    let body = html! {
        main #main {
            div.card.sign-in {
                h1 { (lang.pick("到户 · 办公室", "daohu · office")) }
                p.hint { (lang.pick("走访覆盖率只给登录的人看。", "Coverage is shown to those who sign in.")) }
                @if let Some(sentence) = sentence(lang, why) { p.alert role="alert" { (sentence) } }
                form method="post" action=(if lang == Lang::En { "/sign-in?lang=en" } else { "/sign-in" }) {
                    input type="hidden" name="back" value=(back);
                    label for="login" { (lang.pick("用户名", "Name")) }
                    input #login name="login" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64" autofocus;
                    label for="password" { (lang.pick("密码", "Password")) }
                    input #password name="password" type="password" autocomplete="current-password" required maxlength="256";
                    label for="totp" { (lang.pick("动态码", "Code")) " " span.hint { (lang.pick("没开的不用填", "leave empty if you have none")) } }
                    input #totp name="totp" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" maxlength="6";
                    button.main type="submit" { (title) }
                }
                p.note { @if lang == Lang::En { a href="/" lang="zh-CN" { "中文" } } @else { a href="/?lang=en" lang="en" { "English" } } }
            }
        }
    };
    page(lang, title, &html! { header.top { (brand(lang)) } }, &body)
}

fn sentence(lang: Lang, why: Why) -> Option<String> {
    let text = match why {
        Why::Fresh => return None,
        Why::Wrong => lang.pick("用户名、密码或动态码不对。", "Name, password or code is wrong.").to_owned(),
        Why::Locked(minutes) => match lang {
            Lang::Zh => format!("账号已锁，{minutes} 分钟后再试。"),
            Lang::En => format!("Locked for {minutes} minutes."),
        },
        Why::Elsewhere => lang.pick("请从本页登录。", "Please sign in from this page.").to_owned(),
        Why::Later => lang.pick("服务器忙，过一会儿再试。", "The server is busy. Try again in a moment.").to_owned(),
    };
    Some(text)
}
