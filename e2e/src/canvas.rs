//! What a GIF shows: every frame composited on the canvas, by a decoder that is not ours.
//!
//! Tests compare a source with its captioned output through it. It must never use a line of `caption`: an error in both
//! would cancel out.

use gif::{ColorOutput, DecodeOptions, DecodingError, DisposalMethod, Repeat};

/// Red, green, blue, alpha; alpha is 0 or 255.
pub type Pixel = [u8; 4];

const NOTHING: Pixel = [0; 4];

/// A decoded animation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Animation {
    /// Canvas width.
    pub width_px: usize,
    /// Canvas height.
    pub height_px: usize,
    /// The loop count as stored.
    pub repeat: Repeat,
    /// In the order they are shown.
    pub frames: Vec<Shown>,
}

/// The canvas while one frame is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// How long.
    pub delay_cs: u16,
    /// Row by row.
    pub pixels: Vec<Pixel>,
}

/// Decodes and composites every frame.
///
/// # Errors
/// What the decoder says.
pub fn show(bytes: &[u8]) -> Result<Animation, DecodingError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    let mut decoder = options.read_info(bytes)?;
    let (width_px, height_px) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let mut canvas = vec![NOTHING; width_px * height_px];
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame()? {
        let before = canvas.clone();
        let (left, top, width) = (usize::from(frame.left), usize::from(frame.top), usize::from(frame.width));
        // What lies outside the canvas is not shown.
        let inside = |i: &usize| left + i % width < width_px && top + i / width < height_px;
        let place = |i: usize| (top + i / width) * width_px + left + i % width;
        let (pixels, _) = frame.buffer.as_chunks::<4>();
        for (i, pixel) in pixels.iter().enumerate().filter(|(i, pixel)| pixel[3] != 0 && inside(i)) {
            canvas[place(i)] = *pixel;
        }
        frames.push(Shown { delay_cs: frame.delay, pixels: canvas.clone() });
        match frame.dispose {
            DisposalMethod::Any | DisposalMethod::Keep => {}
            DisposalMethod::Background => (0..pixels.len()).filter(inside).for_each(|i| canvas[place(i)] = NOTHING),
            DisposalMethod::Previous => canvas = before,
        }
    }
    Ok(Animation { width_px, height_px, repeat: decoder.repeat(), frames })
}

impl Animation {
    /// The first way in which `output` is not this source outside the caption, in words.
    ///
    /// `mask` has a byte a pixel of the output, not 0 where the caption may have changed it. An output may be higher than its
    /// source: `dy_px` rows of it stand above the source's first.
    #[must_use]
    pub fn difference(&self, output: &Self, mask: &[u8], dy_px: usize) -> Option<String> {
        if (output.width_px, output.frames.len(), output.repeat) != (self.width_px, self.frames.len(), self.repeat) {
            return Some(format!(
                "width, frames, loops: {:?} in the source, {:?} in the output",
                (self.width_px, self.frames.len(), self.repeat),
                (output.width_px, output.frames.len(), output.repeat)
            ));
        }
        if mask.len() != output.width_px * output.height_px {
            return Some(format!("the mask has {} pixels, the output {}", mask.len(), output.width_px * output.height_px));
        }
        let offset = dy_px * self.width_px;
        self.frames.iter().zip(&output.frames).enumerate().find_map(|(index, (source, shown))| {
            if source.delay_cs != shown.delay_cs {
                return Some(format!("frame {index}: delay {} became {}", source.delay_cs, shown.delay_cs));
            }
            let place = source.pixels.iter().enumerate().position(|(i, pixel)| {
                mask.get(i + offset).is_some_and(|m| *m == 0) && shown.pixels.get(i + offset) != Some(pixel)
            })?;
            let (x, y) = (place % self.width_px, place / self.width_px);
            Some(format!("frame {index}: {:?} at {x},{y} became {:?}", source.pixels[place], shown.pixels.get(place + offset)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn a_changed_pixel_is_found_unless_the_mask_covers_it() {
        let source = show(&samples::animation(3).unwrap()).unwrap();
        let mut mask = vec![0; source.width_px * source.height_px];
        assert_eq!(source.difference(&source, &mask, 0), None);
        let mut output = source.clone();
        output.frames[0].pixels[11] = [1, 2, 3, 255];
        let found = source.difference(&output, &mask, 0).unwrap();
        assert!(found.starts_with("frame 0:") && found.contains("at 11,0"), "{found}");
        mask[11] = 1;
        assert_eq!(source.difference(&output, &mask, 0), None);
        output.frames[0].delay_cs += 1;
        assert!(source.difference(&output, &mask, 0).unwrap().contains("delay"));
    }

    #[test]
    fn disposal_is_followed() {
        let mut bytes = Vec::new();
        let mut encoder = gif::Encoder::new(&mut bytes, 2, 1, &[255, 0, 0, 0, 255, 0]).unwrap();
        let mut frame = |left, index, dispose| {
            let buffer = vec![index].into();
            encoder.write_frame(&gif::Frame { left, width: 1, height: 1, dispose, buffer, ..gif::Frame::default() }).unwrap();
        };
        frame(0, 0, DisposalMethod::Keep);
        frame(0, 1, DisposalMethod::Previous);
        frame(1, 1, DisposalMethod::Background);
        frame(0, 1, DisposalMethod::Keep);
        drop(encoder);
        let (red, green) = ([255, 0, 0, 255], [0, 255, 0, 255]);
        let shown: Vec<_> = show(&bytes).unwrap().frames.into_iter().map(|f| f.pixels).collect();
        assert_eq!(shown, [[red, NOTHING], [green, NOTHING], [red, green], [green, NOTHING]]);
    }
}
