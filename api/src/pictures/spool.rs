//! Uploads on their way to the store: hashed and counted as they come, in memory where there is room for them, else in
//! an unnamed file.
//!
//! `upload` and `fetch` fill it, `inspect` measures what came, `jobs::accept` hands it on. The file has no name from its first
//! byte, so nothing is left of it when its owner goes, however that happens. All uploads together have
//! [`MEMORY_BYTES`] of memory, each beyond that [`BUFFER_BYTES`], and no disk is waited for on a thread of the runtime.

use std::{
    fs::File,
    io::{self, Write as _},
    path::PathBuf,
    sync::Arc,
};

use bytes::{Bytes, BytesMut};
use proto_shared::SourceId;
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};

use crate::problem::refusals;

refusals! {
    /// Why an upload is not spooled.
    pub(crate) enum SpoolRefusal {
        /// The folder for uploads can't be written or read.
        Folder { error: io::Error } = SERVICE_UNAVAILABLE Overloaded, "no more uploads can be taken at the moment",
            with cause(format!("failed to spool an upload: {error}"));
    }
}

impl From<io::Error> for SpoolRefusal {
    fn from(error: io::Error) -> Self {
        Self::Folder { error }
    }
}

/// The largest upload that is kept in memory whole. A file costs more than half of what taking in such an upload does:
/// every piece goes to a thread that may wait for the disk, and back.
const SMALL_BYTES: u64 = 2 * 1024 * 1024;
/// What all that are kept whole may take together. Who finds it taken is spooled to a file.
const MEMORY_BYTES: usize = 8 * 1024 * 1024;
/// What is gathered before it is written, and the largest upload that never needs a file.
const BUFFER_BYTES: usize = 64 * 1024;
/// Threads that write and hash at one time: more would only wait for the same disk, each with a stack of its own.
const WRITERS: usize = 8;

/// Where uploads are spooled.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    folder: Arc<PathBuf>,
    memory: Arc<Semaphore>,
    writers: Arc<Semaphore>,
}

/// An upload that is still coming.
pub(crate) struct Spooling {
    spool: Spool,
    whole: Option<Whole>,
    buffer: BytesMut,
    written: Option<Written>,
    len_bytes: u64,
}

/// An upload that is kept in memory: its part of the memory, and the hash of what is there.
struct Whole {
    memory: OwnedSemaphorePermit,
    hash: Sha256,
}

/// What has left memory.
struct Written {
    file: File,
    hash: Sha256,
}

/// An upload that came whole.
pub(crate) struct Spooled {
    pub(crate) id: SourceId,
    pub(crate) len_bytes: u64,
    pub(crate) content: Content,
    /// Given back when the upload is stored.
    _memory: Option<OwnedSemaphorePermit>,
}

/// Where it is.
pub(crate) enum Content {
    Memory(Bytes),
    /// To be read from its beginning: its position may be anywhere.
    File(File),
}

impl Spool {
    pub(crate) fn new(folder: PathBuf) -> Self {
        let (memory, writers) = (Arc::new(Semaphore::new(MEMORY_BYTES)), Arc::new(Semaphore::new(WRITERS)));
        Self { folder: Arc::new(folder), memory, writers }
    }

    /// Begins an upload that has at most `expected_bytes`.
    pub(crate) fn begin(&self, expected_bytes: u64) -> Spooling {
        let whole = self.memory_for(expected_bytes).map(|memory| Whole { memory, hash: Sha256::new() });
        let most = if whole.is_some() { SMALL_BYTES } else { BUFFER_BYTES as u64 };
        let buffer = BytesMut::with_capacity(usize::try_from(expected_bytes.min(most)).unwrap_or(BUFFER_BYTES));
        Spooling { spool: self.clone(), whole, buffer, written: None, len_bytes: 0 }
    }

    fn memory_for(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok().filter(|_| bytes <= SMALL_BYTES)?;
        self.memory.clone().try_acquire_many_owned(bytes).ok()
    }

    /// Does `work`, which waits for a disk, where it keeps no request waiting.
    async fn off_the_runtime<T: Send + 'static>(&self, work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
        // Never closed.
        let place = self.writers.clone().acquire_owned().await.map_err(io::Error::other)?;
        let done = spawn_blocking(move || {
            let _place = place;
            work()
        });
        done.await.map_err(io::Error::other)?
    }
}

impl Spooling {
    pub(crate) async fn write(&mut self, mut chunk: Bytes) -> Result<(), SpoolRefusal> {
        self.len_bytes += chunk.len() as u64;
        if let Some(whole) = &mut self.whole {
            whole.hash.update(&chunk);
            self.buffer.extend_from_slice(&chunk);
            return Ok(());
        }
        while self.buffer.len() + chunk.len() > BUFFER_BYTES {
            let fits = chunk.split_to(BUFFER_BYTES - self.buffer.len());
            self.buffer.extend_from_slice(&fits);
            self.write_out().await?;
        }
        self.buffer.extend_from_slice(&chunk);
        Ok(())
    }

