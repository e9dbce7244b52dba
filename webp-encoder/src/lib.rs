//! WebP files of our own pixels, by libwebp's encoder.
//!
//! `caption` calls it for stills and animations. It is the one crate of ours that holds `unsafe`, because libwebp is C. It never sees a byte that a
//! stranger chose the meaning of: pixels go in, a file comes out, and no decoder of libwebp is called.
//! The encoder runs on the calling thread, without a clock, and gives the same bytes for the same pixels.

#![deny(unsafe_op_in_unsafe_fn)]

use std::{ffi::c_int, mem::MaybeUninit};

use libwebp_sys::{
    WEBP_ENCODER_ABI_VERSION, WebPConfig, WebPConfigInitInternal, WebPEncode, WebPMemoryWrite, WebPMemoryWriter,
    WebPMemoryWriterClear, WebPMemoryWriterInit, WebPPicture, WebPPictureFree, WebPPictureImportRGBA, WebPPictureInitInternal,
    WebPPreset, WebPValidateConfig,
};

/// The longest side that the format has room for.
pub const MAX_SIDE_PX: u32 = 16_383;

/// libwebp's settings for little effort.
const LITTLE_LOSSLESS_METHOD: c_int = 1;
const LITTLE_LOSSLESS_QUALITY: f32 = 50.0;
const LITTLE_LOSSY_METHOD: c_int = 2;

/// How the pixels are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kept {
    /// Every pixel as it is, those under alpha 0 too.
    Lossless,
    /// As VP8 keeps it, alpha without loss.
    Lossy {
        /// libwebp's quality, 0 to 100.
        quality: f32,
    },
}

/// How much time may be spent on fewer bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// As libwebp does unless it is told otherwise.
    Usual,
    /// Little: a few more bytes in a fraction of the time, for pictures of which there are many.
    Little,
}

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The sides are not those of a WebP, or the pixels not those of the sides.
    #[error("{width_px} x {height_px} pixels in {got_bytes} bytes are no picture that a WebP can hold")]
    Sides {
        /// The width that was given.
        width_px: u32,
        /// The height that was given.
        height_px: u32,
        /// How many bytes of pixels were given.
        got_bytes: usize,
    },
    /// The encoder gave up; most often it had no memory.
    #[error("libwebp's encoder stopped with its error {code}")]
    Encoder {
        /// A `WebPEncodingError`.
        code: u32,
    },
}

/// Writes a simple WebP file (RIFF with `VP8 ` or `VP8L`, or with VP8X where a lossy one has alpha) of RGBA pixels: four bytes a pixel,
/// row by row, alpha not premultiplied. A picture without a transparent pixel comes out without alpha.
///
/// # Errors
/// [`EncodeError::Sides`] if a side is 0 or over [`MAX_SIDE_PX`] or the pixels are not as many as the sides say.
/// [`EncodeError::Encoder`] if libwebp fails.
pub fn encode(rgba: &[u8], width_px: u32, height_px: u32, kept: Kept, effort: Effort) -> Result<Vec<u8>, EncodeError> {
    let sides = EncodeError::Sides { width_px, height_px, got_bytes: rgba.len() };
    let side = |px: u32| c_int::try_from(px).ok().filter(|_| (1..=MAX_SIDE_PX).contains(&px)).ok_or_else(|| sides.clone());
    let (width, height) = (side(width_px)?, side(height_px)?);
    if rgba.len() as u64 != u64::from(width_px) * u64::from(height_px) * 4 {
        return Err(sides);
    }

    let config = config(kept, effort)?;
    let mut writer = Writer::new();
    let mut picture = Picture::new()?;
    picture.0.use_argb = c_int::from(kept == Kept::Lossless);
    picture.0.width = width;
    picture.0.height = height;
    // SAFETY: the picture is initialised, its sides are set, and `rgba` holds width x height pixels of four bytes, which is what
    // is read with a stride of 4 x width (at most 65,532). The picture copies them.
    let imported = unsafe { WebPPictureImportRGBA(&raw mut picture.0, rgba.as_ptr(), 4 * width) };
    if imported == 0 {
        return Err(picture.error());
    }
    picture.0.writer = Some(WebPMemoryWrite);
    picture.0.custom_ptr = (&raw mut writer.0).cast();
    // SAFETY: config and picture are initialised and valid. `custom_ptr` is a WebPMemoryWriter, which is what WebPMemoryWrite takes it
    // for; it lives in this frame, longer than the call, and nothing else uses it meanwhile.
    let encoded = unsafe { WebPEncode(&raw const config, &raw mut picture.0) };
    if encoded == 0 { Err(picture.error()) } else { Ok(writer.bytes().to_vec()) }
}

