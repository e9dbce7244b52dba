"""CodeDeploy's group, the appspec, and what a release leaves behind."""

import json

from claims.tasks import a_task
from claims.world import main_container

HOOKS = ["BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic", "AfterAllowTraffic"]


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
