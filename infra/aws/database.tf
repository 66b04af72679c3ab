# One PostgreSQL, on RDS or on Aurora, that only functions and relays reach.

locals {
  postgres = "17"
  owner    = local.functions["migrate"].database_role
  dbname   = "rynda"

  parameters = {
    "rds.force_ssl"                       = "1"
    "max_connections"                     = tostring(var.database_connections)
    "idle_in_transaction_session_timeout" = "60000"
  }

  database = var.database == "aurora" ? {
    host        = aws_rds_cluster.this[0].endpoint
    resource_id = aws_rds_cluster.this[0].cluster_resource_id
    secret_arn  = aws_rds_cluster.this[0].master_user_secret[0].secret_arn
    dimension   = { DBClusterIdentifier = aws_rds_cluster.this[0].cluster_identifier }
    } : {
    host        = aws_db_instance.this[0].address
    resource_id = aws_db_instance.this[0].resource_id
    secret_arn  = aws_db_instance.this[0].master_user_secret[0].secret_arn
    dimension   = { DBInstanceIdentifier = aws_db_instance.this[0].identifier }
  }

  # Each environment of a function has one connection; a relay has its reads, and
  # four more; a rollout runs old and new relays at once; people keep ten, one of
  # which the sweep takes, whose turn is held on a second connection.
  connections_of_functions = sum([for f in local.deployed : f.concurrency])
  connections_of_relays    = var.relay == "fargate" ? 2 * var.relay_tasks * (var.relay_connections + 4) : 0
  connections              = local.connections_of_functions + local.connections_of_relays + 10
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = [for s in aws_subnet.private : s.id]
}

resource "aws_db_parameter_group" "this" {
  count = var.database == "rds" ? 1 : 0

  name_prefix = "${var.name}-"
  family      = "postgres${local.postgres}"

  dynamic "parameter" {
    for_each = local.parameters
    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = "pending-reboot"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  count = var.database == "rds" ? 1 : 0

  identifier     = var.name
  engine         = "postgres"
  engine_version = local.postgres
  instance_class = var.database_class
  db_name        = local.dbname
  username       = local.owner

  manage_master_user_password         = true
  iam_database_authentication_enabled = true

  allocated_storage     = var.database_storage_gb
  max_allocated_storage = 5 * var.database_storage_gb
  storage_type          = "gp3"
  storage_encrypted     = true
  multi_az              = var.database_multi_az

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.database.id]
  parameter_group_name   = aws_db_parameter_group.this[0].name
  publicly_accessible    = false

  backup_retention_period    = var.backup_days
  copy_tags_to_snapshot      = true
  deletion_protection        = var.deletion_protection
  skip_final_snapshot        = false
  final_snapshot_identifier  = "${var.name}-last"
  auto_minor_version_upgrade = true

  lifecycle {
    precondition {
      condition     = local.connections <= var.database_connections
      error_message = "${local.connections} connections at most, and the database takes ${var.database_connections}: raise database_connections with the class, or have fewer relays."
    }
  }
}

resource "aws_rds_cluster_parameter_group" "this" {
  count = var.database == "aurora" ? 1 : 0

  name_prefix = "${var.name}-"
  family      = "aurora-postgresql${local.postgres}"

  dynamic "parameter" {
    for_each = local.parameters
    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = "pending-reboot"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_rds_cluster" "this" {
  count = var.database == "aurora" ? 1 : 0

  cluster_identifier = var.name
  engine             = "aurora-postgresql"
  engine_version     = local.postgres
  database_name      = local.dbname
  master_username    = local.owner

  manage_master_user_password         = true
  iam_database_authentication_enabled = true
  storage_encrypted                   = true

  serverlessv2_scaling_configuration {
    min_capacity = var.aurora_capacity.min
    max_capacity = var.aurora_capacity.max
  }

  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.database.id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this[0].name

  backup_retention_period   = var.backup_days
  copy_tags_to_snapshot     = true
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-last"

  lifecycle {
    precondition {
      condition     = local.connections <= var.database_connections
      error_message = "${local.connections} connections at most, and the database takes ${var.database_connections}: raise database_connections, or have fewer relays."
    }
  }
}

resource "aws_rds_cluster_instance" "this" {
  count = var.database == "aurora" ? (var.database_multi_az ? 2 : 1) : 0

  identifier                 = "${var.name}-${count.index}"
  cluster_identifier         = aws_rds_cluster.this[0].id
  engine                     = aws_rds_cluster.this[0].engine
  engine_version             = aws_rds_cluster.this[0].engine_version
  instance_class             = "db.serverless"
  publicly_accessible        = false
  auto_minor_version_upgrade = true
}
