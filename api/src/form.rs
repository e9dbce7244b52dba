//! The multipart form of a new job: reads its parts within bounds and makes sense of them.
//!
//! It knows nothing of stores and queues. A part is never held beyond its limit: reading stops at the
//! first byte too many, and so does the upload.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    extract::{
        Multipart,
        multipart::{Field, MultipartError},
    },
    http::StatusCode,
};
use bytes::Bytes;
use proto_shared::{Caption, CaptionSpec, ErrorCode, Position, Size, SourceId, SpecError, Style};
use sha2::{Digest as _, Sha256};

use crate::{
    batch::MAX_JOBS,
    error::ApiError,
    pace::TooSlow,
    spool::{Spool, Spooled},
};

/// The longest part that is not the file: a spec of four captions fits many times.
const MAX_TEXT_PART_BYTES: usize = 64 * 1024;

/// What to caption.
pub(crate) enum Picture {
    File(Upload),
    Stored(SourceId),
    /// Where it stands; not looked at yet.
    Url(String),
}

/// A file that came with the form.
pub(crate) enum Upload {
    Kept(Spooled),
    /// Read without being kept: all that is known of it is its name in the store.
    Hashed(SourceId),
}

/// What becomes of a form's file.
#[derive(Clone, Copy)]
pub(crate) enum FileGoes<'a> {
    To(&'a Spool),
    Nowhere,
}

/// The parts that are texts.
const TEXTS: [&str; 13] = [
    "source",
    "source_url",
    "callback_url",
    "gallery",
    "spec",
    "specs",
    "top",
    "bottom",
    "style",
    "font",
    "size",
    "fill",
    "stroke",
];
/// Those that make up a caption where there is no spec.
pub(crate) const CAPTION_FIELDS: [&str; 7] = ["top", "bottom", "style", "font", "size", "fill", "stroke"];

/// A form that was read to its end.
#[derive(Default)]
pub(crate) struct Form {
    file: Option<Upload>,
    /// By the part's name; none is empty.
    texts: BTreeMap<&'static str, String>,
}

/// What a form asks for: one caption spec, or many.
pub(crate) struct Asked<S> {
    pub(crate) picture: Picture,
    pub(crate) spec: S,
    /// Whether everyone may see the result.
    pub(crate) is_public: bool,
    /// Who is to be told of the end; not checked.
    pub(crate) callback_url: Option<String>,
}

impl Form {
    /// Reads every part. `expected_bytes` is how long the whole body should be.
    pub(crate) async fn read(
        mut parts: Multipart,
        file_goes: FileGoes<'_>,
        max_file_bytes: u64,
        expected_bytes: u64,
    ) -> Result<Self, ApiError> {
        let mut form = Self::default();
        let mut seen = BTreeSet::new();
        while let Some(part) = parts.next_field().await.map_err(|e| unreadable(&e, max_file_bytes))? {
            let name = part.name().unwrap_or_default().to_owned();
            let known = TEXTS.into_iter().chain(["file"]).find(|known| *known == name);
            let known = known.ok_or_else(|| bad_part(&name, "no part of this name is known"))?;
            if !seen.insert(known) {
                return Err(bad_part(known, "this part may be given once"));
            }
            if known == "file" {
                form.file = Some(file(part, file_goes, max_file_bytes, expected_bytes).await?);
                continue;
            }
            let text = text(part, known, max_file_bytes).await?;
            // A form on a page sends every field, the empty ones too.
            if !text.is_empty() {
                form.texts.insert(known, text);
            }
        }
        Ok(form)
    }

    /// One job: by its `spec`, or by the fields of a caption.
    pub(crate) fn into_job(mut self) -> Result<Asked<CaptionSpec>, ApiError> {
        self.has_no("specs", "`specs` is for /v1/batches")?;
        let spec = match self.texts.remove("spec") {
            Some(json) => {
                CAPTION_FIELDS.iter().try_for_each(|field| self.has_no(field, "it does not go with `spec`"))?;
                CaptionSpec::from_json(json.as_bytes())?
            }
            None => self.spec_of_fields()?,
        };
        self.asked(spec)
    }

    /// Many jobs: by their `specs`.
    pub(crate) fn into_batch(mut self) -> Result<Asked<Vec<CaptionSpec>>, ApiError> {
        for field in CAPTION_FIELDS.iter().chain(&["spec"]) {
            self.has_no(field, "a batch has `specs`: an array of specs")?;
        }
        let json = self.texts.remove("specs").ok_or_else(|| bad_part("specs", "an array of specs was expected"))?;
        let specs = CaptionSpec::list_from_json(json.as_bytes(), "specs", MAX_JOBS)?;
        self.asked(specs)
    }

    fn asked<S>(mut self, spec: S) -> Result<Asked<S>, ApiError> {
        let picture = match (self.file.take(), self.texts.remove("source"), self.texts.remove("source_url")) {
            (Some(file), None, None) => Picture::File(file),
            (None, Some(id), None) => Picture::Stored(SourceId::parse(&id).map_err(|e| bad_part("source", &e.to_string()))?),
            (None, None, Some(url)) => Picture::Url(url),
            (None, None, None) => return Err(ApiError::MissingFile),
            (_, None, _) => return Err(bad_part("source_url", "`file` and `source_url` do not go together")),
            _ => return Err(bad_part("source", "`source` does not go with `file` or `source_url`")),
        };
        let is_public = match self.texts.get("gallery").map(String::as_str) {
            None | Some("false" | "off" | "0") => false,
            Some("true" | "on" | "1") => true,
            Some(_) => return Err(bad_part("gallery", "`true` or `false` was expected")),
        };
        Ok(Asked { picture, spec, is_public, callback_url: self.texts.remove("callback_url") })
    }

