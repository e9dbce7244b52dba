//! What becomes of one frame: decided from rectangles, before a pixel is decoded, as data that can be printed.
//!
//! Made by `frames`; read by the decision on palettes, by painting and by writing.

use caption_layout::rect::Rect;

use crate::mask::InkSet;

/// What is to be done with one frame. All rectangles are on the output's canvas, and none is empty but where that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramePlan {
    /// Where the source has the frame, below a bar where there is one.
    pub source: Rect,
    pub fate: Fate,
    /// The inks that the frame is to show.
    pub shown: InkSet,
    /// Of all inks those that begin to be shown with this frame, or no longer are: the canvas before it is without the former and has
    /// the latter.
    pub changed: InkSet,
    /// Inks that are not all to be seen while the frame is shown.
    pub lacks: InkSet,
    /// Inks that may still be seen though their time is over: no pixel of the frame can hide them.
    pub overstays: InkSet,
    /// Whether the frame is disposed to background, which its source is not: what a caption has covered where the source shows
    /// nothing can't be drawn again, but only cleared.
    pub is_cleared: bool,
}

/// What becomes of a frame. In the drawings a frame of the source is `.`, what the caption covers is `C`, the canvas is the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No pixel of a caption lies in it, or nobody sees it. It is never opened: every byte of it is copied.
    ///
    /// ```text
    /// ┌──────────┐
    /// │ ....     │
    /// │ ....     │
    /// │   CCCC   │  the caption was drawn by an earlier frame and goes on standing
    /// └──────────┘
    /// ```
    Copied,
    /// The caption is painted within the frame's own rectangle.
    ///
    /// ```text
    /// ┌──────────┐        ┌──────────┐
    /// │..........│        │..........│
    /// │..........│   ->   │...CCCC...│
    /// │..........│        │..........│
    /// └──────────┘        └──────────┘
    /// ```
    Painted {
        /// See `FramePlan::bare`.
        bare: Rect,
    },
    /// The canvas does not show the caption yet, and the caption reaches beyond the frame. So the frame is written with a larger
    /// rectangle: the smallest that holds both. The added pixels are the caption's or transparent (`t`). If only rows are
    /// added, the source's codes are kept as they are.
    ///
    /// ```text
    /// ┌──────────┐        ┌──────────┐
    /// │ ....     │        │ ....tt   │
    /// │ ....     │   ->   │ ..CCCC   │  the first frame, or the one before was cleared
    /// │          │        │ ttCCCC   │
    /// └──────────┘        └──────────┘
    /// ```
    Grown {
        /// The rectangle to write.
        drawn: Rect,
        /// See `FramePlan::bare`.
        bare: Rect,
        /// Whether the added pixels show the background's colour where no caption is, as a transparent index would make decoders
        /// clear to nothing where they clear to that colour.
        on_background: bool,
    },
    /// The canvas lacks pixels of earlier frames (`o`), which this frame draws again, in their very colours, beside what it has to draw
    /// anyway. Either the frame before was grown and then cleared, and with it what still stood around its own rectangle in the source;
    /// or a caption covers them whose time is over.
    ///
    /// ```text
    ///    source           output after       output with
    ///                  the cleared frame     this frame
    /// ┌──────────┐        ┌──────────┐      ┌──────────┐
    /// │ooo   ....│        │o         │      │ooott ....│
    /// │ooo   ....│        │o         │  ->  │oooCCCC...│
    /// │ooo       │        │ooo       │      │ooo       │
    /// └──────────┘        └──────────┘      └──────────┘
    /// ```
    Mended {
        /// The rectangle to write.
        drawn: Rect,
        /// See `FramePlan::bare`.
        bare: Rect,
        /// See [`FramePlan::damaged`].
        damaged: Rect,
        /// Where all of `damaged` was cleared; elsewhere in it only [`FramePlan::changed`] inks differ.
        cleared: Rect,
    },
}

impl FramePlan {
    /// Whether the frame has to be opened at all.
    pub fn is_touched(&self) -> bool {
        self.fate != Fate::Copied
    }

    /// The rectangle to write.
    pub fn drawn(&self) -> Rect {
        match self.fate {
            Fate::Copied | Fate::Painted { .. } => self.source,
            Fate::Grown { drawn, .. } | Fate::Mended { drawn, .. } => drawn,
        }
    }

    /// Where, before this frame, the canvas holds nothing: neither the source's pixels nor a caption. May be empty.
    pub(crate) fn bare(&self) -> Rect {
        match self.fate {
            Fate::Copied => Rect::default(),
            Fate::Painted { bare } | Fate::Grown { bare, .. } | Fate::Mended { bare, .. } => bare,
        }
    }

    /// The same for a canvas that shows no caption yet, within the rectangle that was planned: all of its captions' pixels are painted.
    pub(crate) fn on_bare_canvas(mut self) -> Self {
        if let Fate::Painted { bare } | Fate::Grown { bare, .. } | Fate::Mended { bare, .. } = &mut self.fate {
            *bare = Rect { left: 0, top: 0, right: u32::MAX, bottom: u32::MAX };
        }
        self
    }

    /// The same within the source's rectangle, if nothing has to be drawn again.
    pub(crate) fn without_growth(self) -> Self {
        let fate = match self.fate {
            Fate::Grown { bare, .. } => Fate::Painted { bare },
            Fate::Mended { bare, cleared, .. } if cleared.is_empty() && !self.hides_any() => Fate::Painted { bare },
            other => other,
        };
        Self { fate, ..self }
    }

    /// Whether captions end with this frame, whose pixels it has to draw again.
    pub(crate) fn hides_any(&self) -> bool {
        !self.changed.without(self.shown).is_empty()
    }

    /// Where all pixels of earlier frames must be drawn again; elsewhere only those below [`Self::changed`] inks.
    pub(crate) fn cleared(&self) -> Rect {
        if let Fate::Mended { cleared, .. } = self.fate { cleared } else { Rect::default() }
    }

    /// Whether added pixels show the background's colour: see [`Fate::Grown`].
    pub(crate) fn is_on_background(&self) -> bool {
        matches!(self.fate, Fate::Grown { on_background: true, .. })
    }

    /// Where, before this frame, the output's canvas lacks pixels of earlier frames that must be drawn again, or shows other captions.
    /// Empty but for [`Fate::Mended`].
    pub fn damaged(&self) -> Rect {
        if let Fate::Mended { damaged, .. } = self.fate { damaged } else { Rect::default() }
    }
}
