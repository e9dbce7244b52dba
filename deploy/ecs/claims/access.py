"""What each role may do, and what it may not."""

import fnmatch


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
