"""Sorts what `helm template` wrote by who can check it.

    split.py RENDERED OTHER_RENDERED FOLDER

RENDERED and OTHER_RENDERED are of two releases of Helm and must say the same. Writes FOLDER/core.yaml (what Kubernetes itself knows),
FOLDER/custom.json (what operators own; models.mjs) and, if there are any, FOLDER/rules.yaml (promtool).
"""

import json
import pathlib
import sys

import yaml

# Whoever adds a kind of another group has to say who checks it.
CUSTOM_GROUPS = {"keda.sh", "monitoring.coreos.com"}
CORE_GROUPS = {"", "apps", "autoscaling", "batch", "networking.k8s.io", "policy"}


def documents(file):
    with open(file) as stream:
        found = [document for document in yaml.load_all(stream, Loader=yaml.CSafeLoader) if document]
    return sorted(found, key=lambda document: (document["kind"], document["metadata"]["name"]))


def group(document):
    return document["apiVersion"].rpartition("/")[0]


def main(rendered, other, folder):
    found = documents(rendered)
    if found != documents(other):
        print(f"{rendered} and {other} differ", file=sys.stderr)
        return 1
    strange = [document["kind"] for document in found if group(document) not in CUSTOM_GROUPS | CORE_GROUPS]
    if strange:
        print(f"{rendered}: nobody checks {strange}", file=sys.stderr)
        return 1
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    custom = [document for document in found if group(document) in CUSTOM_GROUPS]
    (folder / "core.yaml").write_text(yaml.safe_dump_all([document for document in found if document not in custom]))
    (folder / "custom.json").write_text(json.dumps(custom))
    for document in custom:
        if document["kind"] == "PrometheusRule":
            (folder / "rules.yaml").write_text(yaml.safe_dump(document["spec"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
