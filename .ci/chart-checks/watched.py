"""Alerts, dashboard and triggers ask only for what the sources make: series, labels and the values that labels take."""

import json
import re

import sources
from rendered import facts, label

# Of kube-state-metrics.
OTHER_SERIES = {"kube_cronjob_status_last_successful_time": {"namespace", "cronjob"}}
# Which the monitors add.
SCRAPE_LABELS = {"namespace", "app_kubernetes_io_instance"}
STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
FUNCTIONS = {"sum", "max", "min", "count", "rate", "increase", "histogram_quantile", "absent", "vector", "time", "by", "on", "unless", "and", "or",
             "label_values"}


def promql(r, by, expression):
    """Every series and label of an expression is one that the sources make."""
    series = facts()["metrics"]
    bare = STRINGS.sub('""', expression.replace("$__rate_interval", "5m").replace("$namespace", "n").replace("$release", "r"))
    selectors = re.findall(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^}]*)\}", bare)
    named = set(re.findall(r"\b(?:punchline|kube)_\w+", bare))
    r.check(named, f"{label(by)}: asks for nothing of ours: {expression}")
    for name in named:
        r.check(name in series or name in OTHER_SERIES, f"{label(by)}: nothing makes {name}")
    labels_of = {name: series.get(name, OTHER_SERIES.get(name, set())) | SCRAPE_LABELS for name in named}
    for name, inner in selectors:
        for key in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inner):
            r.check(key in labels_of.get(name, set()), f"{label(by)}: {name} has no label {key}")
    for group in re.findall(r"\bby\s*\(([^)]*)\)", bare):
        for key in re.split(r"\s*,\s*", group.strip()):
            r.check(any(key in labels for labels in labels_of.values()), f"{label(by)}: nothing has the label {key}")
    for key, text in re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"', expression):
        if key not in SCRAPE_LABELS | {"cronjob"}:
            for word in text.split("|"):
                r.check(word in facts()["words"], f"{label(by)}: {key} is never {word}")
    words = set(re.findall(r"\b[a-z_]+\b(?=\s*\()", bare))
    r.check(words <= FUNCTIONS, f"{label(by)}: unknown functions {words - FUNCTIONS}")


def alerts(r):
    headings = set(re.findall(r"^### (\w+)$", sources.text("docs/KUBERNETES.md"), re.M))
    for d in r.of("PrometheusRule"):
        for rule in (rule for group in d["spec"]["groups"] for rule in group["rules"]):
            promql(r, d, rule["expr"])
            if "alert" in rule:
                name = rule["alert"]
                r.check(name in headings, f"{label(d)}: docs/KUBERNETES.md does not say what to do about {name}")
                r.check(rule["annotations"]["runbook"].endswith("#" + name.lower()), f"{label(d)}: {name} points to another alert's runbook")
                url = rule["annotations"].get("runbook_url", "#" + name.lower())
                r.check(url.endswith("#" + name.lower()), f"{label(d)}: {name} points to another alert's runbook")
                r.check(rule["labels"]["severity"] in ("critical", "warning", "info"), f"{label(d)}: severity of {name}")


def dashboard(r):
    for d in (c for c in r.of("ConfigMap") if "punchline.json" in c.get("data", {})):
        board = json.loads(d["data"]["punchline.json"])
        ids = [panel["id"] for panel in board["panels"]]
        r.check(len(ids) == len(set(ids)), f"{label(d)}: two panels of one id")
        taken = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            r.check(not cells & taken and place["x"] + place["w"] <= 24, f"{label(d)}: {panel['title']} lies over another panel")
            taken |= cells
            for target in panel.get("targets", []):
                promql(r, d, target["expr"])
                r.check('namespace="$namespace",app_kubernetes_io_instance="$release"' in target["expr"], f"{label(d)}: {panel['title']} mixes releases")
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                promql(r, d, variable["definition"])
