//! A GIF from bytes to captioned bytes: all stages, in their order.
//!
//! ```text
//! prepare   1 read    the blocks: where each frame, palette and extension stands       caption_layout::reading
//!           2 mask    which pixels the captions cover, and how much                    mask
//!           3 plan    what becomes of each frame                                       planning::frames
//! render    4 decide  which palette each frame is painted with                         planning::palettes
//!           5 look    what earlier frames showed, where that has to be drawn again     reading::canvas
//!           6 paint   the frames that a caption touches, many at a time                painting
//!           7 write   all frames, in order                                             writing
//! ```
//!
//! Called by `picture`. No pixel is decoded before the fourth stage. Memory is the output and the frames in flight, a few for
//! each thread; the output is the same at any number of threads.

use std::ops::Range;

use caption_layout::{
    CaptionFidelity, ChangedPixels, Error, Fidelity, Limits, WhyWithout,
    limits::CheckLimits as _,
    reading::blocks::{Disposal, Frame, Gif},
    rect::Rect,
};

use crate::{
    lzw::CODE_SIZES,
    mask::{Cover, DecodedSpec, Ink, InkSet, Mask},
    painting::{InkRuns, PaintedFrame, Painting},
    planning::{Fate, FramePlan, Palettes, delays_us, frame_times, plan, shown_frames, written_on},
    reading::{
        canvas::{Canvas, Patch, first_picture},
        streams::StreamReader,
    },
    rendered_animation::RenderedAnimation,
    watch::Watch,
    writing::Writer,
};

/// Frames in flight for each thread: enough to even out small and large ones.
const FRAMES_PER_THREAD: usize = 32;
/// To start a thread costs about what it takes to caption so much of a GIF.
const BYTES_A_THREAD: usize = 64 * 1024;
/// Pixels of earlier frames that frames in flight may hold, or those of one frame where it has more.
const DAMAGED_AT_ONCE: usize = 1 << 18;
/// The largest side that a GIF can declare.
const MAX_SIDE_PX: u32 = u16::MAX as u32;

/// A GIF of which all is known that takes no look at its pixels.
pub(crate) struct PreparedGif<'a> {
    bytes: &'a [u8],
    gif: Gif,
    mask: Mask,
    plans: Vec<FramePlan>,
    is_exact: bool,
    /// By number of the caption.
    is_timed: Vec<bool>,
}

/// The first three stages.
pub(crate) fn prepare<'a>(bytes: &'a [u8], decoded: DecodedSpec<'_>, limits: &Limits) -> Result<PreparedGif<'a>, Error> {
    let spec = decoded.spec;
    let gif = Gif::walk(bytes, limits)?;
    let mut mask = Mask::draw(decoded, gif.canvas.width(), gif.canvas.height(), written_on(&gif))?;
    let times = frame_times(delays_us(&gif));
    mask.times = spec.captions.iter().map(|caption| shown_frames(&caption.spec, &times)).collect();
    // A frame that stands beyond the screen may stay there, wherever that is.
    if mask.height_px > MAX_SIDE_PX {
        return Err(Error::CanvasTooLarge { width_px: mask.width_px, height_px: mask.height_px, limit_px: MAX_SIDE_PX });
    }
    let is_timed = spec.captions.iter().map(|caption| caption.spec.is_timed()).collect();
    let plans = plan(&gif, &mask, spec.exact);
    // Frames that clear a caption are grown to draw it again, however small they were.
    limits.check_total_pixels(plans.iter().map(|plan| plan.drawn().area() as u64).sum())?;
    Ok(PreparedGif { bytes, gif, mask, plans, is_exact: spec.exact, is_timed })
}

