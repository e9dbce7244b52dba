//! What surrounds the streams, on one thread but for the tables: the walk in bytes of the source a second, layout in letters,
//! the mask in pixels of the picture, plan and tables in frames, painting in pixels of the frames that are touched.
//!
//! `cargo bench -p benches --bench frames`.

use std::hint::black_box;

use benches::{DUCK, WORDS, animation, criterion, font, mask, paint, spec, walked};
use caption::{
    Limits, Position, Style,
    stages::{Codec, layout},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use samples::Content;

const STYLES: [(&str, Position, Style); 2] = [("overlay", Position::Bottom, Style::Overlay), ("bar", Position::Top, Style::Bar)];

fn lay_out(criterion: &mut Criterion) {
    let font = font();
    let long = [WORDS; 20].join(" ");
    let mut group = criterion.benchmark_group("layout");
    for (name, text) in [("one line", WORDS), ("shrunk to fit", &long)] {
        group.throughput(Throughput::Elements(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| layout(black_box(text), &font, 460.0, [85.0, 124.0], 54.0)));
    }
    group.finish();
}

fn draw_mask(criterion: &mut Criterion) {
    let gif = walked(DUCK);
    let mut group = criterion.benchmark_group("mask");
    for (name, at, style) in STYLES {
        let spec = spec(at, style);
        group.throughput(Throughput::Elements(mask(&gif, &spec).area_px() as u64));
        group.bench_function(name, |b| b.iter(|| mask(black_box(&gif), &spec)));
    }
    group.finish();
}

fn walk(criterion: &mut Criterion) {
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("walk");
    group.throughput(Throughput::Bytes(DUCK.len() as u64));
    group.bench_function("duck", |b| b.iter(|| caption::probe(black_box(DUCK), &limits)));
    group.finish();
}

fn plan(criterion: &mut Criterion) {
    let gif = walked(DUCK);
    let mut group = criterion.benchmark_group("plan");
    group.throughput(Throughput::Elements(gif.data().count() as u64));
    for (name, at, style) in STYLES {
        let mask = mask(&gif, &spec(at, style));
        group.bench_function(name, |b| b.iter(|| gif.plan(black_box(&mask))));
        let plan = gif.plan(&mask);
        group.bench_function(format!("tables, {name}"), |b| b.iter(|| gif.tables(black_box(&mask), &plan)));
    }
    group.finish();
}

fn paint_frames(criterion: &mut Criterion) {
    let (dithered, flat) = (animation(Content::Dithered), animation(Content::Flat));
    let mut group = criterion.benchmark_group("paint");
    for (name, bytes) in [("duck", DUCK), ("dithered", &dithered), ("flat", &flat)] {
        let gif = walked(bytes);
        let mask = mask(&gif, &spec(Position::Bottom, Style::Overlay));
        let (plan, inked) = (gif.plan(&mask), mask.inked());
        let tables = gif.tables(&mask, &plan);
        let areas_px: Vec<usize> = gif.data().map(|data| data.area_px).collect();
        group.throughput(Throughput::Elements(plan.paintable().map(|k| areas_px[k] as u64).sum()));
        let mut codec = Codec::default();
        group.bench_function(name, |b| b.iter(|| paint(&mut codec, black_box(&gif), &plan, &tables, &inked)));
    }
    group.finish();
}

criterion_group!(name = benches; config = criterion(); targets = lay_out, draw_mask, walk, plan, paint_frames);
criterion_main!(benches);
