# shellcheck shell=sh
# What is yours. Copy to settings.sh, put your own values in, and source that (`. ./settings.sh`). Every value here is a
# placeholder.
export AWS_REGION=eu-central-1
export ACCOUNT_ID=111122223333

# The network: two public subnets for the load balancer, two private ones (with a way out to the registry, S3,
# Secrets Manager and CloudWatch) for the tasks.
export VPC_ID=vpc-0aaaaaaaaaaaaaaaa
export VPC_CIDR=10.0.0.0/16
export PUBLIC_SUBNET_A=subnet-0aaaaaaaaaaaaaaaa
export PUBLIC_SUBNET_B=subnet-0bbbbbbbbbbbbbbbb
export PRIVATE_SUBNET_A=subnet-0cccccccccccccccc
export PRIVATE_SUBNET_B=subnet-0dddddddddddddddd
export CERTIFICATE_ARN=arn:aws:acm:eu-central-1:111122223333:certificate/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee

# The bucket, the broker (Amazon MQ for RabbitMQ 3.13 or newer: quorum queues) and the security group of the broker.
export BUCKET=example-punchline
export BROKER_NAME=example-punchline
export BROKER_GROUP=sg-0eeeeeeeeeeeeeeee

# Files that hold secrets, so that no command line does: amqps://user:password@host:5671/%2f, and the lines of `punchline key`.
export AMQP_URL_FILE=amqp-url
export API_KEYS_FILE=api-keys

# Images by digest: that is what was signed and what every task runs, whatever a tag says later. The shell is busybox.
export API_IMAGE=ghcr.io/OWNER/punchline-api@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
export WORKER_IMAGE=ghcr.io/OWNER/punchline-worker@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
export SHELL_IMAGE=public.ecr.aws/docker/library/busybox@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc

# Only while an old system still answers /api/* behind the same load balancer.
export OLD_TARGET_GROUP_ARN=arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/old/0123456789abcdef
