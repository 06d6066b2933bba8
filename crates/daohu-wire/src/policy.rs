//! What a device may see and write, and who is who: sent whole when its revision changed.

use crate::{
    codec::{MapWriter, Reader, Writer, required},
    error::WireError,
    limits::{CONFIG_BYTES_MAX, DEVICES_MAX, GRANTS_MAX, NAME_BYTES_MAX, PLACES_MAX, SLUG_BYTES_MAX},
};
use daohu_domain::{id::Id, place::Place};

/// One grant as its device sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantView {
    /// The grant's number; never used again for another grant.
    pub id: u64,
    /// The role from which it comes, as slug; none for reference.
    pub role: Option<String>,
    /// The place whose log it reads.
    pub place: Place,
    /// The one household it is about; none for the whole place.
    pub household: Option<Id>,
    /// True for what everybody reads of a township: regions, orgs, names, configuration.
    pub reference: bool,
}

/// One grant that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The grant.
    pub grant: u64,
    /// The place's sequence number at which it ended.
    pub at_seq: u64,
    /// Until when, by the server's clock, unsent work under it is still accepted.
    pub until_ms: i64,
    /// Why, as slug.
    pub reason: String,
}

/// One place of the tree that the device needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPlace {
    /// The place.
    pub place: Place,
    /// Its name.
    pub name: String,
    /// `county`, `town`, `village` or `group`.
    pub level: String,
    /// The place above it.
    pub parent: Option<Place>,
}

/// One device of the directory: whose changes it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    /// The device, which is the actor of its changes.
    pub device: Id,
    /// The person.
    pub person: Id,
    /// The person's name.
    pub name: String,
}

/// The policy of one device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Its revision.
    pub rev: u64,
    /// The grants in force.
    pub grants: Vec<GrantView>,
    /// The grants that ended and are not purged yet.
    pub revoked: Vec<Revoked>,
    /// The rule configuration as JSON text.
    pub config: String,
    /// The places.
    pub places: Vec<KnownPlace>,
    /// The directory of devices.
    pub devices: Vec<KnownDevice>,
}

impl Policy {
    /// Returns the CBOR.
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.key(1).uint(self.rev);
        let grants = map.key(2).array(self.grants.len());
        for grant in &self.grants {
            grants.array(5).uint(grant.id).place(grant.place);
            optional(grants, grant.household.as_ref(), Writer::id);
            grants.bool(grant.reference);
            optional(grants, grant.role.as_ref(), |writer, role| writer.text(role));
        }
        let revoked = map.key(3).array(self.revoked.len());
        for end in &self.revoked {
            revoked.array(4).uint(end.grant).uint(end.at_seq).int(end.until_ms).text(&end.reason);
        }
        map.key(4).text(&self.config);
        let places = map.key(5).array(self.places.len());
        for known in &self.places {
            places.array(4).place(known.place).text(&known.name).text(&known.level);
            optional(places, known.parent, Writer::place);
        }
        let devices = map.key(6).array(self.devices.len());
        for known in &self.devices {
            devices.array(3).id(&known.device).id(&known.person).text(&known.name);
        }
        map.finish()
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let (mut rev, mut policy) = (None, Self::default());
        reader.map(|key, reader| {
            match key {
                1 => rev = Some(reader.uint()?),
                2 => policy.grants = reader.list("grants", GRANTS_MAX, read_grant)?,
                3 => policy.revoked = reader.list("revoked grants", GRANTS_MAX, read_revoked)?,
                4 => policy.config = reader.text("configuration", CONFIG_BYTES_MAX)?,
                5 => policy.places = reader.list("places", PLACES_MAX, read_place)?,
                6 => policy.devices = reader.list("devices", DEVICES_MAX, read_device)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        policy.rev = required(rev)?;
        Ok(policy)
    }
}

fn optional<T>(writer: &mut Writer, value: Option<T>, write: impl FnOnce(&mut Writer, T) -> &mut Writer) {
    match value {
        Some(value) => write(writer, value),
        None => writer.null(),
    };
}

fn read_grant(reader: &mut Reader<'_>) -> Result<GrantView, WireError> {
    reader.tuple(5, |reader| {
        let (id, place) = (reader.uint()?, reader.place()?);
        let household = reader.optional(Reader::id)?;
        let reference = reader.bool()?;
        let role = reader.optional(|reader| reader.text("a role", SLUG_BYTES_MAX))?;
        Ok(GrantView { id, role, place, household, reference })
    })
}

fn read_revoked(reader: &mut Reader<'_>) -> Result<Revoked, WireError> {
    reader.tuple(4, |reader| {
        let (grant, at_seq, until_ms) = (reader.uint()?, reader.uint()?, reader.int()?);
        Ok(Revoked { grant, at_seq, until_ms, reason: reader.text("a reason", SLUG_BYTES_MAX)? })
    })
}

fn read_place(reader: &mut Reader<'_>) -> Result<KnownPlace, WireError> {
    reader.tuple(4, |reader| {
        let place = reader.place()?;
        let name = reader.text("a name", NAME_BYTES_MAX)?;
        let level = reader.text("a level", SLUG_BYTES_MAX)?;
        Ok(KnownPlace { place, name, level, parent: reader.optional(Reader::place)? })
    })
}

fn read_device(reader: &mut Reader<'_>) -> Result<KnownDevice, WireError> {
    reader.tuple(3, |reader| Ok(KnownDevice { device: reader.id()?, person: reader.id()?, name: reader.text("a name", NAME_BYTES_MAX)? }))
}
