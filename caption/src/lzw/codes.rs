//! What holds for every code: how long it is, and how many there are.
//!
//! Used by all that reads or writes codes. A code's length is never written in a stream. It follows from the number of codes since
//! the Clear, as both sides count the entries of a table that neither writes down. The first ten codes of a stream of four
//! colours (code size 2, so that 4 is Clear and 5 is End, and strings begin at 6), whose indices are
//! `0 1 0 1 0 1 0 2 2 2 3 3 1`:
//!
//! ```text
//! code   bits   indices   entry that it defines     entries up to it
//!   4     3     Clear     -                         6 (0 to 5)
//!   0     3     0         -  (the first: nothing stands before it)
//!   1     3     1          6 = 0 1                  7
//!   6     3     0 1        7 = 1 0                  8: the next code may be 8, three bits are too few
//!   8     4     0 1 0      8 = 0 1 0  (defined by the very code that uses it: its last index is its first)
//!   2     4     2          9 = 0 1 0 2              10
//!  10     4     2 2       10 = 2 2    (by itself again)
//!   3     4     3         11 = 2 2 3               12
//!   3     4     3         12 = 3 3                 13
//!   1     4     1         13 = 3 1                 14
//!   5     4     End
//! ```
//!
//! So a decoder knows before it reads a code how many bits it has, and a scan can count a stream's pixels from the lengths of
//! the strings alone.

/// The longest code, in bits.
pub(super) const MAX_CODE_BITS: u32 = 12;
/// Entries of a full table.
pub(super) const TABLE_LEN: usize = 1 << MAX_CODE_BITS;

/// Minimum code sizes that decoders read. (`GIF89a`, section 22, ends at 8; all that are in use read longer codes too, and take the
/// low byte of an index.)
pub const CODE_SIZES: std::ops::RangeInclusive<u8> = 1..=11;
/// Those at which the width of a code follows from its place alone. (With 1 the table begins one entry
/// too late to widen when it should, and few decoders agree.)
pub const SPLICED_CODE_SIZES: std::ops::RangeInclusive<u8> = 2..=8;

/// A table of zeros that never stood on the stack, and whose memory the system gives only where it is written.
#[expect(clippy::unnecessary_box_returns, reason = "it is too large for the stack")]
pub(super) fn zeroed<T: Clone + Default, const LEN: usize>() -> Box<[T; LEN]> {
    let table = vec![T::default(); LEN].into_boxed_slice();
    table.try_into().unwrap_or_else(|_| unreachable!("it has that length"))
}

/// How many bits the first `codes` codes after a Clear take, and the width of the next.
pub(super) fn length_bits(code_size: u32, codes: usize) -> (usize, u32) {
    let mut width = code_size + 1;
    let mut bits = width as usize * codes.min(1);
    let mut left = codes.saturating_sub(1);
    // The first code defines nothing; each other one defines an entry, until the table is full.
    let mut next = (1usize << code_size) + 2;
    while left > 0 {
        let of_this_width = if next == TABLE_LEN { left } else { left.min((1 << width) - next) };
        bits += of_this_width * width as usize;
        left -= of_this_width;
        next = (next + of_this_width).min(TABLE_LEN);
        if next == 1 << width && width < MAX_CODE_BITS {
            width += 1;
        }
    }
    (bits, width)
}
