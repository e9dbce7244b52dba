"""What must hold of a rendered chart and no validator looks at: that its parts agree with each other and with the sources.

    asserts.py RENDERED VALUES [RENDERED VALUES]...

RENDERED is what `helm template` wrote, VALUES the file it was given. mutations.py breaks the chart and sees that these fail.
"""

import ipaddress
import json
import re
import sys

import yaml

import schema
import sources
import watched
from rendered import Rendered, containers, facts, label, matches, quantity, variables

SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
GRACE_MARGIN_S = 15


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
                        f"{label(d)}: leads to a Service or port that is not there")
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
    k = max(1, given.get("wantedWaitSeconds", 30) / given.get("meanJobSeconds", 0.25))
    r.check(messages == given.get("messagesPerReplica", int(jobs_in_hand * k)), f"{label(d)}: {messages} messages a pod, not P x k = {jobs_in_hand} x {k}")


def budgets(r):
    for d in r.of("PodDisruptionBudget"):
        r.check(d["spec"].get("maxUnavailable") not in (0, "0%") and "minAvailable" not in d["spec"], f"{label(d)}: may forbid every drain")
    for workload in r.of("Deployment"):
        update = workload["spec"]["strategy"]["rollingUpdate"]
        r.check(update["maxUnavailable"] == 0 and update["maxSurge"] != 0, f"{label(workload)}: a rollout takes pods away before there are new ones")


# ---- the process

def settings_are_known(r):
    known = facts()["settings"]
    for workload, t in r.pods():
        component = t["metadata"]["labels"]["app.kubernetes.io/component"]
        names = {"api": known["api"], "test": facts()["client_variables"] | {"POD_UID"}}.get(component, known["worker"])
        for c in containers(t):
            seen = variables(r, c)
            for name in seen:
                ours = name.startswith(("PUNCHLINE_", "AWS_"))
                r.check(name in names or not ours, f"{label(workload)}: {component} reads no {name}")
            for source in c.get("envFrom", []):
                config = r.named("ConfigMap", source["configMapRef"]["name"])
                for name in config["data"] if config else []:
                    r.check(name in names, f"{label(workload)}: {component} reads no {name}")
                    r.check("SECRET" not in name and "AMQP" not in name, f"{label(config)}: holds a secret")
            if component in ("api", "worker", "sweep"):
                for required in ("PUNCHLINE_AMQP_URL", "PUNCHLINE_STORE_URL"):
                    r.check(required in seen, f"{label(workload)}: {required} is missing")
            if component == "api":
                r.check(("PUNCHLINE_OPEN" in seen) != ("PUNCHLINE_API_KEYS_FILE" in seen), f"{label(workload)}: neither open nor with keys, or both")
            command = c.get("command", [])
            r.check(command[0] == "punchline" and command[1] in facts()["subcommands"], f"{label(workload)}: no such command: {command}")
            for argument in c.get("args", []):
                if argument.startswith("--"):
                    flag = argument[2:].split("=")[0]
                    r.check(flag in sources.flags(command[1]), f"{label(workload)}: {command[1]} has no flag --{flag}")


def probes(r):
    check_s, vital_s = facts()["health_seconds"]
    paths = {"startupProbe": "/startupz", "readinessProbe": "/readyz", "livenessProbe": "/healthz"}
    for d in r.of("Deployment"):
        for c in d["spec"]["template"]["spec"]["containers"]:
            for kind, path in paths.items():
                probe = c.get(kind)
                r.check(probe, f"{label(d)}: no {kind}")
                if not probe:
                    continue
                r.check(probe["httpGet"]["path"] == path and path in facts()["ops_paths"], f"{label(d)}: {kind} does not ask {path}")
                r.check(probe["timeoutSeconds"] > check_s, f"{label(d)}: {kind} gives up before the checks behind it ({check_s} s)")
            if "startupProbe" in c:
                budget = c["startupProbe"]["periodSeconds"] * c["startupProbe"]["failureThreshold"]
                r.check(budget >= vital_s, f"{label(d)}: a start may wait {budget} s for a broker, a running process {vital_s} s")


def shutdown(r):
    for d in r.of("Deployment"):
        spec = d["spec"]["template"]["spec"]
        for c in spec["containers"]:
            sleep = c.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            drain = int(variables(r, c)["PUNCHLINE_SHUTDOWN_GRACE_S"])
            wanted = sleep + drain + GRACE_MARGIN_S
            r.check(spec["terminationGracePeriodSeconds"] == wanted,
                    f"{label(d)}: grace of {spec['terminationGracePeriodSeconds']} s is not sleep {sleep} + drain {drain} + {GRACE_MARGIN_S}")
            if c["name"] == "worker":
                r.check("lifecycle" not in c, f"{label(d)}: nobody has to forget a worker before it ends")
                r.check(drain > int(variables(r, c)["PUNCHLINE_JOB_TIMEOUT_S"]), f"{label(d)}: its longest job does not fit into its drain")
            else:
                r.check(sleep >= 5, f"{label(d)}: SIGTERM before endpoints are gone")


