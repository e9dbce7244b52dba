//! What becomes of one frame: decided from rectangles, before a pixel is decoded, as data that can be printed.
//!
//! Made by `frames`; read by the decision on palettes, by painting and by writing.

use caption_layout::rect::Rect;

/// What is to be done with one frame. All rectangles are on the output's canvas, and none is empty but where that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramePlan {
    /// Where the source has the frame, below a bar where there is one.
    pub source: Rect,
    pub fate: Fate,
    /// A bit for each ink, by its number in the mask, that is not all to be seen while the frame is shown.
    pub lacks: u128,
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
    /// The frame before was grown and then cleared, and with it what still stood around its own rectangle in the source. This frame
    /// draws those pixels of earlier frames (`o`) again, in their very colours, beside what it has to draw anyway.
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
        let fate = if let Fate::Grown { bare, .. } = self.fate { Fate::Painted { bare } } else { self.fate };
        Self { fate, ..self }
    }

    /// Whether added pixels show the background's colour: see [`Fate::Grown`].
    pub(crate) fn is_on_background(&self) -> bool {
        matches!(self.fate, Fate::Grown { on_background: true, .. })
    }

    /// Where, before this frame, the output's canvas was cleared further than the source's, so that pixels of earlier frames must
    /// be drawn again. Empty but for [`Fate::Mended`].
    pub fn damaged(&self) -> Rect {
        if let Fate::Mended { damaged, .. } = self.fate { damaged } else { Rect::default() }
    }
}
