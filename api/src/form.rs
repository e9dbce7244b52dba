//! The multipart form of a new job: reads its parts within bounds and makes sense of them.
//!
//! It knows nothing of stores and queues. A part is never held beyond its limit: reading stops at the
//! first byte too many, and so does the upload.

use axum::{
    extract::{
        Multipart,
        multipart::{Field, MultipartError},
    },
    http::StatusCode,
};
use proto_shared::{Caption, CaptionSpec, ErrorCode, Position, Size, SourceId, SpecError, Style};

use crate::{
    error::ApiError,
    pace::TooSlow,
    spool::{Spool, Spooled},
};

/// The longest part that is not the file: a spec of four captions fits many times.
const MAX_TEXT_PART_BYTES: usize = 64 * 1024;

/// What to caption.
pub(crate) enum Picture {
    File(Spooled),
    Stored(SourceId),
    /// Where it stands; not looked at yet.
    Url(String),
}

/// A form that was read to its end.
#[derive(Default)]
pub(crate) struct Form {
    file: Option<Spooled>,
    source: Option<String>,
    source_url: Option<String>,
    callback_url: Option<String>,
    spec: Option<String>,
    top: Option<String>,
    bottom: Option<String>,
    style: Option<String>,
    font: Option<String>,
    size: Option<String>,
    fill: Option<String>,
    stroke: Option<String>,
    gallery: Option<String>,
}

/// What a form asks for.
pub(crate) struct Asked {
    pub(crate) picture: Picture,
    pub(crate) spec: CaptionSpec,
    /// Whether everyone may see the result.
    pub(crate) is_public: bool,
}

impl Form {
    /// Reads every part. `expected_bytes` is how long the whole body should be.
    pub(crate) async fn read(
        mut parts: Multipart,
        spool: &Spool,
        max_file_bytes: u64,
        expected_bytes: u64,
    ) -> Result<Self, ApiError> {
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.map_err(|e| unreadable(&e, max_file_bytes))? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == "file" {
                if form.file.is_some() {
                    return Err(bad_part(&name, "this part may be given once"));
                }
                form.file = Some(file(part, spool, max_file_bytes, expected_bytes).await?);
                continue;
            }
            let slot = form.slot(&name).ok_or_else(|| bad_part(&name, "no part of this name is known"))?;
            if slot.is_some() {
                return Err(bad_part(&name, "this part may be given once"));
            }
            *slot = Some(text(part, &name, max_file_bytes).await?);
        }
        // A form on a page sends every field, the empty ones too.
        for name in [
            "source",
            "source_url",
            "callback_url",
            "spec",
            "top",
            "bottom",
            "style",
            "font",
            "size",
            "fill",
            "stroke",
            "gallery",
        ] {
            if let Some(slot) = form.slot(name)
                && slot.as_ref().is_some_and(String::is_empty)
            {
                *slot = None;
            }
        }
        Ok(form)
    }

    /// What the parts mean.
    pub(crate) fn into_request(mut self) -> Result<Asked, ApiError> {
        let picture = match (self.file.take(), self.source.take(), self.source_url.take()) {
            (Some(file), None, None) => Picture::File(file),
            (None, Some(id), None) => Picture::Stored(SourceId::parse(&id).map_err(|e| bad_part("source", &e.to_string()))?),
            (None, None, Some(url)) => Picture::Url(url),
            (None, None, None) => return Err(ApiError::MissingFile),
            (_, None, _) => return Err(bad_part("source_url", "`file` and `source_url` do not go together")),
            _ => return Err(bad_part("source", "`source` does not go with `file` or `source_url`")),
        };
        let is_public = match self.gallery.as_deref() {
            None | Some("false" | "off" | "0") => false,
            Some("true" | "on" | "1") => true,
            Some(_) => return Err(bad_part("gallery", "`true` or `false` was expected")),
        };
        Ok(Asked { picture, spec: self.spec()?, is_public })
    }

    /// Who is to be told of the job's end, taken before the rest is made sense of.
    pub(crate) fn callback_url(&mut self) -> Option<String> {
        self.callback_url.take()
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "source" => Some(&mut self.source),
            "source_url" => Some(&mut self.source_url),
            "callback_url" => Some(&mut self.callback_url),
            "spec" => Some(&mut self.spec),
            "top" => Some(&mut self.top),
            "bottom" => Some(&mut self.bottom),
            "style" => Some(&mut self.style),
            "font" => Some(&mut self.font),
            "size" => Some(&mut self.size),
            "fill" => Some(&mut self.fill),
            "stroke" => Some(&mut self.stroke),
            "gallery" => Some(&mut self.gallery),
            _ => None,
        }
    }

    fn spec(self) -> Result<CaptionSpec, ApiError> {
        let fields = [&self.top, &self.bottom, &self.style, &self.font, &self.size, &self.fill, &self.stroke];
        match &self.spec {
            Some(_) if fields.iter().any(|field| field.is_some()) => {
                Err(bad_part("spec", "`spec` and the fields of a caption do not go together"))
            }
            Some(json) => Ok(CaptionSpec::from_json(json.as_bytes())?),
            None => Ok(self.spec_of_fields()?),
        }
    }

    /// `top` and `bottom` are a caption each; the other fields hold for both.
    fn spec_of_fields(self) -> Result<CaptionSpec, SpecError> {
        let style: Style = parsed("style", self.style.as_deref())?.unwrap_or_default();
        let size: Size = parsed("size", self.size.as_deref())?.unwrap_or_default();
        let (fill, stroke) = (parsed("fill", self.fill.as_deref())?, parsed("stroke", self.stroke.as_deref())?);
        let texts = [("top", Position::Top, self.top), ("bottom", Position::Bottom, self.bottom)];
        let (names, captions): (Vec<_>, Vec<_>) = texts
            .into_iter()
            .filter_map(|(name, at, text)| {
                let mut caption = Caption { size, fill, stroke, ..Caption::new(text?, at, style) };
                if let Some(font) = &self.font {
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
async fn file(mut part: Field<'_>, spool: &Spool, max_bytes: u64, expected_bytes: u64) -> Result<Spooled, ApiError> {
    let mut file = spool.begin(expected_bytes);
    while let Some(chunk) = part.chunk().await.map_err(|e| unreadable(&e, max_bytes))? {
        let got_bytes = file.len_bytes() + chunk.len() as u64;
        if got_bytes > max_bytes {
            return Err(ApiError::FileTooLarge { limit_bytes: max_bytes, got_bytes });
        }
        file.write(chunk).await.map_err(ApiError::Spool)?;
    }
    file.finish().await.map_err(ApiError::Spool)
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
