//! Sets as x264 and our own encoder write them.

use super::*;

#[test]
fn sides_are_read_and_cropped() {
    let [sps, _] = samples::h264::parameter_sets([322, 182], true);
    assert_eq!(read(&sps).unwrap(), Sps { sides_px: [322, 182], colours: None, is_full_range: None });
    // Of x264, for 64 x 64 pixels of the high profile.
    let x264 = [
        0x67, 0x64, 0x00, 0x0A, 0xAC, 0xD9, 0x44, 0x26, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xC8, 0x3C,
        0x48, 0x96, 0x58,
    ];
    assert_eq!(read(&x264).unwrap().sides_px, [64, 64]);
}

#[test]
fn what_is_cut_off_is_refused_and_never_panics() {
    let [sps, pps] = samples::h264::parameter_sets([32, 32], false);
    assert!(read(&pps).is_err() && read(&[]).is_err() && read(&sps[..4]).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(0_u8.., 0..80)) {
        let _ = read(&[&[0x67][..], &bytes].concat());
        let _ = read(&[&[0x67, 100, 0, 30], &bytes[..]].concat());
    }
}
