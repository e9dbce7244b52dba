"""Who reaches whom: the ingress waits and takes as much as the api, and policies let through what is needed and no more."""

import ipaddress
import json
import re

from rendered import containers, facts, label, matches, quantity, variables


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
            largest = max(int(seen["PUNCHLINE_MAX_UPLOAD_BYTES"]), int(seen["PUNCHLINE_MAX_STILL_BYTES"]))
            r.check(largest + 2**20 <= body <= largest + 2**21, f"{label(d)}: takes bodies up to {body}")
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
