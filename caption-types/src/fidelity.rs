//! How near a result is to what was asked for: the colours that are shown, the frames without a caption, what changed beside it.
//!
//! The engine fills it in, results keep it, and every place that shows a result tells it. It must never leave out a difference.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// Without its translucent pixels: more than a third of it, and a GIF has none.
    Solid,
}

/// Pixels outside the captions that look different.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedPixels {
    /// How many, over all frames.
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

impl Fidelity {
    /// Whether nothing was told: it is of a result of a release before it was.
    #[must_use]
    pub fn is_untold(&self) -> bool {
        self.captions.is_empty()
    }

    /// Each difference as a sentence for people, without its stop; none if all came as it was asked for.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        let mut said = Vec::new();
        for (k, caption) in self.captions.iter().enumerate() {
            let caption_k = if self.captions.len() == 1 { "the caption".to_owned() } else { format!("caption {}", k + 1) };
            for (part, are, colour) in [("letters", "are", caption.fill), ("outline or band", "is", caption.under)] {
                if !colour.is_near() {
                    let ColourFidelity { asked, shown, delta_e, frames_off, why_off } = colour;
                    let why = match why_off {
                        Some(WhyOff::Lossy) => "the picture's own lossy compression blurs them",
                        Some(WhyOff::PaletteFull) | None => "the picture's palette has no room",
                    };
                    let frames = counted(frames_off, "frame");
                    said.push(format!(
                        "the {part} of {caption_k} {are} {shown} in place of {asked} (dE {delta_e}) in {frames}: {why}"
                    ));
                }
            }
            if let Some(off) = caption.emoji_delta_e.filter(|&off| off > ALIKE_DELTA_E) {
                said.push(format!(
                    "the emoji of {caption_k} have lost colours (dE {off} on the mean): the picture has no room for them"
                ));
            }
            if let Some(off) = caption.background_delta_e.filter(|&off| off > ALIKE_DELTA_E) {
                said.push(format!(
                    "the plate or shadow of {caption_k} has lost colours (dE {off} on the mean): the picture has no room for them"
                ));
            }
            if caption.frames_without > 0 {
                let why = match caption.why_without {
                    Some(WhyWithout::UnreadableFrame) => "their codes are none that decoders agree on",
                    Some(WhyWithout::FrameTooSmall) | None => "to enlarge them would change pixels outside the caption",
                };
                let come = if caption.frames_without == 1 { "comes" } else { "come" };
                said.push(format!("{} {come} without all of {caption_k}: {why}", counted(caption.frames_without, "frame")));
            }
            if caption.frames_shown == Some(0) {
                said.push(format!("no frame shows {caption_k}: the animation ends before its time begins"));
            }
            if caption.frames_beyond > 0 {
                let frames = counted(caption.frames_beyond, "frame");
                said.push(format!("{caption_k} may be seen in {frames} behind its time: there is nothing to hide it with"));
            }
            if !caption.missing_glyphs.is_empty() {
                let missing: Vec<String> =
                    caption.missing_glyphs.iter().map(|c| format!("{c} (U+{:04X})", u32::from(*c))).collect();
                said.push(format!("no font has {} of {caption_k}", missing.join(", ")));
            }
        }
        for ImageFidelity { name, shown } in &self.images {
            said.push(match shown {
                ImageShown::FirstPicture => format!("the image `{name}` is an animation: its first picture is shown"),
                ImageShown::Solid => format!("the image `{name}` is shown solid: a palette has no translucent pixels to spare"),
            });
        }
        if let Some(damage) = &self.damage {
            said.push(format!("{damage}: what can be read of it is captioned"));
        }
        if self.changed.count > 0 {
            let ChangedPixels { count, delta_e, why } = self.changed;
            let (pixels, verb) = (counted(count, "pixel"), if count == 1 { ["has", "looks"] } else { ["have", "look"] });
            said.push(if delta_e == Hundredths(0) {
                format!("{pixels} outside the captions {} the background's colour, where some decoders showed nothing", verb[0])
            } else {
                let why = if why == Some(WhyOff::Lossy) { ": the picture is lossy, and is coded again there" } else { "" };
                format!("{pixels} outside the captions {} different, by dE {delta_e} at most{why}", verb[1])
            });
        }
        said
    }
}

/// "1 frame", "2 frames".
fn counted(count: impl Into<u64>, what: &str) -> String {
    match count.into() {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
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

    #[test]
    fn what_is_as_asked_says_nothing_and_each_difference_is_a_sentence() {
        let white = Colour { rgb: [255; 3] };
        let plain = CaptionFidelity { fill: ColourFidelity::exact(white), ..CaptionFidelity::default() };
        let mut fidelity = Fidelity { captions: vec![plain], ..Fidelity::default() };
        assert_eq!(fidelity.differences(), Vec::<String>::new());
        fidelity.captions[0].fill = ColourFidelity {
            shown: Colour { rgb: [9; 3] },
            delta_e: Hundredths(980),
            frames_off: 3,
            ..fidelity.captions[0].fill
        };
        fidelity.captions[0].frames_without = 2;
        fidelity.captions[0].missing_glyphs = vec!['中'];
        fidelity.changed = ChangedPixels { count: 7, delta_e: Hundredths(150), why: None };
        let said = fidelity.differences();
        fidelity.captions[0].emoji_delta_e = Some(ALIKE_DELTA_E);
        assert_eq!((said.len(), fidelity.differences()), (4, said.clone()));
        fidelity.captions[0].emoji_delta_e = Some(Hundredths(1234));
        assert!(fidelity.differences()[1].contains("emoji of the caption have lost colours (dE 12.34"));
        assert!(said[0].contains("#090909 in place of #ffffff (dE 9.8) in 3 frames"), "{said:?}");
        assert!(said[2].contains("中 (U+4E2D)"), "{said:?}");
        let party = |shown| ImageFidelity { name: ImageName::parse("party").unwrap(), shown };
        fidelity.images = [ImageShown::FirstPicture, ImageShown::Solid].map(party).to_vec();
        let said = fidelity.differences().concat();
        assert!(said.contains("the image `party` is an animation: its first picture is shown"), "{said}");
        assert!(said.contains("the image `party` is shown solid"), "{said}");
    }
}
