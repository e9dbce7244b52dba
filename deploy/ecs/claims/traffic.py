"""Whom a request reaches, how long each side waits, and which doors are open."""

import re

from claims.world import environment, main_container


def matches(rule, path):
    """As a load balancer does: `*` any characters, `?` one, case counts."""
    values = [value for condition in rule["Conditions"] for value in condition["PathPatternConfig"]["Values"]]
    return any(re.fullmatch(re.escape(value).replace(r"\*", ".*").replace(r"\?", "."), path) for value in values)


def routes(world):
    """Every path that api's source answers, but the operators'."""
    for file in (world.repo / "api/src").rglob("*.rs"):
        for path in re.findall(r'(?:\.route\(\s*|path = )"(/[^"]*)"', file.read_text()):
            yield re.sub(r"\{\w+\}", "0192f0c1a2b37c4d", path)


def ways(world):
    """Which way a path goes: a target group's name, or the status that the load balancer answers itself."""
    elb = world.client("elbv2")
    balancer = elb.describe_load_balancers(Names=["punchline"])["LoadBalancers"][0]["LoadBalancerArn"]
    listener = next(found for found in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"] if found["Port"] == 443)
    names = {target["TargetGroupArn"]: target["TargetGroupName"] for target in elb.describe_target_groups()["TargetGroups"]}
    rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    ranked = [rule for _, rule in sorted((int(rule["Priority"]), rule) for rule in rules if rule["Priority"] != "default")]
    for rule in ranked:
        world.claim(sum(len(c["PathPatternConfig"]["Values"]) for c in rule["Conditions"]) <= 5, "a rule has more than five values")

    def way(path):
        actions = next((rule["Actions"] for rule in ranked if matches(rule, path)), listener["DefaultActions"])
        return names[actions[0]["TargetGroupArn"]] if actions[0]["Type"] == "forward" else actions[0]["FixedResponseConfig"]["StatusCode"]

    return way


def split(world, page, rest):
    """Punchline's paths, the old system's, and whose the page and all others are."""
    way, answered = ways(world), set(routes(world)) - {"/"}
    world.claim(len(answered) >= 12, "the paths of api were not found in its source")
    expected = dict.fromkeys(answered, "punchline-blue") | dict.fromkeys(["/api/upload", "/api/captions/7"], "old") | {"/": page}
    expected |= dict.fromkeys(["/metrics", "/healthz", "/readyz", "/v1", "/apix", "/.env"], rest)
    for path, whose in expected.items():
        world.claim(way(path) == whose, f"{path} goes to {way(path)}, not {whose}")


def load_balancer(world):
    elb = world.client("elbv2")
    balancer = elb.describe_load_balancers(Names=["punchline"])["LoadBalancers"][0]["LoadBalancerArn"]
    for listener in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
        world.claim(listener["Protocol"] == "HTTPS", "a listener speaks without TLS")
    split(world, page="punchline-blue", rest="404")

    of = {pair["Key"]: pair["Value"] for pair in elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"]}
    idle_s = int(of["idle_timeout.timeout_seconds"])
    api = environment(main_container(world.task("punchline-api"), "api"))
    heartbeat_s = int(re.search(r"HEARTBEAT: Duration = Duration::from_secs\((\d+)\)", world.source("api/src/jobs/events.rs"))[1])
    request_s, head_s = int(api["PUNCHLINE_REQUEST_TIMEOUT_S"]), int(api["PUNCHLINE_HEAD_TIMEOUT_S"])
    world.claim(heartbeat_s * 2 < idle_s, "a quiet stream of events is cut")
    world.claim(request_s < idle_s < head_s, f"request {request_s} s < load balancer {idle_s} s < idle connection {head_s} s")
    for colour in ["blue", "green"]:
        target = elb.describe_target_groups(Names=[f"punchline-{colour}"])["TargetGroups"][0]
        world.claim((target["TargetType"], target["Port"], target["HealthCheckPath"]) == ("ip", 8080, "/readyz"), f"{colour}: target")
        dead_s = target["HealthCheckIntervalSeconds"] * target["UnhealthyThresholdCount"]
        world.claim(dead_s >= 300, f"{colour}: a store that is away for {dead_s} s has api replaced")
        of = {p["Key"]: p["Value"] for p in elb.describe_target_group_attributes(TargetGroupArn=target["TargetGroupArn"])["Attributes"]}
        world.claim(int(of["deregistration_delay.timeout_seconds"]) >= request_s, f"{colour}: a request is cut when its target leaves")


def who_may_talk(world):
    ec2 = world.client("ec2")
    groups = {group["GroupId"]: group for group in ec2.describe_security_groups()["SecurityGroups"]}
    by_name = {group["GroupName"]: identity for identity, group in groups.items()}

    def doors(name):
        for entry in groups[by_name[name]]["IpPermissions"]:
            for source in [r["CidrIp"] for r in entry["IpRanges"]] + [p["GroupId"] for p in entry["UserIdGroupPairs"]]:
                yield entry["FromPort"], entry["ToPort"], source

    alb, api, worker = by_name["punchline-alb"], by_name["punchline-api"], by_name["punchline-worker"]
    world.claim(set(doors("punchline-alb")) == {(443, 443, "0.0.0.0/0"), (8443, 8443, world.settings["VPC_CIDR"])}, "the load balancer's doors")
    world.claim(set(doors("punchline-api")) == {(8080, 8080, alb)}, "api can be asked by others than the load balancer")
    world.claim(not set(doors("punchline-worker")), "workers can be asked")
    world.claim(set(doors("broker")) == {(5671, 5671, api), (5671, 5671, worker)}, "api or worker can't reach the broker")
    used = {name: world.service(f"punchline-{name}")["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"] for name in ["api", "worker"]}
    world.claim(used == {"api": [api], "worker": [worker]}, "a service has another's security group")
