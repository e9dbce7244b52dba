//! The mask: which pixels of the output a spec's captions cover, how much, and in which colours.
//!
//! Made once a job from layouts, read by every frame. A bar is the same thing as an overlay: a
//! rectangle outside the picture that is covered whole, in the band's colour.

use std::ops::Range;

use caption_layout::{
    CaptionFidelity, Colour, ColourFidelity, Error, Hundredths,
    placing::arrangement::{Arrangement, PlacedCaption},
    rect::Rect,
};

use super::{
    behind,
    cover::{Cover, Pair},
    coverage::{Coverage, rasterise},
    emoji::{self, DrawnEmoji, EmojiColours},
    image::DecodedSpec,
    ink_set::InkSet,
};

/// Pixels of one caption: its letters, its emoji, or what lies behind them.
#[derive(Clone)]
pub struct Ink {
    /// On the output's canvas.
    pub rect: Rect,
    /// A byte a pixel of `rect`: see [`Cover`].
    covers: Vec<Cover>,
    /// Of each of its rows, the first touched column and the one past the last, from its left edge;
    /// the same column twice where none is.
    touched: Vec<(u32, u32)>,
    /// The letters' colour.
    pub fill: [u8; 3],
    /// What lies beneath the letters: their outline's colour, or the band's.
    pub under: [u8; 3],
    /// Whether it is a bar, all of whose rectangle is covered.
    pub is_band: bool,
    /// Its place in the spec.
    pub number: usize,
    /// Whether it lies behind the words: a plate or a shadow, of one colour. It is drawn, and nothing is told of it.
    pub is_behind: bool,
    /// Of what lies behind the words: covers that stand for all.
    see_through: Vec<Cover>,
    /// Of emoji: their colours. Nothing lies under them, and `fill` and `under` are the first of these.
    emoji: Option<EmojiColours>,
}

/// All captions of a job, placed on the output's canvas.
#[derive(Clone, Default)]
pub struct Mask {
    pub inks: Vec<Ink>,
    /// The output's size.
    pub width_px: u32,
    pub height_px: u32,
    /// Where the picture's first row stands in the output: the height of a bar above it.
    pub picture_top_px: u32,
    pub missing_glyphs: Vec<char>,
    /// By number of the caption: the frames that show it.
    pub times: Vec<Range<usize>>,
    /// What there is to tell of each caption of the spec, as far as no pixel of the picture decides it.
    pub told: Vec<CaptionFidelity>,
}

