//! The engine on the repo's sample: the walk alone, and whole jobs, in bytes of the source a second.
//!
//! `cargo bench -p benches`. These say how a change moved; how the program stands beside others is
//! `benches/side_by_side.py`'s to say, by whole processes in one run.

use std::hint::black_box;

use benches::{DUCK, spec};
use caption::{At, Limits, Style};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn engine(criterion: &mut Criterion) {
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("engine");
    group.throughput(Throughput::Bytes(DUCK.len() as u64));
    group.bench_function("probe", |b| b.iter(|| caption::probe(black_box(DUCK), &limits)));
    for (name, at, style) in
        [("overlay", At::Bottom, Style::Overlay), ("bar above", At::Top, Style::Bar), ("bar below", At::Bottom, Style::Bar)]
    {
        let spec = spec(at, style);
        group.bench_function(name, |b| b.iter(|| caption::render(black_box(DUCK), &spec, &limits)));
    }
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
