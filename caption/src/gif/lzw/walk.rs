//! From bits to codes: what each is, and which entry of the table it defines, as every decoder counts them.
//!
//! Shared by `scan` and `decode`, which see each code of a stream once. Widths follow from the number of
//! codes since the Clear alone, so that several codes are taken from one read.

use super::{MAX_CODE_BITS, TABLE_LEN, bits::Stream};

/// Entries of a table, and one that takes what defines nothing; a power of two, so that no index is out of
/// bounds.
pub(super) const PLACES: usize = TABLE_LEN * 2;
/// The place for definitions that don't count: the first code's, and all once the table is full.
const NOWHERE: usize = TABLE_LEN;
/// Codes in one read of at least 57 bits.
const CODES_AT_ONCE: usize = 4;

/// Gives `each` code from bit `at` on, which follows a Clear, with the place of the entry that it defines,
/// until there is none before `end_bit` or `each` answers that it is not taken. Answers the bit where the
/// walk ended and the width of the code there.
#[inline]
pub(super) fn walk(
    stream: &Stream,
    code_size: u32,
    mut at: usize,
    end_bit: usize,
    mut each: impl FnMut(usize, usize) -> bool,
) -> (usize, u32) {
    let mut width = code_size + 1;
    let first_entry = (1 << code_size) + 2;
    if at + width as usize > end_bit || !each(code(stream.peek(at), width), NOWHERE) {
        return (at, width);
    }
    at += width as usize;
    let mut next = first_entry;
    loop {
        // So many codes have this width. With codes of one bit the table begins too late to be widened.
        let widens_at = if next < 1 << width { 1 << width } else { TABLE_LEN };
        let is_full = next == TABLE_LEN;
        let there = (end_bit - at) / width as usize;
        let codes = if is_full { there } else { there.min(widens_at - next) };
        let mut left = codes;
        while left > 0 {
            let mut word = stream.peek(at);
            for _ in 0..left.min(CODES_AT_ONCE) {
                if !each(code(word, width), next) {
                    return (at, width);
                }
                word >>= width;
                at += width as usize;
                next += usize::from(!is_full);
            }
            left = left.saturating_sub(CODES_AT_ONCE);
        }
        if next == 1 << width && next > first_entry && width < MAX_CODE_BITS {
            width += 1;
        }
        if codes == there {
            return (at, width);
        }
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "masked to at most 12 bits")]
fn code(word: u64, width: u32) -> usize {
    (word & ((1 << width) - 1)) as usize
}
