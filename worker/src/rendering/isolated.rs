//! One rendering in a process of its own, for videos and for jobs that a worker may have died of: such a job can harm that process alone.
//!
//! `job` uses it for every video, where `start_marks` says that a job is a suspect, and for a job that took too long beside others; the
//! command line for videos, by [`render_alone`]. The other end, [`answer`], is a hidden command of the binary. Both send one JSON line,
//! then bytes, the images' and fonts' before the source's: no path, no argument from a job. The process has no variable of this one's
//! environment, which may hold secrets.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    num::NonZeroUsize,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use bytes::Bytes;
use caption::{Font, Images};
use fonts::{Fonts, engine_spec};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use proto_shared::{CaptionSpec, ErrorCode, Fidelity, ImageName, Lane, Limits, MediaType, RenderStats, SpecError};
use rayon::ThreadPoolBuilder;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
    sync::Semaphore,
    time::timeout,
};

use crate::{
    Progress,
    rendering::render::{EngineError, Product, Task, attempt, render},
};

/// The end of a process's standard error that is kept.
const MAX_STDERR_BYTES: usize = 4096;

/// Threads that render in such a process. Each holds some frames and, with glibc, 64 MiB of address space for its heap alone:
/// a thread a CPU would take a large machine's whole limit before the first pixel.
const THREADS: usize = 4;

/// How to start such a process, and what it may take.
#[derive(Clone, Debug)]
pub struct Isolation {
    /// The binary.
    pub program: PathBuf,
    /// What makes it call [`answer`].
    pub args: Vec<OsString>,
    /// Address space that one may have.
    pub memory_bytes: u64,
    /// How many may run side by side.
    pub at_once: NonZeroUsize,
    /// How long one may run.
    pub timeout: Duration,
}

/// Starts such processes, as many at a time as there is memory for.
#[derive(Clone, Debug)]
pub(crate) struct Isolated {
    isolation: Isolation,
    slots: Arc<Semaphore>,
}

/// Variables that such a process keeps: where the system's loader finds libraries.
const KEPT_VARIABLES: [&str; 1] = ["LD_LIBRARY_PATH"];

/// Files that such a process may have open once it has its task: its streams are, and it opens none.
const OPEN_FILES: u64 = 16;

/// What a picture is made of beside its spec.
#[derive(Clone, Debug)]
pub struct Ingredients {
    /// The picture.
    pub source: Bytes,
    /// Images that texts show.
    pub images: Vec<(ImageName, Bytes)>,
    /// Files of fonts that have no name, each for one caption by its place.
    pub fonts: Vec<(usize, Bytes)>,
}

#[derive(Serialize, Deserialize)]
struct Request {
    spec: CaptionSpec,
    memory_bytes: u64,
    /// CPU time of all its threads together. Absent of a program of the release before, and where the process isn't to be bounded.
    #[serde(default)]
    cpu_s: Option<u64>,
    limits: Limits,
    /// The images that follow, one after the other: each by its name and length.
    #[serde(default)]
    images: Vec<(ImageName, usize)>,
    /// The fonts that follow them: each by the place of its caption and its length.
    #[serde(default)]
    fonts: Vec<(usize, usize)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    /// The picture follows.
    Done {
        media: MediaType,
        width_px: u32,
        height_px: u32,
        stats: RenderStats,
        missing_glyphs: Vec<char>,
        fidelity: Fidelity,
    },
    Refused(Refused),
}

/// Why there is no picture.
#[derive(Serialize, Deserialize)]
struct Refused {
    code: ErrorCode,
    message: String,
    /// The field of the spec that it is about. Absent of a program of the release before.
    #[serde(default)]
    field: Option<String>,
}

impl Isolated {
    pub(crate) fn new(isolation: Isolation) -> Self {
        let slots = Arc::new(Semaphore::new(isolation.at_once.get()));
        Self { isolation, slots }
    }

