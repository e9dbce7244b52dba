//! The captions of a spec on a picture of another size, and which size the picture has within the sides that are allowed.
//!
//! `remake` asks it. A caption is drawn after the picture was made smaller, so that it stays sharp; its size in pixels goes with the
//! picture's.

use std::ops::Range;

use caption_layout::{Error, LoadedSpec, OutputFields, Size, rect::Rect};

use crate::mask::{DecodedSpec, Image, Mask};

/// The smallest letters that may be asked for, in pixels.
const LEAST_LETTERS_PX: u32 = 4;
/// Bars make a picture higher, by how much depends on its width: so often it is looked for.
const MOST_LOOKS: u32 = 10;

/// A picture's sides, and its captions' mask.
pub(super) struct Sized {
    /// Without bars.
    pub picture_px: [u32; 2],
    pub mask: Mask,
}

/// A picture whose size is to be found.
pub(super) struct Sizes<'a> {
    pub spec: &'a LoadedSpec,
    pub images: &'a [Option<Image>],
    pub source_px: [u32; 2],
    /// By number of the caption: the pictures that show it.
    pub times: Vec<Range<usize>>,
}

impl Sizes<'_> {
    /// At so many parts of the source's sides; 1 is as large.
    pub(super) fn at(&self, scale: f64) -> Result<Sized, Error> {
        let picture_px = self.source_px.map(|side| scaled(side, scale).clamp(1, side.max(1)));
        let [width, height] = picture_px;
        let mut spec = self.spec.clone();
        for caption in &mut spec.captions {
            if let Size::Px(px) = &mut caption.spec.size {
                *px = scaled(*px, scale).max(LEAST_LETTERS_PX.min(*px));
            }
        }
        let decoded = DecodedSpec { spec: &spec, images: self.images };
        let mut mask = Mask::draw(decoded, width, height, Rect::at(0, 0, width, height))?;
        mask.times.clone_from(&self.times);
        Ok(Sized { picture_px, mask })
    }

    /// The largest scale at which the output, bars and all, is within the sides that are allowed.
    ///
    /// # Errors
    /// [`Error::SidesNotPossible`] where none is; and what is wrong with a text at the source's own size.
    pub(super) fn within(&self, output: OutputFields) -> Result<f64, Error> {
        let most = [output.max_width, output.max_height];
        let first = self.at(1.0)?;
        let fits = |sized: &Sized| {
            let sides = [sized.mask.width_px, sized.mask.height_px];
            sides.into_iter().zip(most).all(|(side, most)| most.is_none_or(|most| side <= most))
        };
        if fits(&first) {
            return Ok(1.0);
        }
        // Without bars none can be larger; with bars, which get higher as the picture gets narrower, it is looked for below that.
        let part = |(side, most): (u32, Option<u32>)| most.map_or(1.0, |most| f64::from(most) / f64::from(side.max(1)));
        let mut large = self.source_px.into_iter().zip(most).map(part).fold(1.0, f64::min);
        let at = |scale: f64| match self.at(scale) {
            Ok(sized) => Ok(Some(sized)),
            Err(Error::TextDoesNotFit { .. }) => Ok(None),
            Err(error) => Err(error),
        };
        if at(large)?.is_some_and(|sized| fits(&sized)) {
            return Ok(large);
        }
        let mut found = None;
        let mut small = 0.0;
        for _ in 0..MOST_LOOKS {
            let scale = f64::midpoint(small, large);
            if at(scale)?.is_some_and(|sized| fits(&sized)) {
                found = Some(scale);
                small = scale;
            } else {
                large = scale;
            }
        }
        let [max_width, max_height] = most;
        found.ok_or(Error::SidesNotPossible { max_width, max_height })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a side, made smaller")]
fn scaled(side: u32, scale: f64) -> u32 {
    (f64::from(side) * scale).round() as u32
}
