//! Whether a decoder that forgives little takes a file: the `gif` crate.
//!
//! Called by tests and fuzz targets: where it takes a source, it must take what a program made of it.

/// How many frames a strict decoder reads, pixels and all. It reads interlaced frames row by row and fails on some good
/// streams in doing so: their pixels are left out.
///
/// # Errors
/// What the decoder finds wrong.
pub fn count_frames(bytes: &[u8]) -> Result<usize, gif::DecodingError> {
    let mut decoder = gif::Decoder::new(bytes)?;
    let mut frames = 0;
    while let Some(frame) = decoder.next_frame_info()? {
        if !frame.interlaced {
            let mut pixels = vec![0; decoder.buffer_size()];
            decoder.read_into_buffer(&mut pixels)?;
        }
        frames += 1;
    }
    Ok(frames)
}
