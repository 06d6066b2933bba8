//! Where files lie, as the office says it once: `serve --blobs s3://bucket`. It is written down in the data folder, so that every command
//! finds them, and a backup says where they stayed. Credentials are never written down: they are in the environment (`AWS_…`).

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use crate::error::OfficeError;
use crate::office::keys::make_folder;

/// The folder of files, where they lie in the data folder.
const FOLDER: &str = "blobs";

/// The file in it that says that they lie elsewhere.
const ELSEWHERE: &str = "elsewhere";

/// How long a bucket may take to be reached, and to answer; a request of a phone waits meanwhile.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// See [`CONNECT_MAX`].
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// How often, and for how long, what failed is tried again before the phone is told to come later.
const TRIES_MAX: usize = 2;
/// See [`TRIES_MAX`].
const TRIES_FOR: Duration = Duration::from_secs(10);

/// Where files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShelfPlace {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket that speaks S3.
    Bucket(Bucket),
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    name: String,
    /// What every name in it begins with; nothing for all of it.
    prefix: String,
    endpoint: Option<String>,
    region: Option<String>,
}

impl ShelfPlace {
    /// Returns where the files of a data folder lie.
    ///
    /// # Errors
    /// `bad_blobs` where what is written down is no place, or it cannot be read.
    pub fn of(data: &Path) -> Result<Self, OfficeError> {
        match fs::read_to_string(data.join(FOLDER).join(ELSEWHERE)) {
            Ok(text) => Ok(Self::Bucket(Bucket::read(text.trim()).ok_or(OfficeError::refused("bad_blobs"))?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::Folder(data.join(FOLDER))),
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes down where the files of a data folder lie from now on: `folder`, or `s3://BUCKET[/PREFIX][?endpoint=URL&region=NAME]`. Files
    /// that are there already are not moved.
    ///
    /// # Errors
    /// `bad_blobs` for anything else, or when it cannot be written.
    pub fn say(data: &Path, text: &str) -> Result<(), OfficeError> {
        let folder = data.join(FOLDER);
        let said = folder.join(ELSEWHERE);
        if text == "folder" {
            return match fs::remove_file(&said) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(()),
            };
        }
        let bucket = Bucket::read(text).ok_or(OfficeError::refused("bad_blobs"))?;
        make_folder(&folder)?;
        let beside = folder.join(format!("{ELSEWHERE}.part"));
        let written = || -> io::Result<()> {
            let mut file = File::create(&beside)?;
            writeln!(file, "{bucket}")?;
            file.sync_all()?;
            fs::rename(&beside, &said)?;
            File::open(&folder)?.sync_all()
        };
        written().map_err(failed)
    }
}

impl fmt::Display for ShelfPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(_) => f.write_str("folder"),
            Self::Bucket(bucket) => bucket.fmt(f),
        }
    }
}

impl Bucket {
    fn read(text: &str) -> Option<Self> {
        let url = reqwest::Url::parse(text).ok().filter(|url| url.scheme() == "s3")?;
        // A password in it would be written down with the rest.
        let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none() && url.port().is_none();
        let mut bucket = Self {
            name: url.host_str().filter(|_| is_plain)?.to_owned(),
            prefix: url.path().trim_matches('/').to_owned(),
            endpoint: None,
            region: None,
        };
        for (key, value) in url.query_pairs() {
            match key.as_ref() {
                "endpoint" => bucket.endpoint = Some(reqwest::Url::parse(&value).ok()?.as_str().trim_end_matches('/').to_owned()),
                "region" => bucket.region = Some(value.into_owned()),
                _ => return None,
            }
        }
        Some(bucket)
    }

    /// Opens the bucket with the credentials of the environment; without any it is asked as anybody would.
    pub(super) fn open(&self) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
        // Set already where another part of the process speaks TLS as well: it is the same one.
        let _set = rustls::crypto::ring::default_provider().install_default();
        let is_plain = self.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let client = ClientOptions::new().with_connect_timeout(CONNECT_MAX).with_timeout(ANSWER_MAX).with_allow_http(is_plain);
        let retry = RetryConfig { max_retries: TRIES_MAX, retry_timeout: TRIES_FOR, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::from_env().with_client_options(client).with_retry(retry).with_bucket_name(&self.name);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        }
        if std::env::var_os("AWS_ACCESS_KEY_ID").is_none() {
            builder = builder.with_skip_signature(true);
        }
        let objects = builder.build()?;
        Ok(if self.prefix.is_empty() { Arc::new(objects) } else { Arc::new(PrefixStore::new(objects, self.prefix.as_str())) })
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.name)?;
        if !self.prefix.is_empty() {
            write!(f, "/{}", self.prefix)?;
        }
        let said = [("endpoint", &self.endpoint), ("region", &self.region)];
        let pairs = said.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_ref()?)));
        let pairs: Vec<String> = pairs.collect();
        if pairs.is_empty() { Ok(()) } else { write!(f, "?{}", pairs.join("&")) }
    }
}

fn failed(source: io::Error) -> OfficeError {
    OfficeError::Folder { action: "write down where files lie", source }
}

#[cfg(test)]
mod tests {
    use super::ShelfPlace;

    #[test]
    fn where_files_lie_is_written_down_without_a_secret_and_read_again() {
        let data = tempfile::tempdir().unwrap();
        let is_folder = || matches!(ShelfPlace::of(data.path()), Ok(ShelfPlace::Folder(_)));
        assert!(is_folder());

        for text in ["s3://daohu", "s3://daohu/zj/blobs?endpoint=http://127.0.0.1:9000&region=cn-north-1"] {
            ShelfPlace::say(data.path(), text).unwrap();
            assert_eq!(ShelfPlace::of(data.path()).unwrap().to_string(), text);
        }
        for bad in ["", "s3://", "s3://key:secret@daohu", "s3://daohu?secret=x", "s3://daohu?endpoint=here", "http://daohu", "/srv/blobs"] {
            assert_eq!(ShelfPlace::say(data.path(), bad).unwrap_err().code(), "bad_blobs", "{bad}");
        }

        ShelfPlace::say(data.path(), "folder").unwrap();
        ShelfPlace::say(data.path(), "folder").unwrap();
        assert!(is_folder());
    }
}