impl PreparedGif<'_> {
    /// One thread for each frame that the captions touch, but none for less than pays for starting it.
    pub(crate) fn busy_threads(&self) -> usize {
        let touched = self.gif.frames.iter().zip(&self.plans).filter(|(_, plan)| plan.is_touched());
        let (frames, bytes) = touched.fold((0, 0), |(frames, bytes), (frame, _)| (frames + 1, bytes + frame.data.len()));
        bytes.div_ceil(BYTES_A_THREAD).min(frames).max(1)
    }

    /// The other stages.
    pub(crate) fn render(self, watch: &Watch<'_>) -> Result<RenderedAnimation, Error> {
        let Self { bytes, gif, mut mask, mut plans, is_exact, is_timed } = self;
        if mask.inks.iter().any(|ink| ink.emoji().is_some()) {
            let (picture, canvas) = (first_picture(bytes, &gif), gif.canvas);
            let place = |x: u32, y: u32| y as usize * canvas.width() as usize + x as usize;
            let stays = gif.frames.iter().all(|frame| frame.disposal == Disposal::Keep);
            mask.set_emoji_on(|x, y| canvas.contains(x, y).then(|| picture[place(x, y)]).flatten(), stays);
        }
        plans.iter_mut().zip(&gif.frames).for_each(|(plan, frame)| *plan = settled(*plan, frame, &mask, bytes));
        let palettes = Palettes::decide(bytes, &gif, &mask, &plans, is_exact);
        let inks: Vec<InkRuns<'_>> = mask.inks.iter().map(InkRuns::of).collect();
        let mut canvas: Option<Canvas<'_>> = None;
        let damaged = plans.iter().map(FramePlan::damaged).fold(Rect::default(), Rect::union);
        let looked_at = damaged.moved_up(mask.picture_top_px);
        let mut writer = Writer::new(bytes, &gif, &mask, palettes.changed_global());
        let painting = Painting::new(bytes, &gif, &palettes, &inks, is_exact, watch);
        let mut has_gaps = false;
        for batch in batches(&plans, rayon::current_num_threads() * FRAMES_PER_THREAD) {
            let look = |k: usize| match plans[k].damaged() {
                damaged if damaged.is_empty() => (k, Patch::default()),
                damaged => {
                    let canvas = canvas.get_or_insert_with(|| Canvas::new(bytes, &gif, looked_at));
                    (k, canvas.before(k, damaged, mask.picture_top_px))
                }
            };
            let looked: Vec<(usize, Patch)> = batch.map(look).collect();
            for (k, patch) in looked.iter().filter(|(_, patch)| !patch.rect.is_empty()) {
                note_overstaying(&mut plans, *k, patch, &gif, &mask);
            }
            let mut rest = &looked[..];
            while !rest.is_empty() {
                let painted = painting.paint(rest, &plans)?;
                let leaves_gaps = |painted: &Option<PaintedFrame>| painted.as_ref().is_some_and(|painted| painted.leaves_gaps);
                let gap = if has_gaps { None } else { painted.iter().position(leaves_gaps) };
                let (now, later) = rest.split_at(gap.map_or(rest.len(), |place| place + 1));
                for (&(k, _), painted) in now.iter().zip(painted) {
                    let plan = painted.as_ref().map_or(plans[k], |painted| painted.plan);
                    writer.add(&gif.frames[k], &plan, painted);
                }
                if let (Some(_), Some(&(k, _))) = (gap, now.last()) {
                    // Later frames were planned to show what this one should have drawn: those of the batch are painted again.
                    has_gaps = true;
                    plans[k..].iter_mut().for_each(|plan| plan.lacks = plan.shown);
                    plans[k + 1..].iter_mut().for_each(|plan| *plan = plan.on_bare_canvas());
                }
                rest = later;
            }
        }
        writer.finish();
        let Writer { output, mut stats, altered, changed, backgrounds_off, .. } = writer;
        if is_exact && changed.count > 0 {
            let ChangedPixels { count, delta_e, .. } = changed;
            let what = format!(
                "where a caption ends or is cleared, {count} pixels can't be drawn again exactly, but by dE {delta_e}: a palette lacks \
                 their colours"
            );
            return Err(Error::NotAsAsked { what });
        }
        let is_clearing = |plan: &&FramePlan| plan.is_touched() && plan.hides_any() && !mask.touches(plan.shown, plan.drawn());
        stats.frames_clearing = u32::try_from(plans.iter().filter(is_clearing).count()).unwrap_or(u32::MAX);
        let mut captions = told(&gif, &mask, &plans, &palettes, &is_timed);
        for ink in mask.inks.iter().filter(|ink| ink.is_behind) {
            captions[ink.number].background_delta_e = Some(backgrounds_off.get(&ink.number).copied().unwrap_or_default());
        }
        let damage = gif.damage.as_ref().map(ToString::to_string);
        let fidelity = Fidelity { captions, changed, damage, ..Fidelity::default() };
        let overstaying = plans.iter().map(|plan| plan.overstays).collect();
        Ok(RenderedAnimation { output, mask, stats, altered, overstaying, fidelity })
    }
}