    /// Renders one picture. Dropping the future kills the process.
    pub(crate) async fn run(
        &self,
        spec: &CaptionSpec,
        limits: &Limits,
        Ingredients { source, images, fonts }: Ingredients,
    ) -> Result<Product, EngineError> {
        let crashed = |how: String| EngineError::Crashed { how };
        let _slot = self.slots.acquire().await.map_err(|e| crashed(e.to_string()))?;
        let limit = self.isolation.timeout;
        let work = async {
            let child = self.start().map_err(|e| crashed(format!("it could not be started: {e}")))?;
            let named = images.iter().map(|(name, image)| (name.clone(), image.len())).collect();
            let fonts_for = fonts.iter().map(|(caption, font)| (*caption, font.len())).collect();
            let memory_bytes = self.isolation.memory_bytes;
            // As much as its threads can use until its time is up.
            let cpu_s = Some(limit.as_secs().max(1).saturating_mul(THREADS as u64));
            let request = Request { spec: spec.clone(), memory_bytes, cpu_s, limits: *limits, images: named, fonts: fonts_for };
            let images = images.into_iter().map(|(_, image)| image);
            let files = images.chain(fonts.into_iter().map(|(_, font)| font)).chain([source]).collect();
            self.talk(child, &request, files).await
        };
        timeout(limit, work).await.unwrap_or(Err(EngineError::TimedOut { limit_s: limit.as_secs() }))
    }

    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.isolation.program);
        command.env_clear().envs(KEPT_VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.args(&self.isolation.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true).spawn()
    }

    async fn talk(&self, mut child: Child, request: &Request, files: Vec<Bytes>) -> Result<Product, EngineError> {
        let crashed = |how: String| EngineError::Crashed { how };
        let (Some(mut to), Some(mut from), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
            return Err(crashed("it has no streams".to_owned()));
        };
        let mut line = serde_json::to_vec(request).map_err(|e| crashed(format!("its task could not be written: {e}")))?;
        line.push(b'\n');
        let tell = async move {
            for bytes in std::iter::once(Bytes::from(line)).chain(files) {
                // A process that dies before it has read all is explained by how it ends.
                if to.write_all(&bytes).await.is_err() {
                    break;
                }
            }
        };
        let mut answer = Vec::new();
        let ((), read, stderr) = tokio::join!(tell, from.read_to_end(&mut answer), stderr_end(errors));
        let status = child.wait().await.map_err(|e| crashed(e.to_string()))?;
        if !status.success() {
            return Err(crashed(how_it_ended(status, &stderr)));
        }
        read.map_err(|e| crashed(format!("its answer could not be read: {e}")))?;
        read_answer(answer)
    }
}

/// Renders one picture in a process of its own, for a program that has no worker.
///
/// # Errors
/// As the engine, and if the process crashed or took too long.
pub async fn render_alone(
    isolation: Isolation,
    spec: &CaptionSpec,
    limits: &Limits,
    ingredients: Ingredients,
) -> Result<Product, EngineError> {
    Isolated::new(isolation).run(spec, limits, ingredients).await
}

/// The end of a process's standard error. All of it is read: a process whose pipe is full would wait for ever.
async fn stderr_end(mut stderr: impl AsyncRead + Unpin) -> String {
    let (mut last, mut piece) = (Vec::new(), vec![0; MAX_STDERR_BYTES]);
    while let Ok(len @ 1..) = stderr.read(&mut piece).await {
        last.extend_from_slice(&piece[..len]);
        last.drain(..last.len().saturating_sub(MAX_STDERR_BYTES));
    }
    String::from_utf8_lossy(&last).into_owned()
}

fn read_answer(mut answer: Vec<u8>) -> Result<Product, EngineError> {
    let crashed = |how: String| EngineError::Crashed { how };
    let end = answer.iter().position(|&byte| byte == b'\n').ok_or_else(|| crashed("its answer is cut off".to_owned()))?;
    let picture = answer.split_off(end + 1);
    match serde_json::from_slice(&answer).map_err(|e| crashed(format!("its answer could not be read: {e}")))? {
        Reply::Refused(Refused { code, message, field }) => Err(EngineError::RefusedElsewhere { code, message, field }),
        Reply::Done { media, width_px, height_px, stats, missing_glyphs, fidelity } => {
            Ok(Product { bytes: picture.into(), media, width_px, height_px, stats, missing_glyphs, fidelity })
        }
    }
}