impl Mask {
    /// Lays every caption out on a picture of this size and draws its coverage.
    /// Overlays stand within `shown`, the part of it that can be written on.
    ///
    /// # Errors
    /// A text that is empty or does not fit.
    pub fn draw<'a>(spec: impl Into<DecodedSpec<'a>>, width_px: u32, height_px: u32, shown: Rect) -> Result<Self, Error> {
        let DecodedSpec { spec, images } = spec.into();
        let found = Arrangement::find(spec, width_px, height_px, shown)?;
        let mut told = vec![CaptionFidelity::default(); spec.captions.len()];
        let mut inks = Vec::new();
        for place in &found.places {
            let number = spec.captions.iter().position(|caption| std::ptr::eq(caption, place.caption)).unwrap_or(0);
            let letters = rasterise(&place.text, &place.caption.font, &spec.fallbacks, place.stroke_em());
            let on_picture = shown.moved_down(found.picture_top_px);
            let emoji = emoji::draw(place, &spec.fallbacks, images);
            inks.extend(Ink::behind(place, &letters, emoji.as_ref(), on_picture).map(|ink| Self::numbered(ink, number)));
            let ink = Ink { number, ..Ink::draw(place, letters) };
            let emoji = emoji.and_then(|drawn| Ink::of_emoji(place.rect, drawn));
            let [fill, under] = ink.pair().map(|rgb| ColourFidelity::exact(Colour { rgb }));
            let letters_px = place.text.size_px.into();
            // Nobody asks for the default, which has no more than Latin.
            let is_default = place.caption.font.is_default();
            let substituted_glyphs = if is_default { Vec::new() } else { place.text.substituted_glyphs.clone() };
            let emoji_delta_e = emoji.as_ref().map(|_| Hundredths::default());
            let asked_px = place.asked_px(width_px).map(Hundredths::from).filter(|&asked_px| asked_px > letters_px);
            told[number] = CaptionFidelity {
                fill,
                under,
                letters_px,
                asked_px,
                missing_glyphs: place.text.missing_glyphs.clone(),
                substituted_glyphs,
                emoji_delta_e,
                ..CaptionFidelity::default()
            };
            // Of emoji alone there are no letters that would need a colour.
            if emoji.is_none() || ink.is_band || ink.covers.iter().any(|&cover| cover != Cover::NONE) {
                inks.push(ink);
            }
            inks.extend(emoji.map(|emoji| Self::numbered(emoji, number)));
        }
        let missing_glyphs = found.missing_glyphs();
        let Arrangement { width_px, height_px, picture_top_px, .. } = found;
        let times = vec![0..usize::MAX; told.len()];
        Ok(Self { inks, width_px, height_px, picture_top_px, missing_glyphs, times, told })
    }

    /// Makes the bar above the picture so much higher.
    pub(crate) fn lower_picture(&mut self, by_px: u32) {
        if by_px == 0 {
            return;
        }
        let top_px = self.picture_top_px;
        let is_above = |ink: &Ink| ink.is_band && ink.rect.bottom <= top_px;
        let above: Vec<usize> = self.inks.iter().filter(|ink| is_above(ink)).map(|ink| ink.number).collect();
        for ink in &mut self.inks {
            if is_above(ink) && ink.rect.bottom == top_px {
                ink.add_rows(by_px);
            } else if !above.contains(&ink.number) {
                ink.rect = ink.rect.moved_down(by_px);
            }
        }
        self.picture_top_px += by_px;
        self.height_px += by_px;
    }

    fn numbered(ink: Ink, number: usize) -> Ink {
        Ink { number, ..ink }
    }

    /// The inks that a frame shows.
    pub(crate) fn shown_in(&self, frame: usize) -> InkSet {
        let is_shown = |ink: &Ink| self.times.get(ink.number).is_none_or(|time| time.contains(&frame));
        self.inks.iter().enumerate().filter(|(_, ink)| is_shown(ink)).map(|(place, _)| place).collect()
    }

    /// Those of some places.
    pub(crate) fn inks_of(&self, inks: InkSet) -> impl Iterator<Item = &Ink> {
        self.inks.iter().enumerate().filter(move |&(place, _)| inks.contains(place)).map(|(_, ink)| ink)
    }

    /// Tells the emoji of the first frame what they stand on: `shown` has the picture by x and y. With `stays`, no later frame clears a pixel.
    pub(crate) fn set_emoji_on(&mut self, shown: impl Fn(u32, u32) -> Option<[u8; 3]>, stays: bool) {
        let (first, top) = (self.shown_in(0), self.picture_top_px);
        for (_, ink) in self.inks.iter_mut().enumerate().filter(|&(place, _)| first.contains(place)) {
            ink.set_emoji_on(|x, y| y.checked_sub(top).and_then(|y| shown(x, y)), stays);
        }
    }

    /// Whether any pixel of `rect` is touched by any of these inks.
    pub(crate) fn touches(&self, inks: InkSet, rect: Rect) -> bool {
        self.inks_of(inks).any(|ink| ink.touches(rect))
    }

    /// Around all pixels of inks, within the output.
    pub(crate) fn rect_of(&self, inks: InkSet) -> Rect {
        let whole = Rect::at(0, 0, self.width_px, self.height_px);
        self.inks_of(inks).map(|ink| ink.rect.intersect(whole)).fold(Rect::default(), Rect::union)
    }

    /// A byte a pixel of the output: 255 where one of these inks may change it.
    pub(crate) fn to_gray(&self, inks: InkSet) -> Vec<u8> {
        let mut gray = vec![0; self.width_px as usize * self.height_px as usize];
        for ink in self.inks_of(inks) {
            for (x, y, cover) in ink.covers_in(ink.rect) {
                if cover != Cover::NONE {
                    gray[y as usize * self.width_px as usize + x as usize] = 255;
                }
            }
        }
        gray
    }
}

