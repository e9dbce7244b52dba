//! Emoji of one's own: the files of a form, and those that a spec names in the store, each looked at before a job may show it.
//!
//! `jobs::create` and `jobs::batch` call it, and `layout`. A file is held against its limits by its headers; none is decoded.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read as _, Seek as _},
};

use bytes::Bytes;
use caption_layout::probe_image;
use proto_shared::{
    CaptionSpec, ErrorCode, ImageName, SourceId, SpecError,
    bounds::{MAX_IMAGE_BYTES, MAX_IMAGES},
};
use store::StoreError;
use tokio::task::spawn_blocking;

use super::{
    inspect::PictureRefusal,
    spool::{Content, SpoolRefusal, Spooled},
    upload::{File, Pictures},
};
use crate::{
    front::backends::StoredRefusal,
    problem::{Defect, Documented, Problem, Refusal, refusals},
};

refusals! {
    /// What is wrong with an image.
    pub(crate) enum ImageFault: Picture(PictureRefusal), Stored(StoredRefusal) {}
}

/// Why an image is not taken.
#[derive(Debug)]
pub(crate) struct ImageRefusal {
    /// The part or the field that gives it.
    pub(crate) field: String,
    pub(crate) fault: ImageFault,
}

impl Refusal for ImageRefusal {
    fn problem(&self) -> Problem {
        self.fault.problem().field(&self.field)
    }

    fn documented() -> Vec<Documented> {
        ImageFault::documented()
    }

    #[cfg(test)]
    fn cases() -> Vec<crate::problem::Case> {
        ImageFault::cases()
    }
}

refusals! {
    /// Why the images of a request are not taken.
    pub(crate) enum ImagesRefusal: Image(ImageRefusal), Spec(SpecError) {}
}

/// Says of a picture that the store did not give which field names it.
pub(crate) fn not_given(field: String, error: StoreError) -> ImageRefusal {
    let fault = match error {
        StoreError::ImageTooLarge { got_bytes, max_bytes, .. } => {
            let error = caption_layout::Error::FileTooLarge { got_bytes, limit_bytes: max_bytes };
            PictureRefusal::from(error).into()
        }
        error => StoredRefusal::from(error).into(),
    };
    ImageRefusal { field, fault }
}

impl Pictures {
    /// Looks at the images of a form, and at those that specs name in the store, which are then kept for as long as a new job may
    /// need to name them. `specs` have the path of each spec. Gives what is to be stored.
    pub(crate) async fn take_images(
        &self,
        files: BTreeMap<ImageName, File>,
        specs: &[(String, &CaptionSpec)],
    ) -> Result<Vec<Spooled>, ImagesRefusal> {
        let mut known: BTreeSet<&SourceId> = BTreeSet::new();
        let mut uploads = Vec::new();
        for (name, file) in files {
            let File::Kept(upload) = file else {
                let fault = PictureRefusal::from(Defect("an image that was not kept can't be looked at".to_owned())).into();
                return Err(ImageRefusal { field: name.field(), fault }.into());
            };
            let bytes = bytes_of(&upload).await.map_err(PictureRefusal::from);
            bytes
                .and_then(|bytes| looked_at(&bytes))
                .map_err(|fault| ImageRefusal { field: name.field(), fault: fault.into() })?;
            uploads.push(upload);
        }
        let sent: BTreeSet<SourceId> = uploads.iter().map(|upload| upload.id.clone()).collect();
        for (path, spec) in specs {
            for (name, id) in &spec.images {
                if sent.contains(id) || !known.insert(id) {
                    continue;
                }
                if known.len() > MAX_IMAGES {
                    let message = format!("at most {MAX_IMAGES} different images are allowed in all, got more");
                    return Err(SpecError::new(ErrorCode::BadSpec, "specs", message).limit(MAX_IMAGES, known.len()).into());
                }
                let field = format!("{path}{}", name.field());
                let looked_at = match self.store.reuse_image(id).await {
                    Ok(bytes) => looked_at(&bytes).map_err(|fault| ImageRefusal { field, fault: fault.into() }),
                    Err(error) => Err(not_given(field, error)),
                };
                looked_at?;
            }
        }
        Ok(uploads)
    }
}

/// Headers of some kilobytes: less work than to hand it to another thread.
fn looked_at(bytes: &[u8]) -> Result<(), PictureRefusal> {
    probe_image(bytes)?;
    Ok(())
}

async fn bytes_of(upload: &Spooled) -> Result<Bytes, SpoolRefusal> {
    match &upload.content {
        Content::Memory(bytes) => Ok(bytes.clone()),
        Content::File(file) => {
            let mut file = file.try_clone()?;
            let read = spawn_blocking(move || {
                let mut bytes = Vec::new();
                file.rewind()?;
                file.take(MAX_IMAGE_BYTES).read_to_end(&mut bytes)?;
                Ok(Bytes::from(bytes))
            });
            Ok(read.await.map_err(io::Error::other).flatten()?)
        }
    }
}
