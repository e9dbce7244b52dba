//! The second pass: frames to a file, one at a time.
//!
//! The crate's caller hands frames over; `plan` says what of each has to be drawn, `lzw` codes it, `blocks` writes it. A frame is written when
//! the next one is known, because it says whether pixels have to become transparent in between. It must never hold more than
//! two frames, and its idea of what viewers show must be what they show.

use crate::{
    Dither, EncodeError, Fidelity, Frame, MAX_SIDE_PX, Palette, Settings,
    blocks::{Control, File},
    distance::limit,
    histogram::Colours,
    is_opaque,
    lzw::{Coded, code, code_exactly},
    palette::MOST_ENTRIES,
    plan::{Area, Before, pixels, rgb, staying, staying_exactly},
    tables::Entries,
};

/// A frame that waits for the next.
#[derive(Default)]
struct Waiting {
    pixels: Vec<[u8; 4]>,
    kept: Option<Vec<u8>>,
    delay_cs: u16,
}

/// The frame that was written last.
struct Written {
    control: Control,
    delay_cs: u16,
    clears: bool,
}

/// What was coded for one frame, and the local table if it has one.
struct Drawn {
    coded: Coded,
    local: Option<Entries>,
}

/// Writes a GIF.
pub struct Encoder {
    width: usize,
    settings: Settings,
    file: File,
    entries: Entries,
    /// As viewers show it, alpha 0 or 255.
    shown: Vec<[u8; 4]>,
    /// The frame behind what is shown.
    source: Vec<[u8; 4]>,
    waiting: Option<Waiting>,
    written: Option<Written>,
    /// How many frames came before the waiting one.
    frames: usize,
    stays: Vec<bool>,
}

impl Encoder {
    /// For frames of these sides. `plays` is the loop count of Netscape's extension: how often the animation starts again, 0 for ever.
    /// None plays it once.
    ///
    /// # Errors
    /// [`EncodeError::Sides`] if a side is 0 or over [`MAX_SIDE_PX`].
    pub fn new(sides_px: [u32; 2], plays: Option<u16>, palette: Palette, settings: Settings) -> Result<Self, EncodeError> {
        let [width_px, height_px] = sides_px;
        let side = |px: u32| {
            u16::try_from(px)
                .ok()
                .filter(|px| (1..=MAX_SIDE_PX).contains(&u32::from(*px)))
                .ok_or(EncodeError::Sides { width_px, height_px })
        };
        let (width, height) = (side(width_px)?, side(height_px)?);
        let dither = match settings.fidelity {
            Fidelity::Exact => Dither::None,
            Fidelity::Palette { dither, .. } => dither,
        };
        let is_coarse = !palette.is_exact() && settings.fidelity != Fidelity::Exact;
        let entries = Entries::new(palette.colours, palette.has_transparent, dither, is_coarse);
        let file = File::new([width, height], &entries.written(), plays);
        let canvas = vec![[0; 4]; usize::from(width) * usize::from(height)];
        Ok(Self {
            width: usize::from(width),
            settings,
            file,
            entries,
            shown: canvas.clone(),
            source: canvas,
            waiting: None,
            written: None,
            frames: 0,
            stays: Vec::new(),
        })
    }

