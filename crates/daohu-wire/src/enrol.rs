//! Enrolment: a new device shows a one-time code and its public key, and learns who it works for.

use crate::{
    codec::{MapWriter, Reader, required},
    error::WireError,
    limits::{ANSWER_BYTES_MAX, CODE_BYTES_MAX, ENROL_BYTES_MAX, NAME_BYTES_MAX, SLUG_BYTES_MAX},
    policy::Policy,
    seal::SealTo,
    sign::{AAD_ENROL, DeviceKey, PublicKey, Signed, sign},
};
use daohu_domain::id::Id;

/// The roles of one user; there are seventeen kinds, and a person may hold one in several places.
const ROLES_MAX: usize = 64;
/// A sealed store key: encapsulated key, 32 bytes and a tag; some room for a longer key.
const STORE_KEY_BYTES_MAX: usize = 256;

/// What a new device asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolRequest {
    /// The one-time code as typed.
    pub code: String,
    /// The id that the device drew for itself.
    pub device: Id,
    /// Its public key.
    pub public_key: PublicKey,
    /// What the office should call it.
    pub label: String,
    /// Its store key, sealed to the server's seal key (info `daohu/store-key/1`, aad = device id), so that a forgotten PIN
    /// loses no draft.
    pub store_key_sealed: Option<Vec<u8>>,
    /// The lowest and the highest version of the protocol that it speaks.
    pub proto: (u16, u16),
}

impl EnrolRequest {
    /// Signs the request with the device's own new key and returns the body.
    ///
    /// # Errors
    /// When the key is not the one that the request names, or it could not be written.
    pub fn seal(&self, key: &DeviceKey) -> Result<Vec<u8>, WireError> {
        if key.public() != self.public_key {
            return Err(WireError::BadSignature("the request names another key"));
        }
        let mut map = MapWriter::new();
        map.key(1).text(&self.code);
        map.key(2).id(&self.device);
        map.key(3).bytes(&self.public_key);
        map.key(4).text(&self.label);
        if let Some(sealed) = &self.store_key_sealed {
            map.key(5).bytes(sealed);
        }
        map.key(6).array(2).uint(u64::from(self.proto.0)).uint(u64::from(self.proto.1));
        sign(key, self.device.as_bytes(), AAD_ENROL, map.finish())
    }

    /// Reads a body and checks that the key it names signed it.
    ///
    /// # Errors
    /// `bad_signature` when it did not, `bad_frame` when the body is no enrol request.
    pub fn open(body: &[u8]) -> Result<Self, WireError> {
        let signed = Signed::read(body, ENROL_BYTES_MAX)?;
        let request = Reader::whole(signed.payload()?, read_request)?;
        signed.verify(&request.public_key, AAD_ENROL)?;
        if signed.kid() != request.device.as_bytes() {
            return Err(WireError::BadSignature("the kid is not the device"));
        }
        Ok(request)
    }
}

fn read_request(reader: &mut Reader<'_>) -> Result<EnrolRequest, WireError> {
    let (mut code, mut device, mut public_key, mut label, mut sealed, mut proto) = (None, None, None, None, None, None);
    reader.map(|key, reader| {
        match key {
            1 => code = Some(reader.text("a code", CODE_BYTES_MAX)?),
            2 => device = Some(reader.id()?),
            3 => public_key = Some(reader.fixed()?),
            4 => label = Some(reader.text("a label", NAME_BYTES_MAX)?),
            5 => sealed = Some(reader.bytes("a store key", STORE_KEY_BYTES_MAX)?.to_vec()),
            6 => proto = Some(reader.tuple(2, |reader| Ok((reader.u16()?, reader.u16()?)))?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(EnrolRequest {
        code: required(code)?,
        device: required(device)?,
        public_key: required(public_key)?,
        label: required(label)?,
        store_key_sealed: sealed,
        proto: required(proto)?,
    })
}

/// What the server answers: who the device works for, and the keys it will trust from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolAnswer {
    /// The device, as asked.
    pub device: Id,
    /// The user.
    pub user: Id,
    /// The person in record headers: the user's cadre, else the user.
    pub person: Id,
    /// The person's name.
    pub name: String,
    /// The first role, as slug.
    pub role: String,
    /// All roles, as slugs.
    pub roles: Vec<String>,
    /// The log's public key.
    pub server_key: PublicKey,
    /// The public half of the seal key.
    pub seal_key: SealTo,
    /// The first policy.
    pub policy: Policy,
    /// The server's time.
    pub server_time_ms: i64,
    /// The epoch of the server's store.
    pub epoch: u64,
}

impl EnrolAnswer {
    /// Returns the body.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.key(1).id(&self.device);
        map.key(2).id(&self.user);
        map.key(3).id(&self.person);
        map.key(4).text(&self.name);
        map.key(5).text(&self.role);
        let roles = map.key(6).array(self.roles.len());
        for role in &self.roles {
            roles.text(role);
        }
        map.key(7).bytes(&self.server_key);
        map.key(8).bytes(&self.seal_key);
        map.key(9).raw(&self.policy.to_cbor());
        map.key(10).int(self.server_time_ms);
        map.key(11).uint(self.epoch);
        map.finish()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// `bad_frame` when it is none, `too_big` when it is over a limit.
    pub fn decode(body: &[u8]) -> Result<Self, WireError> {
        if body.len() > ANSWER_BYTES_MAX {
            return Err(WireError::TooBig { what: "an enrol answer", max: ANSWER_BYTES_MAX });
        }
        Reader::whole(body, read_answer)
    }
}

fn read_answer(reader: &mut Reader<'_>) -> Result<EnrolAnswer, WireError> {
    let (mut device, mut user, mut person, mut name, mut role, mut roles) = (None, None, None, None, None, Vec::new());
    let (mut server_key, mut seal_key, mut policy, mut time, mut epoch) = (None, None, None, None, None);
    reader.map(|key, reader| {
        match key {
            1 => device = Some(reader.id()?),
            2 => user = Some(reader.id()?),
            3 => person = Some(reader.id()?),
            4 => name = Some(reader.text("a name", NAME_BYTES_MAX)?),
            5 => role = Some(reader.text("a role", SLUG_BYTES_MAX)?),
            6 => roles = reader.list("roles", ROLES_MAX, |reader| reader.text("a role", SLUG_BYTES_MAX))?,
            7 => server_key = Some(reader.fixed()?),
            8 => seal_key = Some(reader.fixed()?),
            9 => policy = Some(Policy::read(reader)?),
            10 => time = Some(reader.int()?),
            11 => epoch = Some(reader.uint()?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(EnrolAnswer {
        device: required(device)?,
        user: required(user)?,
        person: required(person)?,
        name: required(name)?,
        role: required(role)?,
        roles,
        server_key: required(server_key)?,
        seal_key: required(seal_key)?,
        policy: required(policy)?,
        server_time_ms: required(time)?,
        epoch: required(epoch)?,
    })
}
