//! The permission table: every route, and who may call it. A route that is not here answers nobody.

use daohu_domain::role::Role::{
    self, AssistantHelper, CountyOffice, FirstSecretary, Helper, Inspector, TownDeputy, TownDiscipline, TownLeader, TownOffice,
    UnitLiaison, VillageClerk, VillageContact, VillageSecretary, VillageSupervisor,
};
use daohu_domain::role::{ALL, EVERYONE, WORK_READERS};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody: the route shows nothing of anyone.
    Anyone,
    /// A device, by the signature of its request or by a one-time code.
    Device,
    /// Whoever watches the server: from the loopback, or on the listener for that.
    Watcher,
    /// People who are signed in and hold one of these roles today.
    Session(&'static [Role]),
    /// As `Session`, but whoever is not signed in gets the form.
    Page(&'static [Role]),
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The method; `HEAD` goes by `GET` where it has no row.
    pub method: &'static str,
    /// The route's template.
    pub path: &'static str,
    /// Who may call it.
    pub who: Who,
}

const fn row(method: &'static str, path: &'static str, who: Who) -> Row {
    Row { method, path, who }
}

/// Lists who sees the figures of whole places. Helpers have theirs on the phone; units count their own people elsewhere.
pub const FIGURE_READERS: &[Role] = &[
    FirstSecretary,
    VillageSecretary,
    VillageClerk,
    VillageSupervisor,
    VillageContact,
    TownOffice,
    TownDeputy,
    TownLeader,
    TownDiscipline,
    Inspector,
    CountyOffice,
];

/// Lists who sees the list of gaps: those who hand over, and those who check.
pub const GAP_READERS: &[Role] = &[
    FirstSecretary,
    VillageSecretary,
    VillageClerk,
    VillageSupervisor,
    VillageContact,
    TownOffice,
    TownDeputy,
    TownLeader,
    TownDiscipline,
    Inspector,
    CountyOffice,
];

/// Lists who looks up households: everyone who has some. What each sees of one is for `view`.
pub const HOUSEHOLD_READERS: &[Role] = &[
    Helper,
    AssistantHelper,
    FirstSecretary,
    VillageSecretary,
    VillageClerk,
    VillageSupervisor,
    VillageContact,
    TownOffice,
    TownDeputy,
    TownLeader,
    TownDiscipline,
    UnitLiaison,
    Inspector,
    CountyOffice,
];

/// The table.
pub const TABLE: &[Row] = &[
    row("POST", "/v1/enrol", Who::Device),
    row("POST", "/v1/sync", Who::Device),
    row("POST", "/v1/repair", Who::Device),
    row("GET", "/v1/config", Who::Anyone),
    row("GET", "/v1/packs/{place}/{epoch}/{seq}/{n}", Who::Device),
    row("POST", "/v1/blobs/token", Who::Device),
    row("POST", "/v1/blobs/thumbs", Who::Device),
    row("GET", "/v1/blobs/{sha256}", Who::Device),
    row("OPTIONS", "/v1/blobs/uploads", Who::Anyone),
    row("POST", "/v1/blobs/uploads", Who::Device),
    row("OPTIONS", "/v1/blobs/uploads/{id}", Who::Anyone),
    row("HEAD", "/v1/blobs/uploads/{id}", Who::Device),
    row("PATCH", "/v1/blobs/uploads/{id}", Who::Device),
    row("DELETE", "/v1/blobs/uploads/{id}", Who::Device),
    row("POST", "/v1/blobs/uploads/{id}", Who::Device),
    row("GET", "/api/v1/blobs/{sha256}", Who::Session(WORK_READERS)),
    row("POST", "/api/v1/sessions", Who::Anyone),
    row("DELETE", "/api/v1/sessions", Who::Session(&ALL)),
    row("GET", "/api/v1/places", Who::Session(&ALL)),
    row("GET", "/api/v1/places/{code}", Who::Session(&ALL)),
    row("GET", "/api/v1/households", Who::Session(HOUSEHOLD_READERS)),
    row("GET", "/api/v1/households/{id}", Who::Session(HOUSEHOLD_READERS)),
    row("GET", "/api/v1/households/{id}/visits", Who::Session(WORK_READERS)),
    row("GET", "/api/v1/visits", Who::Session(WORK_READERS)),
    row("GET", "/api/v1/visits/{id}", Who::Session(WORK_READERS)),
    row("GET", "/api/v1/coverage", Who::Session(FIGURE_READERS)),
    row("GET", "/api/v1/gaps", Who::Session(GAP_READERS)),
    row("GET", "/api/v1/kinds", Who::Session(&ALL)),
    row("GET", "/api/v1/openapi.json", Who::Session(&ALL)),
    row("GET", "/", Who::Page(EVERYONE)),
    row("POST", "/sign-in", Who::Anyone),
    row("POST", "/sign-out", Who::Anyone),
    row("GET", "/office.css", Who::Anyone),
    row("GET", "/healthz", Who::Watcher),
    row("GET", "/metrics", Who::Watcher),
    row("GET", "/readyz", Who::Watcher),
];

/// Finds the row of a route.
#[must_use]
pub fn find(method: &str, path: &str) -> Option<&'static Row> {
    let of = |method: &str| TABLE.iter().find(|row| row.method == method && row.path == path);
    of(method).or_else(|| if method == "HEAD" { of("GET") } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use daohu_domain::role::Reach;

    #[test]
    fn no_route_has_two_rows() {
        let keys: std::collections::BTreeSet<_> = TABLE.iter().map(|row| (row.method, row.path)).collect();
        assert_eq!(keys.len(), TABLE.len());
    }

    #[test]
    fn administrators_reach_no_route_that_shows_records() {
        for row in TABLE
            .iter()
            .filter(|row| ["households", "visits", "coverage", "gaps", "/api/v1/blobs"].iter().any(|word| row.path.contains(word)))
        {
            let Who::Session(roles) = row.who else { panic!("{} is open", row.path) };
            assert!(roles.iter().all(|role| role.level() != Reach::None), "{}", row.path);
        }
    }

    #[test]
    fn head_goes_by_get_and_nothing_else_is_guessed() {
        assert!(find("HEAD", "/api/v1/places").is_some());
        assert!(find("PUT", "/api/v1/places").is_none());
        assert!(find("GET", "/api/v1/users").is_none());
    }
}
