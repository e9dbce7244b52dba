"""The chart's schema is closed everywhere, and the settings that it lets through are those that the processes read. For asserts.py."""

import json
import sys

import sources
from rendered import facts

# What the chart itself sets, from values of its own.
SET_BY_THE_CHART = {f"PUNCHLINE_{name}" for name in (
    "AMQP_URL", "STORE_URL", "LISTEN", "OPS_LISTEN", "PARALLELISM", "FONT_DIR", "LOG_FORMAT", "MAX_UPLOAD_BYTES", "MAX_STILL_BYTES", "UPLOADS_IN_FLIGHT_BYTES",
    "SPOOL_DIR", "API_KEYS_FILE", "OPEN", "TRUSTED_PROXIES", "SOURCE_URLS", "WEBHOOK_SECRET", "OUTBOUND_ALLOW", "HEAD_TIMEOUT_S",
    "REQUEST_TIMEOUT_S", "JOB_TIMEOUT_S", "SHUTDOWN_GRACE_S", "LOOK_FOR_LOST")}
# Goes into the manifest as it is; Kubernetes' own schema has the say.
OPEN = {"#/definitions/kubernetesObject", "#/definitions/kubernetesObjects/items", "#/properties/global"}
# Can be given in both places.
EVERYWHERE = {"PUNCHLINE_LOG"}


def objects(schema, path="#"):
    """Every place of the schema where an object may stand."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path, schema
        for key, inner in schema.items():
            yield from objects(inner, f"{path}/{key}")


def check():
    """How much was looked at, and how much of it is wrong."""
    schema = json.loads(sources.text("charts/punchline/values.schema.json"))
    known = facts()["settings"]
    wrong, looked_at = [], 0
    for path, inner in objects(schema):
        looked_at += 1
        if "additionalProperties" not in inner and path not in OPEN:
            wrong.append(f"{path} takes everything")
    given = {where: set(at["properties"]["env"]["properties"]) for where, at in (
        ("both", schema), ("api", schema["properties"]["api"]), ("worker", schema["properties"]["worker"]))}
    wanted = {
        "both": known["api"] & known["worker"] - SET_BY_THE_CHART,
        "api": known["api"] - known["worker"] - SET_BY_THE_CHART | EVERYWHERE,
        "worker": known["worker"] - known["api"] - SET_BY_THE_CHART | EVERYWHERE,
    }
    for where, names in wanted.items():
        looked_at += 1
        names = {name for name in names if name.startswith("PUNCHLINE_")}
        if names != given[where]:
            wrong.append(f"settings for {where}: {sorted(names ^ given[where])} are not in both the schema and the sources")
    for message in wrong:
        print(f"values.schema.json: {message}", file=sys.stderr)
    return looked_at, len(wrong)
