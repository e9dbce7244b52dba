"""What must be true of what README.md's commands have made. Called by check.py, once after the start and once after a release.

Each claim is asked of moto rather than of the files, and held against what they must agree with: the program's source, its
Dockerfiles, and numbers in the page.
"""

import fnmatch
import json
import math
import pathlib
import re

# Fargate's sizes: CPU units, and the least and the most memory in MiB that go with them.
SIZES = {"256": (512, 2048), "512": (1024, 4096), "1024": (2048, 8192), "2048": (4096, 16384), "4096": (8192, 30720)}
FARGATE_STOPS_WITHIN_S = 120
QUEUES = "proto-shared/src/queue.rs"


class World:
    """What there is, and what it must agree with."""

    def __init__(self, client, settings, here):
        self.client, self.settings = client, settings
        self.repo = next(folder for folder in here.parents if (folder / QUEUES).exists())
        self.page = (here / "README.md").read_text()
        self.here = here

    def claim(self, true, what):
        if not true:
            raise SystemExit(f"deploy/ecs: {what}")

    def task(self, name):
        return self.client("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"]

    def service(self, name):
        return self.client("ecs").describe_services(cluster="punchline", services=[name])["services"][0]

    def source(self, path):
        return (self.repo / path).read_text()


def after_the_start(world, digest):
    for name, main in [("punchline-api", "api"), ("punchline-worker", "worker"), ("punchline-sweep", "sweep")]:
        a_task(world, world.task(name), main, digest)
    drains(world)
    services(world)
    load_balancer(world)
    who_may_talk(world)
    who_may_do_what(world)
    scaling(world)
    sweep(world)
    group = world.client("codedeploy").get_deployment_group(applicationName="punchline", deploymentGroupName="punchline-api")
    blue_green(world, group["deploymentGroupInfo"])


def environment(container):
    return {pair["name"]: pair["value"] for pair in container.get("environment", [])}


def main_container(task, name):
    return next(container for container in task["containerDefinitions"] if container["name"] == name)


def a_task(world, task, main, digest):
    name = task["family"]
    least, most = SIZES[task["cpu"]]
    world.claim(least <= int(task["memory"]) <= most and int(task["memory"]) % 512 == 0, f"{name}: Fargate has no such size")
    groups = {group["logGroupName"] for group in world.client("logs").describe_log_groups()["logGroups"]}
    roles = {role["Arn"] for role in world.client("iam").list_roles()["Roles"]}
    world.claim({task["executionRoleArn"], task["taskRoleArn"]} <= roles, f"{name}: a role is missing")
    for container in task["containerDefinitions"]:
        who = f"{name}/{container['name']}"
        world.claim(container["readonlyRootFilesystem"] is True, f"{who}: its root can be written")
        world.claim(container["linuxParameters"]["capabilities"]["drop"] == ["ALL"], f"{who}: it keeps capabilities")
        root = "0:0" if container["name"] == "prepare" else "65532:65532"
        world.claim(container["user"] == root, f"{who}: it runs as {container['user']}")
        world.claim(re.fullmatch(r".+@sha256:[0-9a-f]{64}", container["image"]), f"{who}: its image has no digest")
        log = container["logConfiguration"]
        world.claim(log["logDriver"] == "awslogs" and log["options"]["awslogs-group"] in groups, f"{who}: nobody has its logs")
        for secret in container.get("secrets", []):
            world.client("secretsmanager").get_secret_value(SecretId=secret["valueFrom"])
        mounted = {mount["sourceVolume"] for mount in container.get("mountPoints", [])}
        world.claim(mounted <= {volume["name"] for volume in task["volumes"]}, f"{who}: it mounts what is not there")
    container = main_container(task, main)
    world.claim(container["image"].endswith(digest) and container["essential"], f"{name}: not the image that was asked for")
    settings_are_known(world, container, "worker" if main == "sweep" else main)
    like_its_dockerfile(world, container, main)