impl Mask {
    /// The same of one row, which has room for it.
    pub(crate) fn row_to_gray(&self, inks: InkSet, y: u32, gray: &mut [u8]) {
        gray.fill(0);
        for ink in self.inks_of(inks) {
            let Some(columns) = ink.touched_columns(y) else { continue };
            let covers = ink.row(y).iter().skip((columns.start - ink.rect.left) as usize);
            for (pixel, cover) in gray.iter_mut().take(columns.end as usize).skip(columns.start as usize).zip(covers) {
                if *cover != Cover::NONE {
                    *pixel = 255;
                }
            }
        }
    }
}

impl Ink {
    /// Adds rows to a band, below.
    fn add_rows(&mut self, rows: u32) {
        self.rect.bottom += rows;
        self.covers.resize(self.rect.area(), Cover::of(0, 255));
        self.touched.resize(self.rect.height() as usize, (0, self.rect.width()));
    }

    /// The coverage of a caption where it stands.
    fn draw(place: &PlacedCaption<'_>, letters: Coverage) -> Self {
        let PlacedCaption { caption, rect, .. } = place;
        let Coverage { width_px, fill, stroke } = letters;
        let ink = caption.spec.drawn_fill().rgb;
        let background = caption.spec.drawn_background().map(|colour| colour.rgb);
        let (stride, width) = (width_px.max(1) as usize, rect.width() as usize);
        let rows = fill.chunks_exact(stride).take(rect.height() as usize).map(|row| &row[..width]);
        let Some(band) = place.band else {
            let mut covers = Vec::with_capacity(rect.area());
            let Some(outline) = caption.spec.drawn_stroke() else {
                rows.for_each(|fill| covers.extend(fill.iter().map(|&fill| Cover::of(fill, 0))));
                // Their soft edges meet the plate or the picture.
                return Self::new(*rect, covers, [ink, background.unwrap_or(ink)], false);
            };
            for (fill, stroke) in rows.zip(stroke.chunks_exact(stride)) {
                covers.extend(fill.iter().zip(stroke).map(|(&fill, &stroke)| Cover::of(fill, stroke)));
            }
            return Self::new(*rect, covers, [ink, outline.rgb], false);
        };
        let mut covers = vec![Cover::of(0, 255); band.area()];
        let band_rows = covers.chunks_exact_mut(band.width().max(1) as usize).skip((rect.top - band.top) as usize);
        for (covers, fill) in band_rows.zip(rows) {
            for (cover, &fill) in covers[(rect.left - band.left) as usize..].iter_mut().zip(fill) {
                *cover = Cover::of(fill, 255);
            }
        }
        Self::new(band, covers, [ink, background.unwrap_or(ink)], true)
    }

    /// What lies behind the words, if anything does; a shadow within `on_picture`.
    fn behind(place: &PlacedCaption<'_>, letters: &Coverage, emoji: Option<&DrawnEmoji>, on_picture: Rect) -> Option<Self> {
        let spec = &place.caption.spec;
        let (rect, covers, rgb) = if let (Some(plate), Some(colour)) = (place.plate, spec.drawn_background()) {
            (plate.rect, behind::plate(plate, colour), colour.rgb)
        } else {
            let corner = [place.rect.left, place.rect.top];
            let colour = spec.drawn_shadow()?;
            let with_emoji = emoji.map(|emoji| behind::joined(letters, &emoji.covers, place.rect.width()));
            let cast_by = with_emoji.as_ref().unwrap_or(letters);
            let (rect, covers) = behind::shadow(cast_by, corner, place.text.size_px, on_picture)?;
            (rect, covers, colour.rgb)
        };
        let see_through = behind::see_through(&covers);
        Some(Self { is_behind: true, see_through, ..Self::new(rect, covers, [rgb; 2], false) })
    }

