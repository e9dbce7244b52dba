//! Where captions of each place, alignment and style stand, and that none reaches beyond its box.

use caption_types::{Caption, LineSpacing, StrokeWidth, WidthPercent};
use proptest::prelude::*;

use super::*;
use crate::text::font::Font;

fn area(x: f64, y: f64, width: f64, height: f64) -> Position {
    let [x, y, width, height] = [x, y, width, height].map(|part| Fraction::try_from(part).unwrap());
    Position::Within(Area { x, y, width, height })
}

fn placed(caption: Caption) -> Result<(Rect, Option<Plate>, Layout), Error> {
    let spec = LoadedSpec::new(vec![LoadedCaption { spec: caption, font: Font::builtin("anton").unwrap() }]);
    let found = Arrangement::find(&spec, 400, 300, Rect::at(0, 0, 400, 300))?;
    let place = found.places.into_iter().next().unwrap();
    Ok((place.rect, place.plate, place.text))
}

fn at(at: Position) -> Caption {
    Caption::new("a few words", at, Style::Overlay)
}

#[test]
fn a_text_fills_its_box_and_stands_where_it_was_told_to() {
    let (rect, _, text) = placed(at(area(0.5, 0.25, 0.5, 0.5))).unwrap();
    let whole = Rect { left: 200, top: 75, right: 400, bottom: 225 };
    assert!(whole.covers(rect), "{rect:?}");
    assert!(text.lines.len() > 1 && rect.height() > 120, "{rect:?} in {} lines", text.lines.len());
    let corner = |align, valign| {
        let size = Size::Px(20);
        placed(Caption { align, valign, size, ..at(area(0.5, 0.25, 0.5, 0.5)) }).unwrap().0
    };
    let (first, last) = (corner(Align::Left, Valign::Top), corner(Align::Right, Valign::Bottom));
    assert_eq!((first.left, first.top, last.right, last.bottom), (200, 75, 400, 225));
}

#[test]
fn a_part_of_the_width_is_the_size_however_wide_the_picture_and_its_words_wrap() {
    let size = Size::OfWidth(WidthPercent::try_from(10.0).unwrap());
    let of = |text: &str, style, [width, height]: [u32; 2]| {
        let caption = Caption { text: text.to_owned(), size, style, ..at(Position::Top) };
        let spec = LoadedSpec::new(vec![LoadedCaption { spec: caption, font: Font::builtin("anton").unwrap() }]);
        let found = Arrangement::find(&spec, width, height, Rect::at(0, 0, width, height)).unwrap();
        let text = &found.places[0].text;
        (text.size_px, text.lines.len(), found.height_px)
    };
    let long = "words that are far too many for one line and need a few more of them";
    for sides in [[400, 300], [400, 160], [200, 600]] {
        #[expect(clippy::cast_precision_loss, reason = "sides of small pictures")]
        let tenth_px = sides[0] as f32 / 10.0;
        let (size_px, lines, height_px) = of(long, Style::Bar, sides);
        assert_eq!((size_px, lines > 2), (tenth_px, true), "{sides:?}");
        assert!(height_px > sides[1] + 2 * 400 / 10, "{sides:?}: {lines} lines");
    }
    assert_eq!(of("hi", Style::Overlay, [400, 300]), (40.0, 1, 300));
    assert_eq!(of("hi", Style::Overlay, [20, 300]), (4.0, 1, 300), "no smaller than may be asked for");
    assert!(of(long, Style::Overlay, [400, 60]).0 < 40.0, "on the picture it must fit");
}

#[test]
fn the_middle_is_as_far_from_above_as_from_below() {
    let (rect, ..) = placed(at(Position::Middle)).unwrap();
    assert!(rect.top.abs_diff(300 - rect.bottom) <= 1 && rect.left.abs_diff(400 - rect.right) <= 1, "{rect:?}");
    let (left, ..) = placed(Caption { align: Align::Left, ..at(Position::Middle) }).unwrap();
    assert!(left.left < 10 && left.top == rect.top);
}

