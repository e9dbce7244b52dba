//! How near a result is to what was asked for: the colours that are shown, the frames without a caption, what changed beside it.
//!
//! The engine fills it in, results keep it, and every place that shows a result tells it. It must never leave out a difference.

mod differences;
mod given_up;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::given_up::GivenUp;
use crate::{Colour, ImageName};

/// What differs between what was asked for and what came, and by how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fidelity {
    /// Each caption, in the order of the spec.
    pub captions: Vec<CaptionFidelity>,
    /// Pixels outside the captions that look different.
    #[serde(default)]
    pub changed: ChangedPixels,
    /// What was given up so that the file is of the kind, or as small, as was asked for. Absent where nothing was.
    #[serde(default, skip_serializing_if = "GivenUp::is_nothing")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub given_up: GivenUp,
    /// Images of the spec that are not shown as their files have them. Absent where all are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub images: Vec<ImageFidelity>,
    /// What is wrong with the source: what decoders show of it is captioned. Absent of one that is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub damage: Option<String>,
}

/// One caption, as it came out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptionFidelity {
    /// The letters' colour.
    pub fill: ColourFidelity,
    /// The colour under the letters: their outline's, or the band's.
    pub under: ColourFidelity,
    /// The letters' size, in pixels per em.
    pub letters_px: Hundredths,
    /// The size that was asked for, where the text did not fit and its letters are smaller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub asked_px: Option<Hundredths>,
    /// Frames that show none of it, or not all of it.
    pub frames_without: u32,
    /// Why they do; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub why_without: Option<WhyWithout>,
    /// Frames that show it, of one that has a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub frames_shown: Option<u32>,
    /// Frames that may still show it though its time is over.
    #[serde(default, skip_serializing_if = "crate::stats::is_zero")]
    pub frames_beyond: u32,
    /// How far the colours of its emoji are from those of their pictures: CIE76 dE on the mean of their pixels, in the frame where it
    /// is most. Absent of a caption without emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub emoji_delta_e: Option<Hundredths>,
    /// How far the plate or the shadow behind its words is off: CIE76 dE on the mean of its pixels, in the frame where it is most.
    /// Absent of a caption without one, and of stills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub background_delta_e: Option<Hundredths>,
    /// Characters that no font has, drawn as a replacement.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub missing_glyphs: Vec<char>,
    /// Characters that another font draws, of a caption that asks for a font by a name other than the default's; no emoji. Absent if
    /// there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, required = false))]
    pub substituted_glyphs: Vec<char>,
}

/// A colour that was asked for, and the farthest from it that a frame shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ColourFidelity {
    /// What was asked for.
    pub asked: Colour,
    /// What is shown where it is farthest off.
    pub shown: Colour,
    /// How far that is: CIE76 dE. Up to 3 the two are hard to tell apart.
    pub delta_e: Hundredths,
    /// Frames that paint a colour farther off than 3 dE.
    pub frames_off: u32,
    /// Why they do; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub why_off: Option<WhyOff>,
}

/// Why a colour is not shown as it was asked for, or not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhyOff {
    /// The picture's palette has no room for it.
    PaletteFull,
    /// The picture is lossy, and what is coded again of it is never quite the same.
    Lossy,
}

/// Why frames come without their caption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhyWithout {
    /// The frame does not reach there, and to enlarge it would change pixels outside the caption.
    FrameTooSmall,
    /// The frame's codes are none that decoders agree on.
    UnreadableFrame,
}

/// An image that is not shown as its file has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageFidelity {
    /// Which.
    pub name: ImageName,
    /// How it is shown.
    pub shown: ImageShown,
}

/// How an image is shown in place of what its file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImageShown {
    /// The first picture of an animation.
    FirstPicture,
    /// Without its translucent pixels: more than an eighth of it is, and a palette has none to spare.
    Solid,
    /// With its colours taken for sRGB, where its file has a profile of others.
    WithoutProfile,
}

/// Pixels outside the captions that look different.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedPixels {
    /// How many were drawn so, over all frames. A later frame that leaves them standing is not counted again.
    pub count: u64,
    /// The largest difference of one: CIE76 dE. 0 of those that were drawn in the background's colour, which some decoders showed
    /// there anyway and others did not.
    pub delta_e: Hundredths,
    /// Why they do; absent if none does, and of results of older releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub why: Option<WhyOff>,
}

/// A number with two decimals; JSON has it as a plain number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "f64", into = "f64")]
pub struct Hundredths(u32);

impl From<f64> for Hundredths {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float to an integer saturates")]
    fn from(number: f64) -> Self {
        Self((number * 100.0).round() as u32)
    }
}

impl From<f32> for Hundredths {
    fn from(number: f32) -> Self {
        f64::from(number).into()
    }
}

impl From<Hundredths> for f64 {
    fn from(Hundredths(number): Hundredths) -> Self {
        Self::from(number) / 100.0
    }
}

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(*self))
    }
}

/// Up to this many dE, on the mean of its pixels, an emoji passes for its picture, and a plate or shadow for what was asked.
pub const ALIKE_DELTA_E: Hundredths = Hundredths(800);

/// Up to this many dE two colours are hard to tell apart.
pub const NEAR_DELTA_E: Hundredths = Hundredths(300);

impl Default for ColourFidelity {
    fn default() -> Self {
        Self::exact(Colour { rgb: [0; 3] })
    }
}

impl ColourFidelity {
    /// A colour that is shown as it was asked for.
    #[must_use]
    pub fn exact(colour: Colour) -> Self {
        Self { asked: colour, shown: colour, delta_e: Hundredths::default(), frames_off: 0, why_off: None }
    }

    /// Whether what is shown passes for what was asked for.
    #[must_use]
    pub fn is_near(&self) -> bool {
        self.delta_e <= NEAR_DELTA_E
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_to_two_decimals_and_written_plainly() {
        assert_eq!(serde_json::to_string(&Hundredths::from(6.304_f32)).unwrap(), "6.3");
        assert_eq!(serde_json::from_str::<Hundredths>("6.3").unwrap(), Hundredths(630));
        assert_eq!(Hundredths::from(12.0_f64).to_string(), "12");
        assert_eq!(Hundredths::from(-1.0_f64), Hundredths(0));
    }
}
