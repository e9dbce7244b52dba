//! Whole jobs on all processors, from bytes to captioned bytes, in bytes of the source a second.
//!
//! `cargo bench -p benches --bench jobs`. These say how a change moved; how the program stands beside others is
//! `benches/side_by_side.py`'s to say, by whole processes in one run.

use std::hint::black_box;

use benches::{DUCK, animation, criterion, spec};
use caption::{Limits, Position, Style};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use samples::Content;

fn jobs(criterion: &mut Criterion) {
    let limits = Limits::default();
    let (dithered, delta) = (animation(Content::Dithered), animation(Content::Delta));
    let mut group = criterion.benchmark_group("job");
    for (name, bytes) in [("duck", DUCK), ("dithered", &dithered), ("delta", &delta)] {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        for (style, spec) in [("overlay", spec(Position::Bottom, Style::Overlay)), ("bar", spec(Position::Top, Style::Bar))] {
            group.bench_function(format!("{style}, {name}"), |b| b.iter(|| caption::render(black_box(bytes), &spec, &limits)));
        }
    }
    group.finish();
}

criterion_group!(name = benches; config = criterion(); targets = jobs);
criterion_main!(benches);
