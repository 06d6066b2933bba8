//! Words of the commands about people, phones, pairings and leaves.

use clap::{Args, Subcommand};

/// `user …`.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// 开账号 / add a user
    Add(UserAdd),
    /// 加一个职务 / grant a role
    Grant(RoleSpan),
    /// 收回一个职务 / take a role away
    Ungrant(RoleSpan),
    /// 列出 / list
    List,
    /// 停用 / disable
    Disable {
        /// 登录名 / login
        #[arg(long)]
        login: String,
    },
    /// 换密码 / set a new password
    Password {
        /// 登录名 / login
        #[arg(long)]
        login: String,
        /// 从标准输入读密码，否则现做一个，只显示这一次 / read it from stdin; else one is made and printed once
        #[arg(long)]
        password_stdin: bool,
    },
    /// 动态码：做一个密钥，只显示这一次 / second factor: makes a secret, printed once
    Totp {
        /// 登录名 / login
        #[arg(long)]
        login: String,
        /// 不再要动态码 / no second factor any more
        #[arg(long)]
        off: bool,
    },
}

/// Flags of `user add`.
#[derive(Debug, Args)]
pub(crate) struct UserAdd {
    #[command(flatten)]
    pub(crate) span: RoleSpan,
    /// 责任人记录号 / id of the cadre record
    #[arg(long, value_name = "ID")]
    pub(crate) cadre: Option<String>,
    /// 恢复旧备份后：账号以前的编号，手机上看得到 / after an older backup: the id that the account had, as its phone shows it
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// 从标准输入读密码，否则现做一个，只显示这一次 / read it from stdin; else one is made and printed once
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// A login, a role, where and when.
#[derive(Debug, Args)]
pub(crate) struct RoleSpan {
    /// 登录名 / login
    #[arg(long)]
    pub(crate) login: String,
    /// 职务，如 helper / role
    #[arg(long)]
    pub(crate) role: String,
    /// 十二位区划代码 / twelve-digit code
    #[arg(long, value_name = "CODE")]
    pub(crate) place: Option<String>,
    /// 单位记录号 / id of the unit record
    #[arg(long, value_name = "ID")]
    pub(crate) unit: Option<String>,
    /// 自哪天起 / from this day
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<String>,
    /// 到哪天前 / until before this day
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<String>,
}

/// `device …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Device {
    /// 发一个登记码 / make an enrolment code
    Code {
        /// 登录名 / login
        #[arg(long, value_name = "LOGIN")]
        user: String,
        /// 有效多久，如 15m、24h / how long it is good
        #[arg(long, default_value = "15m")]
        ttl: String,
    },
    /// 列出 / list
    List,
    /// 停用 / revoke
    Revoke {
        /// 手机号码牌（设备号） / device id
        id: String,
        /// 原因 / why
        #[arg(long, value_parser = ["left", "lost"])]
        reason: String,
    },
}

/// `pairing …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Pairing {
    /// 结对 / pair
    Add {
        /// 户：记录号或户编号 / household: record id or 户编号
        #[arg(long, value_name = "H")]
        household: String,
        /// 责任人记录号 / id of the cadre
        #[arg(long, value_name = "ID")]
        cadre: String,
        /// primary、assistant 或 supervisor
        #[arg(long)]
        role: String,
        /// 自哪天起 / from this day
        #[arg(long, value_name = "DAY")]
        from: String,
        /// 依据 / basis
        #[arg(long, value_name = "TEXT")]
        basis: Option<String>,
    },
    /// 结束结对 / end a pairing
    End {
        /// 结对记录号 / id of the pairing
        id: String,
        /// 到哪天前 / until before this day
        #[arg(long, value_name = "DAY")]
        to: String,
        /// 原因 / why
        #[arg(long)]
        reason: String,
    },
    /// 列出 / list
    List {
        /// 户：记录号或户编号 / household
        #[arg(long, value_name = "H")]
        household: Option<String>,
        /// 责任人记录号 / cadre
        #[arg(long, value_name = "ID")]
        cadre: Option<String>,
        /// 哪天有效的 / in force on this day
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
}

/// `leave …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Leave {
    /// 记一段请假 / add a leave
    Add {
        /// 责任人记录号 / cadre
        #[arg(long, value_name = "ID")]
        cadre: String,
        /// 自哪天起 / from this day
        #[arg(long, value_name = "DAY")]
        from: String,
        /// 到哪天前 / until before this day
        #[arg(long, value_name = "DAY")]
        to: String,
        /// 代管人记录号 / the deputy
        #[arg(long, value_name = "ID")]
        deputy: Option<String>,
    },
}