    /// Its two colours.
    pub(crate) fn pair(&self) -> Pair {
        [self.fill, self.under]
    }

    /// Of covers row by row. The colours are the letters' and that of what lies beneath them.
    pub fn new(rect: Rect, covers: Vec<Cover>, [fill, under]: Pair, is_band: bool) -> Self {
        let in_columns = |column: usize| u32::try_from(column).unwrap_or(rect.width());
        let ends = |row: &[Cover]| {
            let is_touched = |cover: &Cover| *cover != Cover::NONE;
            let Some(first) = row.iter().position(is_touched) else { return (0, 0) };
            (in_columns(first), in_columns(row.iter().rposition(is_touched).map_or(first, |last| last + 1)))
        };
        let touched = covers.chunks_exact(rect.width().max(1) as usize).map(ends).collect();
        Self { rect, covers, touched, fill, under, is_band, number: 0, is_behind: false, see_through: Vec::new(), emoji: None }
    }

    /// Of emoji drawn on a rectangle, as small as they are.
    fn of_emoji(rect: Rect, drawn: DrawnEmoji) -> Option<Self> {
        let whole = Self::new(rect, drawn.covers, [[0; 3]; 2], false);
        let rows: Vec<Range<u32>> = (rect.top..rect.bottom).filter_map(|y| whole.touched_columns(y)).collect();
        let top = (rect.top..rect.bottom).find(|&y| whole.touched_columns(y).is_some())?;
        let bottom = (rect.top..rect.bottom).rfind(|&y| whole.touched_columns(y).is_some())? + 1;
        let left = rows.iter().map(|columns| columns.start).min()?;
        let right = rows.iter().map(|columns| columns.end).max()?;
        let first = *drawn.colours.wanted.first()?;
        let places = (top..bottom).flat_map(|y| (left..right).map(move |x| whole_place(rect, x, y)));
        let DrawnEmoji { colours, .. } = drawn;
        let (covers, (pixels, owners)) = places.map(|at| (whole.covers[at], (colours.pixels[at], colours.owners[at]))).unzip();
        let tight = Self::new(Rect { left, top, right, bottom }, covers, [first; 2], false);
        Some(Self { emoji: Some(EmojiColours { pixels, owners, ..colours }), ..tight })
    }

    fn set_emoji_on(&mut self, shown: impl Fn(u32, u32) -> Option<[u8; 3]>, stays: bool) {
        let Self { rect, covers, emoji: Some(colours), .. } = self else { return };
        let places = (rect.top..rect.bottom).flat_map(|y| (rect.left..rect.right).map(move |x| (x, y)));
        let beneath: Vec<Option<[u8; 3]>> = places.map(|(x, y)| shown(x, y)).collect();
        colours.choose_over(covers, &beneath);
        if stays {
            colours.begun_on = beneath;
        }
        if let Some(&first) = colours.wanted.first() {
            (self.fill, self.under) = (first, first);
        }
    }

    /// The colours of its emoji, if it is of emoji.
    pub(crate) fn emoji(&self) -> Option<&EmojiColours> {
        self.emoji.as_ref()
    }

    /// The colours that entries of a palette are kept for.
    pub(crate) fn colours(&self) -> Vec<[u8; 3]> {
        if self.is_behind && !self.is_seen_whole() {
            return Vec::new();
        }
        self.emoji.as_ref().map_or_else(|| self.pair().to_vec(), |emoji| emoji.wanted.clone())
    }

    /// The covers that stand for those of a plate or shadow: see [`behind::see_through`].
    pub(crate) fn see_through(&self) -> &[Cover] {
        &self.see_through
    }

