//! The picture of `submit` on its way to the service: a file, what came on standard input, or an address.
//!
//! A file is streamed, and opened anew for each try, so that its size costs no memory.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use caption::Limits;
use futures::{StreamExt as _, stream};
use indicatif::ProgressBar;
use proto_shared::MediaType;
use reqwest::{
    Body,
    multipart::{Form, Part},
};
use tokio::{fs::File, io::AsyncReadExt as _};
use tokio_util::io::ReaderStream;
use url::Url;

use crate::{
    client::activity::Activity,
    exit::{Failure, Reason},
    files,
};

/// What is to be captioned.
#[derive(Debug)]
pub(crate) enum Picture {
    File(PathBuf),
    /// A stream can be read once, so it is held for as often as it must be sent.
    Held(Bytes),
    /// The service fetches it.
    Url(String),
}

/// Ten times what a service takes unless it is told otherwise.
const MAX_STREAM_BYTES: u64 = 256 << 20;
const PIECE_BYTES: usize = 64 * 1024;
/// As much of a file says what kind it is.
const HEAD_BYTES: u64 = 64;

impl Picture {
    /// What an argument names. A stream is read now, so that it can still be broken off from the keyboard.
    pub(crate) fn of(input: &Path) -> Result<Self, Failure> {
        if let Some(url) = address(input) {
            return Ok(Self::Url(url.to_owned()));
        }
        if files::is_stream(input) {
            return Ok(Self::Held(files::read(input, MAX_STREAM_BYTES)?.into()));
        }
        match input.metadata() {
            Ok(metadata) if metadata.is_dir() => Err(unreadable(input, &io::ErrorKind::IsADirectory.into())),
            // A pipe has no length to be sent before it, and no second time.
            Ok(metadata) if !metadata.is_file() => Ok(Self::Held(files::read(input, MAX_STREAM_BYTES)?.into())),
            Ok(_) => Ok(Self::File(input.to_owned())),
            Err(error) => Err(unreadable(input, &error)),
        }
    }

    /// Its kind: by its first bytes, or by the name that an address has.
    pub(crate) fn media(&self) -> Option<MediaType> {
        let limits = Limits { max_bytes: u64::MAX, ..Limits::default() };
        match self {
            Self::Held(bytes) => caption::media_of(bytes, &limits).ok(),
            Self::File(path) => {
                let mut head = Vec::new();
                // A file that can't be read is refused when it is sent.
                std::fs::File::open(path).ok()?.take(HEAD_BYTES).read_to_end(&mut head).ok()?;
                caption::media_of(&head, &limits).ok()
            }
            Self::Url(url) => {
                let url = Url::parse(url).ok()?;
                let extension = Path::new(url.path()).extension()?.to_string_lossy().to_ascii_lowercase();
                MediaType::READ.into_iter().find(|media| media.extension() == extension)
            }
        }
    }

    /// Puts it into a form.
    pub(crate) async fn add_to(&self, form: Form, activity: &Activity) -> Result<Form, Failure> {
        let (body, len_bytes, name) = match self {
            Self::Url(url) => return Ok(form.text("source_url", url.clone())),
            Self::Held(bytes) => {
                let counter = activity.bytes("sending", bytes.len() as u64);
                let mut rest = bytes.clone();
                let pieces = stream::iter(std::iter::from_fn(move || {
                    (!rest.is_empty()).then(|| Ok::<_, io::Error>(rest.split_to(rest.len().min(PIECE_BYTES))))
                }));
                (counted(pieces, counter), bytes.len() as u64, "picture".to_owned())
            }
            Self::File(path) => {
                let file = File::open(path).await.map_err(|e| unreadable(path, &e))?;
                let len_bytes = file.metadata().await.map_err(|e| unreadable(path, &e))?.len();
                let counter = activity.bytes("sending", len_bytes);
                // What is appended meanwhile would break the form.
                let pieces = ReaderStream::with_capacity(file.take(len_bytes), PIECE_BYTES);
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                (counted(pieces, counter), len_bytes, name)
            }
        };
        Ok(form.part("file", Part::stream_with_length(body, len_bytes).file_name(name)))
    }
}

/// Where the result goes if nothing is said: as for a file, but what is fetched from elsewhere ends up here.
pub(crate) fn default_output(input: &Path, extension: Option<&str>) -> PathBuf {
    let Some(url) = address(input) else { return files::beside(input, extension) };
    let parsed = Url::parse(url).ok();
    let name = parsed.as_ref().and_then(|url| url.path_segments()?.next_back()).filter(|name| !name.is_empty());
    files::beside(Path::new(name.unwrap_or("picture.gif")), extension)
}

fn address(input: &Path) -> Option<&str> {
    let text = input.to_str()?;
    let (scheme, _) = text.split_once("://")?;
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(text)
}

fn counted(pieces: impl stream::Stream<Item = io::Result<Bytes>> + Send + 'static, counter: ProgressBar) -> Body {
    Body::wrap_stream(pieces.inspect(move |piece| {
        if let Ok(piece) = piece {
            counter.inc(piece.len() as u64);
        }
    }))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Reason::NoInput, format_args!("failed to read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_not_a_file_and_its_result_stands_here() {
        assert_eq!(address(Path::new("HTTPS://a/b.gif")), Some("HTTPS://a/b.gif"));
        for file in ["cat.gif", "http:/a", "ftp://a/b.gif", "-"] {
            assert_eq!(address(Path::new(file)), None, "{file}");
        }
        for (input, output) in [
            ("https://a/b/cat.gif?size=1#x", "cat.captioned.gif"),
            ("https://a/", "picture.captioned.gif"),
            ("https://a/b/", "picture.captioned.gif"),
            ("a/cat.gif", "a/cat.captioned.gif"),
            ("-", "-"),
        ] {
            assert_eq!(default_output(Path::new(input), None), Path::new(output), "{input}");
        }
    }
}
