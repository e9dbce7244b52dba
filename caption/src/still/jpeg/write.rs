//! A JPEG file of coefficients: the kind of the source, sequential or progressive, with the best Huffman tables for it.
//!
//! `mod` calls it. It changes no coefficient. A progressive file is written in bands without successive approximation: each coefficient is
//! sent whole.

use super::{
    bits::BitWriter,
    frame::{Block, Jpeg, Model, QuantTable, ZIGZAG},
    huffman::Encoder,
};

/// A scan that is written.
pub(super) struct Scan {
    components: Vec<usize>,
    band: [usize; 2],
}

/// Which of a scan's tables: DC or AC, and 0 (luma and inks) or 1 (chroma).
#[derive(Clone, Copy)]
pub(super) struct Table {
    is_ac: bool,
    number: usize,
}

impl Table {
    fn place(self) -> usize {
        2 * usize::from(self.is_ac) + self.number
    }
}

/// Where a scan's symbols go: to be counted, or into the file.
pub(super) trait Sink {
    fn symbol(&mut self, table: Table, symbol: u8);
    fn bits(&mut self, value: u32, bits: u32);
    fn restart(&mut self, number: usize);
}

pub(super) struct Counts([[u32; 256]; 4]);

impl Counts {
    pub(super) fn none() -> Box<Self> {
        Box::new(Self([[0; 256]; 4]))
    }

    pub(super) fn tables(&self) -> [Encoder; 4] {
        self.0.each_ref().map(Encoder::best)
    }

    /// About how many bytes the symbols and the bits behind them take.
    pub(super) fn bytes(&self, tables: &[Encoder; 4]) -> usize {
        let of_table = |(counts, table): (&[u32; 256], &Encoder)| -> u64 {
            let bits = |(symbol, &count): (u32, &u32)| u64::from(count) * u64::from(table.codes[symbol as usize].1 + symbol % 16);
            (0..256).zip(counts).map(bits).sum()
        };
        let bits: u64 = self.0.iter().zip(tables).map(of_table).sum();
        usize::try_from(bits / 8).unwrap_or(0)
    }
}

impl Sink for Counts {
    fn symbol(&mut self, table: Table, symbol: u8) {
        self.0[table.place()][usize::from(symbol)] += 1;
    }

    fn bits(&mut self, _: u32, _: u32) {}

    fn restart(&mut self, _: usize) {}
}

pub(super) struct Codes<'a> {
    pub tables: &'a [Encoder; 4],
    pub bits: BitWriter,
}

impl Sink for Codes<'_> {
    fn symbol(&mut self, table: Table, symbol: u8) {
        let (code, len) = self.tables[table.place()].codes[usize::from(symbol)];
        self.bits.put(code, len);
    }

    fn bits(&mut self, value: u32, bits: u32) {
        self.bits.put(value, bits);
    }

    fn restart(&mut self, number: usize) {
        self.bits.align();
        self.bits.out.extend([0xFF, 0xD0 + u8::try_from(number % 8).unwrap_or(0)]);
    }
}

