//! Whether a strict decoder, the `gif` crate, reads a file.
//!
//! Called by tests and fuzz targets. If it reads a source, it must read what the engine made of it.

/// How many frames the decoder reads, with their pixels. It reads interlaced frames row by row, and fails at that on some good streams, so
/// their pixels are left out.
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