/// A plan without a look at earlier frames, if the frame has a pixel of its own wherever a caption begins or ends.
fn settled(plan: FramePlan, frame: &Frame, mask: &Mask, bytes: &[u8]) -> FramePlan {
    let Fate::Mended { drawn, bare, damaged, cleared } = plan.fate else { return plan };
    let bare = bare.union(damaged);
    if !cleared.is_empty() || frame.transparent.is_some() || frame.is_cut || drawn != plan.source || !drawn.covers(bare) {
        return plan;
    }
    let is_whole = StreamReader::with(|reader| {
        reader.open(bytes, frame);
        reader.scan.pixels >= frame.rect.area()
    });
    match is_whole {
        true if mask.touches(plan.shown, plan.source) => FramePlan { fate: Fate::Painted { bare }, ..plan },
        true => FramePlan { fate: Fate::Copied, ..plan },
        false => plan,
    }
}

/// Notes the captions that end with frame `k` and lie where the source shows nothing, which no pixel can show: they are seen until
/// that is cleared.
fn note_overstaying(plans: &mut [FramePlan], k: usize, patch: &Patch, gif: &Gif, mask: &Mask) {
    let ended = plans[k].changed.without(plans[k].shown);
    let lies_on_nothing =
        |ink: &Ink| ink.covers_in(patch.rect).any(|(x, y, cover)| cover != Cover::NONE && patch.at(x, y).is_none());
    for ink in ended.iter().filter(|&ink| lies_on_nothing(&mask.inks[ink])) {
        let rect = mask.rect_of([ink].into_iter().collect());
        for (plan, frame) in plans.iter_mut().zip(&gif.frames).skip(k) {
            let now = InkSet::from_iter([ink]).without(plan.shown);
            plan.overstays = plan.overstays.union(now);
            let is_cleared = frame.disposal == Disposal::Background || plan.is_cleared;
            if is_cleared && plan.drawn().covers(rect) {
                break;
            }
        }
    }
}

/// Each caption as it came out, in the order of the spec.
fn told(gif: &Gif, mask: &Mask, plans: &[FramePlan], palettes: &Palettes<'_>, is_timed: &[bool]) -> Vec<CaptionFidelity> {
    let mut told = mask.told.clone();
    for (ink, (&[fill, under], &emoji_off)) in mask.inks.iter().zip(palettes.shown.iter().zip(&palettes.emoji_off)) {
        let caption = &mut told[ink.number];
        if ink.is_behind {
            continue;
        }
        if ink.emoji().is_some() {
            caption.emoji_delta_e = Some(emoji_off);
        } else {
            (caption.fill, caption.under) = (fill, under);
        }
    }
    for (number, caption) in told.iter_mut().enumerate() {
        // A caption's letters and its emoji.
        let inks: InkSet = (0..mask.inks.len()).filter(|&ink| mask.inks[ink].number == number).collect();
        let count = |frames: usize| u32::try_from(frames).unwrap_or(u32::MAX);
        let without = || gif.frames.iter().zip(plans).filter(|(_, plan)| !plan.lacks.intersect(inks).is_empty());
        caption.frames_shown = is_timed[number].then(|| count(mask.times[number].len()));
        caption.frames_beyond = count(plans.iter().filter(|plan| !plan.overstays.intersect(inks).is_empty()).count());
        caption.frames_without = count(without().count());
        caption.why_without = match without().next() {
            None => None,
            Some((frame, _)) if CODE_SIZES.contains(&frame.min_code_size) => Some(WhyWithout::FrameTooSmall),
            Some(_) => Some(WhyWithout::UnreadableFrame),
        };
    }
    told
}

/// Frames to be worked on at the same time, by number.
fn batches(plans: &[FramePlan], most_frames: usize) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut damaged) = (0, 0);
    for (k, plan) in plans.iter().enumerate() {
        damaged += plan.damaged().area();
        if k + 1 - start == most_frames || damaged > DAMAGED_AT_ONCE || k + 1 == plans.len() {
            batches.push(start..k + 1);
            (start, damaged) = (k + 1, 0);
        }
    }
    batches
}
