//! What a picture is and how large, from its headers and block walk alone.
//!
//! api calls it on every upload, which stays in its file, a renderer before any decode. No decompressor runs
//! here, and of a file no more is held than `WINDOW_BYTES`.

use std::io::{self, Read, Seek};

use super::{
    animation::is_animated,
    apng::Apng,
    blocks::Gif,
    by_rows,
    mp4::{self, Mp4},
    orientation::turn_in,
    source::{FileWindow, Reading, Source},
    still_headers,
    webp::AnimatedWebp,
};
use caption_types::{Limits, MediaType};

use crate::{error::Error, limits::CheckLimits as _};

/// How much of a file is in memory at a time.
const WINDOW_BYTES: usize = 64 * 1024;

/// What is known of a picture before it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Its kind, by its first bytes.
    pub media: MediaType,
    /// Canvas width, as the picture is shown: turned as its EXIF data say.
    pub width_px: u32,
    /// Canvas height, as the picture is shown.
    pub height_px: u32,
    /// Frames; 1 for a still.
    pub frames: u32,
    /// Width x height over all frames.
    pub total_pixels: u64,
    /// The delays' sum, in hundredths of a second; 0 for a still.
    pub duration_cs: u64,
    /// How often it repeats: 0 is for ever, absent is once.
    pub loop_count: Option<u16>,
}

/// Reads what the headers say and holds it against the limits.
///
/// # Errors
/// The kind is unknown, the file contradicts its format before any decode shows it, or a limit is
/// broken.
pub fn probe(mut bytes: &[u8], limits: &Limits) -> Result<Probe, Error> {
    probe_in(&mut bytes, limits)
}

/// [`probe`] for a file, from its beginning to its end, wherever it stands now.
///
/// # Errors
/// The file can't be read. The inner errors are those of [`probe`].
pub fn probe_file(file: impl Read + Seek, limits: &Limits) -> io::Result<Result<Probe, Error>> {
    let mut window = FileWindow::new(file, WINDOW_BYTES)?;
    let outcome = probe_in(&mut window, limits);
    window.failure().map_or(Ok(outcome), Err)
}

fn probe_in(source: &mut impl Source, limits: &Limits) -> Result<Probe, Error> {
    match media_in(source, limits)? {
        MediaType::Gif => {
            let gif = Gif::walk_in(source, limits)?;
            Ok(Probe {
                media: MediaType::Gif,
                width_px: gif.canvas.width(),
                height_px: gif.canvas.height(),
                frames: u32::try_from(gif.frames.len()).unwrap_or(u32::MAX),
                total_pixels: gif.frames.iter().map(|f| f.rect.area() as u64).sum(),
                duration_cs: gif.frames.iter().map(|f| u64::from(f.delay_cs)).sum(),
                loop_count: gif.loop_count,
            })
        }
        MediaType::Mp4 => probe_video(source, limits),
        media => probe_still(source, media, limits),
    }
}

/// The kind of a file by its first bytes, where it is not too large.
///
/// # Errors
/// [`Error::FileTooLarge`] and [`Error::UnsupportedMedia`].
pub fn media_of(mut bytes: &[u8], limits: &Limits) -> Result<MediaType, Error> {
    media_in(&mut bytes, limits)
}

fn media_in(source: &mut impl Source, limits: &Limits) -> Result<MediaType, Error> {
    let media = sniff(source.from(0));
    by_rows::check_bytes(source, media, limits)?;
    media.ok_or(Error::UnsupportedMedia)
}

/// Whether a file begins as a video does, whatever is in it: who decodes it must do so in a process of its own.
#[must_use]
pub fn is_video(bytes: &[u8]) -> bool {
    sniff(bytes).is_some_and(MediaType::is_video)
}

/// The kind that the first bytes announce.
fn sniff(bytes: &[u8]) -> Option<MediaType> {
    match bytes {
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(MediaType::Gif),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(MediaType::Png),
        [0xFF, 0xD8, 0xFF, ..] => Some(MediaType::Jpeg),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(MediaType::Webp),
        bytes if mp4::is_one(bytes) => Some(MediaType::Mp4),
        _ => None,
    }
}

