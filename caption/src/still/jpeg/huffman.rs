//! Huffman tables of JPEG: read (T.81, annex C and F.2.2.3), and the best ones for given counts (annex K.2).
//!
//! `scan` decodes by them, `write` makes them.

use super::bits::BitReader;

/// A table to decode by.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    /// For the next 8 bits: length and symbol of the code that they begin with, length 0 where it is longer.
    short: [(u8, u8); 256],
    /// For each length, the first code that is longer, in 16 bits, and what is added to a code to find its symbol.
    past: [u32; 17],
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl Decoder {
    /// Of the number of codes of each length, and the symbols. `None` where there are more codes than fit.
    pub(super) fn new(counts: [u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut decoder = Self { short: [(0, 0); 256], past: [0; 17], offsets: [0; 17], symbols: symbols.to_vec() };
        let (mut code, mut index) = (0_u32, 0_usize);
        for (len, &count) in (1_u32..).zip(&counts) {
            decoder.offsets[len as usize] = i32::try_from(index).ok()? - code.cast_signed();
            for _ in 0..count {
                let symbol = *symbols.get(index)?;
                if code >> len != 0 {
                    return None;
                }
                if len <= 8 {
                    let first = (code << (8 - len)) as usize;
                    decoder.short[first..first + (1 << (8 - len))].fill((u8::try_from(len).ok()?, symbol));
                }
                code += 1;
                index += 1;
            }
            decoder.past[len as usize] = code << (16 - len);
            code <<= 1;
        }
        Some(decoder)
    }

    /// The next symbol; 0 where no code is like it, as libjpeg has it. `is_sound` is set to false then.
    pub(super) fn symbol(&self, bits: &mut BitReader<'_>, is_sound: &mut bool) -> u8 {
        let next = bits.peek_16();
        let (len, symbol) = self.short[(next >> 8) as usize];
        if len > 0 {
            bits.bits(u32::from(len));
            return symbol;
        }
        for len in 9..=16_usize {
            if next < self.past[len] {
                bits.bits(u32::try_from(len).unwrap_or(16));
                let index = (next >> (16 - len)).cast_signed() + self.offsets[len];
                return usize::try_from(index).ok().and_then(|index| self.symbols.get(index).copied()).unwrap_or(0);
            }
        }
        bits.bits(16);
        *is_sound = false;
        0
    }
}

/// A table to encode by.
#[derive(Clone, Debug)]
pub(super) struct Encoder {
    /// Of each symbol, its code and its length; length 0 where it has none.
    pub codes: [(u32, u32); 256],
    /// What a DHT segment holds: how many codes there are of each length, and their symbols.
    pub counts: [u8; 16],
    pub symbols: Vec<u8>,
}

impl Encoder {
    /// The table by which these counts take the fewest bits with codes of at most 16, none of them all ones.
    pub(super) fn best(counts: &[u32; 256]) -> Self {
        let mut sizes = sizes(counts);
        // K.3: codes of more than 16 bits are moved up in pairs.
        for len in (17..sizes.len()).rev() {
            while sizes[len] > 0 {
                let mut shorter = len - 2;
                while sizes[shorter] == 0 {
                    shorter -= 1;
                }
                sizes[len] -= 2;
                sizes[len - 1] += 1;
                sizes[shorter + 1] += 2;
                sizes[shorter] -= 1;
            }
        }
        // The longest one is that of the symbol that no picture has.
        if let Some(longest) = sizes.iter().rposition(|&size| size > 0) {
            sizes[longest] -= 1;
        }
        let mut symbols: Vec<u8> = (0..=255).filter(|&symbol| counts[usize::from(symbol)] > 0).collect();
        symbols.sort_by_key(|&symbol| (std::cmp::Reverse(counts[usize::from(symbol)]), symbol));
        let mut table = Self { codes: [(0, 0); 256], counts: [0; 16], symbols };
        let (mut code, mut next) = (0_u32, table.symbols.iter());
        for (len, count) in (1_u32..).zip(&mut table.counts) {
            for symbol in next.by_ref().take(sizes[len as usize]) {
                table.codes[usize::from(*symbol)] = (code, len);
                code += 1;
                *count += 1;
            }
            code <<= 1;
        }
        table
    }
}

/// How many codes of each length a Huffman tree has, with one for a 257th symbol that is rarer than all others.
fn sizes(counts: &[u32; 256]) -> [usize; 258] {
    let mut weights: Vec<u64> = counts.iter().map(|&count| u64::from(count)).collect();
    weights.push(1);
    let mut lens = [0_usize; 257];
    // The symbols under each root.
    let mut trees: Vec<(u64, Vec<usize>)> =
        weights.iter().enumerate().filter(|&(_, &weight)| weight > 0).map(|(symbol, &weight)| (weight, vec![symbol])).collect();
    while trees.len() > 1 {
        // The two lightest; among equals the ones with the highest symbols, so that the 257th is the longest.
        trees.sort_by_key(|(weight, symbols)| (std::cmp::Reverse(*weight), symbols.iter().max().copied()));
        if let (Some((a, mut left)), Some((b, right))) = (trees.pop(), trees.pop()) {
            left.extend(right);
            for &symbol in &left {
                lens[symbol] += 1;
            }
            trees.push((a + b, left));
        }
    }
    let mut sizes = [0; 258];
    // One symbol alone has a code of one bit.
    lens.iter().filter(|&&len| len > 0).for_each(|&len| sizes[len] += 1);
    if sizes.iter().all(|&size| size == 0) {
        sizes[1] = 1;
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::{super::bits::BitWriter, *};

    #[test]
    fn what_the_best_table_writes_is_read_again() {
        for spread in [1_u32, 3, 1000] {
            let mut counts = [0_u32; 256];
            let mut weight = 1_u32;
            for (symbol, count) in counts.iter_mut().enumerate().take(60) {
                *count = if symbol % 3 == 0 { 0 } else { weight };
                weight = weight.saturating_mul(spread).saturating_add(1).min(500_000_000);
            }
            let table = Encoder::best(&counts);
            let longest = table.codes.iter().max_by_key(|code| code.1).unwrap();
            assert!(longest.1 <= 16);
            assert!(table.codes.iter().all(|&(code, len)| len == 0 || code != (1 << len) - 1), "none is all ones");
            let mut bits = BitWriter::default();
            let symbols: Vec<u8> = (0..=255).filter(|&symbol| counts[usize::from(symbol)] > 0).collect();
            for &symbol in &symbols {
                let (code, len) = table.codes[usize::from(symbol)];
                bits.put(code, len);
            }
            bits.align();
            let decoder = Decoder::new(table.counts, &table.symbols).unwrap();
            let (mut reader, mut is_sound) = (BitReader::new(&bits.out, 0), true);
            assert_eq!(symbols.iter().map(|_| decoder.symbol(&mut reader, &mut is_sound)).collect::<Vec<_>>(), symbols);
            assert!(is_sound && !reader.is_exhausted);
        }
    }

    #[test]
    fn too_many_codes_are_no_table() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Decoder::new(counts, &[1, 2, 3]).is_none());
        counts[0] = 2;
        assert!(Decoder::new(counts, &[1]).is_none());
    }
}