    pub(crate) async fn finish(mut self) -> Result<Spooled, SpoolRefusal> {
        let len_bytes = self.len_bytes;
        if let Some(Whole { memory, hash }) = self.whole {
            let (id, content) = (SourceId::from_bytes(hash.finalize().into()), Content::Memory(self.buffer.freeze()));
            return Ok(Spooled { id, len_bytes, content, _memory: Some(memory) });
        }
        if self.written.is_none() {
            let bytes = self.buffer.freeze();
            let id = SourceId::from_bytes(Sha256::digest(&bytes).into());
            return Ok(Spooled { id, len_bytes, content: Content::Memory(bytes), _memory: None });
        }
        self.write_out().await?;
        let Some(Written { file, hash }) = self.written else { return Err(io::Error::from(io::ErrorKind::NotFound).into()) };
        let id = SourceId::from_bytes(hash.finalize().into());
        Ok(Spooled { id, len_bytes, content: Content::File(file), _memory: None })
    }

    async fn write_out(&mut self) -> io::Result<()> {
        let (mut buffer, written, folder) = (std::mem::take(&mut self.buffer), self.written.take(), self.spool.folder.clone());
        let work = move || {
            let mut written = match written {
                Some(written) => written,
                None => Written { file: tempfile::tempfile_in(&*folder)?, hash: Sha256::new() },
            };
            written.hash.update(&buffer);
            written.file.write_all(&buffer)?;
            buffer.clear();
            Ok((written, buffer))
        };
        let (written, buffer) = self.spool.off_the_runtime(work).await?;
        (self.written, self.buffer) = (Some(written), buffer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};

    use super::*;

    fn read(content: Content) -> Vec<u8> {
        match content {
            Content::Memory(bytes) => bytes.to_vec(),
            Content::File(mut file) => {
                let mut bytes = Vec::new();
                file.rewind().unwrap();
                file.read_to_end(&mut bytes).unwrap();
                bytes
            }
        }
    }

    #[tokio::test]
    async fn what_is_spooled_is_what_came_and_named_by_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned());
        let whole: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        for len in [0, 1, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 3 * BUFFER_BYTES, whole.len()] {
            for (piece, expected) in [1_000, BUFFER_BYTES, 1_000_000].into_iter().zip([len as u64, SMALL_BYTES + 1, SMALL_BYTES])
            {
                let mut spooling = spool.begin(expected);
                let has_room = expected <= SMALL_BYTES;
                for chunk in whole[..len].chunks(piece) {
                    spooling.write(Bytes::copy_from_slice(chunk)).await.unwrap();
                    assert!(has_room || spooling.buffer.capacity() <= 2 * BUFFER_BYTES);
                }
                let spooled = spooling.finish().await.unwrap();
                assert_eq!(matches!(spooled.content, Content::File(_)), len > BUFFER_BYTES && !has_room, "{len}");
                assert_eq!((spooled.len_bytes, &spooled.id), (len as u64, &store::source_id(&whole[..len])));
                assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
                assert_eq!(read(spooled.content), &whole[..len]);
            }
        }
        assert_eq!(spool.memory.available_permits(), MEMORY_BYTES, "all of it was given back");
    }

    #[tokio::test]
    async fn who_finds_no_room_in_memory_is_spooled_to_a_file_until_somebody_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned());
        let upload = async || {
            let mut spooling = spool.begin(SMALL_BYTES);
            spooling.write(Bytes::from(vec![7; BUFFER_BYTES + 1])).await.unwrap();
            spooling.finish().await.unwrap()
        };
        let mut in_memory = Vec::new();
        for _ in 0..MEMORY_BYTES as u64 / SMALL_BYTES {
            in_memory.push(upload().await);
            assert!(matches!(in_memory.last().unwrap().content, Content::Memory(_)));
        }
        assert!(matches!(upload().await.content, Content::File(_)));
        in_memory.pop();
        assert!(matches!(upload().await.content, Content::Memory(_)));
    }

    #[tokio::test]
    async fn a_folder_that_is_gone_is_an_error() {
        let mut spooling = Spool::new("/no/such/folder".into()).begin(SMALL_BYTES + 1);
        spooling.write(Bytes::from(vec![0; BUFFER_BYTES])).await.unwrap();
        assert!(spooling.write(Bytes::from_static(b"x")).await.is_err());
    }
}