fn probe_video(source: &mut impl Source, limits: &Limits) -> Result<Probe, Error> {
    let mp4 = Mp4::walk_in(source, limits)?;
    let ([width_px, height_px], frames) = (mp4.sides_px(), u32::try_from(mp4.frames()).unwrap_or(u32::MAX));
    Ok(Probe {
        media: MediaType::Mp4,
        width_px,
        height_px,
        frames,
        total_pixels: u64::from(width_px) * u64::from(height_px) * u64::from(frames),
        duration_cs: mp4.duration_cs(),
        // A GIF made of one is shown for ever, as videos in chats are.
        loop_count: Some(0),
    })
}

fn probe_still(source: &mut impl Source, media: MediaType, limits: &Limits) -> Result<Probe, Error> {
    let still = probe_still_picture(source, media, limits)?;
    if !is_animated(source, media) {
        return Ok(still);
    }
    let ([width_px, height_px], areas, duration_cs, loop_count): (_, Vec<u64>, _, _) = if media == MediaType::Png {
        let apng = Apng::walk_in(source, limits)?;
        let areas = apng.frames.iter().map(|frame| frame.rect.area() as u64).collect();
        (apng.sides_px, areas, apng.duration_cs(), apng.loop_count())
    } else {
        let webp = AnimatedWebp::walk_in(source, limits)?;
        let areas = webp.frames.iter().map(|frame| frame.rect.area() as u64).collect();
        (webp.sides_px, areas, webp.duration_cs(), webp.loop_count())
    };
    Ok(Probe {
        media,
        // Programs don't turn an animation.
        width_px,
        height_px,
        frames: u32::try_from(areas.len()).unwrap_or(u32::MAX),
        total_pixels: areas.iter().sum(),
        duration_cs,
        loop_count,
    })
}

/// Whether it is an animated PNG or WebP, as its headers say.
#[must_use]
pub fn is_animation(mut bytes: &[u8], media: MediaType) -> bool {
    is_animated(&mut bytes, media)
}

