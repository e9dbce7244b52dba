#!/usr/bin/env bash
# What docs/SCALING.md says of this machine: broker rates, and real runs beside their simulations.
#
#     benches/service/scaling.sh rates|runs [FOLDER for plots]
#
# Workers are built with the feature `faults`: a job dawdles after each frame, so that four fit beside each other on two CPUs.
# PUNCHLINE_BIN names one that was built so already.
set -euo pipefail
cd "$(dirname "$0")/../.."
case ${1:-} in
    rates) test=broker_rates::rates_of_quorum_queues ;;
    runs) test=simulated_and_real ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
if [ -z "${PUNCHLINE_BIN:-}" ]; then
    cargo build --release -p punchline --features faults
    export PUNCHLINE_BIN=${CARGO_TARGET_DIR:-$PWD/target}/release/punchline
fi
[ -z "${2:-}" ] || export PUNCHLINE_PLOTS=$(cd "$2" && pwd)
echo "$(nproc) CPUs, load average $(cut -d' ' -f1 /proc/loadavg) before" >&2
cargo test --quiet -p e2e --features servers --test scaling -- --ignored --exact --nocapture "$test"
echo "load average $(cut -d' ' -f1 /proc/loadavg) after" >&2
