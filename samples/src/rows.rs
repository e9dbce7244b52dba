//! The order of rows in an interlaced frame (`GIF89a`, appendix E).
//!
//! Called by the writer and by the player. It must follow the words of the specification, not those of the engine.

/// Rows of a frame of this height in the order in which its stream has them.
pub(crate) fn in_stream_order(height: usize, interlaced: bool) -> Vec<usize> {
    if !interlaced {
        return (0..height).collect();
    }
    let every = |step: usize, from: usize| (from..height).step_by(step);
    every(8, 0).chain(every(8, 4)).chain(every(4, 2)).chain(every(2, 1)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_order_is_the_appendix_s() {
        assert_eq!(super::in_stream_order(11, true), [0, 8, 4, 2, 6, 10, 1, 3, 5, 7, 9]);
    }
}
