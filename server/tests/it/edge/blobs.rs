//! Files that records name: uploaded as tus has it, given out by right, cleaned away when nobody wants them.

mod download;
mod refused;
mod swept;
mod upload;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use daohu_domain::{calendar::Instant, id::Id, kind::Fields};
use daohu_wire::merkle::sha256;
use serde_json::json;

use super::{Answer, Client};
use crate::{
    phone::Phone,
    world::{Outcome, VILLAGE, World},
};

pub(super) const TOKEN: &str = "/v1/blobs/token";
pub(super) const UPLOADS: &str = "/v1/blobs/uploads";
const AT: &str = "2019-05-06T10:00:00+08:00";

/// A phone at the edge of a server, and what it holds.
pub(super) struct Camera {
    pub(super) phone: Phone,
    pub(super) household: Id,
    pub(super) token: String,
    pub(super) client: Client,
}

impl Camera {
    /// A helper's phone with a token.
    pub(super) async fn of_helper(world: &World, login: &str, number: &str) -> Outcome<Self> {
        let (mut phone, household, _) = world.helper(login, number)?;
        phone.sync(&world.office)?;
        world.at(AT)?;
        Self::of(world, phone, household).await
    }

    pub(super) async fn of(world: &World, phone: Phone, household: Id) -> Outcome<Self> {
        let mut camera = Self { phone, household, token: String::new(), client: Client::new(world) };
        camera.token = camera.ask_token().await?.json()?["token"].as_str().ok_or("no token")?.to_owned();
        Ok(camera)
    }

    pub(super) async fn ask_token(&mut self) -> Outcome<Answer> {
        let signature = self.phone.sign("POST", TOKEN, &[])?;
        let request = self.client.request(Method::POST, TOKEN).header("daohu-signature", signature);
        self.client.send(request.body(Body::empty())?).await
    }

    /// Writes a record of evidence that names a photo and its thumbnail, and does not send it.
    pub(super) fn attach(&mut self, photo: &[u8], thumb: &[u8]) -> Outcome<Id> {
        self.attach_as("image/jpeg", photo, thumb)
    }

    pub(super) fn attach_as(&mut self, media_type: &str, photo: &[u8], thumb: &[u8]) -> Outcome<Id> {
        let place = self.phone.place_of(self.household)?;
        let fields = evidence(self.household, media_type, photo, thumb);
        self.phone.create("evidence", (place, Some(self.household)), &fields, None, AT.parse::<Instant>()?.0)
    }

    /// Begins a request as a client of tus does.
    pub(super) fn tus(&self, method: Method, address: &str) -> axum::http::request::Builder {
        let request = Client { token: Some(self.token.clone()), ..self.client.clone() }.request(method, address);
        request.header("tus-resumable", "1.0.0")
    }

    pub(super) async fn create(&self, record: Id, role: &str, bytes: &[u8]) -> Outcome<Answer> {
        self.create_as(&sha256(&[bytes]), record, role, bytes.len()).await
    }

    pub(super) async fn create_as(&self, hash: &[u8; 32], record: Id, role: &str, length: usize) -> Outcome<Answer> {
        let request = self.tus(Method::POST, UPLOADS).header("upload-length", length);
        self.client.send(request.header("upload-metadata", metadata(hash, record, role)).body(Body::empty())?).await
    }

    pub(super) async fn patch(&self, address: &str, offset: usize, body: impl Into<Body>) -> Outcome<Answer> {
        let request = self.tus(Method::PATCH, address).header("upload-offset", offset);
        self.client.send(request.header("content-type", "application/offset+octet-stream").body(body.into())?).await
    }

    pub(super) async fn head(&self, address: &str) -> Outcome<Answer> {
        self.client.send(self.tus(Method::HEAD, address).body(Body::empty())?).await
    }

    /// Uploads a file in one go and returns its address.
    pub(super) async fn upload(&self, record: Id, role: &str, bytes: &[u8]) -> Outcome<String> {
        let address = created(&self.create(record, role, bytes).await?)?;
        let answer = self.patch(&address, 0, bytes.to_vec()).await?;
        assert_eq!((answer.status, answer.header("upload-offset")), (StatusCode::NO_CONTENT, bytes.len().to_string().as_str()));
        Ok(address)
    }

    /// Fetches a file as a device does.
    pub(super) async fn fetch(&mut self, bytes: &[u8]) -> Outcome<Answer> {
        self.fetch_with(bytes, &[]).await
    }

    pub(super) async fn fetch_with(&mut self, bytes: &[u8], headers: &[(&str, &str)]) -> Outcome<Answer> {
        let path = format!("/v1/blobs/{}", hex::encode(sha256(&[bytes])));
        let mut request = self.client.request(Method::GET, &path).header("daohu-signature", self.phone.sign_get(&path)?);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.client.send(request.body(Body::empty())?).await
    }
}

/// The address of an upload that was begun.
pub(super) fn created(answer: &Answer) -> Outcome<String> {
    assert_eq!((answer.status, answer.header("tus-resumable")), (StatusCode::CREATED, "1.0.0"), "{}", answer.text);
    Ok(answer.header("location").to_owned())
}

pub(super) fn metadata(hash: &[u8; 32], record: Id, role: &str) -> String {
    let value = |text: &str| STANDARD.encode(text);
    format!("sha256 {},record {},role {}", value(&hex::encode(hash)), value(&record.to_string()), value(role))
}

pub(super) fn evidence(target: Id, media_type: &str, photo: &[u8], thumb: &[u8]) -> Fields {
    let hash = |bytes: &[u8]| hex::encode(sha256(&[bytes]));
    let fields = json!({
        "sort": "photo", "target": target, "target_kind": "household", "file": [hash(photo)], "thumb": [hash(thumb)],
        "original": [hash(photo)], "media_type": media_type, "source": "camera",
    });
    fields.as_object().cloned().unwrap_or_default()
}

/// Bytes that stand for a picture: different for each name, the same every time.
pub(super) fn picture(name: &str, length: usize) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff];
    let mut block = sha256(&[name.as_bytes()]);
    while bytes.len() < length {
        bytes.extend_from_slice(&block);
        block = sha256(&[&block]);
    }
    bytes.truncate(length);
    bytes
}

/// A household's evidence as the office itself writes it.
pub(super) fn by_office(world: &World, household: Id, photo: &[u8]) -> Outcome<Id> {
    world.write("evidence", Some(household), VILLAGE, evidence(household, "image/jpeg", photo, photo).into())
}