def settings_are_known(world, container, program):
    # README.md's table and the code are kept the same by a test.
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\| ([\w, ]+) \|", world.source("README.md"), re.M)
    known = {name for name, read_by in rows if program in read_by.split(", ")}
    given = set(environment(container)) | {secret["name"] for secret in container["secrets"]}
    world.claim(given <= known, f"{container['name']}: {program} reads no {given - known}")
    must = {"PUNCHLINE_AMQP_URL", "PUNCHLINE_STORE_URL"} | ({"PUNCHLINE_API_KEYS_FILE"} if program == "api" else set())
    world.claim(must <= given, f"{container['name']}: {program} can't start without {must - given}")
    secret = {"PUNCHLINE_AMQP_URL", "PUNCHLINE_WEBHOOK_SECRET", "AWS_SECRET_ACCESS_KEY"}
    world.claim(not secret & set(environment(container)), f"{container['name']}: a secret stands in the open")


def like_its_dockerfile(world, container, main):
    path = world.repo / ("Dockerfile.api" if main == "api" else "Dockerfile.worker")
    text = path.read_text()
    exposed = {int(port) for line in re.findall(r"^EXPOSE (.+)$", text, re.M) for port in re.findall(r"\d+", line)}
    program = json.loads(re.findall(r"^ENTRYPOINT (\[.+\])$", text, re.M)[-1])
    world.claim(container["user"] == re.findall(r"^USER (\S+)$", text, re.M)[-1], f"{main}: not {path.name}'s user")
    if main == "sweep":
        world.claim(container["entryPoint"] == program[:1], f"sweep: {path.name} has its program elsewhere")
        return
    ports = {mapping["containerPort"] for mapping in container["portMappings"]}
    world.claim(exposed and ports == exposed, f"{main}: ports {ports}, {path.name} exposes {exposed}")
    world.claim(program[-1] == main and "command" not in container, f"{main}: {path.name} starts {program}")


def drains(world):
    for name in ["api", "worker"]:
        container = main_container(world.task(f"punchline-{name}"), name)
        grace_s, stop_s = int(environment(container)["PUNCHLINE_SHUTDOWN_GRACE_S"]), container["stopTimeout"]
        world.claim(grace_s + 5 <= stop_s <= FARGATE_STOPS_WITHIN_S, f"{name}: killed after {stop_s} s, its grace is {grace_s} s")
        if name == "worker":
            job_s = int(environment(container)["PUNCHLINE_JOB_TIMEOUT_S"])
            world.claim(job_s < grace_s, f"worker: a job may take {job_s} s, the grace is {grace_s} s")
    task = world.task("punchline-worker")
    watch, port = main_container(task, "watch"), main_container(task, "worker")["portMappings"][0]["containerPort"]
    asks = watch["healthCheck"]["command"][-1]
    world.claim(watch["essential"] and asks.endswith(f"http://127.0.0.1:{port}/healthz"), "nobody asks a worker whether it lives")
    api = main_container(world.task("punchline-api"), "api")
    writable = {mount["containerPath"] for mount in api["mountPoints"] if not mount["readOnly"]}
    world.claim(writable == {environment(api)["PUNCHLINE_SPOOL_DIR"]}, "api has no spool folder that can be written")
    prepared = main_container(world.task("punchline-api"), "prepare")["command"][-1]
    keys = environment(api)["PUNCHLINE_API_KEYS_FILE"]
    world.claim(f">{keys} " in prepared and str(pathlib.PurePath(keys).parent) not in writable, "nobody writes the file of keys")
    world.claim({"containerName": "prepare", "condition": "SUCCESS"} in api["dependsOn"], "api does not wait for its keys")


