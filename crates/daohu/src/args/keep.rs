//! Words of the commands that keep an office: backups, the exported log, the master key.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Flags of `export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// 把整本日志写进这个文件 / write the whole log into this file
    #[arg(long, value_name = "FILE")]
    pub(crate) log: PathBuf,
}

/// Flags of `backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// 新文件夹，还不能有 / a folder that is not there yet
    #[arg(value_name = "FOLDER")]
    pub(crate) to: PathBuf,
    /// 不带钥匙，钥匙另存 / leave the keys out; they are kept apart
    #[arg(long)]
    pub(crate) without_keys: bool,
}

/// Flags of `restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// 备份的文件夹 / the folder of a backup
    #[arg(value_name = "FOLDER")]
    pub(crate) from: PathBuf,
    /// 钥匙所在的文件夹，备份里没带时用 / the folder of the keys, where the backup has none
    #[arg(long, value_name = "FOLDER")]
    pub(crate) keys: Option<PathBuf>,
}

/// `key …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// 换一把主密钥 / put a new master key in place
    Rotate {
        /// 为什么 / why
        #[arg(long)]
        reason: String,
    },
    /// 主密钥丢了：换一把新的，旧的密级字段再也读不出 / the master key is lost: a new one; old secrets stay unreadable
    Lost {
        /// 为什么 / why
        #[arg(long)]
        reason: String,
    },
}
