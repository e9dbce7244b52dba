//! H.264 samples to pictures, by OpenH264's decoder, which is C++ and is built from its source.
//!
//! `caption` calls it for videos, behind its feature `video`. This is the one crate of ours in which a stranger's bytes meet C: it must
//! only ever run in a process of its own, with bounded memory and time and without secrets (`worker`'s isolated renderer, and the command
//! line's child by the same way). What is safe to call is not safe to trust: `api` and `caption-layout` must never use it.
//!
//! It has no `unsafe` of its own, starts no thread, and holds one picture beside those that the decoder keeps as references. It knows no
//! container: samples come as MP4 stores them, in the order in which they are decoded, and pictures go out in the order in which they are
//! shown. Which sample a picture was, and its time, is the caller's to know. Colours are computed in whole numbers: they are the same on
//! every machine.

mod colours;
mod units;

use openh264::{
    OpenH264API,
    decoder::{DecodeOptions, DecodedYUV, Decoder as OpenH264, DecoderConfig, Flush},
    formats::YUVSource as _,
};

pub use colours::Colours;
use units::Units;

/// What the decoder is told before the first sample.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// Sequence and picture parameter sets, in their order.
    pub parameter_sets: &'a [&'a [u8]],
    /// Bytes of the length before each unit: 1, 2 or 4.
    pub nal_length_bytes: usize,
    /// Width and height of every picture, cropped, as its sequence parameter set says. A picture of another size is damage.
    pub sides_px: [usize; 2],
    /// How its numbers become colours.
    pub colours: Colours,
}

/// A picture: RGBA row by row, all of it opaque, as it is coded: not turned.
pub type Picture = Vec<[u8; 4]>;

/// The decoder can't go on; a new one can from the next key sample on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("H.264: {0}")]
pub struct Damaged(String);

/// A decoder of one video.
pub struct Decoder {
    inner: OpenH264,
    units: Units,
    sides_px: [usize; 2],
    colours: Colours,
    /// A sample as the decoder takes it; kept for its room.
    stream: Vec<u8>,
}

impl Decoder {
    /// Starts one.
    ///
    /// # Errors
    /// [`Damaged`] if the parameter sets are none that it takes.
    pub fn new(setup: &Setup<'_>) -> Result<Self, Damaged> {
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let mut inner = OpenH264::with_api_config(OpenH264API::from_source(), config).map_err(|e| damaged(&e))?;
        let sets = units::parameter_sets(setup.parameter_sets);
        inner.decode(&sets).map_err(|e| damaged(&e))?;
        let units = Units::new(setup.parameter_sets, setup.nal_length_bytes);
        Ok(Self { inner, units, sides_px: setup.sides_px, colours: setup.colours, stream: Vec::new() })
    }

    /// Decodes one sample, and gives the picture that is shown next where that is known by now.
    ///
    /// # Errors
    /// [`Damaged`] if it is broken. The decoder may not go on behind it.
    pub fn decode(&mut self, sample: &[u8]) -> Result<Option<Picture>, Damaged> {
        self.stream.clear();
        self.units.append(sample, &mut self.stream);
        if self.stream.is_empty() {
            return Err(Damaged("a sample without a picture".to_owned()));
        }
        let picture = self.inner.decode(&self.stream).map_err(|e| damaged(&e))?;
        picture.map(|picture| convert(&picture, self.sides_px, self.colours)).transpose()
    }

    /// One of the pictures that are left when all samples are in; `None` when none is.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn flush(&mut self) -> Result<Option<Picture>, Damaged> {
        let options = DecodeOptions::new().flush_after_decode(Flush::Flush);
        let picture = self.inner.decode_with_options(&[], options).map_err(|e| damaged(&e))?;
        picture.map(|picture| convert(&picture, self.sides_px, self.colours)).transpose()
    }
}

/// Whether a decoder can begin with a sample: it has an IDR picture (ITU-T H.264, section 7.4.1.2.4).
#[must_use]
pub fn is_key(sample: &[u8], nal_length_bytes: usize) -> bool {
    units::each(sample, nal_length_bytes).any(|unit| units::kind(unit) == Some(units::IDR))
}

fn damaged(error: &openh264::Error) -> Damaged {
    Damaged(error.to_string())
}

fn convert(picture: &DecodedYUV<'_>, sides_px: [usize; 2], colours: Colours) -> Result<Picture, Damaged> {
    let (width, height) = picture.dimensions();
    if [width, height] != sides_px {
        let [wanted_width, wanted_height] = sides_px;
        return Err(Damaged(format!("a picture of {width} x {height} in a video of {wanted_width} x {wanted_height}")));
    }
    let strides = picture.strides();
    let planes = [(picture.y(), strides.0), (picture.u(), strides.1), (picture.v(), strides.2)];
    colours::convert(planes, sides_px, colours).ok_or_else(|| Damaged("a picture with too few samples".to_owned()))
}

#[cfg(test)]
mod tests;
