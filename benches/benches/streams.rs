//! What is done with one frame's LZW stream, on one thread: scan and splice in bytes of the stream a second, decode and
//! encode in pixels.
//!
//! `cargo bench -p benches --bench streams`.

use std::hint::black_box;

use benches::{AREA_PX, CONTENTS, SIDES_PX, criterion, image_data, mask, spec};
use caption::{
    Position, Style,
    stages::{Codec, Gif},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use samples::Content;

fn scan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scan");
    for (name, content) in CONTENTS {
        let data = image_data(content);
        let mut codec = Codec::default();
        codec.gather(&data[1..]);
        group.throughput(Throughput::Bytes(data.len() as u64));
        group.bench_function(name, |b| b.iter(|| codec.scan(black_box(data[0]), AREA_PX)));
    }
    group.finish();
}

/// A stream behind its minimum code size, and a codec that has scanned it.
fn scanned(content: Content) -> (Vec<u8>, Codec) {
    let data = image_data(content);
    let mut codec = Codec::default();
    codec.gather(&data[1..]);
    codec.scan(data[0], AREA_PX);
    (data, codec)
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(AREA_PX as u64));
    for (name, content) in CONTENTS {
        let (data, mut codec) = scanned(content);
        group.bench_function(name, |b| b.iter(|| codec.decode(black_box(data[0])).len()));
    }
    group.finish();
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(AREA_PX as u64));
    for (name, content) in CONTENTS {
        let (data, mut codec) = scanned(content);
        let indices = codec.decode(data[0]).to_vec();
        let mut out = Vec::new();
        group.bench_function(name, |b| {
            b.iter(|| {
                out.clear();
                codec.encode(data[0], black_box(&indices), &mut out);
                out.len()
            });
        });
    }
    group.finish();
}

/// A caption that stands on the canvas: its stream is gathered, scanned, and put together again.
fn splice(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("splice");
    for (name, content) in CONTENTS {
        let data = image_data(content);
        let gif = Gif::of_stream(data[0], SIDES_PX.0, SIDES_PX.1, &data[1..]);
        let mask = mask(&gif, &spec(Position::Bottom, Style::Overlay));
        let inked = mask.inked();
        let mut codec = Codec::default();
        group.throughput(Throughput::Bytes(data.len() as u64));
        group.bench_function(name, |b| b.iter(|| codec.splice(black_box(&gif), &inked)));
    }
    group.finish();
}

criterion_group!(name = benches; config = criterion(); targets = scan, decode, encode, splice);
criterion_main!(benches);
