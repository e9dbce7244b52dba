//! Emoji of one's own as a spec brings them: files by name, of which no pixel is known here.
//!
//! worker, api and the command line make it, layout asks for the names, and a renderer for the files. It decodes nothing; what a file
//! may be is `reading::image`'s to say.

use std::{fmt, sync::Arc};

use caption_types::ImageName;

/// Files by name, in the order in which they were added. A clone shares them.
#[derive(Clone, Default)]
pub struct Images {
    names: Vec<ImageName>,
    files: Vec<Arc<Vec<u8>>>,
}

impl Images {
    /// The names, in their order.
    #[must_use]
    pub fn names(&self) -> &[ImageName] {
        &self.names
    }

    /// An image by its place among the names.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<(&ImageName, &[u8])> {
        Some((self.names.get(place)?, self.files.get(place)?.as_slice()))
    }
}

impl FromIterator<(ImageName, Vec<u8>)> for Images {
    fn from_iter<I: IntoIterator<Item = (ImageName, Vec<u8>)>>(files: I) -> Self {
        let (names, files) = files.into_iter().map(|(name, file)| (name, Arc::new(file))).unzip();
        Self { names, files }
    }
}

impl fmt::Debug for Images {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.names).finish()
    }
}
