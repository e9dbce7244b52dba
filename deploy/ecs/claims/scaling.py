"""That the alarms and steps give what the page's formula asks for, and that the sweep is started."""

import math
import re

from claims.world import QUEUES, environment, main_container


def rounded(change):
    """As Application Auto Scaling does: towards zero, but at least one."""
    return math.copysign(1, change) if 0 < abs(change) < 1 else math.trunc(change)


def stepped(policy, above, tasks, most):
    for step in policy["StepAdjustments"]:
        if step.get("MetricIntervalLowerBound", -math.inf) <= above < step.get("MetricIntervalUpperBound", math.inf):
            return min(most, max(1, tasks + int(rounded(tasks * step["ScalingAdjustment"] / 100))))
    return tasks


def scaling(world):
    scaler = world.client("application-autoscaling")
    policies = {policy["PolicyName"]: policy for policy in scaler.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]}
    alarms = {alarm["AlarmName"]: alarm for alarm in world.client("cloudwatch").describe_alarms()["MetricAlarms"]}
    ranges = {target["ResourceId"]: target for target in scaler.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]}
    for name in ["api", "worker"]:
        world.claim(ranges[f"service/punchline/punchline-{name}"]["MinCapacity"] >= 1, f"{name}: none is left")
        world.claim(
            world.service(f"punchline-{name}")["desiredCount"] >= ranges[f"service/punchline/punchline-{name}"]["MinCapacity"], f"{name}: count"
        )

    hand = int(environment(main_container(world.task("punchline-worker"), "worker"))["PUNCHLINE_PARALLELISM"])
    world.claim(hand == 3 * int(world.task("punchline-worker")["cpu"]) // 1024, "not three jobs in hand for each vCPU")
    k, stands = map(int, re.search(r"\bk = .*?, here (\d+):.*?That `(\d+)` stands in", world.page, re.S).groups())
    each = hand * k
    world.claim(stands == each, f"the page says {stands} messages for a worker, P x k is {each}")
    queues = set(re.findall(r'pub const JOBS\w*: &str = "([^"]+)"', world.source(QUEUES)))
    for direction in ["out", "in"]:
        alarm = alarms[f"punchline-worker-{direction}"]
        world.claim(alarm["AlarmActions"] == [policies[f"punchline-worker-{direction}"]["PolicyARN"]], f"{direction}: the alarm tells nobody")
        of = {metric["Id"]: metric for metric in alarm["Metrics"]}
        # The later queues are mostly empty, and then may have no data.
        waiting = "standard + express + FILL(standard_v2, 0) + FILL(express_v2, 0)"
        world.claim(of["load"]["Expression"] == f"({waiting}) / ({each} * tasks)", f"{direction}: not P x k = {each}")
        asked = [of[name]["MetricStat"]["Metric"] for name in ["standard", "express", "standard_v2", "express_v2"]]
        named = {pair["Value"] for metric in asked for pair in metric["Dimensions"] if pair["Name"] == "Queue"}
        world.claim(
            named == queues and {m["MetricName"] for m in asked} == {"MessageCount"}, f"{direction}: queues {named}, the program's are {queues}"
        )
        tasks = {pair["Name"]: pair["Value"] for pair in of["tasks"]["MetricStat"]["Metric"]["Dimensions"]}
        world.claim(tasks == {"ClusterName": "punchline", "ServiceName": "punchline-worker"}, f"{direction}: whose tasks")

    most = ranges["service/punchline/punchline-worker"]["MaxCapacity"]
    out, back = (policies[f"punchline-worker-{d}"]["StepScalingPolicyConfiguration"] for d in ("out", "in"))
    up, down = alarms["punchline-worker-out"]["Threshold"], alarms["punchline-worker-in"]["Threshold"]
    for tasks in range(1, most + 1):
        for backlog in range(0, each * most * 2):
            needed, load = min(most, max(1, math.ceil(backlog / each))), backlog / (each * tasks)
            if load > up:
                got = stepped(out, load - up, tasks, most)
                world.claim(needed <= got <= max(2 * needed, tasks + 1), f"{tasks} tasks, {backlog} jobs: {got}, not {needed} tasks")
            elif load < down:
                got = stepped(back, load - down, tasks, most)
                world.claim(needed <= got and (got < tasks or tasks == 1), f"{tasks} tasks, {backlog} jobs: down to {got}, needed are {needed}")
                world.claim(tasks - got <= max(1, tasks / 4), f"{tasks} tasks: down by more than a quarter")


def sweep(world):
    schedule = world.client("scheduler").get_schedule(Name="punchline-sweep")
    worker = environment(main_container(world.task("punchline-worker"), "worker"))
    world.claim(worker["PUNCHLINE_LOOK_FOR_LOST"] == "false", "workers look for lost jobs beside the sweep")
    world.claim(schedule["ScheduleExpression"] == "rate(10 minutes)", "the sweep looks more seldom than the workers would")
    schedule = schedule["Target"]
    family = schedule["EcsParameters"]["TaskDefinitionArn"].rsplit("/", 1)[1]
    world.claim(world.task(family)["family"] == "punchline-sweep", "the schedule starts what is not there")
    roles = {role["Arn"] for role in world.client("iam").list_roles()["Roles"]}
    clusters = world.client("ecs").list_clusters()["clusterArns"]
    world.claim(schedule["RoleArn"] in roles and schedule["Arn"] in clusters, "the schedule has no role or no cluster")
