//! The colours of a GIF's table (`GIF89a`, section 19).
//!
//! Used to compose the source's canvas and to make palettes. Where the file has no table, decoders that show anything show greys.

/// By index.
pub(crate) type Colours = [[u8; 3]; 256];

/// The colours that indices have by a table of three bytes an entry; black behind its end.
pub(crate) fn colours(table: Option<&[u8]>) -> Colours {
    let mut colours = [[0; 3]; 256];
    match table {
        Some(table) => colours.iter_mut().zip(table.as_chunks::<3>().0).for_each(|(colour, rgb)| *colour = *rgb),
        None => colours.iter_mut().zip(0..=u8::MAX).for_each(|(colour, grey)| *colour = [grey; 3]),
    }
    colours
}
