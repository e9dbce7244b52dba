//! What becomes of emoji in GIFs: their colours, and their soft edges over pictures that change. Tests only.

use caption_layout::{Limits, Position, Style, rect::Rect};

use super::{EMOJI, cases::all_greys, play, spec};
use crate::{
    mask::{Cover, Mask},
    picture,
    watch::Watch,
};

#[test]
fn an_exact_spec_gives_up_no_entry_for_an_emoji_and_tells_what_is_lost() {
    let source = all_greys();
    let mut spec = spec(EMOJI);
    let mut rendered = |exact| {
        spec.exact = exact;
        picture::render_with(&source, &spec, &Limits::default(), &Watch::none()).unwrap()
    };
    let [exact, free] = [rendered(true), rendered(false)];
    let off = |rendered: &picture::Rendered| f64::from(rendered.fidelity.captions[0].emoji_delta_e.unwrap());
    assert!(exact.mask().iter().all(|&pixel| pixel != 128) && exact.fidelity.changed.count == 0);
    assert!(exact.fidelity.differences().iter().any(|said| said.contains("emoji")), "{:?}", exact.fidelity);
    // Its soft edges lie over every grey at once.
    assert!(off(&exact) > 20.0 && off(&free) < 12.0, "{} {}", off(&exact), off(&free));
    spec.strict = true;
    spec.exact = true;
    let refused = picture::render_with(&source, &spec, &Limits::default(), &Watch::none());
    assert_eq!(refused.err().unwrap().code().as_str(), "not_as_asked");
}

/// A GIF of 160 x 120 whose frames are of one grey each. Their tables have no room, but for one that is transparent.
fn plain_frames(greys: &[u8]) -> Vec<u8> {
    let table: Vec<u8> = (0..=255_u8).flat_map(|level| [level; 3]).collect();
    let mut source = b"GIF89a\xA0\0\x78\0\0\0\0".to_vec();
    for &grey in greys {
        source.extend(b"\x2C\0\0\0\0\xA0\0\x78\0\x87");
        source.extend(&table);
        source.push(8);
        // The first rows have every entry but one.
        let index = |at: u32| if at < 320 { u8::try_from(at % 255).unwrap() } else { grey };
        let indices: Vec<u8> = (0..160 * 120).map(index).collect();
        source.extend(crate::lzw::whole::encode(&indices, 8));
    }
    source.push(0x3B);
    source
}

#[test]
fn an_emojis_edge_shows_nothing_of_what_passed_behind_it() {
    let spec = spec(&[("🎉🐸👍🏿", Position::Bottom, Style::Overlay)]);
    let output = picture::render(&plain_frames(&[240, 60, 240, 20, 240]), &spec, &Limits::default()).unwrap();
    let shown = play(&output);
    assert_ne!(shown[1].canvas, shown[0].canvas);
    // Other greys passed, and left nothing.
    assert_eq!(shown[2].canvas, shown[4].canvas);
}

#[test]
fn an_emojis_colours_are_chosen_for_the_picture_that_it_stands_on() {
    let wanted = |grey: u8| {
        let frog = spec(&[("🐸", Position::Bottom, Style::Overlay)]);
        let mut mask = Mask::draw(&frog, 90, 60, Rect::at(0, 0, 90, 60)).unwrap();
        mask.set_emoji_on(|_, _| Some([grey; 3]), true);
        let ink = mask.inks.iter().find(|ink| ink.emoji().is_some()).unwrap();
        let edges: Vec<_> = ink.covers_in(ink.rect).filter(|(.., cover)| *cover != Cover::NONE && !cover.is_solid()).collect();
        assert!(!edges.is_empty() && edges.iter().all(|&(x, y, cover)| ink.is_drawn_at([x, y], cover)));
        ink.colours()
    };
    let lightest =
        |grey| wanted(grey).into_iter().map(|colour| colour.iter().map(|&v| u32::from(v)).min().unwrap()).max().unwrap();
    assert_ne!(wanted(255), wanted(0));
    assert!(lightest(255) > lightest(0));
}
