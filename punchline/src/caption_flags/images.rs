//! `--image NAME=FILE`: emoji of one's own, read and held against their limits before anything else is done.
//!
//! `caption_flags` puts their ids into the spec. Nothing is decoded here.

use std::path::Path;

use caption::{Error, ImageName, probe_image};
use proto_shared::{CaptionSpec, bounds::MAX_IMAGE_BYTES};

use crate::{
    exit::{Failure, Reason},
    files,
};

/// Reads the files that were typed, and names them in a spec, where another picture may stand for none of them.
pub(super) fn name_in(spec: &mut CaptionSpec, typed: &[String]) -> Result<Vec<(ImageName, Vec<u8>)>, Failure> {
    let mut images: Vec<(ImageName, Vec<u8>)> = Vec::new();
    for typed in typed {
        let usage = |why: &str| Failure::new(Reason::Usage, format_args!("--image {typed}: {why}"));
        let (name, path) = typed.split_once('=').ok_or_else(|| usage("NAME=FILE was expected"))?;
        let name = ImageName::parse(name).map_err(|e| usage(&e.message))?;
        if images.iter().any(|(other, _)| *other == name) {
            return Err(usage("this name was given twice"));
        }
        let file = read(&name, Path::new(path))?;
        let id = store::source_id(&file);
        if *spec.images.entry(name.clone()).or_insert_with(|| id.clone()) != id {
            return Err(usage("the spec names another picture for it"));
        }
        images.push((name, file));
    }
    spec.validate_images().map_err(|e| Failure::new(Reason::Usage, e.at("--image")))?;
    Ok(images)
}

fn read(name: &ImageName, path: &Path) -> Result<Vec<u8>, Failure> {
    let refused =
        |e: Error| Failure::new(Reason::BadInput, format_args!("--image {name}: {}: {e} ({})", path.display(), e.code()));
    // The limit on images is none of those that flags raise.
    if let Some(got_bytes) = path.metadata().ok().map(|metadata| metadata.len()).filter(|&len| len > MAX_IMAGE_BYTES) {
        return Err(refused(Error::FileTooLarge { got_bytes, limit_bytes: MAX_IMAGE_BYTES }));
    }
    let file = files::read(path, MAX_IMAGE_BYTES)?;
    probe_image(&file).map_err(refused)?;
    Ok(file)
}
