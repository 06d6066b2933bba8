//! The edge of the server, asked as a browser or a script asks it, without a socket.

mod blobs;
mod door;
mod household;
mod page;
mod scope;
mod serving;
mod sign_in;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode},
};
use daohu_server::{
    app::{Settings, app},
    auth::users::{self, NewUser, Span},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::world::{Outcome, World};

/// The password of every user of these tests.
pub(crate) const PASSWORD: &str = "demo-password-2019";

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Outcome<Value> {
        Ok(serde_json::from_str(&self.text)?)
    }

    pub(crate) fn code(&self) -> String {
        self.json().ok().and_then(|json| json["code"].as_str().map(str::to_owned)).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Somebody who asks: with a token, or without.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) router: Router,
    pub(crate) token: Option<String>,
}

impl Client {
    pub(crate) fn new(world: &World) -> Self {
        Self { router: app(world.office.clone(), Settings::default()), token: None }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Outcome<Answer> {
        let response = self.router.clone().oneshot(request).await?;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await?;
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes: bytes.to_vec(),
        })
    }

    pub(crate) fn request(&self, method: Method, address: &str) -> axum::http::request::Builder {
        let builder = Request::builder().method(method).uri(address);
        match &self.token {
            Some(token) => builder.header("authorization", format!("Bearer {token}")),
            None => builder,
        }
    }

    pub(crate) async fn get(&self, address: &str) -> Outcome<Answer> {
        self.send(self.request(Method::GET, address).body(Body::empty())?).await
    }

    pub(crate) async fn post(&self, address: &str, media_type: &str, body: impl Into<Body>) -> Outcome<Answer> {
        self.send(self.request(Method::POST, address).header("content-type", media_type).body(body.into())?).await
    }

    pub(crate) async fn try_sign_in(&self, login: &str, password: &str, totp: Option<&str>) -> Outcome<Answer> {
        let body = json!({"login": login, "password": password, "totp": totp});
        self.post("/api/v1/sessions", "application/json", body.to_string()).await
    }

    pub(crate) async fn signed_in(&self, login: &str) -> Outcome<Self> {
        let answer = self.try_sign_in(login, PASSWORD, None).await?;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        Ok(Self { token: answer.json()?["token"].as_str().map(str::to_owned), ..self.clone() })
    }
}

/// Adds a user who can sign in.
pub(crate) fn add_user(world: &World, login: &str, role: &str, place: Option<&str>) -> Outcome<Value> {
    add_user_with(
        world,
        login,
        Span { role: role.parse()?, place: place.map(str::parse).transpose()?, unit: None, from: None, to: None },
        None,
    )
}

/// Adds a user with a span and a cadre.
pub(crate) fn add_user_with(world: &World, login: &str, span: Span, cadre: Option<daohu_domain::id::Id>) -> Outcome<Value> {
    Ok(users::add(&world.office, &NewUser { login: login.to_owned(), cadre, span, password: Some(PASSWORD.to_owned()) })?)
}
