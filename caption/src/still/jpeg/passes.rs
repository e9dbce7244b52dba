//! The two passes over a sequential picture that is written strip by strip: the first counts symbols, the second writes them.
//!
//! `rows` makes both, over the same strips in the same order. What a block's symbols are is `write`'s to say.

use super::{
    bits::BitWriter,
    frame::Jpeg,
    huffman::Encoder,
    write::{Codes, Counts, Scan, Sink, SoFar, Table},
};

/// A pass over a sequential picture of one scan, strip by strip: the first counts symbols, the second writes them.
pub(super) struct Pass<S> {
    scan: Scan,
    so_far: SoFar,
    sink: S,
}

impl<S: Sink> Pass<S> {
    /// `None` of a picture that takes several scans.
    fn begin(whole: &Jpeg, sink: S) -> Option<Self> {
        let mut scans = whole.scans();
        let scan = scans.pop().filter(|_| scans.is_empty())?;
        Some(Self { so_far: whole.begin(&scan), scan, sink })
    }

    /// Takes the next strip, in the file's order.
    pub(super) fn add(&mut self, strip: &Jpeg) {
        strip.encode_on(&self.scan, &mut self.so_far, &mut self.sink);
    }
}

impl Pass<Box<Counts>> {
    /// Begins a picture; of `whole` no block is asked for.
    pub(super) fn counting(whole: &Jpeg) -> Option<Self> {
        Self::begin(whole, Counts::none())
    }

    /// The tables, and about how many bytes the scan takes with them.
    pub(super) fn tables(&self) -> ([Encoder; 4], usize) {
        let tables = self.sink.tables();
        let bytes = self.sink.bytes(&tables);
        (tables, bytes)
    }
}

impl<'a> Pass<Codes<'a>> {
    /// Writes all up to the scan's first byte.
    pub(super) fn writing(whole: &Jpeg, tables: &'a [Encoder; 4], scan_bytes: usize) -> Option<Self> {
        let mut pass = Self::begin(whole, Codes { tables, bits: BitWriter::default() })?;
        let mut out = whole.header();
        // Bytes of ones are followed by a zero each: one in some hundreds.
        out.reserve_exact(scan_bytes + scan_bytes / 64 + 1024);
        whole.scan_header(&pass.scan, tables, &mut out);
        pass.sink.bits = BitWriter::behind(out);
        Some(pass)
    }

    /// The file.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut bits = self.sink.bits;
        bits.align();
        bits.out.extend([0xFF, 0xD9]);
        bits.out
    }
}

impl<S: Sink> Sink for Box<S> {
    fn symbol(&mut self, table: Table, symbol: u8) {
        (**self).symbol(table, symbol);
    }

    fn bits(&mut self, value: u32, bits: u32) {
        (**self).bits(value, bits);
    }

    fn restart(&mut self, number: usize) {
        (**self).restart(number);
    }
}
