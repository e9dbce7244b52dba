//! What surrounds the streams, on one thread but for the tables: the walk in bytes of the source a second, layout in letters,
//! the mask in pixels of the picture, plan and tables in frames, painting in pixels of the frames that are touched.
//!
//! `cargo bench -p benches --bench frames`.

use std::hint::black_box;

use benches::{DUCK, WORDS, animation, criterion, font, is_paintable, mask, paint, spec, walked, work};
use caption::{
    Font, Limits, Position, Style,
    stages::{InkRuns, Palettes, StreamReader, Tools, plan},
};
use caption_layout::{
    Writing,
    text::layout::{Room, layout},
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use samples::Content;

const STYLES: [(&str, Position, Style); 2] = [("overlay", Position::Bottom, Style::Overlay), ("bar", Position::Top, Style::Bar)];

fn lay_out(criterion: &mut Criterion) {
    let (font, fallbacks) = (font(), Font::fallbacks());
    let long = [WORDS; 20].join(" ");
    let mut group = criterion.benchmark_group("layout");
    for (name, text) in [("one line", WORDS), ("shrunk to fit", &long)] {
        group.throughput(Throughput::Elements(text.len() as u64));
        let room = Room { width_px: 460.0, heights_px: [85.0, 124.0], size_px: 54.0, stroke_em: 0.065, ..Room::default() };
        let writing = Writing { fallbacks: &fallbacks, ..Writing::new(text, &font) };
        group.bench_function(name, |b| b.iter(|| layout(black_box(writing), room)));
    }
    group.finish();
}

fn draw_mask(criterion: &mut Criterion) {
    let gif = walked(DUCK);
    let mut group = criterion.benchmark_group("mask");
    for (name, at, style) in STYLES {
        let spec = spec(at, style);
        group.throughput(Throughput::Elements(u64::from(gif.canvas.width()) * u64::from(gif.canvas.height())));
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

fn plan_frames(criterion: &mut Criterion) {
    let gif = walked(DUCK);
    let mut group = criterion.benchmark_group("plan");
    group.throughput(Throughput::Elements(gif.frames.len() as u64));
    for (name, at, style) in STYLES {
        let mask = mask(&gif, &spec(at, style));
        group.bench_function(name, |b| b.iter(|| plan(&gif, black_box(&mask), false)));
        let plans = plan(&gif, &mask, false);
        group.bench_function(format!("tables, {name}"), |b| {
            b.iter(|| Palettes::decide(DUCK, &gif, black_box(&mask), &plans, false));
        });
    }
    group.finish();
}

fn paint_frames(criterion: &mut Criterion) {
    let (dithered, flat) = (animation(Content::Dithered), animation(Content::Flat));
    let mut group = criterion.benchmark_group("paint");
    for (name, bytes) in [("duck", DUCK), ("dithered", &dithered), ("flat", &flat)] {
        let gif = walked(bytes);
        let mask = mask(&gif, &spec(Position::Bottom, Style::Overlay));
        let (plans, inks) = (plan(&gif, &mask, false), mask.inks.iter().map(InkRuns::of).collect::<Vec<_>>());
        let inks: Vec<&InkRuns<'_>> = inks.iter().collect();
        let palettes = Palettes::decide(bytes, &gif, &mask, &plans, false);
        let paintable = plans.iter().enumerate().filter(|(_, plan)| is_paintable(plan));
        let works: Vec<_> = paintable.map(|(k, plan)| work(bytes, &gif, k, *plan, &palettes, &inks)).collect();
        group.throughput(Throughput::Elements(works.iter().map(|work| work.frame.rect.area() as u64).sum()));
        let (mut reader, mut tools) = (StreamReader::default(), Tools::default());
        group.bench_function(name, |b| b.iter(|| paint(black_box(&works), &mut reader, &mut tools)));
    }
    group.finish();
}

criterion_group!(name = benches; config = criterion(); targets = lay_out, draw_mask, walk, plan_frames, paint_frames);
criterion_main!(benches);