impl Jpeg {
    /// The file.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = self.header();
        for scan in self.scans() {
            self.write_scan(&scan, &mut out);
        }
        out.extend([0xFF, 0xD9]);
        out
    }

    /// The file up to its first scan.
    pub(super) fn header(&self) -> Vec<u8> {
        let mut out = vec![0xFF, 0xD8];
        for (marker, data) in &self.segments {
            add_segment(&mut out, *marker, data);
        }
        let mut tables: Vec<QuantTable> = Vec::new();
        for component in &self.components {
            if !tables.contains(&component.table) {
                tables.push(component.table);
            }
        }
        for (number, table) in (0_u8..).zip(&tables) {
            let wide = table.iter().any(|&step| step > 255);
            let mut data = vec![u8::from(wide) << 4 | number];
            for place in ZIGZAG {
                let [high, low] = table[place].to_be_bytes();
                data.extend(wide.then_some(high).into_iter().chain([low]));
            }
            add_segment(&mut out, 0xDB, &data);
        }
        add_segment(&mut out, self.frame_marker(), &self.frame_header(&tables));
        if self.restart_interval > 0 {
            add_segment(&mut out, 0xDD, &u16::try_from(self.restart_interval).unwrap_or(0).to_be_bytes());
        }
        out
    }

    fn frame_marker(&self) -> u8 {
        // Steps of more than 8 bits are not baseline.
        let is_wide = self.components.iter().any(|component| component.table.iter().any(|&step| step > 255));
        match (self.is_progressive, is_wide) {
            (true, _) => 0xC2,
            (false, true) => 0xC1,
            (false, false) => 0xC0,
        }
    }

    fn frame_header(&self, tables: &[QuantTable]) -> Vec<u8> {
        let byte = |value: usize| u8::try_from(value).unwrap_or(0);
        let [w0, w1, h0, h1] =
            [self.sides[0], self.sides[1]].map(|side| u16::try_from(side).unwrap_or(0).to_be_bytes()).concat()[..]
        else {
            return Vec::new();
        };
        let mut data = vec![8, h0, h1, w0, w1, byte(self.components.len())];
        for component in &self.components {
            let table = tables.iter().position(|table| *table == component.table).unwrap_or(0);
            data.extend([component.id, byte(component.factors[0] << 4 | component.factors[1]), byte(table)]);
        }
        data
    }

    pub(super) fn scans(&self) -> Vec<Scan> {
        let all: Vec<usize> = (0..self.components.len()).collect();
        let blocks_of_mcu: usize = self.components.iter().map(|component| component.factors[0] * component.factors[1]).sum();
        // T.81, B.2.3: at most ten blocks in an MCU.
        let together = if blocks_of_mcu <= 10 { vec![all.clone()] } else { all.iter().map(|&number| vec![number]).collect() };
        let last = if self.is_progressive { 0 } else { 63 };
        let mut scans: Vec<Scan> = together.into_iter().map(|components| Scan { components, band: [0, last] }).collect();
        if self.is_progressive {
            let bands = [[1, 5], [6, 63]];
            scans.extend(
                bands.into_iter().flat_map(|band| all.iter().map(move |&number| Scan { components: vec![number], band })),
            );
        }
        scans
    }

    fn write_scan(&self, scan: &Scan, out: &mut Vec<u8>) {
        let mut counts = Counts::none();
        self.encode(scan, &mut *counts);
        let tables = counts.tables();
        self.scan_header(scan, &tables, out);
        let mut codes = Codes { tables: &tables, bits: BitWriter::behind(std::mem::take(out)) };
        self.encode(scan, &mut codes);
        codes.bits.align();
        *out = codes.bits.out;
    }

    pub(super) fn scan_header(&self, scan: &Scan, tables: &[Encoder; 4], out: &mut Vec<u8>) {
        for (place, table) in tables.iter().enumerate() {
            if !table.symbols.is_empty() {
                let head = u8::try_from(((place / 2) << 4) | (place % 2)).unwrap_or(0);
                add_segment(out, 0xC4, &[&[head][..], &table.counts, &table.symbols].concat());
            }
        }
        let byte = |value: usize| u8::try_from(value).unwrap_or(0);
        let mut header = vec![byte(scan.components.len())];
        for &number in &scan.components {
            let table = byte(self.table_number(number));
            header.extend([self.components[number].id, table << 4 | table]);
        }
        header.extend([byte(scan.band[0]), byte(scan.band[1]), 0]);
        add_segment(out, 0xDA, &header);
    }

    /// Chroma has tables of its own.
    fn table_number(&self, component: usize) -> usize {
        usize::from(matches!(self.model, Model::Ycc | Model::Ycck { .. }) && matches!(component, 1 | 2))
    }

    fn encode(&self, scan: &Scan, sink: &mut impl Sink) {
        let mut so_far = self.begin(scan);
        self.encode_on(scan, &mut so_far, sink);
        so_far.run.end(sink);
    }

    pub(super) fn begin(&self, scan: &Scan) -> SoFar {
        let table = Table { is_ac: true, number: self.table_number(scan.components[0]) };
        SoFar { last_dc: vec![0; scan.components.len()], run: Run { table, blocks: 0 } }
    }

    /// Goes on with the rows that are held.
    pub(super) fn encode_on(&self, scan: &Scan, SoFar { last_dc, run }: &mut SoFar, sink: &mut impl Sink) {
        let alone = scan.components.len() == 1;
        let [wide, high] = if alone { self.real_blocks(&self.components[scan.components[0]]) } else { self.mcus() };
        let mcus_above = self.rows_above / self.mcu_sides()[1] * wide;
        for mcu in 0..wide * high {
            let number = mcus_above + mcu;
            if self.restart_interval > 0 && number > 0 && number.is_multiple_of(self.restart_interval) {
                run.end(sink);
                sink.restart(number / self.restart_interval - 1);
                last_dc.fill(0);
            }
            let [column, row] = [mcu % wide, mcu / wide];
            for (&number, last_dc) in scan.components.iter().zip(last_dc.iter_mut()) {
                let component = &self.components[number];
                let [across, down] = if alone { [1, 1] } else { component.factors };
                for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
                    let block = &component.data[(row * down + y) * component.blocks[0] + column * across + x];
                    let number = self.table_number(number);
                    if scan.band[0] == 0 {
                        encode_dc(block[0], last_dc, Table { is_ac: false, number }, sink);
                    }
                    if scan.band[1] > 0 {
                        let band = [scan.band[0].max(1), scan.band[1]];
                        encode_ac(block, band, Table { is_ac: true, number }, self.is_progressive.then_some(&mut *run), sink);
                    }
                }
            }
        }
    }
}

