"""What must hold of a rendered chart and no validator looks at: that its parts agree with each other and with the sources.

    asserts.py RENDERED VALUES [RENDERED VALUES]...

RENDERED is what `helm template` wrote, VALUES the file it was given. mutations.py breaks the chart and sees that these fail.
"""

import json
import re
import sys

import yaml

import processes
import reach
import schema
import watched
from rendered import Rendered, containers, facts, label, matches, variables

SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")


# ---- names and references

def names_are_unique(r):
    seen = set()
    for d in r.documents:
        key = (d["kind"], d["metadata"].get("namespace"), d["metadata"]["name"])
        r.check(key not in seen, f"{label(d)}: there are two of it")
        r.check(d["metadata"].get("namespace"), f"{label(d)}: has no namespace")
        r.check(len(d["metadata"]["name"]) <= (52 if d["kind"] == "CronJob" else 63), f"{label(d)}: its name is too long")
        seen.add(key)


def selectors_match_labels(r):
    templates = [t for _, t in r.pods()]
    for d in r.of("Deployment"):
        r.check(matches(d["spec"]["selector"]["matchLabels"], d["spec"]["template"]["metadata"]["labels"]),
                f"{label(d)}: its selector does not match its pods")
        for spread in d["spec"]["template"]["spec"].get("topologySpreadConstraints", []):
            r.check(matches(spread["labelSelector"]["matchLabels"], d["spec"]["template"]["metadata"]["labels"]),
                    f"{label(d)}: a topology spread does not count its own pods")
    selectors = [(d, d["spec"]["selector"], True) for d in r.of("Service")]
    selectors += [(d, d["spec"]["selector"]["matchLabels"], True) for d in r.of("PodDisruptionBudget", "PodMonitor")]
    selectors += [(d, d["spec"]["podSelector"].get("matchLabels", {}), False) for d in r.of("NetworkPolicy")]
    for d, selector, one_workload in selectors:
        selected = [w for w, t in r.pods() if matches(selector, t["metadata"]["labels"])]
        tests = d["kind"] == "NetworkPolicy" and selector.get("app.kubernetes.io/component") in ("test", "sweep")
        r.check(selected or tests, f"{label(d)}: selects no pod")
        r.check(not one_workload or len(selected) <= 1, f"{label(d)}: selects the pods of {len(selected)} workloads")
    for d in r.of("ServiceMonitor"):
        selected = [s for s in r.of("Service") if matches(d["spec"]["selector"]["matchLabels"], s["metadata"]["labels"])]
        r.check(len(selected) == 1, f"{label(d)}: selects {len(selected)} Services")
        for endpoint in d["spec"]["endpoints"]:
            r.check(any(endpoint["port"] == p["name"] for s in selected for p in s["spec"]["ports"]),
                    f"{label(d)}: the Service has no port {endpoint['port']}")
    r.check(templates, "there are no pods")


