//! NAL units: taken out of a sample, chosen, and set behind start codes (ITU-T H.264, annex B; ISO/IEC 14496-15, section 5.3.4.2).
//!
//! The decoder gives each sample to it. A unit's length is held against the sample; what is cut off is left out.

/// `nal_unit_type` (ITU-T H.264, table 7-1).
const SLICE: u8 = 1;
/// Of a picture that needs no other.
pub(crate) const IDR: u8 = 5;
const SEQUENCE_SET: u8 = 7;
const PICTURE_SET: u8 = 8;

const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Chooses a sample's units.
pub(crate) struct Units {
    nal_length_bytes: usize,
    sequence_sets: Vec<Vec<u8>>,
}

impl Units {
    pub(crate) fn new(parameter_sets: &[&[u8]], nal_length_bytes: usize) -> Self {
        let is_sequence_set = |set: &&&[u8]| kind(set) == Some(SEQUENCE_SET);
        let sequence_sets = parameter_sets.iter().filter(is_sequence_set).map(|set| set.to_vec()).collect();
        Self { nal_length_bytes, sequence_sets }
    }

    /// Appends those of a sample that a decoder needs. A sequence parameter set that the file's header lacks is left out: the decoder
    /// allocates by it, and its sides were held against no limit. So are what a decoder may do without (section 7.4.1.2.3), data
    /// partitions and layers above the first.
    pub(crate) fn append(&self, sample: &[u8], stream: &mut Vec<u8>) {
        for unit in each(sample, self.nal_length_bytes) {
            let is_taken = match kind(unit) {
                Some(SLICE | IDR | PICTURE_SET) => true,
                Some(SEQUENCE_SET) => self.sequence_sets.iter().any(|set| set == unit),
                _ => false,
            };
            if is_taken {
                stream.extend(START_CODE);
                stream.extend_from_slice(unit);
            }
        }
    }
}

/// Parameter sets as a stream.
pub(crate) fn parameter_sets(sets: &[&[u8]]) -> Vec<u8> {
    sets.iter().flat_map(|set| [&START_CODE[..], set].concat()).collect()
}

pub(crate) fn kind(unit: &[u8]) -> Option<u8> {
    unit.first().map(|head| head & 0x1F)
}

/// The units of a sample, as far as they are whole.
pub(crate) fn each(sample: &[u8], nal_length_bytes: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = sample;
    std::iter::from_fn(move || {
        // Units without lengths would never end.
        let (len, behind) = rest.split_at_checked(nal_length_bytes).filter(|(len, _)| !len.is_empty())?;
        let len = len.iter().fold(0_usize, |len, &byte| len << 8 | usize::from(byte));
        let (unit, behind) = behind.split_at_checked(len)?;
        rest = behind;
        Some(unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_taken_as_far_as_they_are_whole_and_needed() {
        let (known, other) = ([0x67_u8, 1], [0x67_u8, 2]);
        let units = Units::new(&[&known, &[0x68, 7]], 1);
        let taken = |sample: &[u8]| {
            let mut stream = Vec::new();
            units.append(sample, &mut stream);
            stream
        };
        assert_eq!(taken(&[2, 0x67, 1, 1, 0x65]), [&START_CODE[..], &known, &START_CODE, &[0x65]].concat());
        assert!(taken(&[&[2][..], &other].concat()).is_empty(), "its sides were not checked");
        assert!(taken(&[1, 0x06, 1, 0x09, 1, 0x74]).is_empty(), "nothing to decode");
        assert_eq!(taken(&[1, 0x41, 9, 0x41]), [&START_CODE[..], &[0x41]].concat(), "the second is cut off");
        assert_eq!(each(&[0, 0, 0, 1, 5, 0, 0], 4).collect::<Vec<_>>(), [&[5]]);
        assert_eq!(each(&[1, 2], 0).count(), 0);
    }
}
