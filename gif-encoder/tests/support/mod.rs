//! GIF files as viewers show them: each frame as a whole canvas.
//!
//! Tests and the example call it. It composes by itself, so that it can contradict the encoder.

/// A file, played once.
pub(crate) struct Played {
    pub(crate) sides_px: [u32; 2],
    /// Canvases with their delays in hundredths of a second.
    pub(crate) frames: Vec<(Vec<[u8; 4]>, u16)>,
}

/// Decodes and composes all frames.
pub(crate) fn play(bytes: &[u8]) -> Result<Played, gif::DecodingError> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(bytes)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let mut canvas = vec![[0_u8; 4]; width * height];
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame()? {
        let before = (frame.dispose == gif::DisposalMethod::Previous).then(|| canvas.clone());
        let places: Vec<usize> = (0..usize::from(frame.height))
            .flat_map(|y| (0..usize::from(frame.width)).map(move |x| (x, y)))
            .map(|(x, y)| (usize::from(frame.left) + x, usize::from(frame.top) + y))
            .map(|(x, y)| if x < width && y < height { y * width + x } else { usize::MAX })
            .collect();
        for (&at, pixel) in places.iter().zip(frame.buffer.as_chunks::<4>().0) {
            if let (Some(shown), true) = (canvas.get_mut(at), pixel[3] != 0) {
                *shown = *pixel;
            }
        }
        frames.push((canvas.clone(), frame.delay));
        if frame.dispose == gif::DisposalMethod::Background {
            for at in places {
                if let Some(shown) = canvas.get_mut(at) {
                    *shown = [0; 4];
                }
            }
        }
        canvas = before.unwrap_or(canvas);
    }
    let sides_px = [u32::try_from(width).unwrap_or(0), u32::try_from(height).unwrap_or(0)];
    Ok(Played { sides_px, frames })
}