fn how_it_ended(status: ExitStatus, stderr: &str) -> String {
    // The runtime's advice, a line that begins with `note: `, comes after the error it is about.
    match stderr.lines().rfind(|line| !line.trim().is_empty() && !line.starts_with("note: ")) {
        Some(line) => format!("its process ended with {status}: {}", line.trim().chars().take(200).collect::<String>()),
        None => format!("its process ended with {status}"),
    }
}

/// The other end: reads one task, bounds this process, renders, writes the answer.
///
/// # Errors
/// The streams failed, or the task is none.
pub fn answer(fonts: &Fonts, mut from: impl Read, mut to: impl Write) -> io::Result<()> {
    let mut request = Vec::new();
    from.read_to_end(&mut request)?;
    let mut request = Bytes::from(request);
    let end = request.iter().position(|&byte| byte == b'\n').ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut files = request.split_off(end + 1);
    let request: Request = serde_json::from_slice(&request)?;
    let mut next = |len: usize| {
        let is_there = len <= files.len();
        is_there.then(|| files.split_to(len).to_vec()).ok_or(io::ErrorKind::UnexpectedEof)
    };
    let mut images = Vec::new();
    for (name, len) in &request.images {
        images.push((name.clone(), next(*len)?));
    }
    let mut font_files = Vec::new();
    for (caption, len) in &request.fonts {
        font_files.push((*caption, next(*len)?));
    }
    bound(&request)?;
    let (reply, picture) = match produce(fonts, &request, files, images.into_iter().collect(), font_files) {
        Ok(Product { bytes, media, width_px, height_px, stats, missing_glyphs, fidelity }) => {
            (Reply::Done { media, width_px, height_px, stats, missing_glyphs, fidelity }, bytes)
        }
        Err(refused) => (Reply::Refused(refused), Bytes::new()),
    };
    serde_json::to_writer(&mut to, &reply)?;
    to.write_all(b"\n")?;
    to.write_all(&picture)?;
    to.flush()
}

/// What this process may take from here on. It writes no file and leaves no core, which would hold a stranger's bytes.
fn bound(request: &Request) -> io::Result<()> {
    lower(Resource::RLIMIT_AS, request.memory_bytes)?;
    let Some(cpu_s) = request.cpu_s else { return Ok(()) };
    let most = [
        (Resource::RLIMIT_CPU, cpu_s),
        (Resource::RLIMIT_NOFILE, OPEN_FILES),
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_CORE, 0),
    ];
    for (resource, most) in most {
        lower(resource, most)?;
    }
    Ok(())
}

/// Sets a limit, or keeps the one that there is where that is lower: nobody may raise it.
fn lower(resource: Resource, most: u64) -> io::Result<()> {
    let (_, hard) = getrlimit(resource)?;
    Ok(setrlimit(resource, most.min(hard), most.min(hard))?)
}

fn produce(
    fonts: &Fonts,
    request: &Request,
    source: Bytes,
    images: Images,
    font_files: Vec<(usize, Vec<u8>)>,
) -> Result<Product, Refused> {
    let refused = |code, message, field| Refused { code, message, field };
    let mut spec = engine_spec(&request.spec, fonts, images)
        .map_err(|e| refused(e.code(), e.to_string(), Some(SpecError::from(e).field)))?;
    for (i, file) in font_files {
        let font = Font::parse(file).map_err(|e| refused(e.code(), e.to_string(), None))?;
        if let Some(caption) = spec.captions.get_mut(i) {
            caption.font = font;
        }
    }
    let task = Task { source, spec, limits: request.limits, progress: Progress::default(), lane: Lane::Standard };
    // A pool of its own size, whatever the environment asks for.
    let threads = ThreadPoolBuilder::new().num_threads(THREADS).build();
    let threads = threads.map_err(|e| refused(ErrorCode::Internal, e.to_string(), None))?;
    let rendered = threads.install(|| attempt(render, &task, &AtomicBool::new(false)));
    rendered.map_err(|e| refused(e.code(), e.to_string(), e.field()))
}

#[cfg(test)]
mod tests;
