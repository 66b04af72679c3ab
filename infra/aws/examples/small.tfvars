# A few people: streams are functions, one small database. About $35 a month and
# the streams; with relay = "none" pages poll and there is nothing to stream.
region   = "eu-central-1"
zones    = ["eu-central-1a", "eu-central-1b"]
packages = "../../.rynda/packages/arm64"
relay    = "lambda"
