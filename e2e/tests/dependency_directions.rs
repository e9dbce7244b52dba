//! Keeps the arrows between our crates, and a few between ours and others', as `docs/ARCHITECTURE.md` draws them.
//!
//! `punchline -> {api, worker} -> {broker, store, service, fonts} -> proto-shared`, `api -> outbound`, and
//! `{worker, punchline} -> caption -> emoji -> caption-layout <- {api, fonts}`: what decodes is in `caption`, which the process that
//! faces the internet can't name. Dev-dependencies are free; `e2e` and `benches` may use all.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// What each crate of ours may use of ours. A new crate needs a line here.
const ALLOWED: &[(&str, &[&str])] = &[
    ("proto-shared", &["caption-types"]),
    ("caption-types", &[]),
    ("caption-layout", &["caption-types"]),
    ("emoji", &["caption-layout"]),
    ("caption", &["caption-layout", "caption-types", "emoji", "gif-encoder", "h264-decoder", "webp-encoder"]),
    ("webp-encoder", &[]),
    ("gif-encoder", &[]),
    ("h264-decoder", &[]),
    ("samples", &[]),
    ("scaling", &[]),
    ("fonts", &["proto-shared", "caption-layout"]),
    ("broker", &["proto-shared"]),
    ("store", &["proto-shared"]),
    ("service", &["caption-types"]),
    ("outbound", &["proto-shared"]),
    ("api", &["broker", "store", "service", "fonts", "outbound", "proto-shared", "caption-layout", "emoji"]),
    ("worker", &["broker", "store", "service", "fonts", "proto-shared", "caption"]),
    ("punchline", &["api", "worker", "broker", "store", "service", "fonts", "outbound", "proto-shared", "caption"]),
];

/// Crates that exist to test or measure the others.
const FREE: &[&str] = &["e2e", "benches"];

/// Crates of others that stop at one of ours: (what, who may use it, why nobody else may).
const CONFINED: &[(&str, &[&str], &str)] = &[
    ("lapin", &["broker"], "AMQP's types stop at broker, so that the in-process broker can stand in for it"),
    ("object_store", &["store"], "the store's types stop at store"),
    ("axum", &["api", "service", "worker"], "HTTP is spoken by api and by the operations listener"),
    ("reqwest", &["outbound", "punchline"], "who asks a host that a stranger has named does so behind the guard"),
    ("caption", &["worker", "punchline"], "a hostile upload must meet no decoder in the process that faces the internet"),
    ("openh264", &["h264-decoder"], "C that decodes strangers' bytes stops at one crate, which says how it must be run"),
    ("rayon", &["caption", "worker", "punchline"], "the CPU pool belongs to the engine and to who runs it"),
];

/// Crates of others that would break what one of ours promises: (ours, what, why).
const FORBIDDEN: &[(&str, &[&str], &str)] = &[
    (
        "caption-types",
        &["tokio", "lapin", "object_store", "axum", "reqwest", "rayon", "rand", "time"],
        "it is data that every part shares, the engine among them",
    ),
    (
        "proto-shared",
        &["tokio", "lapin", "object_store", "axum", "reqwest", "rayon"],
        "it is data: nothing in it waits, computes or touches a network",
    ),
    (
        "caption-layout",
        &["fontdue", "gif", "image", "imageproc", "rayon", "tokio", "reqwest", "axum", "lapin", "object_store", "rand", "time"],
        "it says what can be said without decoding or drawing a pixel, and is as pure as the engine",
    ),
    (
        "caption",
        &["tokio", "async-std", "futures", "reqwest", "axum", "lapin", "object_store", "rand", "time", "chrono"],
        "the engine is pure: no async, clock, chance or network, so its output is the same everywhere",
    ),
];

struct Edge<'a> {
    from: &'a str,
    to: &'a str,
}

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")).no_deps().exec().unwrap()
}

