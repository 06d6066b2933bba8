//! The pages: `GET /` with the overview or the sign-in form, and the two forms' addresses.
//!
//! Forms work without a script. They are safe from other sites: the cookie is `SameSite=Strict`, state changes by POST alone, and a
//! form that a browser says came from elsewhere is not looked at.

mod view;

use super::{
    ask::{Ask, SMALL_BODY_BYTES_MAX, body_of, media_type, unsupported},
    caller::{Visitor, store_problem, token_of},
    problem::Problem,
    sessions::set_cookie,
};
use crate::{
    app::App,
    auth::{
        session,
        sign_in::{self as signing, Attempt, SignInError},
    },
    web::{
        STYLE, frame, overview as drawing,
        own::own,
        sign_in::{Why, sign_in as sign_in_page},
        text::Lang,
    },
};
use axum::{
    body::Body,
    extract::{OriginalUri, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

/// Shows the overview to whoever may see it, and the form to whoever is not signed in.
///
/// # Errors
/// Never: a refusal is a page too.
pub async fn overview(
    visitor: Result<Visitor, Problem>,
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    ask: Result<Ask, Problem>,
) -> Response {
    let lang = Lang::read(ask.as_ref().ok().and_then(|ask| ask.lang.as_deref()));
    let drawn = async {
        let (Visitor(caller), ask) = (visitor?, ask?);
        let Some(caller) = caller else {
            let back = uri.path_and_query().map_or("/", |address| address.as_str());
            return Ok(frame::answer(StatusCode::OK, sign_in_page(lang, Why::Fresh, &back_to(back))));
        };
        let page = app.call(move |office| view::shown(office, &caller, &ask)).await?;
        Ok(match page {
            view::Shown::Overview(view) => frame::answer(StatusCode::OK, drawing::overview(&view)),
            view::Shown::Own(view) => frame::answer(StatusCode::OK, own(&view)),
            view::Shown::Nothing => {
                frame::answer(StatusCode::OK, frame::sorry(lang, lang.pick("这个账号不看走访数。", "This account does not see visits.")))
            }
        })
    };
    drawn.await.unwrap_or_else(|problem: Problem| refused(lang, &problem))
}

fn refused(lang: Lang, problem: &Problem) -> Response {
    let (zh, en) = problem.sentences();
    frame::answer(problem.status, frame::sorry(lang, lang.pick(&zh, &en)))
}

#[derive(Deserialize)]
struct Form {
    login: String,
    password: String,
    #[serde(default)]
    totp: String,
    #[serde(default)]
    back: String,
}

/// Takes the sign-in form: back to the page with a cookie, or the form again with one sentence.
///
/// # Errors
/// 413 and 415 for what is no form.
pub async fn sign_in(State(app): State<App>, ask: Ask, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let lang = Lang::read(ask.lang.as_deref());
    if media_type(&headers) != "application/x-www-form-urlencoded" {
        return Err(unsupported());
    }
    if is_from_elsewhere(&headers) {
        return Ok(frame::answer(StatusCode::FORBIDDEN, sign_in_page(lang, Why::Elsewhere, "/")));
    }
    let body = body_of(&headers, body, SMALL_BODY_BYTES_MAX).await?;
    let form: Form = read_form(&body)?;
    let back = back_to(&form.back);
    let totp = Some(form.totp).filter(|code| !code.trim().is_empty());
    let attempt = Attempt { login: form.login, password: form.password, totp };
    // The outcome of the form is a page, so it passes through the office call as a value.
    let outcome = app.call(move |office| Ok(signing::sign_in(office, &attempt))).await;
    let (status, why) = match outcome {
        Ok(Ok(signed_in)) => {
            let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response();
            set_cookie(&mut response, &session::cookie(&signed_in.token, app.settings.secure_cookies));
            return Ok(response);
        }
        Ok(Err(SignInError::BadLogin)) => (StatusCode::UNAUTHORIZED, Why::Wrong),
        Ok(Err(SignInError::Locked(minutes))) => (StatusCode::LOCKED, Why::Locked(minutes)),
        Ok(Err(SignInError::Store(error))) => (store_problem(&error).status, Why::Later),
        Err(problem) => (problem.status, Why::Later),
    };
    Ok(frame::answer(status, sign_in_page(lang, why, &back)))
}

/// Ends the session of a page and shows the form.
///
/// # Errors
/// When the store fails.
pub async fn sign_out(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    if is_from_elsewhere(&parts.headers) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "cross_site"));
    }
    if let Some(token) = token_of(&parts) {
        app.call(move |office| signing::sign_out(office, &token).map_err(|error| store_problem(&error))).await?;
    }
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response();
    set_cookie(&mut response, &session::cookie_end());
    Ok(response)
}

/// Serves the style sheet.
pub async fn style(headers: HeaderMap) -> Response {
    let mut response = super::etag::tagged(&headers, "text/css; charset=utf-8", STYLE.to_owned());
    // The same for everybody; asked again each time, so that a new version is seen at once.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    response
}

fn read_form(body: &[u8]) -> Result<Form, Problem> {
    let bad = || Problem::new(StatusCode::BAD_REQUEST, "bad_request");
    let text = std::str::from_utf8(body).map_err(|_| bad())?;
    // The query extractor reads the same encoding; it wants an address around it.
    let uri = axum::http::Uri::builder().path_and_query(format!("/?{text}")).build().map_err(|_| bad())?;
    axum::extract::Query::<Form>::try_from_uri(&uri).map(|query| query.0).map_err(|_| bad())
}

/// Returns where to go after signing in: only to our own overview.
fn back_to(asked: &str) -> String {
    let plain = asked.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && asked.starts_with("/?") && asked.len() < 512 { asked.to_owned() } else { "/".to_owned() }
}

/// Tells whether a browser says that a form came from another site.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site").is_some_and(|site| !["same-origin", "none"].contains(&site));
    let origin = text("origin").is_some_and(|origin| origin.split_once("://").map(|(_, host)| host) != text("host"));
    site || origin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site_after_signing_in() {
        assert_eq!(back_to("/?place=610802209000&month=2019-05"), "/?place=610802209000&month=2019-05");
        for bad in ["//evil.example/?", "https://evil.example", "/\\evil.example", "/?a\r\nset-cookie: x", "", "/api/v1/kinds"] {
            assert_eq!(back_to(bad), "/", "{bad}");
        }
    }

    #[test]
    fn a_form_from_another_site_is_known() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs
                .iter()
                .map(|(name, value)| (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect::<HeaderMap>()
        };

        assert!(is_from_elsewhere(&headers(&[("sec-fetch-site", "cross-site")])));
        assert!(is_from_elsewhere(&headers(&[("origin", "https://evil.example"), ("host", "127.0.0.1:8780")])));
        assert!(is_from_elsewhere(&headers(&[("origin", "null"), ("host", "127.0.0.1:8780")])));
        assert!(!is_from_elsewhere(&headers(&[
            ("origin", "http://127.0.0.1:8780"),
            ("host", "127.0.0.1:8780"),
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(!is_from_elsewhere(&headers(&[])), "scripts of the office send neither");
    }

    #[test]
    fn a_form_is_read_with_its_escapes() {
        let form = read_form("login=%E4%B9%A6%E8%AE%B0&password=a%2Bb+c%26d&totp=&back=%2F%3Fmonth%3D2019-05".as_bytes()).unwrap();

        assert_eq!((form.login.as_str(), form.password.as_str(), form.back.as_str()), ("书记", "a+b c&d", "/?month=2019-05"));
        assert!(read_form(b"login=a").is_err());
    }
}
