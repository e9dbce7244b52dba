//! From a JPEG's channels to RGB and back (JFIF 1.02, section "Conversion to and from RGB"; Adobe's technical note 5116 for four inks).
//!
//! `paint` asks for the pixels under a caption. Inks are taken as the simple subtractive ones: a profile is not read.

use super::frame::Model;

/// The channels of a pixel; those that the model lacks are 0.
pub(super) type Channels = [f32; 4];

impl Model {
    /// The pixel as RGB.
    pub(super) fn rgb(self, channels: Channels) -> [u8; 3] {
        let [first, .., key] = channels;
        match self {
            Self::Grey => [round(first); 3],
            Self::Ycc => ycc_to_rgb(channels).map(round),
            Self::Rgb => [channels[0], channels[1], channels[2]].map(round),
            Self::Cmyk { is_inverted } => inks_to_rgb([channels[0], channels[1], channels[2]], key, is_inverted),
            Self::Ycck { is_inverted } => inks_to_rgb(ycc_to_rgb(channels).map(|ink| 255.0 - ink), key, is_inverted),
        }
    }

    /// The channels of an RGB colour.
    pub(super) fn channels(self, rgb: [u8; 3]) -> Channels {
        let [red, green, blue] = rgb.map(f32::from);
        match self {
            Self::Grey | Self::Ycc => rgb_to_ycc([red, green, blue]),
            Self::Rgb => [red, green, blue, 0.0],
            Self::Cmyk { is_inverted } => {
                let ([cyan, magenta, yellow], key) = rgb_to_inks([red, green, blue], is_inverted);
                [cyan, magenta, yellow, key]
            }
            Self::Ycck { is_inverted } => {
                let (inks, key) = rgb_to_inks([red, green, blue], is_inverted);
                let [luma, cb, cr, _] = rgb_to_ycc(inks.map(|ink| 255.0 - ink));
                [luma, cb, cr, key]
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut to what fits")]
fn round(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

fn ycc_to_rgb([luma, cb, cr, _]: Channels) -> [f32; 3] {
    let (cb, cr) = (cb - 128.0, cr - 128.0);
    [luma + 1.402 * cr, luma - 0.344_136 * cb - 0.714_136 * cr, luma + 1.772 * cb]
}

fn rgb_to_ycc([red, green, blue]: [f32; 3]) -> Channels {
    [
        0.299 * red + 0.587 * green + 0.114 * blue,
        128.0 - 0.168_736 * red - 0.331_264 * green + 0.5 * blue,
        128.0 + 0.5 * red - 0.418_688 * green - 0.081_312 * blue,
        0.0,
    ]
}

/// `is_inverted`: 255 is no ink.
fn inks_to_rgb(inks: [f32; 3], key: f32, is_inverted: bool) -> [u8; 3] {
    let paper = |ink: f32| if is_inverted { ink } else { 255.0 - ink }.clamp(0.0, 255.0);
    inks.map(|ink| round(paper(ink) * paper(key) / 255.0))
}

/// Black is the key's, and of all inks where nothing else is to be seen.
fn rgb_to_inks(rgb: [f32; 3], is_inverted: bool) -> ([f32; 3], f32) {
    let key = rgb[0].max(rgb[1]).max(rgb[2]);
    let ink = |paper: f32| if is_inverted { paper } else { 255.0 - paper };
    (rgb.map(|channel| ink(if key > 0.0 { channel * 255.0 / key } else { 0.0 })), ink(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_from_their_channels() {
        let inks = [false, true].map(|is_inverted| [Model::Cmyk { is_inverted }, Model::Ycck { is_inverted }]);
        for model in [Model::Ycc, Model::Rgb].into_iter().chain(inks.concat()) {
            for rgb in [[0; 3], [255; 3], [255, 0, 255], [1, 2, 3], [200, 100, 50], [0, 255, 0]] {
                let found = model.rgb(model.channels(rgb));
                assert!(found.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 1), "{model:?}: {rgb:?} is {found:?}");
            }
        }
        assert_eq!(Model::Grey.rgb(Model::Grey.channels([7; 3])), [7; 3]);
        assert!(Model::Cmyk { is_inverted: true }.channels([255; 3]).iter().all(|&ink| ink > 254.9), "paper");
    }
}