    fn has_no(&self, name: &str, otherwise: &str) -> Result<(), ApiError> {
        if self.texts.contains_key(name) { Err(bad_part(name, otherwise)) } else { Ok(()) }
    }

    /// `top` and `bottom` are a caption each; the other fields hold for both.
    fn spec_of_fields(&mut self) -> Result<CaptionSpec, SpecError> {
        let mut take = |name: &'static str| self.texts.remove(name);
        let style: Style = parsed("style", take("style").as_deref())?.unwrap_or_default();
        let size: Size = parsed("size", take("size").as_deref())?.unwrap_or_default();
        let fill = parsed("fill", take("fill").as_deref())?;
        let stroke = parsed("stroke", take("stroke").as_deref())?;
        let font = take("font");
        let texts = [("top", Position::Top, take("top")), ("bottom", Position::Bottom, take("bottom"))];
        let (names, captions): (Vec<_>, Vec<_>) = texts
            .into_iter()
            .filter_map(|(name, at, text)| {
                let mut caption = Caption { size, fill, stroke, ..Caption::new(text?, at, style) };
                if let Some(font) = &font {
                    caption.font.clone_from(font);
                }
                Some((name, caption))
            })
            .unzip();
        let spec = CaptionSpec { captions };
        match spec.validate() {
            Ok(()) => Ok(spec),
            Err(e) if e.field == "captions" && e.code == ErrorCode::EmptyText => Err(e.at("bottom")),
            Err(e) => {
                let field = field_of(&e.field, &names).to_owned();
                Err(e.at(field))
            }
        }
    }
}

/// `captions[0].text` is `top` or `bottom`, `captions[0].font` is `font`.
fn field_of<'a>(path: &'a str, names: &[&'static str]) -> &'a str {
    let (caption, field) = path.rsplit_once('.').unwrap_or(("", path));
    let index = caption.trim_start_matches("captions[").trim_end_matches(']').parse::<usize>();
    match (field, index) {
        ("text", Ok(i)) => names.get(i).copied().unwrap_or("bottom"),
        _ => field,
    }
}

fn parsed<T: std::str::FromStr<Err = SpecError>>(field: &str, text: Option<&str>) -> Result<Option<T>, SpecError> {
    text.map(|text| text.parse().map_err(|e: SpecError| e.at(field))).transpose()
}

fn bad_part(field: &str, problem: &str) -> ApiError {
    // The name is the caller's own; a message must not echo a megabyte of it.
    ApiError::BadPart { field: field.chars().take(40).collect(), problem: problem.to_owned() }
}

/// The body broke off, is no form, or ran into the limit on the whole of it.
fn unreadable(error: &MultipartError, max_file_bytes: u64) -> ApiError {
    let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    if let Some(slow) = causes.find_map(|e| e.downcast_ref::<TooSlow>()) {
        return slow.into();
    }
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::FileTooLarge { limit_bytes: max_file_bytes, got_bytes: max_file_bytes + 1 },
        _ => ApiError::BadForm(error.body_text()),
    }
}

/// Reads the file, at most so much of it.
async fn file(part: Field<'_>, file_goes: FileGoes<'_>, max_bytes: u64, expected_bytes: u64) -> Result<Upload, ApiError> {
    let mut chunks = Chunks { part, max_bytes, got_bytes: 0 };
    match file_goes {
        FileGoes::To(spool) => {
            let mut file = spool.begin(expected_bytes);
            while let Some(chunk) = chunks.next().await? {
                file.write(chunk).await.map_err(ApiError::Spool)?;
            }
            file.finish().await.map(Upload::Kept).map_err(ApiError::Spool)
        }
        FileGoes::Nowhere => {
            let mut hash = Sha256::new();
            while let Some(chunk) = chunks.next().await? {
                hash.update(&chunk);
            }
            Ok(Upload::Hashed(SourceId::from_bytes(hash.finalize().into())))
        }
    }
}

/// A file as it comes, up to its limit.
struct Chunks<'a> {
    part: Field<'a>,
    max_bytes: u64,
    got_bytes: u64,
}

impl Chunks<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        let (limit_bytes, chunk) = (self.max_bytes, self.part.chunk().await);
        let chunk = chunk.map_err(|e| unreadable(&e, limit_bytes))?;
        self.got_bytes += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        if self.got_bytes > limit_bytes {
            return Err(ApiError::FileTooLarge { limit_bytes, got_bytes: self.got_bytes });
        }
        Ok(chunk)
    }
}

async fn text(mut part: Field<'_>, name: &str, max_file_bytes: u64) -> Result<String, ApiError> {
    let mut text = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|e| unreadable(&e, max_file_bytes))? {
        if text.len() + chunk.len() > MAX_TEXT_PART_BYTES {
            return Err(bad_part(name, &format!("at most {MAX_TEXT_PART_BYTES} bytes are allowed")));
        }
        text.extend_from_slice(&chunk);
    }
    String::from_utf8(text).map_err(|_| bad_part(name, "UTF-8 was expected"))
}
