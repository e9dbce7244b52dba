//! What differs between what was asked for and what came, in sentences for people.
//!
//! Warnings, refusals of strict specs and logs say them. A field of `Fidelity` that tells a difference has its sentence here.

use super::{ALIKE_DELTA_E, ChangedPixels, ColourFidelity, Fidelity, Hundredths, ImageFidelity, ImageShown, WhyOff, WhyWithout};

/// So many characters are named in a sentence.
const MOST_LISTED: usize = 12;

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
            if let Some(asked_px) = caption.asked_px {
                let letters_px = caption.letters_px;
                said.push(format!(
                    "the letters of {caption_k} have {letters_px} px in place of {asked_px}: the text does not fit"
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
                said.push(format!("no font has {} of {caption_k}", listed(&caption.missing_glyphs)));
            }
            if !caption.substituted_glyphs.is_empty() {
                let glyphs = listed(&caption.substituted_glyphs);
                said.push(format!("another font than the one that was asked for draws {glyphs} of {caption_k}"));
            }
        }
        for ImageFidelity { name, shown } in &self.images {
            said.push(match shown {
                ImageShown::FirstPicture => format!("the image `{name}` is an animation: its first picture is shown"),
                ImageShown::Solid => format!("the image `{name}` is shown solid: a palette has no translucent pixels to spare"),
                ImageShown::WithoutProfile => {
                    format!("the colours of the image `{name}` are taken for sRGB: its profile is of others")
                }
            });
        }
        said.extend(self.given_up.sentences());
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

/// The first characters with their numbers, and how many more there are.
fn listed(characters: &[char]) -> String {
    let first = characters.iter().take(MOST_LISTED).map(|c| format!("{c} (U+{:04X})", u32::from(*c)));
    let first = first.collect::<Vec<_>>().join(", ");
    match characters.len().saturating_sub(MOST_LISTED) {
        0 => first,
        more => format!("{first} and {more} more"),
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
    use super::{super::CaptionFidelity, *};
    use crate::{Colour, ImageName};

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
