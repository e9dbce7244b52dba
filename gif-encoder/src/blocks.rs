//! The blocks of a GIF file, byte by byte (`GIF89a`).
//!
//! `encoder` calls it. It must never decide what a frame shows.

use crate::plan::Area;

/// Where a frame's Graphic Control Extension lies in the file, so that its delay and disposal can be set later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Control(usize);

const TRANSPARENT_FLAG: u8 = 1;
/// "Do not dispose" and "restore to background colour" (section 23), which viewers take as "restore to transparent".
const KEEP: u8 = 1 << 2;
const CLEAR: u8 = 2 << 2;

/// A file that grows.
pub(crate) struct File {
    bytes: Vec<u8>,
}

/// The size of a table as the file tells it: 2 to the power of this plus one (section 18).
fn table_bits(entries: usize) -> u8 {
    (0..7).find(|bits| entries <= 2 << bits).unwrap_or(7)
}

impl File {
    /// Header, Logical Screen Descriptor and Global Color Table.
    pub(crate) fn new([width, height]: [u16; 2], table: &[[u8; 3]], plays: Option<u16>) -> Self {
        let mut file = Self { bytes: Vec::new() };
        file.bytes.extend(b"GIF89a");
        file.short(width);
        file.short(height);
        let bits = table_bits(table.len());
        // A global table of 8 bits a primary. The background is index 0, and pixels have no aspect ratio.
        file.bytes.extend([0x80 | 0x70 | bits, 0, 0]);
        file.table(table, bits);
        if let Some(plays) = plays {
            // Netscape's Application Extension (section 26). Its count says how often to start again, and 0 is forever.
            file.bytes.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01");
            file.short(plays);
            file.bytes.push(0);
        }
        file
    }

    /// Graphic Control Extension, Image Descriptor, Local Color Table and image data.
    pub(crate) fn frame(
        &mut self,
        area: Area,
        transparent: Option<u8>,
        local: Option<&[[u8; 3]]>,
        min_code_bits: u8,
        data: &[u8],
    ) -> Control {
        let control = Control(self.bytes.len());
        self.bytes.extend([0x21, 0xf9, 4, KEEP | if transparent.is_some() { TRANSPARENT_FLAG } else { 0 }]);
        self.bytes.extend([0, 0, transparent.unwrap_or(0), 0, 0x2c]);
        for number in [area.left, area.top, area.width, area.height] {
            self.short(u16::try_from(number).unwrap_or(u16::MAX));
        }
        match local {
            Some(table) => {
                let bits = table_bits(table.len());
                self.bytes.push(0x80 | bits);
                self.table(table, bits);
            }
            None => self.bytes.push(0),
        }
        self.bytes.push(min_code_bits);
        for block in data.chunks(255) {
            self.bytes.push(u8::try_from(block.len()).unwrap_or(u8::MAX));
            self.bytes.extend(block);
        }
        self.bytes.push(0);
        control
    }

    /// How long a frame is shown, in hundredths of a second.
    pub(crate) fn set_delay(&mut self, Control(at): Control, delay_cs: u16) {
        if let Some(bytes) = self.bytes.get_mut(at + 4..at + 6) {
            bytes.copy_from_slice(&delay_cs.to_le_bytes());
        }
    }

    /// Has a frame's area become transparent after it.
    pub(crate) fn set_clearing(&mut self, Control(at): Control) {
        if let Some(packed) = self.bytes.get_mut(at + 3) {
            *packed = *packed & TRANSPARENT_FLAG | CLEAR;
        }
    }

    /// With its trailer.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(0x3b);
        self.bytes
    }

    fn table(&mut self, colours: &[[u8; 3]], bits: u8) {
        self.bytes.extend(colours.iter().flatten());
        // The rest of the table is never meant.
        self.bytes.resize(self.bytes.len() + ((2 << bits) - colours.len().min(2 << bits)) * 3, 0);
    }

    fn short(&mut self, number: u16) {
        self.bytes.extend(number.to_le_bytes());
    }
}