fn config(kept: Kept, effort: Effort) -> Result<WebPConfig, EncodeError> {
    let quality = match (kept, effort) {
        // Without loss it is another name for effort.
        (Kept::Lossless, Effort::Usual) => 75.0,
        (Kept::Lossless, Effort::Little) => LITTLE_LOSSLESS_QUALITY,
        (Kept::Lossy { quality }, _) => quality.clamp(0.0, 100.0),
    };
    let mut config = MaybeUninit::<WebPConfig>::zeroed();
    // SAFETY: `config` is room for a WebPConfig, which the call fills.
    let ready = unsafe { WebPConfigInitInternal(config.as_mut_ptr(), WebPPreset::WEBP_PRESET_DEFAULT, quality, abi_version()) };
    if ready == 0 {
        return Err(EncodeError::Encoder { code: 0 });
    }
    // SAFETY: the call above said that it filled it.
    let mut config = unsafe { config.assume_init() };
    if kept == Kept::Lossless {
        config.lossless = 1;
        config.exact = 1;
    }
    if effort == Effort::Little {
        config.method = if kept == Kept::Lossless { LITTLE_LOSSLESS_METHOD } else { LITTLE_LOSSY_METHOD };
    }
    // SAFETY: `config` is initialised; the call reads it.
    let valid = unsafe { WebPValidateConfig(&raw const config) };
    if valid == 0 { Err(EncodeError::Encoder { code: 0 }) } else { Ok(config) }
}

/// The version of the headers that the bindings were made from. The library compares its major half, the high byte.
fn abi_version() -> c_int {
    WEBP_ENCODER_ABI_VERSION.cast_signed()
}

/// A picture whose pixels are freed with it.
struct Picture(WebPPicture);

impl Picture {
    fn new() -> Result<Self, EncodeError> {
        let mut picture = MaybeUninit::<WebPPicture>::zeroed();
        // SAFETY: `picture` is room for a WebPPicture, which the call fills.
        let ready = unsafe { WebPPictureInitInternal(picture.as_mut_ptr(), abi_version()) };
        if ready == 0 {
            return Err(EncodeError::Encoder { code: 0 });
        }
        // SAFETY: the call above said that it filled it.
        Ok(Self(unsafe { picture.assume_init() }))
    }

    fn error(&self) -> EncodeError {
        EncodeError::Encoder { code: self.0.error_code as u32 }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: the picture was initialised, and owns what its pixel pointers point to, if anything.
        unsafe { WebPPictureFree(&raw mut self.0) }
    }
}

/// The bytes that libwebp writes, freed with it.
struct Writer(WebPMemoryWriter);

impl Writer {
    fn new() -> Self {
        let mut writer = MaybeUninit::<WebPMemoryWriter>::zeroed();
        // SAFETY: `writer` is room for a WebPMemoryWriter, which the call fills.
        unsafe { WebPMemoryWriterInit(writer.as_mut_ptr()) };
        // SAFETY: the call above filled it; all of its fields may be zero too.
        Self(unsafe { writer.assume_init() })
    }

    fn bytes(&self) -> &[u8] {
        if self.0.mem.is_null() {
            return &[];
        }
        // SAFETY: `mem` holds `size` bytes that WebPMemoryWrite has written, and lives until the writer is dropped.
        unsafe { std::slice::from_raw_parts(self.0.mem, self.0.size) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // SAFETY: the writer was initialised, and owns what `mem` points to, if anything.
        unsafe { WebPMemoryWriterClear(&raw mut self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(width: u32, height: u32, alpha: u8) -> Vec<u8> {
        let level = |v: u32| u8::try_from(v % 256).unwrap();
        (0..width * height).flat_map(|i| [level(i % width * 2), level(i / width * 3), level(i / 7), alpha]).collect()
    }

    #[test]
    fn lossless_keeps_every_pixel() {
        for alpha in [255, 90, 0] {
            let rgba = pixels(61, 37, alpha);
            for effort in [Effort::Usual, Effort::Little] {
                let file = encode(&rgba, 61, 37, Kept::Lossless, effort).unwrap();
                assert!(image::load_from_memory(&file).unwrap().into_rgba8().into_raw() == rgba, "alpha {alpha}");
            }
        }
    }

    #[test]
    fn lossy_keeps_alpha_and_weighs_less_at_a_lower_quality() {
        let rgba = pixels(200, 160, 128);
        let sizes = [20.0, 60.0, 95.0].map(|quality| {
            let file = encode(&rgba, 200, 160, Kept::Lossy { quality }, Effort::Usual).unwrap();
            assert!(image::load_from_memory(&file).unwrap().into_rgba8().pixels().all(|p| p.0[3] == 128));
            assert_eq!(
                file,
                encode(&rgba, 200, 160, Kept::Lossy { quality }, Effort::Usual).unwrap(),
                "the same bytes each time"
            );
            file.len()
        });
        assert!(sizes.is_sorted(), "{sizes:?}");
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        for (bytes, width, height) in
            [(0, 0, 0), (4, 0, 1), (3, 1, 1), (5, 1, 1), (4 * 16_384, 16_384, 1), (0, u32::MAX, u32::MAX)]
        {
            let error = encode(&vec![0; bytes], width, height, Kept::Lossless, Effort::Little).unwrap_err();
            assert!(matches!(error, EncodeError::Sides { .. }), "{error}");
        }
    }
}
