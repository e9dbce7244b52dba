#!/usr/bin/env python3
"""Runs the commands of README.md, and docs/MIGRATING.md's for the load balancer, as they are printed, against moto's server, and
asks claims what stands there.

Called by .ci/ecs, which installs moto and the AWS CLI. The CLI refuses whatever the services' own models don't know before it
sends anything. It must never reach AWS: every endpoint is the local server's, and the keys are made up.
"""

import contextlib
import io
import json
import logging
import os
import pathlib
import re
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading

import awscli.clidriver
import boto3
from moto.server import ThreadedMotoServer

import claims

HERE = pathlib.Path(os.environ.get("PUNCHLINE_ECS", pathlib.Path(__file__).parent)).resolve()
REGION, ACCOUNT = "eu-central-1", "123456789012"
OLD, NEW = "a1" * 32, "b2" * 32

# `aws` for the page's commands: hands its arguments to `Cli`, which has loaded all that takes a second to load.
AWS = """#!{python} -SE
import json, socket, sys
with socket.create_connection(("127.0.0.1", {port})) as cli:
    cli.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
    code, out, err = json.loads(cli.makefile().read())
sys.stdout.write(out), sys.stderr.write(err), sys.exit(code)
"""


class Cli(socketserver.StreamRequestHandler):
    """The AWS CLI, one command after the other."""

    driver = None

    def handle(self):
        words = json.loads(self.rfile.readline())
        # Nothing runs in moto, so nothing becomes stable: of a wait only the words are checked.
        if words[:3] == ["ecs", "wait", "services-stable"]:
            words = ["ecs", "describe-services", "--query", "services[0].status", *words[3:]]
        out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = self.driver.main(words)
            except SystemExit as end:
                code = end.code
        out.seek(0)
        self.wfile.write(json.dumps([code, out.read(), err.getvalue()]).encode())


def commands(page):
    """A page's blocks by their names; those without one together."""
    blocks = {}
    for name, text in re.findall(r"^```sh ?([\w-]*)\n(.*?)^```$", page, re.M | re.S):
        blocks[name] = blocks.get(name, "") + text
    return blocks


def shell(text, folder, environment):
    """Runs it, and leaves what it exported in `state`, for the next."""
    script = f"set -euo pipefail\n{text}\n{{ declare -px; declare -f; }} >state\n"
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"a command of the page fails:\n{done.stdout[-1500:]}{done.stderr[-3000:]}")


def what_a_reader_has(client, folder):
    """Makes what settings.example.sh names, and settings.sh with it."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    settings = {"AWS_REGION": REGION, "ACCOUNT_ID": ACCOUNT, "VPC_ID": vpc, "VPC_CIDR": "10.0.0.0/16"}
    for number, name in enumerate(["PUBLIC_SUBNET_A", "PUBLIC_SUBNET_B", "PRIVATE_SUBNET_A", "PRIVATE_SUBNET_B"]):
        where = {"CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": REGION + "ab"[number % 2]}
        settings[name] = ec2.create_subnet(VpcId=vpc, **where)["Subnet"]["SubnetId"]
    settings["BROKER_GROUP"] = ec2.create_security_group(GroupName="broker", Description="broker", VpcId=vpc)["GroupId"]
    settings["CERTIFICATE_ARN"] = client("acm").request_certificate(DomainName="gifs.example.com")["CertificateArn"]
    old = client("elbv2").create_target_group(Name="old", Protocol="HTTP", Port=3000, VpcId=vpc, TargetType="ip")
    settings["OLD_TARGET_GROUP_ARN"] = old["TargetGroups"][0]["TargetGroupArn"]
    settings |= {"BUCKET": "gifs", "BROKER_NAME": "rabbit", "AMQP_URL_FILE": "amqp-url", "API_KEYS_FILE": "api-keys"}
    (folder / "amqp-url").write_text("amqps://user:password@broker:5671/%2f")
    (folder / "api-keys").write_text("bot " + "0" * 64)
    for name in ["API", "WORKER", "SHELL"]:
        settings[f"{name}_IMAGE"] = f"registry.example.com/{name.lower()}@sha256:{OLD}"
    asked = set(re.findall(r"^export (\w+)=", (HERE / "settings.example.sh").read_text(), re.M))
    if asked != set(settings):
        sys.exit(f"settings.example.sh and this check differ: {asked ^ set(settings)}")
    (folder / "settings.sh").write_text("".join(f"export {name}='{value}'\n" for name, value in settings.items()))
    return settings


def main():
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # so that one that AWS does not have is not found here either
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}

    def client(service):
        return boto3.client(service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id="none", aws_secret_access_key="none")

    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch, "ecs")
        shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("settings.sh", "__pycache__"))
        settings = what_a_reader_has(client, folder)
        program = pathlib.Path(scratch, "bin", "aws")
        program.parent.mkdir()
        # Nothing of the caller's: no other keys, no profile.
        environment = {"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": scratch}
        os.environ.update(keys | environment | {"AWS_ENDPOINT_URL": endpoint, "AWS_PAGER": ""})
        os.chdir(folder)
        Cli.driver = awscli.clidriver.create_clidriver()
        cli = socketserver.TCPServer(("127.0.0.1", 0), Cli)
        threading.Thread(target=cli.serve_forever, daemon=True).start()
        program.write_text(AWS.format(python=sys.executable, port=cli.server_address[1]))
        program.chmod(0o755)
        blocks = commands((HERE / "README.md").read_text())
        shell(blocks["settings"] + blocks[""], folder, environment)
        world = claims.World(client, settings, HERE)
        claims.after_the_start(world, f"sha256:{OLD}")
        migrating = commands(world.source("docs/MIGRATING.md"))
        for step, page, rest in [("alb-step-1", "old", "old"), ("alb-step-4", "punchline-blue", "404")]:
            shell(". ./state\n" + migrating[step], folder, environment)
            claims.split(world, page, rest)
        release = {f"NEW_{name}_IMAGE": f"registry.example.com/{name.lower()}@sha256:{NEW}" for name in ["API", "WORKER"]}
        shell(". ./state\n" + blocks["release"], folder, environment | release)
        claims.after_a_release(world, f"sha256:{NEW}")
        os.chdir(HERE)
    server.stop()
    print("deploy/ecs: every command of README.md was taken, and what they made is as it must be")


if __name__ == "__main__":
    main()