def memory_and_disk(r):
    for d in r.of("Deployment"):
        spec = d["spec"]["template"]["spec"]
        for c in spec["containers"]:
            seen = variables(r, c)
            limits = c["resources"].get("limits", {})
            if c["name"] == "worker":
                # The kernel ends all processes of a container together, so the suspect's limit must be met first.
                room = quantity(limits.get("memory", "1024Gi")) - facts()["suspect_memory_bytes"]
                r.check(room >= 512 * 2**20, f"{label(d)}: what a worker may have died of can take the pod with it: {limits.get('memory')}")
                cpus = max(1, int(quantity(limits["cpu"]))) if "cpu" in limits else None
                given = r.values.get("worker", {}).get("parallelism")
                r.check(given or cpus and int(seen["PUNCHLINE_PARALLELISM"]) == 3 * cpus, f"{label(d)}: jobs in hand are not three for each of {cpus} CPUs")
            else:
                spool = next(v for v in spec["volumes"] if v["name"] == "spool")["emptyDir"]
                r.check(quantity(spool["sizeLimit"]) >= int(seen["PUNCHLINE_UPLOADS_IN_FLIGHT_BYTES"]), f"{label(d)}: uploads don't fit into the spool")
                r.check("medium" not in spool, f"{label(d)}: the spool is memory")
                r.check(any(m["mountPath"] == seen["PUNCHLINE_SPOOL_DIR"] for m in c["volumeMounts"]), f"{label(d)}: the spool is not where it is looked for")
            r.check("memory" in limits, f"{label(d)}: no limit of memory")


def restricted(r):
    for workload, t in r.pods():
        pod = t["spec"]["securityContext"]
        r.check(pod["runAsNonRoot"] is True and pod["seccompProfile"] == {"type": "RuntimeDefault"}, f"{label(workload)}: not restricted")
        r.check(t["spec"].get("automountServiceAccountToken") is False, f"{label(workload)}: has a token for the cluster")
        r.check(t["spec"].get("enableServiceLinks") is False, f"{label(workload)}: service links make names that look like settings")
        r.check(not any("hostPath" in v for v in t["spec"].get("volumes", [])), f"{label(workload)}: mounts a folder of the node")
        for c in containers(t):
            context = c["securityContext"]
            r.check(context == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
                    f"{label(workload)}: {c['name']} is not restricted")
    for d in r.of("ServiceAccount"):
        r.check(d.get("automountServiceAccountToken") is False, f"{label(d)}: hands out a token")


def config_makes_rollouts(r):
    for d in r.of("Deployment"):
        template = d["spec"]["template"]["metadata"]
        r.check(len(template["annotations"].get("checksum/config", "")) == 64, f"{label(d)}: a changed setting starts no new pods")
        r.check("helm.sh/chart" not in template["labels"], f"{label(d)}: every release of the chart would be a rollout")


def cron_jobs(r):
    for d in r.of("CronJob"):
        job = d["spec"]["jobTemplate"]["spec"]
        r.check(d["spec"]["concurrencyPolicy"] == "Forbid" and job.get("activeDeadlineSeconds"), f"{label(d)}: may pile up, or hang for ever")
        r.check(job["template"]["spec"]["restartPolicy"] == "Never", f"{label(d)}: podFailurePolicy needs restartPolicy Never")
        codes = [v for rule in job["podFailurePolicy"]["rules"] for v in rule.get("onExitCodes", {}).get("values", [])]
        names = [rule["onExitCodes"]["containerName"] for rule in job["podFailurePolicy"]["rules"] if "onExitCodes" in rule]
        r.check(codes == [facts()["usage_exit_code"]], f"{label(d)}: a wrong setting does not end with {codes}")
        r.check(names == [c["name"] for c in job["template"]["spec"]["containers"]], f"{label(d)}: looks at another container's exit")


# ---- the network

