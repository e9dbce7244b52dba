//! The multipart form of a new job: reads its parts within bounds and makes sense of them.
//!
//! It knows nothing of stores and queues. A part is never held beyond its limit: reading stops at the
//! first byte too many, and so does the upload.

pub(crate) mod output;
pub(crate) mod words;

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Multipart, multipart::Field};
use proto_shared::{
    CaptionFields, CaptionSpec, ErrorCode, ImageName, OutputFields, Platforms, Presets, SourceId, SpecError,
    bounds::{MAX_IMAGE_BYTES, MAX_IMAGES},
};

use self::{
    output::OutputRefusal,
    words::{Origins, SUBTITLES, WORDS, WordsRefusal},
};
use crate::{
    pictures::{
        budget::BudgetRefusal,
        spool::Spool,
        upload::{BodyRefusal, File, Picture},
    },
    problem::refusals,
};

/// The most jobs that one request may make.
pub(crate) const MAX_JOBS: usize = 100;

/// The longest part that is not the picture: a spec of as many captions as there may be, each of the longest text, fits.
pub(crate) const MAX_TEXT_PART_BYTES: usize = 192 * 1024;

/// The parts that are texts, beside those of a caption.
const TEXTS: [&str; 6] = ["source", "source_url", "callback_url", "gallery", "spec", "specs"];

/// How the name of a part begins that is the file of an image of one's own.
const IMAGE_PREFIX: &str = "images.";

/// The parts that make up captions where there is no spec.
pub(crate) fn caption_fields() -> impl Iterator<Item = &'static str> {
    let of_all = [SUBTITLES, "preset", "exact", "strict", "fit"].into_iter().chain(OutputFields::NAMES);
    WORDS.into_iter().chain(of_all).chain(CaptionFields::NAMES.iter().copied())
}

refusals! {
    /// Why a form makes no job.
    pub(crate) enum FormRefusal: Body(BodyRefusal), Spec(SpecError), Words(WordsRefusal), Output(OutputRefusal) {
        /// A part of the form is not known here, is there twice, is too long, or has a value that is not allowed.
        BadPart {
            /// Its name.
            field: String,
            /// What is wrong with it.
            fault: String,
        } = BAD_REQUEST BadRequest, "{fault}", with field(field);
        /// A part of the form that is no file has more bytes than those may have.
        PartTooLong {
            field: &'static str,
            limit_bytes: u64,
            /// What was read so far.
            got_bytes: u64,
        } = BAD_REQUEST BadRequest, "at most {limit_bytes} bytes are allowed, got {got_bytes} or more",
            with field(*field).limit(*limit_bytes, *got_bytes);
        /// An image of one's own has more bytes than those may have.
        ImageTooLarge {
            field: String,
            limit_bytes: u64,
            /// What was read so far.
            got_bytes: u64,
        } = PAYLOAD_TOO_LARGE FileTooLarge, "an image may have {limit_bytes} bytes, got {got_bytes} or more",
            with field(field).limit(*limit_bytes, *got_bytes);
        /// The form has no picture: none of `file`, `source` and `source_url`.
        MissingFile = BAD_REQUEST MissingFile,
            "a part named `file` (a picture), `source` (the id of a stored one) or `source_url` (where one stands) was expected";
    }
}

/// A form that was read to its end.
#[derive(Default)]
pub(crate) struct Form {
    file: Option<File>,
    /// By the part's name; none is empty.
    texts: BTreeMap<&'static str, String>,
    /// Of any encoding.
    subtitles: Option<Vec<u8>>,
    /// Emoji of one's own, by name.
    images: BTreeMap<ImageName, File>,
}

/// What a form asks for: one caption spec, or many.
pub(crate) struct Order<S> {
    pub(crate) picture: Picture,
    pub(crate) spec: S,
    /// The parts that the captions of a spec were made of.
    pub(crate) origins: Origins,
    /// The files of images of one's own that came with it.
    pub(crate) images: BTreeMap<ImageName, File>,
    /// Whether everyone may see the result.
    pub(crate) is_public: bool,
    /// Who is to be told of the end; not checked.
    pub(crate) callback_url: Option<String>,
}

impl Form {
    /// Reads every part, its file into `spool`, or only to hash it. `expected_bytes` is how long the whole body should be.
    pub(crate) async fn read(
        mut parts: Multipart,
        spool: Option<&Spool>,
        max_file_bytes: u64,
        expected_bytes: u64,
    ) -> Result<Self, FormRefusal> {
        let mut form = Self::default();
        let mut seen = BTreeSet::new();
        while let Some(part) = parts.next_field().await.map_err(|e| BodyRefusal::of(&e, max_file_bytes))? {
            let name = part.name().unwrap_or_default().to_owned();
            if let Some(image) = name.strip_prefix(IMAGE_PREFIX) {
                form.read_image(ImageName::parse(image)?, part, spool).await?;
                continue;
            }
            let known = TEXTS.into_iter().chain(caption_fields()).chain(["file"]).find(|known| *known == name);
            let known = known.ok_or_else(|| bad_part(&name, "no part of this name is known"))?;
            if !seen.insert(known) {
                return Err(bad_part(known, "this part may be given once"));
            }
            if known == "file" {
                form.file = Some(File::read(part, spool, max_file_bytes, expected_bytes).await?);
                continue;
            }
            let bytes = bytes(part, known, max_file_bytes).await?;
            if known == SUBTITLES {
                form.subtitles = Some(bytes).filter(|bytes| !bytes.is_empty());
                continue;
            }
            let text = String::from_utf8(bytes).map_err(|_| bad_part(known, "UTF-8 was expected"))?;
            // A form on a page sends every field, the empty ones too.
            if !text.is_empty() {
                form.texts.insert(known, text);
            }
        }
        Ok(form)
    }

