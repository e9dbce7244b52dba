"""What the claims are asked of: moto's services, the reader's settings, this repo. Every module of claims uses it."""

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


def environment(container):
    return {pair["name"]: pair["value"] for pair in container.get("environment", [])}


def main_container(task, name):
    return next(container for container in task["containerDefinitions"] if container["name"] == name)
