//! What the targets share: the layouts that they caption with, and the oracle.
//!
//! Called by the targets that render. The oracle is `samples`', which knows nothing of the engine; here stands only how the
//! engine is asked.

pub mod stills;
pub mod streams;

use std::sync::LazyLock;

use caption::{Error, Font, ImageName, Images, Limits, LoadedCaption, LoadedSpec, MediaType, Position, Rendered, Style, Watch};
use samples::{
    compare::{Allowed, compare_by_frame},
    show::Player,
    strict,
};

/// Small, so that an input takes milliseconds.
pub const LIMITS: Limits = Limits {
    max_bytes: 1 << 20,
    max_side_px: 512,
    max_frames: 64,
    max_total_pixels: 1 << 20,
    // Stills with a side of more than 512 are captioned by rows.
    max_still_bytes: 1 << 20,
    max_still_side_px: 4096,
    max_still_pixels: 1 << 19,
    max_video_s: 60,
    max_video_frames: 64,
};

/// Captions that go together.
pub struct Layout {
    spec: LoadedSpec,
    /// Whether the only bar stands above the picture; else the picture stays where it was.
    is_below_bar: bool,
}

impl Layout {
    /// The captions.
    #[must_use]
    pub fn spec(&self) -> &LoadedSpec {
        &self.spec
    }
}

/// An emoji of one's own: a GIF of one red pixel beside a transparent one.
fn images() -> Images {
    let head = b"GIF89a\x02\0\x01\0\x80\0\0\xF0\x20\x10\0\0\0\x21\xF9\x04\x01\0\0\x01\0";
    let frame = b"\x2C\0\0\0\0\x02\0\x01\0\0\x02\x02\x44\x0A\0\x3B";
    [(ImageName::parse("dot").expect("a name"), [&head[..], frame].concat())].into_iter().collect()
}

/// The same with captions that come and go; bars stay.
fn timed(mut layout: Layout) -> Layout {
    let times = [[0, 0], [1, 2], [2, 3]];
    for (caption, frames) in layout.spec.captions.iter_mut().zip(times) {
        caption.spec.frames = (caption.spec.style != Style::Bar).then_some(frames);
    }
    layout
}

/// Each place and style, alone and with others.
pub static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    let font = Font::builtin("anton").expect("a built-in font");
    let of = |text: &str, places: &[(Position, Style)]| Layout {
        spec: LoadedSpec {
            images: images(),
            ..LoadedSpec::new(places.iter().map(|&(at, style)| LoadedCaption::new(text, at, style, font.clone())).collect())
        },
        is_below_bar: places.contains(&(Position::Top, Style::Bar)),
    };
    let layout = |places: &[(Position, Style)]| of("Hi", places);
    vec![
        layout(&[(Position::Bottom, Style::Overlay)]),
        layout(&[(Position::Top, Style::Overlay)]),
        layout(&[(Position::Top, Style::Overlay), (Position::Bottom, Style::Overlay)]),
        layout(&[(Position::Top, Style::Bar)]),
        layout(&[(Position::Bottom, Style::Bar), (Position::Bottom, Style::Overlay)]),
        layout(&[(Position::Top, Style::Bar), (Position::Top, Style::Overlay)]),
        of("a🎉🇨🇭", &[(Position::Bottom, Style::Overlay), (Position::Top, Style::Bar)]),
        of("a:dot:<:dot:1>🎉", &[(Position::Bottom, Style::Overlay), (Position::Top, Style::Box)]),
        layout(&[(Position::Middle, Style::Box), (Position::Bottom, Style::Shadow)]),
        timed(layout(&[(Position::Bottom, Style::Overlay), (Position::Middle, Style::Box), (Position::Top, Style::Plain)])),
        timed(layout(&[(Position::Bottom, Style::Shadow), (Position::Bottom, Style::Bar)])),
    ]
});

/// Captions `source` and holds the output against it, if both can be had.
///
/// # Panics
/// At a difference outside the mask, and where a strict decoder took the source and does not take the output.
pub fn caption_and_compare(source: &[u8], layout: &Layout) {
    compare_captioned(source, layout, &layout.spec);
}

/// The same of a spec that lets no pixel beside the captions look different.
///
/// # Panics
/// As [`caption_and_compare`], and where one does.
pub fn caption_exactly(source: &[u8], layout: &Layout) {
    let spec = LoadedSpec { exact: true, ..layout.spec.clone() };
    if let Some(rendered) = compare_captioned(source, layout, &spec) {
        assert_eq!(rendered.fidelity.changed.count, 0, "pixels beside the captions were changed");
    }
}

/// Captions a GIF with a spec without bars above the picture, and holds the output against it.
///
/// # Errors
/// What the engine refuses.
///
/// # Panics
/// As [`caption_and_compare`].
pub fn caption_spec_and_compare(source: &[u8], spec: &LoadedSpec) -> Result<(), Error> {
    let rendered = caption::render_with(source, spec, &LIMITS, &Watch::none())?;
    compare_rendered(source, rendered, false);
    Ok(())
}

fn compare_captioned(source: &[u8], layout: &Layout, spec: &LoadedSpec) -> Option<Rendered> {
    let rendered = caption::render_with(source, spec, &LIMITS, &Watch::none()).ok()?;
    compare_rendered(source, rendered, layout.is_below_bar)
}

fn compare_rendered(source: &[u8], rendered: Rendered, is_below_bar: bool) -> Option<Rendered> {
    let output = rendered.output.to_vec(source);
    if rendered.media != MediaType::Gif {
        return None;
    }
    if let Ok(player) = Player::open(source) {
        let source_height_px = u32::try_from(player.height_px).expect("a height within the limits");
        let allowed = Allowed {
            mask: &rendered.mask(),
            width_px: rendered.width_px,
            height_px: rendered.height_px,
            picture_top_px: if is_below_bar { rendered.height_px - source_height_px } else { 0 },
        };
        let masks: Vec<Vec<u8>> = rendered.masks().collect();
        if let Err(difference) =
            compare_by_frame(source, &output, &allowed, |frame| masks.get(frame).map_or(allowed.mask, Vec::as_slice))
        {
            panic!("{difference}");
        }
    }
    // It loses its way behind an interlaced frame without data, and counts too few.
    let shown = Player::open(source).map_or(0, Iterator::count);
    if let Some(frames) = strict::count_frames(source).ok().filter(|&frames| frames == shown) {
        match strict::count_frames(&output) {
            Ok(after) => assert_eq!(after, frames, "frames were lost or won"),
            Err(error) => panic!("the source decodes, the output does not: {error}"),
        }
    }
    Some(rendered)
}