    /// Reads the file of an image. No page sends one that nobody chose, so an empty one is none of the kinds that are read.
    async fn read_image(&mut self, name: ImageName, part: Field<'_>, spool: Option<&Spool>) -> Result<(), FormRefusal> {
        if self.images.contains_key(&name) {
            return Err(bad_part(&name.field(), "this part may be given once"));
        }
        if self.images.len() >= MAX_IMAGES {
            let message = format!("at most {MAX_IMAGES} images are allowed, got more");
            return Err(SpecError::new(ErrorCode::BadSpec, "images", message).limit(MAX_IMAGES, MAX_IMAGES + 1).into());
        }
        let file = File::read(part, spool, MAX_IMAGE_BYTES, MAX_IMAGE_BYTES).await.map_err(|refusal| match refusal {
            BodyRefusal::Budget(BudgetRefusal::FileTooLarge { limit_bytes, got_bytes }) => {
                FormRefusal::ImageTooLarge { field: name.field(), limit_bytes, got_bytes }
            }
            refusal => refusal.into(),
        })?;
        self.images.insert(name, file);
        Ok(())
    }

    /// Puts the images that came with the form into a spec.
    fn name_images(&self, spec: &mut CaptionSpec) -> Result<(), FormRefusal> {
        for (name, file) in &self.images {
            let named = spec.images.entry(name.clone()).or_insert_with(|| file.id().clone());
            if named != file.id() {
                return Err(bad_part(&name.field(), "`images` of the spec names another picture for it"));
            }
        }
        Ok(spec.validate_images()?)
    }

    /// One job: by its `spec`, or by the fields of a caption.
    pub(crate) fn into_job(mut self, presets: &Presets, platforms: &Platforms) -> Result<Order<CaptionSpec>, FormRefusal> {
        self.has_no("specs", "`specs` is for /v1/batches")?;
        let (mut spec, origins) = if let Some(json) = self.texts.remove("spec") {
            caption_fields().try_for_each(|field| self.has_no(field, "it does not go with `spec`"))?;
            (CaptionSpec::from_json(json.as_bytes())?, Origins::default())
        } else {
            let (exact, strict) = (self.flag("exact")?, self.flag("strict")?);
            let output = output::fields_of(&mut self.texts, platforms)?;
            let (spec, origins) = words::spec_of(&mut self.texts, self.subtitles.as_deref(), presets)?;
            let spec = CaptionSpec { exact, strict, ..spec }.with_output(output);
            spec.validate()?;
            (spec, origins)
        };
        self.name_images(&mut spec)?;
        self.order(spec, origins)
    }

    /// Many jobs: by their `specs`.
    pub(crate) fn into_batch(mut self) -> Result<Order<Vec<CaptionSpec>>, FormRefusal> {
        for field in caption_fields().chain(["spec"]) {
            self.has_no(field, "a batch has `specs`: an array of specs")?;
        }
        let json = self.texts.remove("specs").ok_or_else(|| bad_part("specs", "an array of specs was expected"))?;
        let mut specs = CaptionSpec::list_from_json(json.as_bytes(), "specs", MAX_JOBS)?;
        specs.iter_mut().try_for_each(|spec| self.name_images(spec))?;
        self.order(specs, Origins::default())
    }

    fn order<S>(mut self, spec: S, origins: Origins) -> Result<Order<S>, FormRefusal> {
        let picture = match (self.file.take(), self.texts.remove("source"), self.texts.remove("source_url")) {
            (Some(file), None, None) => Picture::File(file),
            (None, Some(id), None) => Picture::Stored(SourceId::parse(&id).map_err(|e| bad_part("source", &e.to_string()))?),
            (None, None, Some(url)) => Picture::Url(url),
            (None, None, None) => return Err(FormRefusal::MissingFile),
            (_, None, _) => return Err(bad_part("source_url", "`file` and `source_url` do not go together")),
            _ => return Err(bad_part("source", "`source` does not go with `file` or `source_url`")),
        };
        let is_public = self.flag("gallery")?;
        let callback_url = self.texts.remove("callback_url");
        Ok(Order { picture, spec, origins, images: self.images, is_public, callback_url })
    }

    /// Whether a part says yes; it need not be there.
    fn flag(&self, name: &str) -> Result<bool, FormRefusal> {
        match self.texts.get(name).map(String::as_str) {
            None | Some("false" | "off" | "0") => Ok(false),
            Some("true" | "on" | "1") => Ok(true),
            Some(_) => Err(bad_part(name, "`true` or `false` was expected")),
        }
    }

    fn has_no(&self, name: &str, otherwise: &str) -> Result<(), FormRefusal> {
        let is_there = self.texts.contains_key(name) || (name == SUBTITLES && self.subtitles.is_some());
        if is_there { Err(bad_part(name, otherwise)) } else { Ok(()) }
    }
}

fn bad_part(field: &str, fault: &str) -> FormRefusal {
    // The name is the caller's own; a message must not echo a megabyte of it.
    FormRefusal::BadPart { field: field.chars().take(40).collect(), fault: fault.to_owned() }
}

async fn bytes(mut part: Field<'_>, field: &'static str, max_file_bytes: u64) -> Result<Vec<u8>, FormRefusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|e| BodyRefusal::of(&e, max_file_bytes))? {
        let got = bytes.len() + chunk.len();
        if got > MAX_TEXT_PART_BYTES {
            return Err(FormRefusal::PartTooLong { field, limit_bytes: MAX_TEXT_PART_BYTES as u64, got_bytes: got as u64 });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
