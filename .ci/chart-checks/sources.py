"""What the Rust sources say, so that the chart can be held against it without a build.

Read by asserts.py. It knows how the tables in the sources are written; when one is written otherwise, it finds too little
and says so, instead of letting everything pass.
"""

import pathlib
import re

REPO = pathlib.Path(__file__).resolve().parents[2]
READERS = {"CLUSTER": {"api", "worker"}, "FRONT": {"api"}, "BACK": {"worker"}, "ALL": {"api", "worker"}, "&[Serve]": set()}


def text(path):
    return (REPO / path).read_text()


def enough(what, found, least):
    if len(found) < least:
        raise SystemExit(f"sources.py found {len(found)} {what}, expected {least} or more: is the table written otherwise now?")
    return found


def settings():
    """The names that each process reads: {"api": {...}, "worker": {...}}."""
    rows = re.findall(r'^    \w+ = "(\w+)", Fallback::.*?, (CLUSTER|FRONT|BACK|ALL|&\[Serve\]), (?:true|false),$',
                      text("service/src/config/settings.rs"), re.M | re.S)
    by_process = {"api": set(), "worker": set()}
    for name, readers in enough("settings", rows, 35):
        for process in READERS[readers]:
            by_process[process].add(name)
    return by_process


def client_variables():
    """What `punchline submit` reads."""
    return set(enough("variables of the client", re.findall(r'env = "(\w+)"', text("punchline/src/client/http.rs")), 2))


def metrics():
    """Every series that can be scraped: {name: labels}."""
    series = {}

    def add(kind, name, labels):
        suffixes = {"Counter": ["_total"], "Gauge": [""], "Histogram": ["_bucket", "_sum", "_count"]}[kind]
        for suffix in suffixes:
            series[f"punchline_{name}{suffix}"] = labels | ({"le"} if suffix == "_bucket" else set())

    for path in ("api/src/metrics.rs", "worker/src/metrics.rs"):
        source = text(path)
        structs = {name: set(re.findall(r"^    (\w+):", body, re.M))
                   for name, body in re.findall(r"struct (\w+Labels) \{\n(.*?)\n\}", source, re.S)}
        kinds = dict(re.findall(r"^    (\w+): (?:Family<.*, )?(Counter|Gauge|Histogram)>?,$", source, re.M))
        labels = {field: structs[struct] for field, struct in re.findall(r"^    (\w+): Family<(\w+), ", source, re.M)}
        for field, given in re.findall(r"self\.(\w+)\.get_or_create_owned\(&\[(.*?)\]\)", source):
            labels[field] = set(re.findall(r'\("(\w+)", ', given))
        # The one that is no field of a struct with names.
        for struct, kind in re.findall(r"Metrics\(Family<(\w+), (\w+)>\)", source):
            kinds["attempts"], labels["attempts"] = kind, structs[struct]
        calls = re.findall(r'register(_with_unit)?\(\s*"(\w+)",(.*?)(?:metrics\.|m\.|, )(\w+)\.clone\(\),?\s*\);', source, re.S)
        # Or registered where the struct is made.
        made = re.findall(r'(\w+): registered(_with_unit)?\(\s*r,\s*"(\w+)",(.*?)(?=\n            \w+: |\n        \})', source, re.S)
        for unit, name, middle, field in calls + [(unit, name, rest, field) for field, unit, name, rest in made]:
            if unit:
                name += "_" + re.search(r"Unit::(\w+)", middle).group(1).lower()
            add(kinds[field], name, labels.get(field, set()))

    source = text("punchline/src/processes/broker_metrics.rs").split("#[cfg(test)]")[0]
    for function, kind in (("state", "Gauge"), ("counts", "Counter"), ("depths", "Gauge")):
        body = re.search(rf"^fn {function}\(.*?^}}", source, re.M | re.S).group(0)
        for name in re.findall(r'"((?:broker|queue)_\w+)"', body):
            add(kind, name, {"state": {"state"}, "counts": set()}.get(function, {"lane"} if name == "queue_ready_messages" else set()))
    return enough("series", series, 40)


