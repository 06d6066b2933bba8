//! Words of the commands about papers, figures, records and the log.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Flags of `import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// 文件或文件夹 / files or folders
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// 只看结果，不写 / write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// 名单从哪天起算 / the day the roster is true from
    #[arg(long, value_name = "DAY")]
    pub(crate) as_of: Option<String>,
}

/// Flags of `import-batch`.
#[derive(Debug, Args)]
pub(crate) struct ImportBatch {
    /// 批次文件（.dhb），先后随意 / batch files, in any order
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// 把回执文件写到这个文件夹 / write the receipt files into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) receipt_out: Option<PathBuf>,
}

/// Flags of `coverage`.
#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// 十二位区划代码 / twelve-digit code
    #[arg(long, required_unless_present = "scenario", conflicts_with = "scenario")]
    pub(crate) place: Option<String>,
    /// 月份，如 2019-05 / month
    #[arg(long, required_unless_present = "scenario", conflicts_with = "scenario")]
    pub(crate) month: Option<String>,
    /// 截至哪一刻 / facts up to this instant
    #[arg(long, value_name = "INSTANT", conflicts_with = "scenario")]
    pub(crate) as_of: Option<String>,
    /// 场景文件，不开数据文件夹 / a scenario file; opens no store
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
}

/// Flags of `gaps`.
#[derive(Debug, Args)]
pub(crate) struct Gaps {
    /// 十二位区划代码 / twelve-digit code
    #[arg(long)]
    pub(crate) place: String,
    /// 月份，如 2019-05 / month
    #[arg(long)]
    pub(crate) month: String,
}

/// Flags of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// 回执文件 / a receipt file
    #[arg(long, value_name = "FILE", requires = "key", conflicts_with = "log")]
    pub(crate) receipt: Option<PathBuf>,
    /// 导出的日志 / an exported log
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) log: Option<PathBuf>,
    /// 服务器公钥，十六进制 / the server's public key in hex
    #[arg(long, value_name = "HEX")]
    pub(crate) key: Option<String>,
}

/// `config …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// 现行规则 / the rules in force
    Show {
        /// 只对这个地方 / of this place
        #[arg(long)]
        place: Option<String>,
    },
    /// 改规则，自某日起 / change rules from a day
    Set {
        /// 如 `freeze_day=10` / for example `freeze_day=10`
        #[arg(required = true, value_name = "KEY=VALUE")]
        values: Vec<String>,
        /// 只对这个地方 / for this place
        #[arg(long)]
        place: Option<String>,
        /// 自哪天起 / from this day
        #[arg(long, value_name = "DAY")]
        from: Option<String>,
    },
}

/// `record …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Record {
    /// 新增一条 / add a record
    Add {
        /// 种类 / kind
        kind: String,
        /// 字段=值 / field=value
        #[arg(value_name = "K=V")]
        values: Vec<String>,
    },
    /// 修改一条 / edit a record
    Edit {
        /// 记录号 / record id
        id: String,
        /// 字段=值 / field=value
        #[arg(required = true, value_name = "K=V")]
        values: Vec<String>,
    },
    /// 列出某种记录 / list the records of a kind
    List {
        /// 种类 / kind
        kind: String,
        /// 只看这个地方 / of this place
        #[arg(long)]
        place: Option<String>,
        /// 含这段文字 / that contain this text
        #[arg(long, value_name = "TEXT")]
        q: Option<String>,
        /// 最多几条 / at most so many
        #[arg(long)]
        limit: Option<u32>,
        /// 上一页给的游标 / the cursor of the page before
        #[arg(long)]
        cursor: Option<String>,
    },
    /// 看一条 / show a record
    Show {
        /// 记录号 / record id
        id: String,
    },
}

/// `quarantine …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Quarantine {
    /// 列出 / list
    List,
    /// 看一条 / show one
    Show {
        /// 条目号 / its id
        id: String,
    },
    /// 再试一次 / try it again
    Release {
        /// 条目号 / its id
        id: String,
    },
}
