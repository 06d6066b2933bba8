//! Where files lie: a folder, or a bucket that speaks S3; `ab/cdef…` in either. What is kept survives a crash once that is said.
//!
//! The library is asynchronous and the office is not: its work runs on a thread of the shelf's own, and the caller's thread waits for it.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock, mpsc};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::runtime::{Builder, Runtime};

use super::ShelfPlace;
use crate::store::StoreError;

/// Bytes that are sent to the store at once; S3 wants at least 5 MiB a part, and so much is in memory.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// Files fetched at once for one answer.
const FETCHES_MAX: usize = 16;

/// The files.
pub struct Shelf {
    objects: Arc<dyn ObjectStore>,
    place: ShelfPlace,
    runtime: OnceLock<Runtime>,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shelf({:?})", self.place)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        // Dropped on a thread of another runtime, it must not wait for its own threads.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shelf {
    /// Opens the place of files.
    ///
    /// # Errors
    /// When the folder is not there. A bucket is not asked yet.
    pub fn open(place: ShelfPlace) -> Result<Self, StoreError> {
        let failed = |error| StoreError::Backend { action: "open the store of files", source: Box::new(error) };
        let objects: Arc<dyn ObjectStore> = match &place {
            ShelfPlace::Folder(folder) => Arc::new(LocalFileSystem::new_with_prefix(folder).map_err(failed)?.with_fsync(true)),
            ShelfPlace::Bucket(bucket) => bucket.open().map_err(failed)?,
        };
        Ok(Self { objects, place, runtime: OnceLock::new() })
    }

    /// Returns where files lie.
    #[must_use]
    pub const fn place(&self) -> &ShelfPlace {
        &self.place
    }

    /// Asks the store whether it is there and lets us in.
    ///
    /// # Errors
    /// When it does not.
    pub fn look(&self) -> Result<(), StoreError> {
        let objects = Arc::clone(&self.objects);
        // One page of names: of a bucket that is not there a single name would look like a file that is not.
        let first = self.wait(async move { objects.list(None).next().await.transpose().map(drop) })?;
        first.map_err(|error| self.failure("look at the store of files", error))
    }

    /// Keeps a file whose bytes have this hash. Keeping it twice does nothing.
    ///
    /// # Errors
    /// `Full`, or a failure of the store; a half-written file is never visible.
    pub fn keep(&self, file: &Path, hash: &[u8; 32]) -> Result<(), StoreError> {
        let (objects, to, file) = (Arc::clone(&self.objects), path_of(hash), file.to_path_buf());
        self.wait(async move { put(&*objects, &to, &file).await })?.map_err(|error| self.failure("keep a file", error))
    }

    /// Returns how many bytes are kept under each hash, in the order asked; none where nothing is.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sizes(&self, hashes: &[[u8; 32]]) -> Result<Vec<Option<u64>>, StoreError> {
        let found = self.each(hashes, |objects, hash| async move {
            match objects.head(&path_of(&hash)).await {
                Ok(about) => Ok(Some(about.size)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })?;
        found.into_iter().map(|size| size.map_err(|error| self.failure("look for a file", error))).collect()
    }

    /// Returns the bytes kept under each hash, in the order asked; none where nothing is, or where they no longer fit their hash.
    ///
    /// # Errors
    /// When the store fails.
    pub fn read(&self, hashes: &[[u8; 32]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let found = self.each(hashes, |objects, hash| async move { read(&*objects, &hash).await })?;
        found.into_iter().map(|read| read.map_err(|error| self.failure("read a file", error))).collect()
    }

    /// Asks the store of several files at once, a few at a time.
    fn each<T, F>(&self, hashes: &[[u8; 32]], ask: impl Fn(Arc<dyn ObjectStore>, [u8; 32]) -> F) -> Result<Vec<T>, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let asked: Vec<F> = hashes.iter().map(|hash| ask(Arc::clone(&self.objects), *hash)).collect();
        self.wait(stream::iter(asked).buffered(FETCHES_MAX).collect::<Vec<_>>())
    }

    /// Returns a part of a file as it comes from the store. What it waits for is waited for by whoever reads it.
    #[must_use]
    pub fn stream(&self, hash: &[u8; 32], part: Range<u64>) -> BoxStream<'static, Result<axum::body::Bytes, object_store::Error>> {
        let (objects, path) = (Arc::clone(&self.objects), path_of(hash));
        let asked = async move {
            let options = GetOptions { range: Some(GetRange::Bounded(part)), ..GetOptions::default() };
            match objects.get_opts(&path, options).await {
                Ok(got) => got.into_stream(),
                Err(error) => stream::once(async move { Err(error) }).boxed(),
            }
        };
        stream::once(asked).flatten().boxed()
    }

