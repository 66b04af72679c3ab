# The default, from about 37 people on: one relay process. About $73 a month.
region      = "eu-central-1"
zones       = ["eu-central-1a", "eu-central-1b"]
packages    = "../../.rynda/packages/arm64"
relay       = "fargate"
relay_image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/rynda-relay@sha256:0000000000000000000000000000000000000000000000000000000000000000" # yours
