//! A sample is captioned and compared with its source, pixel by pixel: by default, exactly, and with captions that come and go.
//!
//! `properties` and `cases` call it. Tests only.

use samples::{
    Sample,
    compare::{Allowed, compare},
};

use super::{captioned::Captioned, mask_of, play, spec};
use crate::{
    picture,
    planning::{FramePlan, plan},
    watch::Watch,
};
use caption_layout::{Error, Limits, LoadedSpec, Position, Style, reading::blocks::Gif};

/// Captions `sample` and compares every pixel of every frame.
pub(super) fn check(sample: &Sample, captions: &[(&str, Position, Style)]) {
    let (source, spec, limits) = (sample.bytes(), spec(captions), Limits::default());
    let rendered = match picture::render_with(&source, &spec, &limits, &Watch::none()) {
        Ok(rendered) => rendered,
        // A single frame may be too small to be written on.
        Err(Error::TextDoesNotFit { .. }) => return,
        // Where a terminator was swallowed, anything may follow, here and below.
        Err(e) => return assert!(sample.swallows(), "{e}"),
    };
    let gif = Gif::walk(&source, &limits).expect("a walk");
    let mask = mask_of(&spec, &gif);
    let gray = rendered.mask();
    let (width_px, height_px, picture_top_px) = (mask.width_px, mask.height_px, mask.picture_top_px);
    let allowed = Allowed { mask: &gray, width_px, height_px, picture_top_px };
    compare(&source, &rendered.output.to_vec(&source), &allowed).unwrap_or_else(|difference| panic!("{difference}"));
    if sample.swallows() {
        return;
    }
    // As long as a table can grow, or has what it needs, no colour gives way to another.
    let is_tame = !sample.may_leave_its_palette();
    let has_room = is_tame && sample.palettes().all(|palette| palette.log2_len < 8);
    if is_tame {
        check_exact(&source, captions, picture_top_px, has_room);
    }
    let shows_background = plan(&gif, &mask, false).iter().any(FramePlan::is_on_background);
    assert!(
        !has_room || shows_background || gray == mask.to_gray(crate::mask::InkSet::ALL),
        "pixels outside the caption were changed"
    );

    let (before, after) = (play(&source), play(&rendered.output.to_vec(&source)));
    let walked =
        Gif::walk(&rendered.output.to_vec(&source), &Limits { max_side_px: u32::MAX, ..limits }).expect("our own output walks");
    // A full palette may have no room for a transparent index. Captions that are left out for it are told.
    let told_without = rendered.fidelity.captions.iter().map(|told| !has_room && told.frames_without > 0).collect();
    let captioned = Captioned { gif: &gif, mask: &mask, before: &before, after: &after, told_without };
    captioned.keeps_disposal_and_transparency(&walked);
    captioned.shows_its_captions(has_room || (is_tame && captioned.needs_no_slot(sample)));
}

/// Captions a GIF without changing a pixel beside the captions, and compares every pixel of every frame. Only a full palette may be
/// without a colour that has to be drawn again.
fn check_exact(source: &[u8], captions: &[(&str, Position, Style)], picture_top_px: u32, has_room: bool) {
    let spec = LoadedSpec { exact: true, ..spec(captions) };
    let rendered = match picture::render_with(source, &spec, &Limits::default(), &Watch::none()) {
        Err(Error::NotAsAsked { .. }) if !has_room => return,
        rendered => rendered.expect("as without"),
    };
    let (mask, changed) = (rendered.mask(), rendered.fidelity.changed);
    assert!(changed.count == 0 && mask.iter().all(|&pixel| pixel == 0 || pixel == 255), "{changed:?}");
    let allowed = Allowed { mask: &mask, width_px: rendered.width_px, height_px: rendered.height_px, picture_top_px };
    compare(source, &rendered.output.to_vec(source), &allowed).unwrap_or_else(|difference| panic!("exact: {difference}"));
}

/// Captions a GIF with captions that are shown from one frame to another, and compares every pixel of every frame with what that frame
/// may show.
pub(super) fn check_timed(sample: &Sample, captions: &[(&str, Position, Style, [u32; 2])]) {
    let untimed: Vec<_> = captions.iter().map(|&(text, at, style, _)| (text, at, style)).collect();
    let (source, mut spec) = (sample.bytes(), spec(&untimed));
    spec.captions.iter_mut().zip(captions).for_each(|(caption, timed)| caption.spec.frames = Some(timed.3));
    let render = |spec: &LoadedSpec| picture::render_with(&source, spec, &Limits::default(), &Watch::none());
    let rendered = match render(&spec) {
        Ok(rendered) => rendered,
        Err(Error::TextDoesNotFit { .. } | Error::TooManyPixels { .. }) => return,
        Err(e) => return assert!(sample.swallows(), "{e}"),
    };
    if sample.swallows() {
        return;
    }
    let gif = Gif::walk(&source, &Limits::default()).expect("a walk");
    let mut mask = mask_of(&spec, &gif);
    mask.times = captions.iter().map(|&(.., [first, last])| first as usize..last as usize + 1).collect();
    let before = play(&source);
    let compare = |rendered: &picture::Rendered| {
        let after = play(&rendered.output.to_vec(&source));
        assert_eq!(before.len(), after.len());
        for (k, ((was, now), gray)) in before.iter().zip(&after).zip(rendered.masks()).enumerate() {
            for (at, (was, (now, allowed))) in was.canvas.iter().zip(now.canvas.iter().zip(gray)).enumerate() {
                let (x, y) = (at % sample.width as usize, at / sample.width as usize);
                assert!(allowed != 0 || was == now, "frame {k}, pixel {x}, {y}: was {was:?} and is {now:?}");
            }
        }
        after
    };
    let after = compare(&rendered);
    let told_without: Vec<bool> = rendered.fidelity.captions.iter().map(|told| told.frames_without > 0).collect();
    let is_tame = !sample.may_leave_its_palette();
    let captioned = Captioned { gif: &gif, mask: &mask, before: &before, after: &after, told_without };
    let has_room = is_tame && sample.palettes().all(|palette| palette.log2_len < 8);
    captioned.shows_its_captions(has_room || (is_tame && captioned.needs_no_slot(sample)));
    if is_tame {
        spec.exact = true;
        match render(&spec) {
            Ok(exact) => {
                assert!(exact.fidelity.changed.count == 0 && exact.masks().flatten().all(|pixel| pixel != 128));
                compare(&exact);
            }
            Err(e) => assert_eq!(e.code().as_str(), "not_as_asked", "{e}"),
        }
    }
}
