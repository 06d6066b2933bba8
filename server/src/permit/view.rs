//! What a reader in scope sees of a record: the whole of it, names masked, or only what a unit needs to know.
//!
//! Secrets (L3, L4) are in no document and so in no view; here they are left out once more, whatever a newer writer put there.

use daohu_domain::{
    kind::{Fields, Json, Kind, Level, Mask},
    mask,
    role::{Reach, Role},
};

/// How much of a record a reader sees; the later is the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Eyes {
    /// A unit's liaison: which households, which visits by its people; no text of the family.
    Unit,
    /// Those who supervise without working with the family: names masked, no notes.
    Masked,
    /// Those who work with the family.
    Whole,
}

/// What a unit's liaison sees of a kind; nothing of a kind that is not here.
const UNIT_FIELDS: &[(&str, &[&str])] = &[
    ("household", &["number", "head_name", "group", "status", "places"]),
    ("visit", &["mode", "purpose", "start", "end", "recorder", "participants", "original_date"]),
    ("pairing", &["cadre", "role", "from", "to", "unit"]),
    ("cadre", &["name", "org", "rank"]),
    ("org", &["name", "type", "belongs"]),
    ("region", &["code", "name", "level", "parent"]),
];

/// Kinds whose names are masked for those who supervise, and their fields that may name anything.
const MASKED_KINDS: &[(&str, &[&str])] = &[("household", &["contact_note"]), ("member", &["note", "remark"])];

impl Eyes {
    /// Returns what a role sees with.
    #[must_use]
    pub const fn of(role: Role) -> Self {
        match role {
            Role::UnitLiaison => Self::Unit,
            Role::VillageSupervisor | Role::TownDiscipline => Self::Masked,
            _ => Self::Whole,
        }
    }

    /// Tells whether a role may work on a phone: documents reach a phone whole, so only those who see families whole get any.
    #[must_use]
    pub const fn on_phone(role: Role) -> bool {
        matches!(Self::of(role), Self::Whole) && !matches!(role.level(), Reach::None)
    }

    /// Returns what the best of some roles sees with; without any role nothing is whole.
    pub fn best(roles: impl Iterator<Item = Role>) -> Self {
        roles.map(Self::of).max().unwrap_or(Self::Unit)
    }

    /// Returns a person's name as these eyes see it.
    #[must_use]
    pub fn name(self, name: &str) -> String {
        match self {
            Self::Whole => name.to_owned(),
            Self::Masked | Self::Unit => mask::name_for(Role::UnitLiaison, name),
        }
    }
}

/// Returns the fields of a record as a reader sees them.
#[must_use]
pub fn fields_for(kind: &Kind, fields: &Fields, eyes: Eyes) -> Fields {
    let shown = fields.iter().filter(|(key, _)| is_shown(kind, key, eyes));
    shown.map(|(key, value)| (key.clone(), value_for(kind, key, value, eyes))).collect()
}

fn is_shown(kind: &Kind, key: &str, eyes: Eyes) -> bool {
    let listed = |table: &[(&str, &[&str])]| table.iter().find(|(name, _)| *name == kind.name).map(|(_, keys)| keys.contains(&key));
    // A key that the declaration does not know came from a newer phone; only those who see the whole see it.
    let level = kind.field(key).map(|field| field.level);
    if level.is_some_and(|level| level >= Level::L3) {
        return false;
    }
    match eyes {
        Eyes::Unit => listed(UNIT_FIELDS).unwrap_or(false),
        Eyes::Masked => level.is_some() && !listed(MASKED_KINDS).unwrap_or(false),
        Eyes::Whole => true,
    }
}

fn value_for(kind: &Kind, key: &str, value: &Json, eyes: Eyes) -> Json {
    let family = MASKED_KINDS.iter().any(|(name, _)| *name == kind.name);
    let hides_names = match eyes {
        Eyes::Whole => false,
        Eyes::Masked | Eyes::Unit => family,
    };
    let is_name = kind.field(key).is_some_and(|field| field.mask == Mask::Name);
    match value.as_str() {
        Some(name) if hides_names && is_name => Json::String(eyes.name(name)),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use daohu_domain::kinds;
    use serde_json::json;

    fn household() -> Fields {
        let value = json!({"number": "6108022090420001", "head_name": "王建军", "contact_note": "上午打 13812345678", "phone": "13812345678", "people": 4, "from_the_future": "王建军"});
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn whoever_works_with_the_family_sees_all_but_secrets() {
        let seen = fields_for(kinds::find("household").unwrap(), &household(), Eyes::Whole);

        assert_eq!((&seen["head_name"], seen.contains_key("phone"), seen.contains_key("contact_note")), (&json!("王建军"), false, true));
    }

    #[test]
    fn supervisors_see_masked_names_and_no_notes() {
        let seen = Json::Object(fields_for(kinds::find("household").unwrap(), &household(), Eyes::Masked));

        assert_eq!((&seen["head_name"], &seen["people"]), (&json!("王*军"), &json!(4)));
        assert!(!seen.to_string().contains("王建军") && !seen.to_string().contains("138"), "{seen}");
    }

    #[test]
    fn a_unit_sees_which_households_and_nothing_of_the_family() {
        let seen = Json::Object(fields_for(kinds::find("household").unwrap(), &household(), Eyes::Unit));

        assert_eq!(seen, json!({"number": "6108022090420001", "head_name": "王*军"}));
    }

    #[test]
    fn the_best_of_several_roles_counts() {
        assert_eq!(Eyes::best([Role::UnitLiaison, Role::Helper].into_iter()), Eyes::Whole);
        assert_eq!(Eyes::best([Role::VillageSupervisor].into_iter()), Eyes::Masked);
        assert_eq!(Eyes::best(std::iter::empty()), Eyes::Unit);
    }
}
