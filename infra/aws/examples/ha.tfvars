# Survives the loss of a zone: two relays, a second database that takes over.
# With database = "aurora" the same on Aurora.
name        = "rynda-ha"
region      = "eu-central-1"
zones       = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
packages    = "../../.rynda/packages/arm64"
relay       = "fargate"
relay_tasks = 2
relay_image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/rynda-relay@sha256:0000000000000000000000000000000000000000000000000000000000000000" # yours

database             = "rds"
database_class       = "db.t4g.medium"
database_connections = 300
database_multi_az    = true
database_storage_gb  = 50
backup_days          = 14
