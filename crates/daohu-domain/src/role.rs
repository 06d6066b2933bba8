//! The seventeen roles (domain: role matrix) and how far each of them reaches.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a person is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 帮扶责任人: first helper of a household.
    Helper,
    /// 协帮扶, 监督联系人: second helper.
    AssistantHelper,
    /// 驻村第一书记, 工作队长.
    FirstSecretary,
    /// 村党支部书记.
    VillageSecretary,
    /// 村文书, 村扶贫专干.
    VillageClerk,
    /// 村监委会.
    VillageSupervisor,
    /// 包村干部.
    VillageContact,
    /// 乡镇扶贫办.
    TownOffice,
    /// 分管副乡长.
    TownDeputy,
    /// 乡党委书记, 乡长.
    TownLeader,
    /// 乡纪委书记.
    TownDiscipline,
    /// 帮扶单位联络员.
    UnitLiaison,
    /// 巡察组, 督查组.
    Inspector,
    /// 区县扶贫局.
    CountyOffice,
    /// 系统管理员.
    Sysadmin,
    /// 安全管理员.
    Secadmin,
    /// 审计管理员.
    Auditor,
}

/// How far a role reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The households one is paired with.
    Own,
    /// A village.
    Village,
    /// A township with its villages.
    Township,
    /// What a county's office assigns.
    County,
    /// The households of one's unit.
    Unit,
    /// No records at all.
    None,
}

/// Says that a text names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such role: write one of helper, assistant_helper, first_secretary, village_secretary, town_office …")]
pub struct BadRole;

use Role::{
    AssistantHelper, Auditor, CountyOffice, FirstSecretary, Helper, Inspector, Secadmin, Sysadmin, TownDeputy, TownDiscipline, TownLeader,
    TownOffice, UnitLiaison, VillageClerk, VillageContact, VillageSecretary, VillageSupervisor,
};

/// Lists all roles in the order of the matrix.
pub const ALL: [Role; 17] = [
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
    Sysadmin,
    Secadmin,
    Auditor,
];

/// Lists all who see any record: everyone but the three administrators.
pub const EVERYONE: &[Role] = &[
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

/// Lists who sees families: everyone but units and administrators.
pub const FAMILY_READERS: &[Role] = &[
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
    Inspector,
    CountyOffice,
];

/// Lists who sees visits and month records: the village's supervisors only count them.
pub const WORK_READERS: &[Role] = &[
    Helper,
    AssistantHelper,
    FirstSecretary,
    VillageSecretary,
    VillageClerk,
    VillageContact,
    TownOffice,
    TownDeputy,
    TownLeader,
    TownDiscipline,
    UnitLiaison,
    Inspector,
    CountyOffice,
];

/// Lists who sees township-wide office work.
pub const OFFICE_READERS: &[Role] = &[
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

/// Lists who keeps the roster.
pub const ROSTER_WRITERS: &[Role] = &[TownOffice];

/// Lists who enters facts of households.
pub const FACT_WRITERS: &[Role] = &[VillageClerk, TownOffice];

/// Lists who asks for a change of the facts of a household.
pub const FACT_PROPOSERS: &[Role] = &[Helper, FirstSecretary, VillageSecretary];

/// Lists who visits and writes it up.
pub const VISITORS: &[Role] = &[Helper, AssistantHelper, FirstSecretary, VillageSecretary, VillageContact];

/// Lists who notes how to reach a household.
pub const NOTE_WRITERS: &[Role] = &[Helper, AssistantHelper, FirstSecretary, VillageSecretary, VillageClerk, VillageContact];

/// Lists who reviews in a village; one is enough.
pub const VILLAGE_REVIEWERS: &[Role] = &[FirstSecretary, VillageSecretary, VillageContact];

/// Lists who reviews in a township.
pub const TOWN_REVIEWERS: &[Role] = &[TownOffice, TownDeputy];

/// Lists who reviews at all.
pub const REVIEWERS: &[Role] = &[FirstSecretary, VillageSecretary, VillageContact, TownOffice, TownDeputy];

impl Role {
    /// Returns the slug.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Helper => "helper",
            AssistantHelper => "assistant_helper",
            FirstSecretary => "first_secretary",
            VillageSecretary => "village_secretary",
            VillageClerk => "village_clerk",
            VillageSupervisor => "village_supervisor",
            VillageContact => "village_contact",
            TownOffice => "town_office",
            TownDeputy => "town_deputy",
            TownLeader => "town_leader",
            TownDiscipline => "town_discipline",
            UnitLiaison => "unit_liaison",
            Inspector => "inspector",
            CountyOffice => "county_office",
            Sysadmin => "sysadmin",
            Secadmin => "secadmin",
            Auditor => "auditor",
        }
    }

    /// Returns the Chinese label.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Helper => "帮扶责任人",
            AssistantHelper => "协帮扶人",
            FirstSecretary => "驻村第一书记",
            VillageSecretary => "村党支部书记",
            VillageClerk => "村文书",
            VillageSupervisor => "村监委会",
            VillageContact => "包村干部",
            TownOffice => "乡镇扶贫办",
            TownDeputy => "分管副乡镇长",
            TownLeader => "乡镇主要领导",
            TownDiscipline => "乡镇纪委书记",
            UnitLiaison => "帮扶单位联络员",
            Inspector => "巡察督查组",
            CountyOffice => "区县扶贫局",
            Sysadmin => "系统管理员",
            Secadmin => "安全管理员",
            Auditor => "审计管理员",
        }
    }

    /// Returns the English label.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Helper => "helper",
            AssistantHelper => "assistant helper",
            FirstSecretary => "resident first secretary",
            VillageSecretary => "village Party secretary",
            VillageClerk => "village clerk",
            VillageSupervisor => "village supervision committee",
            VillageContact => "village contact cadre",
            TownOffice => "township poverty relief office",
            TownDeputy => "deputy township head in charge",
            TownLeader => "township leader",
            TownDiscipline => "township discipline secretary",
            UnitLiaison => "liaison of a helping unit",
            Inspector => "inspection team",
            CountyOffice => "county poverty relief office",
            Sysadmin => "system administrator",
            Secadmin => "security administrator",
            Auditor => "audit administrator",
        }
    }

    /// Returns how far the role reaches.
    #[must_use]
    pub const fn level(self) -> Reach {
        match self {
            Helper | AssistantHelper => Reach::Own,
            FirstSecretary | VillageSecretary | VillageClerk | VillageSupervisor | VillageContact => Reach::Village,
            TownOffice | TownDeputy | TownLeader | TownDiscipline => Reach::Township,
            UnitLiaison => Reach::Unit,
            Inspector | CountyOffice => Reach::County,
            Sysadmin | Secadmin | Auditor => Reach::None,
        }
    }
}

impl FromStr for Role {
    type Err = BadRole;
    fn from_str(text: &str) -> Result<Self, BadRole> {
        ALL.into_iter().find(|role| role.slug() == text || role.zh() == text).ok_or(BadRole)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}
