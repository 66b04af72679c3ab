# The functions of the manifest, with its memory, times and limits.

locals {
  packages = { for name, f in local.deployed : name => "${var.packages}/${name}.zip" }

  # A database role for each, and no password in any address.
  database_url = { for name, f in local.functions :
    name => "postgres://${f.database_role}@${local.database.host}:5432/${local.dbname}?sslmode=verify-full&sslrootcert="
  }
  task_ca = "/var/task/database-ca.pem"

  common = merge(
    var.settings,
    var.public_url == null ? {} : { RYNDA_PUBLIC_URL = var.public_url },
    var.secrets_arn == null ? {} : { RYNDA_SECRETS_FROM = var.secrets_arn },
  )
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.deployed

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_days
}

resource "aws_lambda_function" "serving" {
  for_each = local.serving

  function_name                  = "${var.name}-${each.key}"
  description                    = each.value.about
  role                           = aws_iam_role.function[each.key].arn
  runtime                        = "provided.al2023"
  architectures                  = ["arm64"]
  handler                        = "bootstrap"
  filename                       = local.packages[each.key]
  source_code_hash               = filebase64sha256(local.packages[each.key])
  memory_size                    = each.value.memory_mb
  timeout                        = each.value.timeout_s
  reserved_concurrent_executions = each.value.concurrency

  environment {
    variables = merge(
      local.common,
      { DATABASE_URL = "${local.database_url[each.key]}${local.task_ca}", RYNDA_DATABASE_AUTH = "iam" },
      # It says bye before the function is ended.
      each.value.streaming ? { RYNDA_RELAY_SESSION = "${each.value.timeout_s - 5}s" } : {},
    )
  }

  vpc_config {
    subnet_ids                  = [for s in aws_subnet.private : s.id]
    security_group_ids          = [aws_security_group.functions.id]
    ipv6_allowed_for_dual_stack = var.internet == "ipv6"
  }

  logging_config {
    log_format = "Text" # the functions write JSON themselves
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  # Old functions run on the new schema, new ones not on the old.
  depends_on = [aws_lambda_invocation.migrate, aws_iam_role_policy.function, aws_iam_role_policy_attachment.network]
}

resource "aws_lambda_function" "migrate" {
  function_name                  = "${var.name}-migrate"
  description                    = local.functions["migrate"].about
  role                           = aws_iam_role.function["migrate"].arn
  runtime                        = "provided.al2023"
  architectures                  = ["arm64"]
  handler                        = "bootstrap"
  filename                       = local.packages["migrate"]
  source_code_hash               = filebase64sha256(local.packages["migrate"])
  memory_size                    = local.functions["migrate"].memory_mb
  timeout                        = local.functions["migrate"].timeout_s
  reserved_concurrent_executions = local.functions["migrate"].concurrency

  environment {
    variables = {
      DATABASE_URL         = "${local.database_url["migrate"]}${local.task_ca}"
      RYNDA_DATABASE_AUTH  = "secret:${local.owner_secret}"
      RYNDA_DATABASE_ROLES = "true"
    }
  }

  vpc_config {
    subnet_ids         = [for s in aws_subnet.private : s.id]
    security_group_ids = [aws_security_group.functions.id]
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function["migrate"].name
  }

  depends_on = [aws_iam_role_policy.function, aws_iam_role_policy_attachment.network]
}

# Invoked whenever its package is another one. A failure stops the apply here.
resource "aws_lambda_invocation" "migrate" {
  function_name = aws_lambda_function.migrate.function_name
  input         = jsonencode({ package = aws_lambda_function.migrate.source_code_hash })
  triggers      = { package = aws_lambda_function.migrate.source_code_hash, database = local.database.resource_id }

  depends_on = [
    aws_vpc_endpoint.secrets, aws_rds_cluster_instance.this,
    aws_vpc_security_group_ingress_rule.database, aws_vpc_security_group_ingress_rule.secrets,
    aws_vpc_security_group_egress_rule.functions_database, aws_vpc_security_group_egress_rule.functions_secrets,
    aws_route_table_association.private,
  ]
}
