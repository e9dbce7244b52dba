//! One premultiplied pixel over another (W3C, Compositing and Blending 1; OpenType, `COLR`, "Format 32").
//!
//! The painter asks, for each pixel of a fill and of a layer. Of the modes those are here that the font uses; a test holds that.

use skrifa::color::CompositeMode;

/// Red, green, blue and alpha; the first three times the last.
pub(crate) type Premultiplied = [u8; 4];

/// `source` put on `backdrop`. A mode that is not here draws over it.
pub(crate) fn composite(mode: CompositeMode, source: Premultiplied, backdrop: Premultiplied) -> Premultiplied {
    match mode {
        CompositeMode::SrcIn => source.map(|channel| share(channel, backdrop[3])),
        CompositeMode::SoftLight => soft_light(source, backdrop),
        _ => over(source, backdrop),
    }
}

/// Whether a mode is one of those that are here.
#[cfg(test)]
pub(crate) fn is_known(mode: CompositeMode) -> bool {
    matches!(mode, CompositeMode::SrcOver | CompositeMode::SrcIn | CompositeMode::SoftLight)
}

/// `source` over `backdrop`.
pub(crate) fn over(source: Premultiplied, backdrop: Premultiplied) -> Premultiplied {
    match source[3] {
        0 => backdrop,
        u8::MAX => source,
        alpha => std::array::from_fn(|c| source[c].saturating_add(share(backdrop[c], u8::MAX - alpha))),
    }
}

/// So many 255ths of a value, rounded.
pub(crate) fn share(value: u8, of_255: u8) -> u8 {
    let product = u16::from(value) * u16::from(of_255);
    u8::try_from((product + 127) / 255).unwrap_or(u8::MAX)
}

/// Section 10.1.9 there.
fn soft_light(source: Premultiplied, backdrop: Premultiplied) -> Premultiplied {
    let [source_alpha, backdrop_alpha] = [source[3], backdrop[3]].map(|alpha| f32::from(alpha) / 255.0);
    if source[3] == 0 || backdrop[3] == 0 {
        return over(source, backdrop);
    }
    let blended = |c: usize| {
        let (of_source, of_backdrop) = (f32::from(source[c]) / 255.0, f32::from(backdrop[c]) / 255.0);
        let (cs, cb) = ((of_source / source_alpha).min(1.0), (of_backdrop / backdrop_alpha).min(1.0));
        let mixed = if cs <= 0.5 {
            cb - (1.0 - 2.0 * cs) * cb * (1.0 - cb)
        } else {
            let lighter = if cb <= 0.25 { ((16.0 * cb - 12.0) * cb + 4.0) * cb } else { cb.sqrt() };
            cb + (2.0 * cs - 1.0) * (lighter - cb)
        };
        of_source * (1.0 - backdrop_alpha) + of_backdrop * (1.0 - source_alpha) + source_alpha * backdrop_alpha * mixed
    };
    let alpha = source_alpha + backdrop_alpha * (1.0 - source_alpha);
    [blended(0), blended(1), blended(2), alpha].map(level)
}

/// A part of one as a part of 255.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 255")]
pub(crate) fn level(part: f32) -> u8 {
    (part.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_as_the_standard_says() {
        assert_eq!(over([100, 0, 0, 128], [0, 200, 0, 255]), [100, 100, 0, 255]);
        assert_eq!(composite(CompositeMode::SrcIn, [200, 100, 0, 255], [9, 9, 9, 51]), [40, 20, 0, 51]);
        // A grey of one half changes nothing, black darkens, white lightens.
        assert_eq!(composite(CompositeMode::SoftLight, [128, 128, 128, 255], [60, 120, 240, 255]), [60, 120, 240, 255]);
        assert_eq!(composite(CompositeMode::SoftLight, [0, 0, 0, 255], [102, 102, 102, 255]), [41, 41, 41, 255]);
        assert!(composite(CompositeMode::SoftLight, [255; 4], [100, 100, 100, 255])[0] > 150);
    }
}