    /// Takes a file away; one that is not there is as good as taken away.
    ///
    /// # Errors
    /// When the store fails.
    pub fn remove(&self, hash: &[u8; 32]) -> Result<(), StoreError> {
        let (objects, path) = (Arc::clone(&self.objects), path_of(hash));
        match self.wait(async move { objects.delete(&path).await })? {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failure("take a file away", error)),
        }
    }

    /// Tells a full disk, and a bucket that does not answer, from every other failure.
    fn failure(&self, action: &'static str, error: object_store::Error) -> StoreError {
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(one) = cause {
            if one.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::StorageFull) {
                return StoreError::Full;
            }
            cause = one.source();
        }
        match self.place {
            ShelfPlace::Folder(_) => StoreError::Backend { action, source: Box::new(error) },
            ShelfPlace::Bucket(_) => {
                // Addresses and hashes, and what the bucket said; nothing of anybody.
                tracing::error!(action, error = %error, "the bucket of files did not do it");
                StoreError::Busy
            }
        }
    }

    fn wait<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T, StoreError> {
        let (say, hear) = mpsc::sync_channel(1);
        self.runtime()?.spawn(async move {
            // Nobody listens only where the caller panicked.
            _ = say.send(work.await);
        });
        hear.recv().map_err(|error| StoreError::Backend { action: "ask the store of files", source: Box::new(error) })
    }

    fn runtime(&self) -> Result<&Runtime, StoreError> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let made = Builder::new_multi_thread().worker_threads(1).thread_name("daohu-files").enable_all().build();
        let made = made.map_err(|error| StoreError::Backend { action: "start the thread of files", source: Box::new(error) })?;
        // Where another thread was faster, this one's goes away, and not on a thread that must not wait.
        if let Err(late) = self.runtime.set(made) {
            late.shutdown_background();
        }
        self.runtime.get().ok_or(StoreError::Busy)
    }
}

async fn put(objects: &dyn ObjectStore, to: &ObjectPath, file: &Path) -> Result<(), object_store::Error> {
    let mut source = tokio::fs::File::open(file).await.map_err(of_file)?;
    let first = next_part(&mut source).await?;
    if first.len() < PART_BYTES {
        return objects.put(to, first.into()).await.map(drop);
    }
    let mut upload = objects.put_multipart(to).await?;
    let sent = async {
        let mut part = first;
        while !part.is_empty() {
            upload.put_part(part.into()).await?;
            part = next_part(&mut source).await?;
        }
        upload.complete().await.map(drop)
    };
    let sent = sent.await;
    if sent.is_err() {
        // What was sent is worth nothing; where even this fails, the bucket's own rules clean it.
        let _left = upload.abort().await;
    }
    sent
}

async fn next_part(source: &mut tokio::fs::File) -> Result<Vec<u8>, object_store::Error> {
    let mut part = Vec::new();
    let most = u64::try_from(PART_BYTES).unwrap_or(u64::MAX);
    source.take(most).read_to_end(&mut part).await.map_err(of_file)?;
    Ok(part)
}

async fn read(objects: &dyn ObjectStore, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, object_store::Error> {
    let bytes = match objects.get(&path_of(hash)).await {
        Ok(got) => got.bytes().await?,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    if Sha256::digest(&bytes).as_slice() != hash {
        tracing::error!(hash = hex::encode(hash), "a file does not fit its hash");
        return Ok(None);
    }
    Ok(Some(bytes.to_vec()))
}

/// Returns the name of a file: two folders and the rest, so that no folder gets too many.
fn path_of(hash: &[u8; 32]) -> ObjectPath {
    let name = hex::encode(hash);
    let (folder, rest) = name.split_at(2);
    ObjectPath::from(format!("{folder}/{rest}"))
}

fn of_file(source: io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "upload", source: Box::new(source) }
}