    /// Adds the next frame.
    ///
    /// # Errors
    /// [`EncodeError::Pixels`] for a frame of another size, which leaves everything as it was. What is wrong with a frame's colours
    /// ([`EncodeError::TooManyColours`], [`EncodeError::NoTransparentEntry`]) is told when the next one is added or the file is finished; the
    /// encoder is of no use then.
    pub fn add(&mut self, frame: Frame<'_>) -> Result<(), EncodeError> {
        let wanted = self.shown.len();
        for got in [Some(frame.pixels.len()), frame.kept.map(<[u8]>::len)].into_iter().flatten() {
            if got != wanted {
                return Err(EncodeError::Pixels { wanted, got });
            }
        }
        let mut room = Waiting::default();
        if let Some(waiting) = self.waiting.take() {
            room = self.write(waiting, Some(frame.pixels))?;
        }
        room.pixels.clear();
        room.pixels.extend(frame.pixels);
        self.waiting = Some(Waiting { pixels: room.pixels, kept: frame.kept.map(<[u8]>::to_vec), delay_cs: frame.delay_cs });
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// [`EncodeError::NoFrame`] if there was none, and those that [`Encoder::add`] tells later.
    pub fn finish(mut self) -> Result<Vec<u8>, EncodeError> {
        let waiting = self.waiting.take().ok_or(EncodeError::NoFrame)?;
        self.write(waiting, None)?;
        Ok(self.file.finish())
    }

    /// Writes a frame. What comes back has room for another frame's pixels.
    fn write(&mut self, waiting: Waiting, next: Option<&[[u8; 4]]>) -> Result<Waiting, EncodeError> {
        let frame = Frame { pixels: &waiting.pixels, delay_cs: waiting.delay_cs, kept: waiting.kept.as_deref() };
        let vanishing = next.map_or_else(Area::default, |next| {
            let vanishes = |at: usize| match (frame.pixels.get(at), next.get(at)) {
                (Some(now), Some(next)) => is_opaque(now[3]) && !is_opaque(next[3]),
                _ => false,
            };
            Area::around(self.width, next.len(), vanishes)
        });
        let mut stays = std::mem::take(&mut self.stays);
        let before = Before { shown: &self.shown, source: &self.source, width: self.width };
        match self.settings.fidelity {
            Fidelity::Exact => staying_exactly(frame, before, &mut stays),
            Fidelity::Palette { tolerance, .. } => staying(frame, before, &mut self.entries, limit(tolerance), &mut stays),
        }
        // Viewers differ in what they show around a first frame that is smaller than the canvas.
        let all = Area { left: 0, top: 0, width: self.width, height: self.shown.len() / self.width };
        let area = if self.frames == 0 {
            all
        } else {
            Area::around(self.width, stays.len(), |at| !stays.get(at).is_some_and(|stays| *stays))
        };
        let area = area.with(vanishing);
        let clears = !vanishing.is_empty();
        if area.is_empty() {
            self.write_unchanged(frame.delay_cs);
        } else {
            self.draw(frame, area, &stays, clears)?;
        }
        self.stays = stays;
        self.frames += 1;
        let source = std::mem::replace(&mut self.source, waiting.pixels);
        Ok(Waiting { pixels: source, ..Waiting::default() })
    }

    /// Shows the frame before longer, or a pixel that changes nothing.
    fn write_unchanged(&mut self, delay_cs: u16) {
        let mut rest = delay_cs;
        // What clears its area shows something else before than after.
        if let Some(written) = self.written.as_mut().filter(|written| !written.clears && !self.settings.keeps_frames) {
            let sum = written.delay_cs.saturating_add(delay_cs);
            rest = delay_cs - (sum - written.delay_cs);
            written.delay_cs = sum;
            self.file.set_delay(written.control, sum);
            if rest == 0 {
                return;
            }
        }
        // The only pixel's index is transparent whatever colour the table has for it: clear code, index 0, end of information, of three bits.
        let control =
            self.file.frame(Area { left: 0, top: 0, width: 1, height: 1 }, Some(0), None, 2, &[0b0100_0100, 0b0000_0001]);
        self.file.set_delay(control, rest);
        self.written = Some(Written { control, delay_cs: rest, clears: false });
    }

    fn draw(&mut self, frame: Frame<'_>, area: Area, stays: &[bool], clears: bool) -> Result<(), EncodeError> {
        let before = Before { shown: &self.shown, source: &self.source, width: self.width };
        let drawn = match self.settings.fidelity {
            Fidelity::Palette { lossiness, .. } => {
                let pixels = pixels(frame, before, area, stays, &mut self.entries, false)
                    .ok_or(EncodeError::NoTransparentEntry { frame: self.frames })?;
                Drawn { coded: code(&pixels, &self.entries.table(), limit(lossiness)), local: None }
            }
            Fidelity::Exact => exactly(frame, before, area, stays, &mut self.entries)
                .ok_or(EncodeError::TooManyColours { frame: self.frames })?,
        };
        let entries = drawn.local.as_ref().unwrap_or(&self.entries);
        let transparent = entries.transparent();
        let local = drawn.local.as_ref().map(Entries::written);
        let control = self.file.frame(area, transparent, local.as_deref(), drawn.coded.min_code_bits, &drawn.coded.data);
        self.file.set_delay(control, frame.delay_cs);
        if clears {
            self.file.set_clearing(control);
        }
        self.written = Some(Written { control, delay_cs: frame.delay_cs, clears });
        let table = entries.table();
        for (at, index) in area.places(self.width).zip(&drawn.coded.indices) {
            if let Some(shown) = self.shown.get_mut(at) {
                if clears {
                    *shown = [0; 4];
                } else if Some(*index) != transparent {
                    let [red, green, blue] = table.rgb(*index);
                    *shown = [red, green, blue, 255];
                }
            }
        }
        Ok(())
    }
}

/// A frame without any loss, by the global table or by one of its own, whichever takes fewer bytes. None if it has too many colours.
fn exactly(frame: Frame<'_>, before: Before<'_>, area: Area, stays: &[bool], global: &mut Entries) -> Option<Drawn> {
    let most = usize::from(MOST_ENTRIES);
    let (mut changed, mut all, mut all_fit) = (Colours::new(most), Colours::new(most), true);
    for at in area.places(before.width) {
        let (Some(pixel), Some(stays)) = (frame.pixels.get(at), stays.get(at)) else { continue };
        if is_opaque(pixel[3]) {
            all_fit = all_fit && all.add(rgb(*pixel), 1);
            if !stays && !changed.add(rgb(*pixel), 1) {
                return None;
            }
        } else {
            all_fit = false;
        }
    }
    let by_global = pixels(frame, before, area, stays, global, true).map(|pixels| code_exactly(&pixels, &global.table()));
    if by_global.is_some() && (global.has_transparent || !stays.contains(&true)) {
        return by_global.map(|coded| Drawn { coded, local: None });
    }
    let local = Entries::of(&changed, true).or_else(|| Entries::of(&all, false).filter(|_| all_fit));
    let by_local = local.and_then(|mut local| {
        let pixels = pixels(frame, before, area, stays, &mut local, true)?;
        Some(Drawn { coded: code_exactly(&pixels, &local.table()), local: Some(local) })
    });
    let bytes = |drawn: &Drawn| {
        drawn.coded.data.len() + drawn.local.as_ref().map_or(0, |local| local.written().len().next_power_of_two() * 3)
    };
    let by_global = by_global.map(|coded| Drawn { coded, local: None });
    [by_global, by_local].into_iter().flatten().min_by_key(bytes)
}
