//! What is done with one frame's LZW stream, on one thread: scan and splice in bytes of the stream a second, decode and
//! encode in pixels.
//!
//! `cargo bench -p benches --bench streams`.

use std::hint::black_box;

use benches::{AREA_PX, CONTENTS, criterion, image_data, mask, spec, still, walked, work};
use caption::{
    Position, Style,
    stages::{Encoder, InkRuns, Palettes, StreamReader, Tools, plan, splice as splice_frame},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use samples::Content;

fn scan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scan");
    for (name, content) in CONTENTS {
        let data = image_data(content);
        let mut reader = StreamReader::default();
        reader.stream.gather(&data[1..]);
        group.throughput(Throughput::Bytes(data.len() as u64));
        group.bench_function(name, |b| b.iter(|| reader.scan.scan(&reader.stream, black_box(data[0]), AREA_PX)));
    }
    group.finish();
}

/// A stream's minimum code size, and a reader that has scanned it.
fn scanned(content: Content) -> (u8, StreamReader) {
    let data = image_data(content);
    let mut reader = StreamReader::default();
    reader.stream.gather(&data[1..]);
    reader.scan.scan(&reader.stream, data[0], AREA_PX);
    (data[0], reader)
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(AREA_PX as u64));
    for (name, content) in CONTENTS {
        let (code_size, mut reader) = scanned(content);
        group.bench_function(name, |b| b.iter(|| reader.decode(black_box(code_size)).len()));
    }
    group.finish();
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(AREA_PX as u64));
    for (name, content) in CONTENTS {
        let (code_size, mut reader) = scanned(content);
        let indices = reader.decode(code_size);
        let (mut encoder, mut out) = (Encoder::default(), Vec::new());
        group.bench_function(name, |b| {
            b.iter(|| {
                out.clear();
                encoder.begin(code_size);
                encoder.encode(black_box(indices));
                encoder.finish(&mut out);
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
        let bytes = still(content);
        let gif = walked(&bytes);
        let mask = mask(&gif, &spec(Position::Bottom, Style::Overlay));
        let (plans, inks) = (plan(&gif, &mask, false), mask.inks.iter().map(InkRuns::of).collect::<Vec<_>>());
        let inks: Vec<&InkRuns<'_>> = inks.iter().collect();
        let palettes = Palettes::decide(&bytes, &gif, &mask, &plans, false);
        let work = work(&bytes, &gif, 0, plans[0], &palettes, &inks);
        let palette = work.palette_plan.palette.of_frame(None);
        let (mut reader, mut tools) = (StreamReader::default(), Tools::default());
        group.throughput(Throughput::Bytes(work.frame.data.len() as u64));
        group.bench_function(name, |b| {
            b.iter(|| {
                reader.open(black_box(&bytes), work.frame);
                splice_frame(&work, &palette, None, &mut reader, &mut tools)
            });
        });
    }
    group.finish();
}

criterion_group!(name = benches; config = criterion(); targets = scan, decode, encode, splice);
criterion_main!(benches);
