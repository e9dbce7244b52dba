//! Which pictures of a source a new file shows, and for how long, in the unit of its kind.
//!
//! `remake` asks it before anything is drawn. The sum of the delays stays the source's: what is rounded off one is carried to the next.

use caption_layout::MediaType;

/// A delay of no more than this means 10 cs to programs, whatever kind of animation it is.
const MEANT_OTHERWISE_US: u64 = 10_000;

/// A frame of the new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The picture's number in the source.
    pub source: usize,
    /// In the unit of the kind.
    pub delay: u32,
}

/// Microseconds that a delay is counted in.
pub(super) fn unit_us(media: MediaType) -> u64 {
    if media == MediaType::Gif { 10_000 } else { 1_000 }
}

/// The least delay that programs keep to.
fn least_us(media: MediaType) -> u64 {
    MEANT_OTHERWISE_US + unit_us(media)
}

/// The frames of a new file that shows one picture of `keep_one_of`, where it can show so many, and those of `wanted`, with which a caption
/// begins.
pub(super) fn shown(delays_us: &[u64], is_video: bool, media: MediaType, keep_one_of: usize, wanted: &[usize]) -> Vec<Shown> {
    // A short delay of an animation stays what it is, and is shown as it was.
    let is_meant_otherwise = |place: usize| !is_video && delays_us[place] <= MEANT_OTHERWISE_US;
    let unit = unit_us(media);
    // A PNG counts long delays in longer parts.
    let most = match media {
        MediaType::Gif => 0xFFFF,
        MediaType::Webp => 0x00FF_FFFF,
        _ => u64::from(u32::MAX),
    };
    let mut frames: Vec<Shown> = Vec::new();
    // Where the frames so far end: in the source, and in the new file, in microseconds.
    let (mut ends_us, mut shown_us) = (0_u64, 0_u64);
    for (source, &delay_us) in delays_us.iter().enumerate() {
        // At which the last frame ends, if this one begins.
        let units = ends_us.saturating_sub(shown_us).saturating_add(unit / 2) / unit;
        let is_too_short = units * unit < least_us(media) && !source.checked_sub(1).is_some_and(is_meant_otherwise);
        let is_wanted = wanted.contains(&source);
        let is_left_out = (source % keep_one_of.max(1) != 0 || is_too_short) && !is_wanted;
        if is_wanted
            && is_too_short
            && let Some(last) = frames.last_mut().filter(|last| !wanted.contains(&last.source))
        {
            // It takes the place of the one before, which would be shown for less than can be.
            last.source = source;
        } else if !is_left_out || frames.is_empty() {
            if let Some(last) = frames.last_mut() {
                last.delay = u32::try_from(units.min(most)).unwrap_or(u32::MAX);
                shown_us += units * unit;
            }
            frames.push(Shown { source, delay: 0 });
        }
        ends_us += delay_us;
    }
    if let Some(last) = frames.last_mut() {
        let units = ends_us.saturating_sub(shown_us).saturating_add(unit / 2) / unit;
        last.delay = u32::try_from(units.min(most)).unwrap_or(u32::MAX);
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(delays_us: &[u64], media: MediaType, keep_one_of: usize) -> Vec<(usize, u32)> {
        shown(delays_us, false, media, keep_one_of, &[]).iter().map(|shown| (shown.source, shown.delay)).collect()
    }

    #[test]
    fn delays_are_rounded_so_that_their_sum_stays() {
        let thirtieths = [33_333; 6];
        assert_eq!(delays(&thirtieths, MediaType::Gif, 1), [(0, 3), (1, 4), (2, 3), (3, 3), (4, 4), (5, 3)]);
        assert_eq!(delays(&[40_000, 70_000], MediaType::Webp, 1), [(0, 40), (1, 70)]);
        assert_eq!(delays(&[], MediaType::Gif, 1), []);
    }

    #[test]
    fn pictures_that_are_too_short_for_a_gif_are_left_out_and_their_time_is_not() {
        let sixtieths = [16_667; 60];
        let frames = shown(&sixtieths, false, MediaType::Gif, 1, &[]);
        assert_eq!(frames.iter().map(|frame| frame.delay).sum::<u32>(), 100);
        assert!(frames.iter().all(|frame| frame.delay >= 2) && frames.len() >= 40, "{frames:?}");
        assert_eq!(shown(&sixtieths, false, MediaType::Webp, 1, &[]).len(), 60);
        for (media, least) in [(MediaType::Gif, 2), (MediaType::Webp, 11)] {
            let of_video = shown(&[8_333; 120], true, media, 1, &[]);
            assert!(of_video.iter().all(|frame| frame.delay >= least), "a video's delays mean what they say: {of_video:?}");
        }
        assert_eq!(delays(&[0, 10_000, 0], MediaType::Gif, 1), [(0, 0), (1, 1), (2, 0)], "programs show them for 10 cs");
    }

    #[test]
    fn what_is_left_out_makes_the_one_before_longer_and_a_caption_begins_with_its_own() {
        let sources = |frames: Vec<Shown>| frames.iter().map(|frame| frame.source).collect::<Vec<_>>();
        assert_eq!(sources(shown(&[50_000; 5], false, MediaType::Gif, 2, &[1])), [0, 1, 2, 4]);
        assert!(sources(shown(&[16_667; 6], true, MediaType::Gif, 1, &[1])).contains(&1));
        assert_eq!(delays(&[50_000; 5], MediaType::Gif, 2), [(0, 10), (2, 10), (4, 5)]);
        assert_eq!(delays(&[50_000; 5], MediaType::Webp, 3), [(0, 150), (3, 100)]);
    }

    proptest::proptest! {
        #[test]
        fn the_sum_stays(delays_us in proptest::collection::vec(11_000_u64..3_000_000, 1..60), keep_one_of in 1_usize..5, wanted in proptest::collection::vec(0_usize..60, 0..3)) {
            for media in [MediaType::Gif, MediaType::Webp] {
                let frames = shown(&delays_us, false, media, keep_one_of, &wanted);
                let (sum, us) = (frames.iter().map(|frame| u64::from(frame.delay)).sum::<u64>(), delays_us.iter().sum::<u64>());
                proptest::prop_assert_eq!(sum, (us + unit_us(media) / 2) / unit_us(media));
                let all_are_there = wanted.iter().all(|wanted| *wanted >= delays_us.len() || frames.iter().any(|frame| frame.source == *wanted));
                proptest::prop_assert!(all_are_there && frames.is_sorted_by_key(|frame| frame.source), "{:?}", frames);
            }
        }
    }
}