/// Dependencies that end up in what is shipped, so not the dev ones.
fn edges(package: &Package) -> impl Iterator<Item = Edge<'_>> {
    package
        .dependencies
        .iter()
        .filter(|d| d.kind != DependencyKind::Development)
        .map(|d| Edge { from: &package.name, to: &d.name })
}

/// Every edge that breaks a rule, with the reason.
fn broken(packages: &[&Package]) -> Vec<String> {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let ours: BTreeSet<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    let mut broken = Vec::new();
    for package in packages.iter().filter(|p| !FREE.contains(&p.name.as_str())) {
        let Some(may_use) = allowed.get(package.name.as_str()) else {
            broken.push(format!("{}: no rule says what it may use; add it to ALLOWED", package.name));
            continue;
        };
        for Edge { from, to } in edges(package) {
            if ours.contains(to) && !may_use.contains(&to) {
                broken.push(format!("{from} -> {to}: of our crates it may use only {may_use:?}; arrows run one way"));
            }
            for (_, users, why) in CONFINED.iter().filter(|(what, users, _)| *what == to && !users.contains(&from)) {
                broken.push(format!("{from} -> {to}: only {users:?} may use it, because {why}"));
            }
            for (_, _, why) in FORBIDDEN.iter().filter(|(who, what, _)| *who == from && what.contains(&to)) {
                broken.push(format!("{from} -> {to}: {why}"));
            }
        }
    }
    broken
}

#[test]
fn arrows_between_crates_run_one_way() {
    let metadata = metadata();
    let broken = broken(&metadata.workspace_packages());
    assert!(broken.is_empty(), "forbidden dependencies:\n{}", broken.join("\n"));
}

#[test]
fn every_rule_is_about_a_crate_that_exists() {
    let metadata = metadata();
    let members: BTreeSet<_> = metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
    let ruled: BTreeSet<_> = ALLOWED.iter().map(|(name, _)| *name).chain(FREE.iter().copied()).map(str::to_owned).collect();
    assert_eq!(members, ruled);
}

/// The rules themselves: each forbidden edge, added to the real graph, is found and named.
#[test]
fn a_forbidden_edge_is_found() {
    let metadata = metadata();
    let add = |from: &str, to: &str, change: fn(&mut cargo_metadata::Dependency)| {
        let mut packages: Vec<Package> = metadata.workspace_packages().into_iter().cloned().collect();
        let mut edge = packages.iter().flat_map(|p| &p.dependencies).find(|d| d.kind == DependencyKind::Normal).unwrap().clone();
        to.clone_into(&mut edge.name);
        edge.features.clear();
        change(&mut edge);
        let package = packages.iter_mut().find(|p| p.name == from).unwrap();
        package.dependencies.retain(|d| d.name != to);
        package.dependencies.push(edge);
        broken(&packages.iter().collect::<Vec<_>>())
    };
    let no_change: fn(&mut cargo_metadata::Dependency) = |_| {};
    for (from, to) in [
        ("caption", "proto-shared"),
        ("caption-layout", "caption"),
        ("caption-layout", "image"),
        ("api", "caption"),
        ("fonts", "caption"),
        ("proto-shared", "caption"),
        ("proto-shared", "tokio"),
        ("broker", "store"),
        ("store", "broker"),
        ("service", "api"),
        ("worker", "api"),
        ("api", "worker"),
        ("api", "punchline"),
        ("worker", "lapin"),
        ("api", "object_store"),
        ("api", "reqwest"),
        ("punchline", "axum"),
        ("caption", "tokio"),
    ] {
        let found = add(from, to, no_change);
        assert!(
            found.iter().any(|line| line.starts_with(&format!("{from} -> {to}:"))),
            "{from} -> {to} was not found: {found:?}"
        );
    }
    let dev = add("caption", "proto-shared", |d| d.kind = DependencyKind::Development);
    assert!(!dev.iter().any(|line| line.contains("caption -> proto-shared")), "a dev-dependency was counted: {dev:?}");
}