#[test]
fn a_plate_lies_around_its_words() {
    let (rect, plate, text) = placed(Caption { style: Style::Box, ..at(Position::Bottom) }).unwrap();
    let plate = plate.unwrap();
    assert!(plate.rect.covers(rect) && plate.rect.width() > rect.width() && plate.radius_px > 1.0);
    let pad_px = f64::from(rect.left - plate.rect.left);
    assert!((pad_px - f64::from(text.size_px * PLATE_PAD_EM)).abs() <= 1.0, "{pad_px}");
    assert!(placed(at(Position::Bottom)).unwrap().1.is_none());
}

#[test]
fn lines_outlines_and_capitals_are_as_asked_for() {
    let lines = |spacing: f64| {
        let line_spacing = Some(LineSpacing::try_from(spacing).unwrap());
        placed(Caption { text: "a\nb".to_owned(), size: Size::Px(20), line_spacing, ..at(Position::Top) }).unwrap().2
    };
    assert!((lines(1.5).line_height_px - 1.5 * lines(1.0).line_height_px).abs() < 0.01);
    let width =
        |steps| placed(Caption { stroke_width: Some(StrokeWidth::of_steps(steps)), size: Size::Px(40), ..at(Position::Top) });
    let [none, wide] = [0, 2000].map(|steps| width(steps).unwrap().0);
    assert_eq!(wide.height() - none.height(), 16, "8 px on each side");
    let upper = placed(Caption { case: caption_types::Case::Upper, ..at(Position::Top) }).unwrap().2;
    assert_eq!(upper.texts, ["A FEW WORDS"]);
}

#[test]
fn a_box_that_is_too_small_says_so() {
    for small in [area(0.0, 0.0, 0.001, 0.001), area(0.999, 0.999, 0.001, 0.001), area(0.1, 0.1, 0.02, 0.5)] {
        let error = placed(at(small)).unwrap_err();
        assert_eq!(error.code().as_str(), "text_does_not_fit", "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn nothing_reaches_beyond_its_box(
        x in 0u32..9000, y in 0u32..9000, width in 1u32..10_000, height in 1u32..10_000, style in 0..3usize, align in 0..3usize,
        text in "[a-zÀ-ÿ中の ]{0,30}[a-z]", size in prop_oneof![Just(Size::Auto), (4u32..200).prop_map(Size::Px)],
    ) {
        let [x, y] = [x, y].map(Fraction::of_steps);
        let [width, height] = [width.min(10_000 - x.steps()), height.min(10_000 - y.steps())].map(Fraction::of_steps);
        let area = Area { x, y, width, height };
        let style = [Style::Overlay, Style::Box, Style::Shadow][style];
        let align = [Align::Left, Align::Center, Align::Right][align];
        let caption = Caption { text, style, align, size, ..at(Position::Within(area)) };
        if let Ok((rect, plate, _)) = placed(caption) {
            let whole = on_picture(area, 400, 300);
            prop_assert!(whole.covers(rect), "{rect:?} in {whole:?}");
            prop_assert!(plate.is_none_or(|plate| whole.covers(plate.rect) && plate.rect.covers(rect)));
        }
    }
}

#[test]
fn however_many_bars_there_are_the_picture_grows_within_bounds() {
    let height_with = |bars: usize, [width, height]: [u32; 2]| {
        let size = Size::OfWidth(WidthPercent::try_from(50.0).unwrap());
        let caption = Caption { text: "MM MM MM".to_owned(), size, style: Style::Bar, ..at(Position::Top) };
        let font = Font::builtin("anton").unwrap();
        let captions = vec![LoadedCaption { spec: caption, font }; bars];
        Arrangement::find(&LoadedSpec::new(captions), width, height, Rect::at(0, 0, width, height)).map(|found| found.height_px)
    };
    for (sides, of_words) in [([4_096, 4_096], 2_048), ([4_096, 1_000], 1_500), ([800, 2_000], 2_096), ([100, 50], 320)] {
        for bars in [1, 2, 3, 32] {
            let height_px = height_with(bars, sides).unwrap_or(sides[1]);
            // Margins come to the words.
            assert!(height_px - sides[1] < 3 * of_words, "{bars} bars on {sides:?}: {height_px}");
        }
        assert!(height_with(2, sides).is_ok(), "the first one leaves room for the second one");
    }
}
