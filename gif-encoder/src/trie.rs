//! The strings that an LZW decoder knows (`GIF89a`, appendix F), as a tree of indices.
//!
//! `lzw` fills it and clears it, `search` walks it. A code is a node: the codes below the clear code are single indices. It must number codes
//! exactly as decoders do.

/// Codes have at most 12 bits.
pub(crate) const MOST_CODES: u16 = 4096;
const SLOTS: usize = 1 << 14;
/// No code: end of a list, or no string.
pub(crate) const NONE: u16 = u16::MAX;

pub(crate) struct Trie {
    /// For each node, the latest of its children, and the child before it. 0 ends a list: no child is code 0.
    latest: Vec<u16>,
    before: Vec<u16>,
    parent: Vec<u16>,
    suffix: Vec<u8>,
    /// The first index of each string.
    first: Vec<u8>,
    /// Node and suffix above, child below: 12, 8 and 12 bits. 0 is an empty slot.
    slots: Vec<u32>,
    clear: u16,
    next: u16,
    width: u32,
    /// The code whose string has been told last and whose continuation has a number, but no suffix yet: that is the next string's first.
    open: u16,
}

impl Trie {
    /// For indices below `1 << min_code_bits`, which is 2 to 8.
    pub(crate) fn new(min_code_bits: u32) -> Self {
        let codes = usize::from(MOST_CODES);
        let mut trie = Self {
            latest: vec![0; codes],
            before: vec![0; codes],
            parent: vec![NONE; codes],
            suffix: vec![0; codes],
            first: vec![0; codes],
            slots: vec![0; SLOTS],
            clear: 1 << min_code_bits,
            next: 0,
            width: 0,
            open: NONE,
        };
        for index in 0..=u8::MAX {
            trie.suffix[usize::from(index)] = index;
            trie.first[usize::from(index)] = index;
        }
        trie.clear();
        trie
    }

    /// Forgets all strings, as a decoder does at a clear code.
    pub(crate) fn clear(&mut self) {
        self.latest.fill(0);
        self.slots.fill(0);
        self.next = self.clear + 2;
        self.width = u32::from(self.clear).trailing_zeros() + 1;
        self.open = NONE;
    }

    pub(crate) fn clear_code(&self) -> u16 {
        self.clear
    }

    /// How many bits the next code is told in.
    pub(crate) fn width(&self) -> u32 {
        self.width
    }

    /// Where giflib and gifsicle clear: a file of theirs whose strings were chosen with loss finds the same strings again only so.
    pub(crate) fn is_nearly_full(&self) -> bool {
        self.next >= MOST_CODES - 2
    }

    pub(crate) fn is_full(&self) -> bool {
        self.next >= MOST_CODES
    }

    /// The string `node` followed by `index`, if a decoder knows it when the next code comes. That includes the open one, which is made by this
    /// very string: it begins with its own first index.
    #[inline]
    pub(crate) fn child(&self, node: u16, index: u8) -> Option<u16> {
        let key = (u32::from(node) << 8) | u32::from(index);
        let mut slot = slot(key);
        loop {
            match self.slots[slot] {
                0 => break,
                taken if taken >> 12 == key => return Some((taken & 0xfff) as u16),
                _ => slot = (slot + 1) & (SLOTS - 1),
            }
        }
        self.repeating(node).filter(|(_, first)| *first == index).map(|(code, _)| code)
    }

    /// The open string and the index it would end with, if `node` is what it continues.
    #[inline]
    pub(crate) fn repeating(&self, node: u16) -> Option<(u16, u8)> {
        (node == self.open).then(|| (self.next - 1, self.first[usize::from(node)]))
    }

    /// All strings that are `node` and one more index, without the open one.
    #[inline]
    pub(crate) fn children(&self, node: u16) -> impl Iterator<Item = (u16, u8)> {
        let mut at = self.latest[usize::from(node)];
        std::iter::from_fn(move || {
            if at == 0 {
                return None;
            }
            let child = at;
            at = self.before[usize::from(child)];
            Some((child, self.suffix[usize::from(child)]))
        })
    }

    /// Closes the open string with the first index of the string that was chosen.
    pub(crate) fn close(&mut self, first: u8) {
        let node = std::mem::replace(&mut self.open, NONE);
        if node == NONE {
            return;
        }
        let code = self.next - 1;
        let at = usize::from(code);
        self.parent[at] = node;
        self.suffix[at] = first;
        self.first[at] = self.first[usize::from(node)];
        // A string may be known already where the search has not taken the longest; its second number stays unused.
        if self.child(node, first).is_some() {
            return;
        }
        self.latest[at] = 0;
        self.before[at] = std::mem::replace(&mut self.latest[usize::from(node)], code);
        let key = (u32::from(node) << 8) | u32::from(first);
        let mut slot = slot(key);
        while self.slots[slot] != 0 {
            slot = (slot + 1) & (SLOTS - 1);
        }
        self.slots[slot] = (key << 12) | u32::from(code);
    }

    /// After `code` was told: gives its continuation the next number, unless all are in use.
    pub(crate) fn open(&mut self, code: u16) {
        if self.is_full() {
            return;
        }
        self.open = code;
        if self.next == 1 << self.width {
            self.width += 1;
        }
        self.next += 1;
    }

    /// Writes a string's indices over `into`, which is as long as the string. The code may be the open one.
    pub(crate) fn spell(&self, code: u16, into: &mut [u8]) {
        let (mut node, mut length) = (code, into.len());
        if self.open != NONE && code == self.next - 1 {
            node = self.open;
            if let Some(last) = into.last_mut() {
                *last = self.first[usize::from(node)];
                length -= 1;
            }
        }
        for index in into.iter_mut().take(length).rev() {
            *index = self.suffix[usize::from(node)];
            node = self.parent[usize::from(node)];
        }
    }
}

fn slot(key: u32) -> usize {
    (crate::histogram::spread(key) as usize) & (SLOTS - 1)
}