def front(r):
    heartbeat = facts()["event_heartbeat_seconds"]
    for d in r.of("Ingress"):
        annotations = d["metadata"].get("annotations", {})
        api = next(c for w in r.of("Deployment") for c in w["spec"]["template"]["spec"]["containers"] if c["name"] == "api")
        seen = variables(r, api)
        silence = max(int(seen["PUNCHLINE_REQUEST_TIMEOUT_S"]), heartbeat)
        keep_alive = int(seen["PUNCHLINE_HEAD_TIMEOUT_S"])
        nginx, alb = "nginx.ingress.kubernetes.io/", "alb.ingress.kubernetes.io/"
        if d["spec"].get("ingressClassName") == "nginx":
            body = quantity(annotations[nginx + "proxy-body-size"].replace("m", "Mi"))
            r.check(int(seen["PUNCHLINE_MAX_UPLOAD_BYTES"]) + 2**20 <= body <= int(seen["PUNCHLINE_MAX_UPLOAD_BYTES"]) + 2**21, f"{label(d)}: takes bodies up to {body}")
            r.check(int(annotations[nginx + "proxy-read-timeout"]) > silence, f"{label(d)}: gives up while Prefer: wait is silent ({silence} s)")
            r.check(annotations[nginx + "proxy-buffering"] == "off" == annotations[nginx + "proxy-request-buffering"], f"{label(d)}: holds events or uploads back")
            r.check(keep_alive > 60, f"{label(d)}: nginx keeps connections for 60 s, the api closes them after {keep_alive}")
        if d["spec"].get("ingressClassName") == "alb":
            idle = int(re.search(r"idle_timeout\.timeout_seconds=(\d+)", annotations[alb + "load-balancer-attributes"]).group(1))
            r.check(idle > silence, f"{label(d)}: gives up while Prefer: wait is silent ({silence} s)")
            r.check(keep_alive > idle, f"{label(d)}: keeps connections for {idle} s, the api closes them after {keep_alive}")
            r.check(annotations[alb + "healthcheck-path"] in facts()["ops_paths"] - {"/metrics"}, f"{label(d)}: asks a path for health that the front has not")
            r.check(annotations[alb + "target-type"] == "ip", f"{label(d)}: needs node ports")
            r.check(isinstance(json.loads(annotations[alb + "listen-ports"]), list), f"{label(d)}: listen-ports is no JSON")
        r.check(all(isinstance(value, str) for value in annotations.values()), f"{label(d)}: an annotation is no text")


def network(r):
    policies = r.of("NetworkPolicy")
    if not policies:
        r.check(r.values.get("networkPolicy", {}).get("enabled") is False, "no NetworkPolicy, and nobody said so")
        return
    for workload, t in r.pods():
        labels = t["metadata"]["labels"]
        mine = [p for p in policies if matches(p["spec"]["podSelector"].get("matchLabels", {}), labels)]
        r.check(any(set(p["spec"]["policyTypes"]) == {"Ingress", "Egress"} and "ingress" not in p["spec"] and "egress" not in p["spec"] for p in mine),
                f"{label(workload)}: nothing denies by default")
        egress = [rule for p in mine for rule in p["spec"].get("egress", [])]
        r.check(any(port["port"] == 53 for rule in egress for port in rule["ports"]), f"{label(workload)}: can't resolve names")
        r.check(all(rule.get("ports") for rule in egress), f"{label(workload)}: may reach every port")
        if labels["app.kubernetes.io/component"] == "test":
            continue
        open_ports = {port["port"] for rule in egress for port in rule["ports"]}
        broker = r.named("Secret", next(v["valueFrom"]["secretKeyRef"]["name"] for c in containers(t) for v in c["env"] if v["name"] == "PUNCHLINE_AMQP_URL"))
        url = broker["stringData"].get("amqp-url", "") if broker else ""
        for text in (url, variables(r, containers(t)[0]).get("AWS_ENDPOINT_URL", "")):
            port = re.search(r":(\d+)(/|$)", text.split("@")[-1].split("://")[-1])
            r.check(not port or int(port.group(1)) in open_ports, f"{label(workload)}: can't reach port {port and port.group(1)}")
    for p in policies:
        for rule in p["spec"].get("egress", []):
            for block in (peer["ipBlock"] for peer in rule.get("to", []) if "ipBlock" in peer):
                network_ = ipaddress.ip_network(block["cidr"])
                for inner in block.get("except", []):
                    r.check(ipaddress.ip_network(inner).subnet_of(network_), f"{label(p)}: {inner} is not within {block['cidr']}")
        excepted = {e for rule in p["spec"].get("egress", []) for peer in rule.get("to", []) for e in peer.get("ipBlock", {}).get("except", [])}
        if excepted:
            missing = facts()["special_networks"] - excepted
            r.check(not missing, f"{label(p)}: lets out to {sorted(missing)}, which the api itself refuses")


CHECKS = (names_are_unique, selectors_match_labels, ports_match, references_exist, scaling, budgets, settings_are_known, probes, shutdown,
          memory_and_disk, restricted, config_makes_rollouts, cron_jobs, front, network, watched.alerts, watched.dashboard)


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