/// How far a scan is written.
pub(super) struct SoFar {
    last_dc: Vec<i32>,
    run: Run,
}

fn add_segment(out: &mut Vec<u8>, marker: u8, data: &[u8]) {
    out.extend([0xFF, marker]);
    out.extend(u16::try_from(data.len() + 2).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(data);
}

/// How many bits a number needs without its sign, and the bits: those of a negative one are the complement's.
fn bits_of(value: i32) -> (u32, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let bits = if value < 0 { value - 1 } else { value };
    (size, bits.cast_unsigned() & ((1 << size) - 1))
}

fn encode_dc(dc: i16, last_dc: &mut i32, table: Table, sink: &mut impl Sink) {
    let (size, bits) = bits_of(i32::from(dc) - *last_dc);
    *last_dc = i32::from(dc);
    sink.symbol(table, u8::try_from(size).unwrap_or(0));
    sink.bits(bits, size);
}

/// Blocks in a row that have nothing more in their band (G.1.2.2).
struct Run {
    table: Table,
    blocks: u32,
}

impl Run {
    fn end(&mut self, sink: &mut impl Sink) {
        if self.blocks > 0 {
            let size = self.blocks.ilog2();
            sink.symbol(self.table, u8::try_from(size << 4).unwrap_or(0));
            sink.bits(self.blocks & ((1 << size) - 1), size);
            self.blocks = 0;
        }
    }
}

/// A band of a block. In a progressive scan its end joins the run of the blocks before.
fn encode_ac(block: &Block, [from, last]: [usize; 2], table: Table, mut run: Option<&mut Run>, sink: &mut impl Sink) {
    let mut zeros = 0;
    for &place in &ZIGZAG[from..=last] {
        let value = i32::from(block[place]);
        if value == 0 {
            zeros += 1;
            continue;
        }
        if let Some(run) = &mut run {
            run.end(sink);
        }
        for _ in 0..zeros / 16 {
            sink.symbol(table, 0xF0);
        }
        let (size, bits) = bits_of(value);
        sink.symbol(table, u8::try_from((zeros % 16) << 4 | size).unwrap_or(0));
        sink.bits(bits, size);
        zeros = 0;
    }
    if zeros > 0 {
        match run {
            None => sink.symbol(table, 0),
            Some(run) => {
                run.blocks += 1;
                if run.blocks == 0x7FFF {
                    run.end(sink);
                }
            }
        }
    }
}
