"""A rendered chart: its documents, and how to find in them what belongs together. For asserts.py and watched.py."""

import functools
import re

import sources

WORKLOADS = {"Deployment": ("spec", "template"), "CronJob": ("spec", "jobTemplate", "spec", "template"), "Pod": ()}


@functools.cache
def facts():
    """What the sources say, read once."""
    return {name: getattr(sources, name)() for name in (
        "settings", "client_variables", "metrics", "words", "ops_paths", "health_seconds", "event_heartbeat_seconds", "subcommands",
        "usage_exit_code", "job_queues", "other_queues", "special_networks", "suspect_memory_bytes")}


class Rendered:
    def __init__(self, documents, values):
        self.documents = [d for d in documents if d]
        self.values = values or {}
        self.wrong = []
        self.checks = 0

    def check(self, holds, message):
        self.checks += 1
        if not holds:
            self.wrong.append(message)

    def of(self, *kinds):
        return [d for d in self.documents if d["kind"] in kinds]

    def named(self, kind, name):
        return next((d for d in self.of(kind) if d["metadata"]["name"] == name), None)

    def pods(self):
        """(workload, pod template) of everything that makes pods."""
        for document in self.of(*WORKLOADS):
            template = document
            for key in WORKLOADS[document["kind"]]:
                template = template[key]
            yield document, template

    def declared(self):
        """Names that the values say are there already: {kind: names}."""
        found = {"Secret": set(self.values.get("images", {}).get("pullSecrets", [])), "ConfigMap": set()}

        def look(value):
            if isinstance(value, dict):
                for key, inner in value.items():
                    if key in ("existingSecret", "secretName") and isinstance(inner, str):
                        found["Secret"].add(inner)
                    if key == "configMap" and isinstance(inner, dict):
                        found["ConfigMap"].add(inner.get("name"))
                    look(inner)
            elif isinstance(value, list):
                for inner in value:
                    look(inner)

        look(self.values)
        return found


def label(document):
    return f"{document['kind']} {document['metadata']['name']}"


def containers(template):
    return template["spec"].get("initContainers", []) + template["spec"]["containers"]


def matches(selector, labels):
    return all(labels.get(key) == value for key, value in selector.items())


def quantity(text):
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text)).groups()
    return float(number) * {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}[unit]


def variables(r, container):
    """Names and texts that a container sees; None for a text from elsewhere."""
    found = {}
    for source in container.get("envFrom", []):
        config = r.named("ConfigMap", source["configMapRef"]["name"])
        found.update(config["data"] if config else {})
    for variable in container.get("env", []):
        found[variable["name"]] = variable.get("value")
    return found
