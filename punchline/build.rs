//! Links `punchline` so that it starts soon: to caption a small GIF takes no longer than to start does.
//!
//! Cargo runs it. It concerns the link of this binary alone; no library's code depends on it.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    let is_glibc = target("OS") == "linux" && target("ENV") == "gnu";
    // A build that is static altogether has its own start, which these flags would break.
    if is_glibc && !target("FEATURE").contains("crt-static") {
        // At a fixed address nothing is left to relocate: a position-independent executable writes 26,000 pointers
        // at each start, into 107 pages that no other process can then share. Heap, stack and libraries stay at
        // random addresses.
        println!("cargo::rustc-link-arg-bins=-no-pie");
        // The unwinder comes with every GCC as an archive too: a library less to find, map and look names up in.
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}
