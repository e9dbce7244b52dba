//! From bits to codes: what each is, and which entry of the table it defines, as every decoder counts them.
//!
//! Shared by `scan` and `decode`, which see each code of a stream once. Widths follow from the number of
//! codes since the Clear alone, so that several codes are taken from one read.

use super::{
    bits::Stream,
    codes::{MAX_CODE_BITS, TABLE_LEN},
    segment::Segment,
};

/// Entries of a table, and one that takes what defines nothing; a power of two, so that no index is out of
/// bounds.
pub(super) const PLACES: usize = TABLE_LEN * 2;
/// The place for definitions that don't count: the first code's, and all once the table is full.
const NOWHERE: usize = TABLE_LEN;
/// Codes that one read of at least 57 bits has, whatever their width.
const CODES_AT_ONCE: usize = 4;

/// What is done with each code.
pub(super) trait Visit {
    /// Takes a code, which defines the entry at a place; or answers that the walk ends before it.
    ///
    /// The first code defines nothing: its place is that of the last index, where a string of one index
    /// more than none does no harm. It, too, is never larger than its place, if it is right.
    fn visit(&mut self, code: usize, entry: usize) -> bool;
}

/// Walks the codes from bit `at` on, which follows a Clear, until there is none before `end_bit` or one is
/// not taken. Answers the bit where the walk ended and the width of the code there.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the visitor's state has to live in registers")]
pub(super) fn walk(stream: &Stream, code_size: u32, mut at: usize, end_bit: usize, visitor: &mut impl Visit) -> (usize, u32) {
    let clear = 1 << code_size;
    let mut width = code_size + 1;
    let (mut entry, mut entries_end) = (clear - 1, clear);
    loop {
        // So many codes have this width.
        let there = (end_bit - at) / width as usize;
        let is_full = entry == NOWHERE;
        let codes = if is_full { there } else { there.min(entries_end - entry) };
        let (mask, step) = ((1u64 << width) - 1, usize::from(!is_full));
        for _ in 0..codes / CODES_AT_ONCE {
            let mut word = stream.peek(at);
            for i in 0..CODES_AT_ONCE {
                if !visitor.visit(code(word, mask), entry) {
                    return (at + i * width as usize, width);
                }
                word >>= width;
                entry += step;
            }
            at += CODES_AT_ONCE * width as usize;
        }
        for _ in 0..codes % CODES_AT_ONCE {
            if !visitor.visit(code(stream.peek(at), mask), entry) {
                return (at, width);
            }
            at += width as usize;
            entry += step;
        }
        if entry == clear {
            entry += 2;
        } else if entry == 1 << width && width < MAX_CODE_BITS {
            width += 1;
        }
        if codes == there {
            return (at, width);
        }
        // With codes of one bit the table begins too late to be widened.
        entries_end = if entry < 1 << width { 1 << width } else { NOWHERE };
    }
}

/// Walks the codes of a segment. At the Clears in a joined one the table, and with it the places, begin anew.
#[inline]
pub(super) fn walk_segment(stream: &Stream, code_size: u8, segment: &Segment, visitor: &mut impl Visit) {
    let code_size = u32::from(code_size);
    if !segment.is_joined {
        walk(stream, code_size, segment.start_bit, segment.end_bit, visitor);
        return;
    }
    let clear = 1 << code_size;
    let mut at = segment.start_bit;
    loop {
        let (end, width) = walk(stream, code_size, at, segment.end_bit, &mut UntilClear { clear, visitor });
        at = end + width as usize;
        if at > segment.end_bit || code(stream.peek(end), (1 << width) - 1) != clear {
            return;
        }
    }
}

/// Passes on codes up to the next Clear.
struct UntilClear<'v, V> {
    clear: usize,
    visitor: &'v mut V,
}

impl<V: Visit> Visit for UntilClear<'_, V> {
    #[inline]
    fn visit(&mut self, code: usize, entry: usize) -> bool {
        code != self.clear && self.visitor.visit(code, entry)
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "masked to at most 12 bits")]
fn code(word: u64, mask: u64) -> usize {
    (word & mask) as usize
}