def services(world):
    api, worker = world.service("punchline-api"), world.service("punchline-worker")
    world.claim(api["deploymentController"]["type"] == "CODE_DEPLOY", "api is not CodeDeploy's to replace")
    world.claim(worker.get("deploymentController", {}).get("type", "ECS") == "ECS", "workers are not ECS's to replace")
    # moto forgets how a service is deployed: of the file, which the CLI has held against ECS's model.
    how = json.loads((world.here / "service-worker.json").read_text())["deploymentConfiguration"]
    world.claim(how["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}, "bad workers are not taken back")
    world.claim(how["minimumHealthyPercent"] >= 100, "workers go before others come")
    world.claim(not worker.get("loadBalancers"), "workers stand behind a load balancer")
    target = api["loadBalancers"][0]
    container = main_container(world.task("punchline-api"), target["containerName"])
    world.claim(target["containerPort"] in {port["containerPort"] for port in container["portMappings"]}, "requests go where api does not listen")
    listens = environment(container)["PUNCHLINE_LISTEN"]
    world.claim(listens == f"0.0.0.0:{target['containerPort']}", f"api listens on {listens}")
    private = [world.settings["PRIVATE_SUBNET_A"], world.settings["PRIVATE_SUBNET_B"]]
    for service in [api, worker]:
        network = service["networkConfiguration"]["awsvpcConfiguration"]
        world.claim(network["subnets"] == private and network["assignPublicIp"] == "DISABLED", f"{service['serviceName']} faces the internet")


def matches(rule, path):
    """As a load balancer does: `*` any characters, `?` one, case counts."""
    values = [value for condition in rule["Conditions"] for value in condition["PathPatternConfig"]["Values"]]
    return any(re.fullmatch(re.escape(value).replace(r"\*", ".*").replace(r"\?", "."), path) for value in values)


def routes(world):
    """Every path that api's source answers, but the operators'."""
    for file in (world.repo / "api/src").rglob("*.rs"):
        for path in re.findall(r'(?:\.route\(|path = )"(/[^"]*)"', file.read_text()):
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
    heartbeat_s = int(re.search(r"HEARTBEAT: Duration = Duration::from_secs\((\d+)\)", world.source("api/src/events.rs"))[1])
    request_s, head_s = int(api["PUNCHLINE_REQUEST_TIMEOUT_S"]), int(api["PUNCHLINE_HEAD_TIMEOUT_S"])
    world.claim(heartbeat_s * 2 < idle_s, "a quiet stream of events is cut")
    world.claim(request_s < idle_s < head_s, f"request {request_s} s < load balancer {idle_s} s < idle connection {head_s} s")
    for colour in ["blue", "green"]:
        target = elb.describe_target_groups(Names=[f"punchline-{colour}"])["TargetGroups"][0]
        world.claim((target["TargetType"], target["Port"], target["HealthCheckPath"]) == ("ip", 8080, "/readyz"), f"{colour}: target")
        dead_s = target["HealthCheckIntervalSeconds"] * target["UnhealthyThresholdCount"]
        world.claim(dead_s >= 300, f"{colour}: a broker that is away for {dead_s} s has api replaced")
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


def who_may_do_what(world):
    iam, bucket = world.client("iam"), f"arn:aws:s3:::{world.settings['BUCKET']}"

    def allowed(role, action, resource):
        policy = iam.get_role_policy(RoleName=f"punchline-{role}", PolicyName="punchline")["PolicyDocument"]
        for statement in policy["Statement"]:
            actions, resources = ([v] if isinstance(v, str) else v for v in (statement["Action"], statement["Resource"]))
            world.claim("*" not in resources and not any("*" in a for a in actions), f"{role}: a policy for everything")
            if action in actions and any(fnmatch.fnmatchcase(resource, pattern) for pattern in resources):
                return True
        return False

    ours, others = f"{bucket}/punchline/", f"{bucket}/other/x"
    job, output, probe = ours + "jobs/1/job.json", ours + "outputs/1.gif", ours + "probe/1.json"
    for role in ["api", "worker", "sweep"]:
        for action in ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]:
            world.claim(allowed(role, action, output) and not allowed(role, action, others), f"{role}: {action}")
        world.claim(allowed(role, "s3:ListBucket", bucket), f"{role}: S3 will say 403 of what is missing")
        world.claim(allowed(role, "s3:DeleteObject", probe) and not allowed(role, "s3:DeleteObject", others), f"{role}: deletes")
        world.claim(allowed(role, "s3:DeleteObject", output) == (role == "sweep"), f"{role}: deletes outputs")
        world.claim(allowed(role, "s3:DeleteObject", job) == (role != "worker"), f"{role}: deletes jobs")
    for secret in world.client("secretsmanager").list_secrets()["SecretList"]:
        world.claim(allowed("execution", "secretsmanager:GetSecretValue", secret["ARN"]), f"ECS can't read {secret['Name']}")
        world.claim(not allowed("api", "secretsmanager:GetSecretValue", secret["ARN"]), f"api can read {secret['Name']}")


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
        world.claim(world.service(f"punchline-{name}")["desiredCount"] >= ranges[f"service/punchline/punchline-{name}"]["MinCapacity"], f"{name}: count")

    hand = int(environment(main_container(world.task("punchline-worker"), "worker"))["PUNCHLINE_PARALLELISM"])
    world.claim(hand == 3 * int(world.task("punchline-worker")["cpu"]) // 1024, "not three jobs in hand for each vCPU")
    wait_s, job_s, k = map(float, re.search(r"here (\d+) s / ([\d.]+) s = (\d+)\.", world.page).groups())
    world.claim(k == max(1, wait_s / job_s), "the page's k")
    each = hand * k
    queues = set(re.findall(r'pub const JOBS\w*: &str = "([^"]+)"', world.source(QUEUES)))
    for direction in ["out", "in"]:
        alarm = alarms[f"punchline-worker-{direction}"]
        world.claim(alarm["AlarmActions"] == [policies[f"punchline-worker-{direction}"]["PolicyARN"]], f"{direction}: the alarm tells nobody")
        of = {metric["Id"]: metric for metric in alarm["Metrics"]}
        world.claim(of["load"]["Expression"] == f"(standard + express) / ({each:.0f} * tasks)", f"{direction}: not P x k = {each:.0f}")
        asked = [of[name]["MetricStat"]["Metric"] for name in ["standard", "express"]]
        named = {pair["Value"] for metric in asked for pair in metric["Dimensions"] if pair["Name"] == "Queue"}
        world.claim(named == queues and {m["MetricName"] for m in asked} == {"MessageCount"}, f"{direction}: queues {named}, the program's are {queues}")
        tasks = {pair["Name"]: pair["Value"] for pair in of["tasks"]["MetricStat"]["Metric"]["Dimensions"]}
        world.claim(tasks == {"ClusterName": "punchline", "ServiceName": "punchline-worker"}, f"{direction}: whose tasks")

    most = ranges["service/punchline/punchline-worker"]["MaxCapacity"]
    out, back = (policies[f"punchline-worker-{d}"]["StepScalingPolicyConfiguration"] for d in ("out", "in"))
    up, down = alarms["punchline-worker-out"]["Threshold"], alarms["punchline-worker-in"]["Threshold"]
    for tasks in range(1, most + 1):
        for backlog in range(0, int(each * most * 2), 37):
            needed, load = min(most, max(1, math.ceil(backlog / each))), backlog / (each * tasks)
            if load > up:
                got = stepped(out, load - up, tasks, most)
                world.claim(needed <= got <= max(2 * needed, tasks + 1), f"{tasks} tasks, {backlog} jobs: {got}, not {needed} tasks")
            elif load < down:
                got = stepped(back, load - down, tasks, most)
                world.claim(needed <= got and (got < tasks or tasks == 1), f"{tasks} tasks, {backlog} jobs: down to {got}, needed are {needed}")
                world.claim(tasks - got <= max(1, tasks / 4), f"{tasks} tasks: down by more than a quarter")


def sweep(world):
    schedule = world.client("scheduler").get_schedule(Name="punchline-sweep")["Target"]
    family = schedule["EcsParameters"]["TaskDefinitionArn"].rsplit("/", 1)[1]
    world.claim(world.task(family)["family"] == "punchline-sweep", "the schedule starts what is not there")
    roles = {role["Arn"] for role in world.client("iam").list_roles()["Roles"]}
    clusters = world.client("ecs").list_clusters()["clusterArns"]
    world.claim(schedule["RoleArn"] in roles and schedule["Arn"] in clusters, "the schedule has no role or no cluster")


def blue_green(world, group):
    elb = world.client("elbv2")
    world.claim(group["computePlatform"] == "ECS", "CodeDeploy's application is not for ECS")
    pair = group["loadBalancerInfo"]["targetGroupPairInfoList"][0]
    names = [target["name"] for target in pair["targetGroups"]]
    found = {target["TargetGroupName"]: target["TargetGroupArn"] for target in elb.describe_target_groups(Names=names)["TargetGroups"]}
    world.claim(len(found) == 2, "a colour is missing")
    serving = world.service(group["ecsServices"][0]["serviceName"])["loadBalancers"][0]["targetGroupArn"]
    world.claim(serving in found.values(), "the service is of neither colour")
    for route, port in [("prodTrafficRoute", 443), ("testTrafficRoute", 8443)]:
        listener = elb.describe_listeners(ListenerArns=pair[route]["listenerArns"])["Listeners"][0]
        world.claim(listener["Port"] == port, f"{route}: port {listener['Port']}")
    alarms = {alarm["AlarmName"] for alarm in world.client("cloudwatch").describe_alarms()["MetricAlarms"]}
    # moto forgets the names of the alarms: of the file.
    stops = json.loads((world.here / "deployment-group.json").read_text())["alarmConfiguration"]
    world.claim(stops["enabled"] and {alarm["name"] for alarm in stops["alarms"]} <= alarms, "no such alarm stops a deployment")
    rollback = group["autoRollbackConfiguration"]
    world.claim(rollback["enabled"] and {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} <= set(rollback["events"]), "no way back")
    arns = {role["Arn"]: role["RoleName"] for role in world.client("iam").list_roles()["Roles"]}
    attached = world.client("iam").list_attached_role_policies(RoleName=arns[group["serviceRoleArn"]])["AttachedPolicies"]
    world.claim([policy["PolicyName"] for policy in attached] == ["AWSCodeDeployRoleForECS"], "CodeDeploy may do nothing")


HOOKS = ["BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"]


def appspec(world, spec, task):
    """As CodeDeploy's reference has it for ECS; no model of the API says so."""
    world.claim(set(spec) <= {"version", "Resources", "Hooks"} and spec["version"] == 0.0, "appspec: version 0.0, Resources, Hooks")
    world.claim(len(spec["Resources"]) == 1 and list(spec["Resources"][0]) == ["TargetService"], "appspec: one TargetService")
    target = spec["Resources"][0]["TargetService"]
    world.claim(set(target) == {"Type", "Properties"} and target["Type"] == "AWS::ECS::Service", "appspec: not an ECS service")
    optional = {"PlatformVersion", "NetworkConfiguration", "CapacityProviderStrategy"}
    properties = target["Properties"]
    world.claim(set(properties) - optional == {"TaskDefinition", "LoadBalancerInfo"}, "appspec: properties")
    world.claim(properties["TaskDefinition"] == task["taskDefinitionArn"], "appspec: not the new task definition")
    where = properties["LoadBalancerInfo"]
    world.claim(set(where) == {"ContainerName", "ContainerPort"} and type(where["ContainerPort"]) is int, "appspec: LoadBalancerInfo")
    container = main_container(task, where["ContainerName"])
    world.claim(where["ContainerPort"] in {port["containerPort"] for port in container["portMappings"]}, "appspec: a port that is not api's")
    for hook in spec.get("Hooks", []):
        world.claim(len(hook) == 1 and set(hook) <= set(HOOKS), f"appspec: hook {hook}")


def after_a_release(world, digest):
    for name in ["api", "worker", "sweep"]:
        task = world.task(f"punchline-{name}")
        world.claim(task["revision"] == 2, f"{name}: revision {task['revision']}")
        a_task(world, task, name, digest)
    running = world.task(world.service("punchline-worker")["taskDefinition"])
    world.claim(running["revision"] == 2, "workers stay at the old revision")
    deploy = world.client("codedeploy")
    deployments = deploy.list_deployments(applicationName="punchline", deploymentGroupName="punchline-api")["deployments"]
    world.claim(len(deployments) == 1, "api is not deployed")
    deployment = deploy.get_deployment(deploymentId=deployments[0])["deploymentInfo"]
    world.claim(deployment["revision"]["revisionType"] == "AppSpecContent", "CodeDeploy got no appspec")
    appspec(world, json.loads(deployment["revision"]["appSpecContent"]["content"]), world.task("punchline-api"))
