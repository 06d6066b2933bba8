//! `/api/v1/sessions`: a person signs in and out.

use super::{
    ask::{SMALL_BODY_BYTES_MAX, body_of, media_type, unsupported},
    caller::{Signed, store_problem, token_of},
    problem::Problem,
};
use crate::{
    app::App,
    auth::{
        session,
        sign_in::{self, Attempt, SignInError, SignedIn},
        user_view::user_json,
    },
    office::Office,
};
use axum::{
    Json as JsonBody,
    body::Body,
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct SignIn {
    login: String,
    password: String,
    #[serde(default)]
    totp: Option<String>,
}

/// Begins a session: 201 with the token and a cookie, 401 `bad_login`, 423 `locked`.
///
/// # Errors
/// As said, and for a body that is not JSON or too big.
pub async fn begin(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    if media_type(&headers) != "application/json" {
        return Err(unsupported());
    }
    let body = body_of(&headers, body, SMALL_BODY_BYTES_MAX).await?;
    let asked: SignIn = serde_json::from_slice(&body).map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "bad_request"))?;
    let attempt = Attempt { login: asked.login, password: asked.password, totp: asked.totp };
    let secure = app.settings.secure_cookies;
    let (signed_in, user) = app.call(move |office| signed_in(office, &attempt)).await?;
    let answer = json!({"token": signed_in.token, "expires_at": signed_in.expires_at, "user": user});
    let mut response = (StatusCode::CREATED, JsonBody(answer)).into_response();
    set_cookie(&mut response, &session::cookie(&signed_in.token, secure));
    Ok(response)
}

fn signed_in(office: &Office, attempt: &Attempt) -> Result<(SignedIn, serde_json::Value), Problem> {
    let signed_in = sign_in::sign_in(office, attempt).map_err(|error| problem_of(&error))?;
    let user = user_json(&signed_in.account);
    Ok((signed_in, user))
}

/// Ends the session of this request: 204, and the cookie is taken back.
///
/// # Errors
/// 401 without a session.
pub async fn end(State(app): State<App>, request: Request<Body>) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    Signed::from_request_parts(&mut parts, &app).await?;
    let token = token_of(&parts).unwrap_or_default();
    app.call(move |office| sign_in::sign_out(office, &token).map_err(|error| store_problem(&error))).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &session::cookie_end());
    Ok(response)
}

/// Sets the session's cookie on an answer.
pub fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Turns a refusal to sign in into an answer.
#[must_use]
pub fn problem_of(error: &SignInError) -> Problem {
    match error {
        SignInError::BadLogin => Problem::new(StatusCode::UNAUTHORIZED, "bad_login"),
        SignInError::Locked(minutes) => {
            let retry = u32::try_from(minutes * 60).ok();
            let said = Problem::new(StatusCode::LOCKED, "locked")
                .saying(format!("账号已锁，{minutes} 分钟后再试。"), format!("Locked for {minutes} minutes."));
            Problem { retry_after_s: retry, ..said }
        }
        SignInError::Store(error) => store_problem(error),
    }
}
