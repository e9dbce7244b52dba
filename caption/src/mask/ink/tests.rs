//! The mask of whole specs: what it covers, where, and in which colours.

use caption_layout::Font;

use super::*;
use caption_layout::{LoadedCaption, LoadedSpec, Position, Size, Style, preview};

fn spec(captions: &[(&str, Position, Style)]) -> LoadedSpec {
    let caption =
        |&(text, at, style): &(&str, Position, Style)| LoadedCaption::new(text, at, style, Font::builtin("anton").unwrap());
    LoadedSpec::new(captions.iter().map(caption).collect())
}

#[test]
fn overlays_stay_inside_and_apart_at_every_size() {
    for (w, h) in [(16, 16), (64, 64), (500, 281), (281, 500), (4096, 20), (31, 1000)] {
        match Mask::draw(
            &spec(&[("top text", Position::Top, Style::Overlay), ("bottom text", Position::Bottom, Style::Overlay)]),
            w,
            h,
            Rect::at(0, 0, w, h),
        ) {
            Ok(mask) => {
                let canvas = Rect::at(0, 0, w, h);
                assert!(mask.inks.iter().all(|ink| canvas.covers(ink.rect)), "{w} x {h}");
                assert!(mask.inks[0].rect.intersect(mask.inks[1].rect).is_empty(), "{w} x {h}");
            }
            Err(e) => assert_eq!(e.code().as_str(), "text_does_not_fit", "{w} x {h}"),
        }
    }
}

#[test]
fn touched_columns_are_those_of_the_covers_wherever_an_ink_was_moved() {
    let captions =
        [("over", Position::Top, Style::Overlay), ("above", Position::Top, Style::Bar), ("below", Position::Bottom, Style::Bar)];
    let mask = Mask::draw(&spec(&captions), 300, 200, Rect::at(20, 10, 250, 180)).unwrap();
    for ink in &mask.inks {
        let (mut touched_rows, canvas) = (0, Rect::at(0, 0, mask.width_px, mask.height_px));
        for y in 0..mask.height_px + 2 {
            let row = Rect::at(0, y, mask.width_px, 1);
            let touched: Vec<u32> = ink.covers_in(row).filter(|&(_, _, cover)| cover != Cover::NONE).map(|(x, ..)| x).collect();
            let expected = touched.first().map(|&first| first..touched[touched.len() - 1] + 1);
            assert_eq!(ink.touched_columns(y), expected, "row {y}");
            assert_eq!(ink.row(y).len(), if ink.rect.intersect(row).is_empty() { 0 } else { ink.rect.width() as usize });
            touched_rows += usize::from(expected.is_some());
            // Pixel by pixel, and a stretch without one.
            for x in 0..mask.width_px {
                assert_eq!(ink.touches(Rect::at(x, y, 1, 1)), touched.contains(&x), "{x}, {y}");
            }
            let gap = touched.windows(2).find(|pair| pair[1] > pair[0] + 1);
            assert!(gap.is_none_or(|gap| !ink.touches(Rect::at(gap[0] + 1, y, gap[1] - gap[0] - 1, 1))));
        }
        assert!(touched_rows > 10 && ink.touches(canvas));
    }
}

#[test]
fn bars_stand_outside_the_picture() {
    let mask = Mask::draw(
        &spec(&[("b", Position::Bottom, Style::Bar), ("a", Position::Top, Style::Bar), ("c", Position::Top, Style::Overlay)]),
        300,
        200,
        Rect::at(0, 0, 300, 200),
    )
    .unwrap();
    let picture = Rect::at(0, mask.picture_top_px, 300, 200);
    assert!(mask.picture_top_px > 0 && mask.height_px > mask.picture_top_px + 200);
    let outside = mask.inks.iter().filter(|ink| ink.rect.intersect(picture).is_empty()).count();
    assert_eq!(outside, 2);
    assert!(picture.covers(mask.inks[2].rect), "an overlay stays on the picture");
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "sides of small pictures")]
fn the_letters_stand_within_a_pixel_of_where_a_render_paints_them() {
    let texts = ["a", "when it compiles on the first try and nobody believes it", "Wgj| Ж שלום", "two\nlines"];
    for (text, (w, h)) in texts.iter().flat_map(|&text| [(500, 281), (120, 90), (281, 500)].map(|side| (text, side))) {
        for (at, style, size) in [
            (Position::Top, Style::Overlay, Size::Auto),
            (Position::Bottom, Style::Overlay, Size::Px(20)),
            (Position::Top, Style::Bar, Size::Auto),
        ] {
            let mut spec = spec(&[(text, at, style)]);
            spec.captions[0].spec.size = size;
            let mask = Mask::draw(&spec, w, h, Rect::at(0, 0, w, h)).unwrap();
            let seen = preview(&spec, w, h).unwrap();
            assert_eq!((seen.width_px, seen.height_px, seen.picture_top_px), (w, mask.height_px, mask.picture_top_px));
            let ink = &mask.inks[0];
            let blank = if ink.is_band { Cover(0x0F) } else { Cover::NONE };
            let inked = ink.covers_in(ink.rect).filter(|&(.., cover)| cover != blank);
            let painted = inked.fold(Rect::default(), |all, (x, y, _)| all.union(Rect::at(x, y, 1, 1)));
            let [left, top, width, height] = seen.captions[0].ink_px;
            let edges = [left, top, left + width, top + height];
            for (told, painted) in edges.into_iter().zip([painted.left, painted.top, painted.right, painted.bottom]) {
                assert!((told - painted as f32).abs() <= 1.5, "{text} {w}x{h} {style:?}: {edges:?} for {painted}");
            }
            let band = seen.captions[0].band_px.map(|[left, top, width, height]| Rect::at(left, top, width, height));
            assert_eq!(band, ink.is_band.then_some(ink.rect));
        }
    }
}