/// Of an animated one, what its first picture is.
pub(super) fn probe_still_picture(source: &mut impl Source, media: MediaType, limits: &Limits) -> Result<Probe, Error> {
    let size = imagesize::reader_size(Reading { source, at: 0 }).map_err(|e| match e {
        imagesize::ImageError::IoError(_) => Error::Truncated { at_byte: source.len() as u64, inside: "the header" },
        other => Error::Malformed { what: other.to_string() },
    })?;
    let width_px = u32::try_from(size.width).unwrap_or(u32::MAX);
    let height_px = u32::try_from(size.height).unwrap_or(u32::MAX);
    if width_px == 0 || height_px == 0 {
        return Err(Error::ZeroSized { width_px, height_px });
    }
    by_rows::check_sides(source, media, [width_px, height_px], limits)?;
    let total_pixels = u64::from(width_px) * u64::from(height_px);
    limits.check_total_pixels(total_pixels)?;
    still_headers::check(source, media)?;
    let [width_px, height_px] = turn_in(source, media).sides([width_px, height_px]);
    Ok(Probe { media, width_px, height_px, frames: 1, total_pixels, duration_cs: 0, loop_count: None })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Signature and IHDR, then chunks without their checks: sizes are read from no more.
    pub(in super::super) fn png(width: u32, height: u32, chunks: &[&[u8; 4]]) -> Vec<u8> {
        let mut out = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".to_vec();
        out.extend(width.to_be_bytes());
        out.extend(height.to_be_bytes());
        out.extend(b"\x08\x06\0\0\0crc!");
        for kind in chunks {
            out.extend(b"\0\0\0\x02");
            out.extend(*kind);
            out.extend(b"..crc!");
        }
        out
    }

    fn code(bytes: &[u8]) -> &'static str {
        probe(bytes, &Limits::default()).map_or_else(|e| e.code().as_str(), |_| "ok")
    }

    #[test]
    fn what_is_no_picture_is_refused_by_its_first_bytes() {
        for bytes in [&b""[..], b"G", b"GIF88a", b"<svg>", b"%PDF-1.7", b"RIFF....WAVE", &[0; 1000]] {
            assert_eq!(code(bytes), "unsupported_media", "{bytes:?}");
        }
    }

    #[test]
    fn stills_are_measured_and_held_against_the_limits() {
        let found = probe(&png(640, 480, &[b"IDAT"]), &Limits::default()).unwrap();
        assert_eq!((found.media, found.width_px, found.height_px, found.frames), (MediaType::Png, 640, 480, 1));
        assert_eq!(code(&png(5000, 10, &[b"IDAT"])), "ok", "it is captioned by rows");
        assert_eq!(code(&png(65_501, 10, &[b"IDAT"])), "canvas_too_large");
        assert_eq!(code(&png(0, 10, &[b"IDAT"])), "zero_sized");
        assert_eq!(code(&png(10, 10, &[b"IDAT"])[..18]), "truncated");
        let small = Limits { max_bytes: 10, ..Limits::default() }.for_all_alike();
        assert_eq!(probe(&png(1, 1, &[]), &small).unwrap_err().code().as_str(), "file_too_large");
    }

    #[test]
    fn animations_are_told_from_stills_before_their_data() {
        assert_eq!(code(&png(9, 9, &[b"acTL", b"IDAT"])), "malformed", "its acTL is too short");
        assert_eq!(code(&png(9, 9, &[b"tEXt", b"IDAT", b"acTL"])), "ok", "too late to count");
        let mut webp = b"RIFF\x20\0\0\0WEBPVP8X\x0A\0\0\0\x02\0\0\0\x08\0\0\x08\0\0".to_vec();
        webp.extend([0; 16]);
        assert_eq!(code(&webp), "no_frames");
        webp[20] = 0;
        assert_eq!(code(&webp), "ok");
    }

    /// A file that breaks when it is read beyond some byte.
    struct Breaks(io::Cursor<Vec<u8>>, u64);

    impl Read for Breaks {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.position() > self.1 { Err(io::Error::other("a bad sector")) } else { self.0.read(into) }
        }
    }

    impl Seek for Breaks {
        fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_fault_of_the_picture() {
        let comment = [&b"\x21\xFE"[..], &[255; 256].repeat(1000), b"\0"].concat();
        let frame = b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3B";
        let bytes = [&b"GIF89a\x01\0\x01\0\0\0\0"[..], &comment, frame].concat();
        assert!(bytes.len() > 2 * WINDOW_BYTES, "more than one window: {}", bytes.len());
        assert!(probe_file(io::Cursor::new(&bytes), &Limits::default()).unwrap().is_ok());
        let error = probe_file(Breaks(io::Cursor::new(bytes), 1), &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "a bad sector");
    }

    /// Through the smallest window, so that every look may cross its edge.
    fn assert_same_through_a_window(bytes: &[u8], limits: &Limits) {
        let mut window = FileWindow::new(io::Cursor::new(bytes), 0).unwrap();
        let (mut slice, name) = (bytes, format!("{bytes:x?}"));
        let (a, b) = (probe_in(&mut slice, limits), probe_in(&mut window, limits));
        assert_eq!(format!("{a:?}"), format!("{b:?}"), "{name}");
        if bytes.starts_with(b"GIF") {
            let (a, b) = (Gif::walk(bytes, limits), Gif::walk_in(&mut window, limits));
            assert_eq!(format!("{a:?}"), format!("{b:?}"), "{name}");
        }
        assert!(window.failure().is_none());
    }

    proptest::proptest! {
        #[test]
        fn a_file_through_a_window_is_what_it_is_in_memory(
            seed: u64,
            cut: proptest::sample::Index,
            changes in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), 0_u8..), 0..6),
        ) {
            let mut bytes = samples::Sample::from_seed(seed).bytes();
            let limits = Limits { max_total_pixels: 1 << 20, ..Limits::default() };
            assert_same_through_a_window(&bytes, &limits);
            assert_same_through_a_window(&bytes[..cut.index(bytes.len())], &limits);
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            assert_same_through_a_window(&bytes, &limits);
        }

        #[test]
        fn a_still_through_a_window_is_what_it_is_in_memory(
            head in 0_usize..4,
            rest in proptest::collection::vec(0_u8.., 0..2000),
            chunks in proptest::collection::vec(0_usize..4, 0..60),
        ) {
            let limits = Limits::default();
            let heads: [&[u8]; 4] = [b"\xFF\xD8\xFF\xE0", b"RIFF\x20\0\0\0WEBPVP8X", b"RIFF\x20\0\0\0WEBPVP8 ", b"\x89PNG\r\n\x1A\n"];
            assert_same_through_a_window(&[heads[head], &rest].concat(), &limits);
            let kinds = chunks.iter().map(|i| [b"tEXt", b"acTL", b"IDAT", b"gAMA"][*i]).collect::<Vec<_>>();
            assert_same_through_a_window(&png(9, 9, &kinds), &limits);
        }
    }
}
