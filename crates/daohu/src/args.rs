//! The words of the command line. Nothing here decides anything: `commands` does.

pub(crate) mod keep;
pub(crate) mod office;
pub(crate) mod people;

use crate::demo::HOUSEHOLDS_MIN;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// daohu (到户): the server of the village visit ledger, and its office commands.
#[derive(Debug, Parser)]
#[command(
    name = "daohu",
    version,
    about = "到户：走访台账的服务器与办公室命令 / the server of the village visit ledger",
    propagate_version = true
)]
pub(crate) struct Words {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Shared {
    /// 数据文件夹 / the data folder
    #[arg(long, global = true, env = "DAOHU_DATA", default_value = "./daohu-data")]
    pub(crate) data: PathBuf,
    /// 只打印一个 JSON 值 / print exactly one JSON value
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// 用这个时刻代替墙钟；@文件 表示每次读文件第一行 / the wall clock of this run, or @FILE
    #[arg(long, global = true, env = "DAOHU_NOW", value_name = "INSTANT")]
    pub(crate) now: Option<String>,
    /// 提示用的语言：zh 或 en / language of the sentences
    #[arg(long, global = true, env = "DAOHU_LANG", value_parser = ["zh", "en"], default_value = "zh")]
    pub(crate) lang: String,
}

/// The commands of this version.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// 开始服务 / serve devices and pages
    Serve(Serve),
    /// 演示：一个虚构的乡镇和两个月的走访 / an invented township with two months of visits
    Demo(Demo),
    /// 导入户表、人表、责任人、花名册、整改事项 / import the township's papers
    Import(office::Import),
    /// 走访覆盖率 / coverage of a place and month
    Coverage(office::Coverage),
    /// 帮扶空档 / gaps of a place and month
    Gaps(office::Gaps),
    /// 校验日志或一张回执 / verify the log or a receipt
    Verify(office::Verify),
    /// 重建投影与覆盖率 / rebuild projections and coverage rows
    Rebuild,
    /// 账号 / accounts
    #[command(subcommand)]
    User(people::User),
    /// 手机 / devices
    #[command(subcommand)]
    Device(people::Device),
    /// 结对 / pairings
    #[command(subcommand)]
    Pairing(people::Pairing),
    /// 请假与代管 / leaves
    #[command(subcommand)]
    Leave(people::Leave),
    /// 规则配置 / rule configuration
    #[command(subcommand)]
    Config(office::Config),
    /// 任意种类的记录 / records of any kind
    #[command(subcommand)]
    Record(office::Record),
    /// 没被接收的条目 / refused items
    #[command(subcommand)]
    Quarantine(office::Quarantine),
    /// 收下手机带来的批次文件 / take in batch files that were carried here
    ImportBatch(office::ImportBatch),
    /// 导出日志给审计 / export the log for an auditor
    Export(keep::Export),
    /// 备份，服务开着也行 / back up, while serving too
    Backup(keep::Backup),
    /// 从备份恢复到空文件夹 / restore into an empty folder
    Restore(keep::Restore),
    /// 主密钥 / the master key
    #[command(subcommand)]
    Key(keep::Key),
    /// 本版没有 / not in this version
    #[command(hide = true)]
    Audit(Later),
}

/// What follows a command that is not in this version: taken whole, so that the answer is the sentence and not a complaint about a flag.
#[derive(Debug, Args)]
pub(crate) struct Later {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 0.., hide = true)]
    pub(crate) rest: Vec<String>,
}

/// Flags of `demo`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Demo {
    /// What `serve` takes.
    #[command(flatten)]
    pub(crate) serve: Serve,
    /// 换一个数就是另一个乡镇 / another number invents another township
    #[arg(long, default_value_t = 2019)]
    pub(crate) seed: u64,
    /// 多少户 / how many households
    #[arg(long, value_name = "N", default_value_t = 450, value_parser = clap::value_parser!(u64).range(HOUSEHOLDS_MIN..=5000))]
    pub(crate) households: u64,
    /// 只装入，不服务 / load only
    #[arg(long)]
    pub(crate) no_serve: bool,
    /// 删掉以前的演示，重新装入 / delete the earlier demo and load anew
    #[arg(long)]
    pub(crate) fresh: bool,
    /// 随机密码 / random passwords instead of the printed ones
    #[arg(long, value_name = "random", value_parser = ["random"])]
    pub(crate) demo_passwords: Option<String>,
}

impl Demo {
    /// Tells whether passwords are drawn.
    pub(crate) const fn random_passwords(&self) -> bool {
        self.demo_passwords.is_some()
    }
}

/// Flags of `serve`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Serve {
    /// 监听地址，端口 0 表示随便一个 / address and port; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8780", value_name = "A:P")]
    pub(crate) listen: String,
    /// 健康检查的另一个地址 / another address for /healthz and /readyz
    #[arg(long, value_name = "A:P")]
    pub(crate) metrics_listen: Option<String>,
    /// 剩余空间少于这么多 MB 就报警 / warn below so many MB of free space
    #[arg(long, value_name = "MB")]
    pub(crate) disk_low: Option<u64>,
    /// 剩余空间少于这么多 MB 就不再收 / take nothing in below so many MB of free space
    #[arg(long, value_name = "MB")]
    pub(crate) disk_floor: Option<u64>,
    /// 就绪后把那一行也写进这个文件 / also write the ready line into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// 本版没有 / not in this version
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// 照片和文件放哪里：folder 或 S3 桶的地址，写下后一直用 / where files lie: folder or a bucket, kept until said otherwise
    #[arg(long, value_name = "URL")]
    pub(crate) blobs: Option<String>,
    /// 本版没有 / not in this version
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// 本版没有 / not in this version
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// 本版没有 / not in this version
    #[arg(long)]
    pub(crate) tls_self_signed: bool,
}
