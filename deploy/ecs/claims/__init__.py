"""What must be true of what README.md's commands have made. Called by check.py, once after the start and once after a release.

Each claim is asked of moto rather than of the files, and held against what they must agree with: the program's source, its
Dockerfiles, and numbers in the page.
"""

from claims.access import who_may_do_what
from claims.release import after_a_release, blue_green
from claims.scaling import scaling, sweep
from claims.tasks import a_task, drains, services
from claims.traffic import load_balancer, split, who_may_talk
from claims.world import World

__all__ = ["World", "after_a_release", "after_the_start", "split"]


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