    /// Whether any of its pixels shows nothing but its colours.
    fn is_seen_whole(&self) -> bool {
        self.covers.iter().any(|cover| cover.is_opaque())
    }

    /// Its two colours at a place; those of an emoji's pixel are one.
    #[inline]
    pub(crate) fn pair_at(&self, x: u32, y: u32) -> Pair {
        self.emoji.as_ref().map_or_else(|| self.pair(), |emoji| [emoji.pixels[whole_place(self.rect, x, y)]; 2])
    }

    /// Whether a pixel was drawn wherever the caption began, and nothing cleared it since: over nothing only solid ones are.
    pub(crate) fn is_drawn_at(&self, [x, y]: [u32; 2], cover: Cover) -> bool {
        let begun_on = || self.emoji.as_ref().and_then(|emoji| *emoji.begun_on.get(whole_place(self.rect, x, y))?);
        cover.is_solid() || begun_on().is_some()
    }

    /// Whether it touches a place.
    #[cfg(test)]
    pub(crate) fn covers_pixel(&self, x: u32, y: u32) -> bool {
        self.rect.contains(x, y) && self.covers_at(x, y)
    }

    /// Whether it touches a place that lies in its rectangle.
    pub(crate) fn covers_at(&self, x: u32, y: u32) -> bool {
        self.covers[whole_place(self.rect, x, y)] != Cover::NONE
    }

    /// Whether it has no colour but greys.
    pub(crate) fn is_grey(&self) -> bool {
        let is_grey = |[r, g, b]: &[u8; 3]| r == g && g == b;
        self.pair().iter().all(is_grey) && self.emoji.as_ref().is_none_or(|emoji| emoji.pixels.iter().all(is_grey))
    }

    /// The covers of a row of the canvas, from the rectangle's left edge to its right; none outside it.
    pub(crate) fn row(&self, y: u32) -> &[Cover] {
        let width = self.rect.width() as usize;
        let row = y.checked_sub(self.rect.top).and_then(|row| self.covers.chunks_exact(width.max(1)).nth(row as usize));
        row.unwrap_or_default()
    }

    /// The columns of a row of the canvas from the first to one past the last that is touched.
    pub(crate) fn touched_columns(&self, y: u32) -> Option<Range<u32>> {
        let &(first, past_last) = self.touched.get(y.checked_sub(self.rect.top)? as usize)?;
        (first < past_last).then(|| self.rect.left + first..self.rect.left + past_last)
    }

    /// Whether any pixel of `rect` is touched.
    pub(crate) fn touches(&self, rect: Rect) -> bool {
        let both = self.rect.intersect(rect);
        (both.top..both.bottom).any(|y| {
            let Some(touched) = self.touched_columns(y) else { return false };
            let columns = touched.start.max(both.left)..touched.end.min(both.right);
            let columns = (columns.start - self.rect.left) as usize..columns.end.saturating_sub(self.rect.left) as usize;
            self.row(y).get(columns).is_some_and(|row| row.iter().any(|&cover| cover != Cover::NONE))
        })
    }

    /// The pixels of `rect` that lie in the ink's own rectangle, row by row, as (x, y, cover).
    pub(crate) fn covers_in(&self, rect: Rect) -> impl Iterator<Item = (u32, u32, Cover)> + '_ {
        let both = self.rect.intersect(rect);
        (both.top..both.bottom).flat_map(move |y| {
            let columns = (both.left - self.rect.left) as usize..(both.right - self.rect.left) as usize;
            self.row(y)[columns].iter().zip(both.left..).map(move |(&cover, x)| (x, y, cover))
        })
    }
}

/// Where the pixels of a rectangle have one of its places.
fn whole_place(rect: Rect, x: u32, y: u32) -> usize {
    (y - rect.top) as usize * rect.width() as usize + (x - rect.left) as usize
}

#[cfg(test)]
mod tests;
