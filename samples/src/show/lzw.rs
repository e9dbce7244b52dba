//! Decodes LZW codes to indices as `GIF89a`, appendix F, describes it: a table of prefixes, followed from each code back to its first
//! index.
//!
//! Called by [`super::Player`], and by tests that compare another decoder with this one. It must be plain rather than fast.

const MAX_CODE_BITS: u32 = 12;

/// One string of the table: another string, and one index more.
#[derive(Clone, Copy)]
struct Entry {
    prefix: Option<usize>,
    index: u8,
}

/// The indices of a stream before its end or its first error, at most `most`. `data` is without the sub-blocks' lengths. A minimum code
/// size outside 1 to 11 gives none; browsers read those beyond the specification's 8 too, and show the low byte of an index.
#[must_use]
pub fn decode(data: &[u8], min_code_size: u8, most: usize) -> Vec<u8> {
    let mut indices = Vec::new();
    if !(1..=11).contains(&min_code_size) {
        return indices;
    }
    let clear = 1_usize << min_code_size;
    let end = clear + 1;
    let initial: Vec<Entry> = (0..=u8::MAX).cycle().map(|index| Entry { prefix: None, index }).take(clear).collect();
    let unused = Entry { prefix: None, index: 0 };
    let initial = [initial, vec![unused; 2]].concat();
    let first_width = u32::from(min_code_size) + 1;

    let (mut table, mut width) = (initial.clone(), first_width);
    let mut previous: Option<usize> = None;
    let mut bits = data.iter().flat_map(|byte| (0..8).map(move |bit| usize::from(byte >> bit & 1)));
    while indices.len() < most {
        let code: Option<usize> = (0..width).map(|place| bits.next().map(|bit| bit << place)).sum();
        let Some(code) = code else { break };
        if code == clear {
            table.clone_from(&initial);
            width = first_width;
            previous = None;
            continue;
        }
        if code == end {
            break;
        }
        let has_room = table.len() < 1 << MAX_CODE_BITS;
        let (known, first_known) = match previous {
            _ if code < table.len() => (string(&table, code), code),
            // Not in the table yet: the previous string and its own first index.
            Some(previous) if code == table.len() && has_room => {
                let mut known = string(&table, previous);
                known.push(known[0]);
                (known, previous)
            }
            _ => break,
        };
        if let Some(previous) = previous
            && has_room
        {
            table.push(Entry { prefix: Some(previous), index: string(&table, first_known)[0] });
            if table.len() == 1 << width && width < MAX_CODE_BITS {
                width += 1;
            }
        }
        previous = Some(code);
        indices.extend(known);
    }
    indices.truncate(most);
    indices
}

fn string(table: &[Entry], code: usize) -> Vec<u8> {
    let mut backwards = Vec::new();
    let mut next = Some(code);
    while let Some(Entry { prefix, index }) = next.map(|code| table[code]) {
        backwards.push(index);
        next = prefix;
    }
    backwards.reverse();
    backwards
}