def words():
    """Every word that stands in quotes in a source: values of labels are among them."""
    found = set()
    for folder in ("api/src", "worker/src", "broker/src", "caption-types/src", "proto-shared/src", "punchline/src"):
        for path in (REPO / folder).rglob("*.rs"):
            found.update(re.findall(r'"([a-z_]+)"', path.read_text()))
    return enough("words", found, 200)


def ops_paths():
    return set(enough("paths", re.findall(r'\.route\("(/\w+)"', text("service/src/listening/ops.rs")), 4))


def health_seconds():
    """How long a check may take, how long it may fail before a pod is not ready, and how long a vital one may."""
    source = text("service/src/health.rs")
    return tuple(int(re.search(rf"const {name}: Duration = Duration::from_secs\((\d+)\)", source).group(1))
                 for name in ("CHECK_TIMEOUT", "READY_GRACE", "VITAL_GRACE"))


def event_heartbeat_seconds():
    return int(re.search(r"HEARTBEAT: Duration = Duration::from_secs\((\d+)\)", text("api/src/jobs/events.rs")).group(1))


def subcommands():
    found = re.findall(r"^    ([A-Z]\w+)\(\w+::\w+Args\),$", text("punchline/src/main.rs"), re.M)
    return {name.lower() for name in enough("subcommands", found, 10)}


def flags(subcommand):
    """The long flags of a subcommand, those of the structs it takes in too."""
    seen, found = set(), set()

    def look(path):
        if path in seen:
            return
        seen.add(path)
        source = path.read_text()
        found.update(name.replace("_", "-") for name in re.findall(r"#\[arg\(.*?\)\]\n    (?:pub\(crate\) )?(\w+):", source, re.S))
        # The flags of captions are made one by one, as their order says which text they are about.
        found.update(re.findall(r'\b(?:words|file|flag)\(\s*"([a-z-]+)"', source))
        found.update(re.findall(r'^    \(\s*"([a-z-]+)",', source, re.M))
        taken = re.findall(r"#\[command\(flatten\)\]\n\s+(?:pub\(crate\) )?\w+: (\w+)", source)
        for name in taken + re.findall(r"struct \w+\((\w+)\);", source):
            for other in (REPO / "punchline/src").rglob("*.rs"):
                if re.search(rf"struct {name}( {{|\()", other.read_text()):
                    look(other)

    for path in (REPO / "punchline/src").rglob(f"{subcommand}.rs"):
        look(path)
    return found


def usage_exit_code():
    return int(re.search(r"Usage = (\d+)", text("punchline/src/exit.rs")).group(1))


def job_queues():
    return set(re.findall(r'^pub const JOBS\w*: &str = "(.*)";', text("proto-shared/src/queue.rs"), re.M))


def other_queues():
    source = text("proto-shared/src/queue.rs")
    return set(re.findall(r'^pub const DEAD: &str = "(.*)";', source, re.M)) | {"punchline.retry.5000ms"}


def special_networks():
    """Those that the api never asks on a stranger's word."""
    source = text("outbound/src/address.rs").split("#[cfg(test)]")[0]
    found = set()
    for a, b, c, d, prefix in re.findall(r"^    v4\((\d+), (\d+), (\d+), (\d+), (\d+)\)", source, re.M):
        found.add(f"{a}.{b}.{c}.{d}/{prefix}")
    for a, b, prefix in re.findall(r"^    v6\(0x(\w+), (\w+), (\d+)\)", source, re.M):
        second = int(b, 16)
        found.add(f"{int(a, 16):x}:{second:x}::/{prefix}" if second else f"{int(a, 16):x}::/{prefix}")
    return enough("special networks", found, 18)


def suspect_memory_bytes():
    factor, shift = re.search(r"SUSPECT_MEMORY_BYTES: u64 = (\d+) << (\d+)", text("punchline/src/processes/job_side.rs")).groups()
    return int(factor) << int(shift)


if __name__ == "__main__":
    for name, value in list(globals().items()):
        if callable(value) and getattr(value, "__module__", "") == "__main__" and value.__code__.co_argcount == 0:
            print(name, value() if name != "words" else len(value()))
    print(flags("sweep"), flags("submit"), flags("probe"))
