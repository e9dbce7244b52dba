"""What runs in a pod is a command of ours with settings that it reads, and lives, ends and is bounded as it expects."""

import sources
from rendered import containers, facts, label, quantity, variables

GRACE_MARGIN_S = 15


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


def one_looks_for_lost_jobs(r):
    """The CronJob or the workers: neither none nor both."""
    sweeps = any(d["metadata"]["name"].endswith("-sweep") for d in r.of("CronJob"))
    for d in r.of("Deployment"):
        if d["metadata"]["name"].endswith("-worker"):
            for c in d["spec"]["template"]["spec"]["containers"]:
                looks = variables(r, c).get("PUNCHLINE_LOOK_FOR_LOST", "true") == "true"
                r.check(looks != sweeps, f"{label(d)}: {'both workers and a CronJob look' if looks else 'nobody looks'} for lost jobs")


def probes(r):
    check_s, ready_s, vital_s = facts()["health_seconds"]
    r.check(ready_s >= 30, f"a server that is away for {ready_s} s takes every pod out")
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
            if "readinessProbe" in c:
                leaves_s = c["readinessProbe"]["periodSeconds"] * c["readinessProbe"]["failureThreshold"]
                r.check(leaves_s <= 15, f"{label(d)}: a pod that ends gets requests for {leaves_s} s")
            if "startupProbe" in c:
                budget = c["startupProbe"]["periodSeconds"] * c["startupProbe"]["failureThreshold"]
                r.check(budget >= vital_s, f"{label(d)}: a start may take {budget} s, and a running process may be stuck for {vital_s} s")


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