def ports_match(r):
    for d in r.of("Service"):
        ports = {p["name"] for _, t in r.pods() if matches(d["spec"]["selector"], t["metadata"]["labels"])
                 for c in containers(t) for p in c.get("ports", [])}
        for port in d["spec"]["ports"]:
            r.check(port["targetPort"] in ports, f"{label(d)}: its pods have no port {port['targetPort']}")
            r.check(d["spec"]["type"] != "LoadBalancer" or port["name"] != "ops" if "type" in d["spec"] else True,
                    f"{label(d)}: shows metrics to strangers")
    for workload, t in r.pods():
        for c in containers(t):
            own = {p["name"]: p["containerPort"] for p in c.get("ports", [])}
            seen = variables(r, c)
            for name, variable in (("http", "PUNCHLINE_LISTEN"), ("ops", "PUNCHLINE_OPS_LISTEN")):
                if name in own:
                    r.check(seen.get(variable, "").endswith(f":{own[name]}"), f"{label(workload)}: port {name} is not that of {variable}")
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if probe in c:
                    r.check(c[probe]["httpGet"]["port"] in own, f"{label(workload)}: {probe} asks a port that is not there")
    for d in r.of("NetworkPolicy"):
        selected = [t for _, t in r.pods() if matches(d["spec"]["podSelector"].get("matchLabels", {}), t["metadata"]["labels"])]
        for rule in d["spec"].get("ingress", []):
            for port in rule["ports"]:
                r.check(any(port["port"] == p["name"] for t in selected for c in containers(t) for p in c.get("ports", [])),
                        f"{label(d)}: lets in to a port {port['port']} that no pod has")
    for d in r.of("Ingress"):
        for rule in d["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                service = r.named("Service", path["backend"]["service"]["name"])
                r.check(service and path["backend"]["service"]["port"]["name"] in {p["name"] for p in service["spec"]["ports"]},
                        f"{label(d)}: goes to a Service or port that is not there")
    for d in r.of("PodMonitor"):
        ports = {p["name"] for _, t in r.pods() if matches(d["spec"]["selector"]["matchLabels"], t["metadata"]["labels"])
                 for c in containers(t) for p in c.get("ports", [])}
        for endpoint in d["spec"]["podMetricsEndpoints"]:
            r.check(endpoint["port"] in ports, f"{label(d)}: its pods have no port {endpoint['port']}")
    for d in r.of("ServiceMonitor", "PodMonitor"):
        for endpoint in d["spec"].get("endpoints", []) + d["spec"].get("podMetricsEndpoints", []):
            r.check(endpoint["path"] in facts()["ops_paths"], f"{label(d)}: asks {endpoint['path']}, which is not there")


def references_exist(r):
    declared = r.declared()

    def there(by, kind, name, key=None):
        made = r.named(kind, name)
        r.check(made or name in declared[kind], f"{label(by)}: {kind} {name} is neither made nor said to be there")
        if made and key:
            entries = {**made.get("data", {}), **made.get("stringData", {}), **made.get("binaryData", {})}
            r.check(key in entries, f"{label(by)}: {kind} {name} has no key {key}")

    for workload, t in r.pods():
        spec = t["spec"]
        for pull in spec.get("imagePullSecrets", []):
            there(workload, "Secret", pull["name"])
        account = spec.get("serviceAccountName", "default")
        r.check(account == "default" or r.named("ServiceAccount", account) or "serviceAccount" in json.dumps(r.values),
                f"{label(workload)}: ServiceAccount {account} is not made")
        for volume in spec.get("volumes", []):
            if "secret" in volume:
                there(workload, "Secret", volume["secret"]["secretName"])
            if "configMap" in volume:
                there(workload, "ConfigMap", volume["configMap"]["name"])
        mounted = {v["name"] for v in spec.get("volumes", [])}
        for c in containers(t):
            for mount in c.get("volumeMounts", []):
                r.check(mount["name"] in mounted, f"{label(workload)}: mounts {mount['name']}, which is no volume of it")
            for source in c.get("envFrom", []):
                there(workload, "ConfigMap", source["configMapRef"]["name"])
            for variable in c.get("env", []):
                reference = variable.get("valueFrom", {}).get("secretKeyRef")
                if reference:
                    there(workload, "Secret", reference["name"], reference["key"])
            keys_file = variables(r, c).get("PUNCHLINE_API_KEYS_FILE")
            if keys_file:
                r.check(any(keys_file.startswith(m["mountPath"] + "/") for m in c.get("volumeMounts", [])),
                        f"{label(workload)}: {keys_file} is on no volume")
                volume = next((v for v in spec.get("volumes", []) if v["name"] == "keys"), {})
                there(workload, "Secret", volume.get("secret", {}).get("secretName"), keys_file.rsplit("/", 1)[1])
    for d in r.of("TriggerAuthentication"):
        for target in d["spec"]["secretTargetRef"]:
            there(d, "Secret", target["name"], target["key"])
    for d in r.of("Ingress"):
        for tls in d["spec"].get("tls", []):
            there(d, "Secret", tls["secretName"])
    for d in r.of("ScaledObject"):
        for trigger in d["spec"]["triggers"]:
            if "authenticationRef" in trigger:
                r.check(r.named("TriggerAuthentication", trigger["authenticationRef"]["name"]), f"{label(d)}: its TriggerAuthentication is not made")


# ---- scaling

def scaling(r):
    targets = []
    for d in r.of(*SCALERS):
        spec = d["spec"]
        target = spec["scaleTargetRef"]["name"]
        deployment = r.named("Deployment", target)
        targets.append(target)
        r.check(deployment, f"{label(d)}: scales {target}, which is not there")
        r.check(deployment and "replicas" not in deployment["spec"], f"{label(d)}: Deployment {target} has replicas of its own")
        low = spec.get("minReplicas", spec.get("minReplicaCount"))
        high = spec.get("maxReplicas", spec.get("maxReplicaCount"))
        r.check(low <= high, f"{label(d)}: at least {low} and at most {high} pods")
        r.check(low >= 1 or d["kind"] == "ScaledObject", f"{label(d)}: would never come back from no pod")
        for metric in spec.get("metrics", []):
            source = metric[metric["type"].lower()]
            wanted = {"Utilization": "averageUtilization", "AverageValue": "averageValue", "Value": "value"}[source["target"]["type"]]
            r.check(set(source["target"]) == {"type", wanted}, f"{label(d)}: a target of type {source['target']['type']} needs {wanted}")
            if metric["type"] == "Resource":
                for c in deployment["spec"]["template"]["spec"]["containers"] if deployment else []:
                    r.check("cpu" in c["resources"].get("requests", {}), f"{label(d)}: percent of a CPU request that {c['name']} does not make")
            if metric["type"] == "External":
                # Value would divide nothing: each new pod would ask for still more.
                r.check(source["target"]["type"] == "AverageValue", f"{label(d)}: the queue's length must be an average over pods")
                per_pod(r, d, float(source["target"]["averageValue"]))
        for trigger in spec.get("triggers", []):
            metadata = trigger["metadata"]
            r.check(trigger.get("metricType") == "AverageValue", f"{label(d)}: the queue's length must be an average over pods")
            r.check(all(isinstance(value, str) for value in metadata.values()), f"{label(d)}: a trigger's metadata must be texts")
            per_pod(r, d, float(metadata.get("value", metadata.get("threshold"))))
            if trigger["type"] == "rabbitmq":
                pattern = re.compile(metadata["queueName"])
                r.check(all(pattern.search(q) for q in facts()["job_queues"]), f"{label(d)}: does not count all queues of jobs")
                r.check(not any(pattern.search(q) for q in facts()["other_queues"]), f"{label(d)}: counts messages that no worker can take")
                r.check((metadata["protocol"], metadata["operation"], metadata["useRegex"]) == ("http", "sum", "true"),
                        f"{label(d)}: only the management API adds ready and unacked, of both queues")
            else:
                watched.promql(r, d, metadata["query"])
        behavior = spec.get("behavior") or spec.get("advanced", {}).get("horizontalPodAutoscalerConfig", {}).get("behavior", {})
        r.check(behavior["scaleUp"]["stabilizationWindowSeconds"] == 0, f"{label(d)}: does not go up at once")
        down = behavior["scaleDown"]
        r.check(down["stabilizationWindowSeconds"] == 300 and down["policies"] == [{"type": "Percent", "value": 25, "periodSeconds": 60}],
                f"{label(d)}: goes down otherwise than by a quarter a minute after 300 s")
    r.check(len(targets) == len(set(targets)), "two autoscalers for one Deployment")
    for d in r.of("Deployment"):
        r.check(("replicas" in d["spec"]) != (d["metadata"]["name"] in targets), f"{label(d)}: has replicas and an autoscaler, or neither")


def per_pod(r, d, messages):
    """P x k of the values: jobs in hand, times how many mean jobs fit into the wait that is wanted."""
    given = r.values.get("worker", {}).get("autoscaling", {})
    worker = r.named("Deployment", d["spec"]["scaleTargetRef"]["name"])
    jobs_in_hand = int(variables(r, worker["spec"]["template"]["spec"]["containers"][0])["PUNCHLINE_PARALLELISM"])
    k = max(1, given.get("wantedWaitSeconds", 0) / given.get("meanJobSeconds", 0.19))
    r.check(messages == given.get("messagesPerReplica", int(jobs_in_hand * k)), f"{label(d)}: {messages} messages a pod, not P x k = {jobs_in_hand} x {k}")


def budgets(r):
    for d in r.of("PodDisruptionBudget"):
        r.check(d["spec"].get("maxUnavailable") not in (0, "0%") and "minAvailable" not in d["spec"], f"{label(d)}: may forbid every drain")
    for workload in r.of("Deployment"):
        update = workload["spec"]["strategy"]["rollingUpdate"]
        r.check(update["maxUnavailable"] == 0 and update["maxSurge"] != 0, f"{label(workload)}: a rollout takes pods away before there are new ones")


CHECKS = (
    names_are_unique, selectors_match_labels, ports_match, references_exist, scaling, budgets,
    processes.settings_are_known, processes.one_looks_for_lost_jobs, processes.probes, processes.shutdown, processes.memory_and_disk, processes.restricted,
    processes.config_makes_rollouts, processes.cron_jobs,
    reach.front, reach.network,
    watched.alerts, watched.dashboard,
)


def examine(documents, values):
    r = Rendered(documents, values)
    for check in CHECKS:
        try:
            check(r)
        except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
            # A chart so far from what is expected that it can't be looked at is no better than one that fails.
            r.wrong.append(f"{check.__name__} could not go on: {error!r}")
    return r


def main(arguments):
    total, wrong = schema.check()
    for rendered, values in zip(arguments[::2], arguments[1::2], strict=True):
        with open(rendered) as stream, open(values) as given:
            r = examine(yaml.load_all(stream, Loader=yaml.CSafeLoader), yaml.safe_load(given))
        total += r.checks
        wrong += len(r.wrong)
        for message in r.wrong:
            print(f"{values}: {message}", file=sys.stderr)
    print(f"{total} assertions on {len(arguments) // 2} renderings, {wrong} failed")
    return 1 if wrong or not total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
