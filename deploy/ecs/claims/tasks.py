"""Task definitions and services: what runs, as whom, with which settings, and how it ends."""

import json
import pathlib
import re

from claims.world import environment, main_container

# Fargate's sizes: CPU units, and the least and the most memory in MiB that go with them.
SIZES = {"256": (512, 2048), "512": (1024, 4096), "1024": (2048, 8192), "2048": (4096, 16384), "4096": (8192, 30720)}
FARGATE_STOPS_WITHIN_S = 120


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
    # A test keeps the table in docs/SETTINGS.md and the code the same.
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\| ([\w, ]+) \|", world.source("docs/SETTINGS.md"), re.M)
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
