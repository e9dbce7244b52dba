//! Captions on a large JPEG, row of MCUs by row of MCUs: the file is read once to know where each MCU is, and twice to write the output.
//!
//! `mod` calls it for what is too large to be held. The output is what the other way would write, byte for byte. It holds the source,
//! the output, some numbers for each MCU and a few strips, and never the picture.

use caption_layout::{Error, Fidelity, Limits, MediaType, reading::orientation::turn_of, rect::Rect};

use super::{passes::Pass, place::check_rows, read, strips::Strips};
use crate::{
    mask::{DecodedSpec, Ink, Mask},
    still::{beside::Beside, rendered::RenderedStill, shown::MeanColours},
};

pub(super) fn render(bytes: &[u8], spec: DecodedSpec<'_>, limits: &Limits) -> Result<RenderedStill, Error> {
    let (jpeg, index) = read::read_by_rows(bytes, limits)?;
    let damage = jpeg.damage.map(|damage| damage.to_string());
    let turn = turn_of(bytes, MediaType::Jpeg);
    let [width_px, height_px] = turn.sides(jpeg.sides).map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mask = Mask::draw(spec, width_px, height_px, Rect::at(0, 0, width_px, height_px))?;
    check_rows(&mask)?;

    let (was, top) = (jpeg.model, mask.picture_top_px);
    let in_colour = !mask.inks.iter().all(Ink::is_grey);
    let mut strips = Strips::new(jpeg, index, turn, [top as usize, mask.height_px as usize], in_colour);
    let mut whole = strips.whole();
    whole.keep_segments(was);
    let several = || Error::Encode { what: "a JPEG of several scans".to_owned() };

    let (mut beside, mut colours) = (Beside::default(), MeanColours::of(&mask));
    let mut counts = Pass::counting(&whole).ok_or_else(several)?;
    for number in 0..strips.count() {
        let mut strip = strips.strip(number)?;
        let painted = strip.paint(&mask);
        strip.add_shown(&mask, &mut colours);
        if strips.is_exact {
            beside.add(painted);
        } else {
            let [width, above] = [strip.sides[0], strip.rows_above];
            let px = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
            let rows = px(above).max(top)..px(above + strip.sides[1]).min(top + height_px);
            let output = strip.pixels();
            let before = |x: u32, y: u32| strips.source_pixel([x as usize, y as usize]);
            beside.count_rows(rows, &mask, before, |x, y| output[(y as usize - above) * width + x as usize]);
        }
        counts.add(&strip);
    }
    if !strips.is_exact {
        beside = beside.with_rows_altered(top..top + height_px, &mask);
    }
    let captions = colours.told();

    let (tables, scan_bytes) = counts.tables();
    let mut output = Pass::writing(&whole, &tables, scan_bytes).ok_or_else(several)?;
    for number in 0..strips.count() {
        let mut strip = strips.strip(number)?;
        strip.paint(&mask);
        output.add(&strip);
    }
    let Beside { altered, changed } = beside;
    let fidelity = Fidelity { captions, changed, damage, ..Fidelity::default() };
    Ok(RenderedStill { bytes: output.finish(), mask, altered, fidelity })
}
