//! The chunks of a WebP file (WebP container specification, "RIFF File Format" and "Extended File Format").
//!
//! `mod` and `frames` read a source's chunks here and have the output's written. No pixel is looked at.

/// A chunk, or as much of it as the file has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk<'a> {
    pub kind: [u8; 4],
    pub data: &'a [u8],
    /// How long it says that it is.
    pub len: usize,
}

/// The chunks of a file.
pub(super) fn chunks(webp: &[u8]) -> Vec<Chunk<'_>> {
    // What stands behind the RIFF's end is no chunk.
    let len = webp.get(4..).and_then(|len| len.first_chunk::<4>()).map_or(0, |len| u32::from_le_bytes(*len) as usize);
    let riff = webp.get(..len.saturating_add(8)).unwrap_or(webp);
    chunks_in(riff.get(12..).unwrap_or_default())
}

/// Chunks one after another.
pub(super) fn chunks_in(mut rest: &[u8]) -> Vec<Chunk<'_>> {
    let mut found = Vec::new();
    while let Some((kind, behind)) = rest.split_first_chunk::<4>()
        && let Some((len, behind)) = behind.split_first_chunk::<4>()
    {
        let len = u32::from_le_bytes(*len) as usize;
        let data = behind.get(..len).unwrap_or(behind);
        found.push(Chunk { kind: *kind, data, len });
        rest = behind.get(len + len % 2..).unwrap_or_default();
    }
    found
}

/// The first chunk of a kind.
pub(super) fn find<'a>(chunks: &[Chunk<'a>], kind: [u8; 4]) -> Option<Chunk<'a>> {
    chunks.iter().find(|chunk| chunk.kind == kind).copied()
}

/// Bits of VP8X's first byte.
const HAS_ICC: u8 = 0x20;
const HAS_ALPHA: u8 = 0x10;
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

/// What is said of a picture beside its pixels.
#[derive(Clone, Debug, Default)]
pub(super) struct Metadata {
    pub icc: Option<Vec<u8>>,
    pub exif: Option<Vec<u8>>,
    pub xmp: Option<Vec<u8>>,
}

/// Appends a chunk.
pub(super) fn add(body: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    body.extend(kind);
    body.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    body.extend_from_slice(data);
    body.extend((data.len() % 2 == 1).then_some(0));
}

/// The chunks of a picture.
pub(super) fn picture<'a>(found: &[Chunk<'a>]) -> impl Iterator<Item = Chunk<'a>> {
    [*b"ALPH", *b"VP8 ", *b"VP8L"].into_iter().filter_map(|kind| find(found, kind))
}

/// A file of the picture chunks (ALPH, and VP8 or VP8L) among `picture`, and metadata.
pub(super) fn write(picture: &[Chunk<'_>], [width_px, height_px]: [u32; 2], metadata: &Metadata) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    let alpha = find(picture, *b"ALPH");
    // VP8L says in itself whether it has alpha: the bit behind its two sides.
    let lossless_alpha =
        find(picture, *b"VP8L").and_then(|chunk| chunk.data.get(4).copied()).is_some_and(|byte| byte & 0x10 != 0);
    let Metadata { icc, exif, xmp } = metadata;
    let flag = |is_there: bool, bit: u8| if is_there { bit } else { 0 };
    let flags = flag(icc.is_some(), HAS_ICC)
        | flag(alpha.is_some() || lossless_alpha, HAS_ALPHA)
        | flag(exif.is_some(), HAS_EXIF)
        | flag(xmp.is_some(), HAS_XMP);
    if flags & !HAS_ALPHA != 0 || alpha.is_some() {
        let [w0, w1, w2, _] = (width_px - 1).to_le_bytes();
        let [h0, h1, h2, _] = (height_px - 1).to_le_bytes();
        add(&mut body, *b"VP8X", &[flags, 0, 0, 0, w0, w1, w2, h0, h1, h2]);
    }
    if let Some(icc) = icc {
        add(&mut body, *b"ICCP", icc);
    }
    for chunk in self::picture(picture) {
        add(&mut body, chunk.kind, chunk.data);
    }
    for (kind, data) in [(*b"EXIF", exif), (*b"XMP ", xmp)] {
        if let Some(data) = data {
            add(&mut body, kind, data);
        }
    }
    let len = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    [&b"RIFF"[..], &len, &body].concat()
}
