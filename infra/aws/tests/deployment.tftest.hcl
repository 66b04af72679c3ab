# What must hold of every deployment. Run once for each example:
#   terraform test -var-file=examples/small.tfvars -var packages=DIR
# The provider is a stand-in: nothing is asked of AWS.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_ec2_managed_prefix_list" {
    defaults = { id = "pl-0123456789abcdef0" }
  }
  mock_resource "aws_vpc" {
    defaults = { id = "vpc-0123456789abcdef0", ipv6_cidr_block = "2001:db8::/56" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:eu-central-1:123456789012:function:mock"
      invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:mock/invocations"
    }
  }
  mock_resource "aws_lambda_function_url" {
    defaults = { function_url = "https://mock.lambda-url.eu-central-1.on.aws/" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      api_endpoint  = "https://mock.execute-api.eu-central-1.amazonaws.com"
      execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:mock"
    }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = {
      arn         = "arn:aws:cloudfront::123456789012:distribution/MOCK"
      domain_name = "mock.cloudfront.net"
    }
  }
  mock_resource "aws_db_instance" {
    defaults = {
      address     = "mock.rds.amazonaws.com"
      resource_id = "db-MOCK"
      master_user_secret = [{
        kms_key_id    = "mock"
        secret_arn    = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-mock"
        secret_status = "active"
      }]
    }
  }
  mock_resource "aws_rds_cluster" {
    defaults = {
      endpoint            = "mock.rds.amazonaws.com"
      cluster_resource_id = "cluster-MOCK"
      master_user_secret = [{
        kms_key_id    = "mock"
        secret_arn    = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-mock"
        secret_status = "active"
      }]
    }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/mock/0123456789abcdef"
      arn_suffix = "app/mock/0123456789abcdef"
      dns_name   = "internal-mock.eu-central-1.elb.amazonaws.com"
    }
  }
  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/mock/0123456789abcdef"
      arn_suffix = "targetgroup/mock/0123456789abcdef"
    }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/mock/0123456789abcdef/0123456789abcdef" }
  }
  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/mock", id = "arn:aws:ecs:eu-central-1:123456789012:cluster/mock" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/mock:1" }
  }
}

run "functions" {
  assert {
    condition     = alltrue([for name, f in merge(aws_lambda_function.serving, { migrate = aws_lambda_function.migrate }) : f.memory_size == local.functions[name].memory_mb && f.timeout == local.functions[name].timeout_s && f.reserved_concurrent_executions == local.functions[name].concurrency])
    error_message = "Memory, time and concurrency are those of the manifest."
  }
  assert {
    condition     = alltrue([for f in concat(values(aws_lambda_function.serving), [aws_lambda_function.migrate]) : f.architectures[0] == "arm64" && f.runtime == "provided.al2023"])
    error_message = "Functions are for arm64 on provided.al2023."
  }
  assert {
    condition     = toset(concat(keys(aws_lambda_function.serving), ["migrate"])) == toset([for name, f in local.functions : name if !f.streaming || var.relay == "lambda"])
    error_message = "Every function of the manifest is deployed, the streaming one with relay = lambda."
  }
  assert {
    condition     = alltrue([for name in keys(local.deployed) : coalesce(aws_cloudwatch_log_group.function[name].retention_in_days, 0) > 0 && aws_cloudwatch_log_group.function[name].name == "/aws/lambda/${var.name}-${name}"])
    error_message = "Every function has a log that ends."
  }
  assert {
    condition     = alltrue([for name, f in aws_lambda_function.serving : f.environment[0].variables["DATABASE_URL"] == "postgres://${local.functions[name].database_role}@mock.rds.amazonaws.com:5432/rynda?sslmode=verify-full&sslrootcert=/var/task/database-ca.pem" && f.environment[0].variables["RYNDA_DATABASE_AUTH"] == "iam"])
    error_message = "Each function signs in by IAM in its own role, over TLS that is verified, without a password."
  }
  assert {
    condition     = aws_lambda_function.migrate.environment[0].variables["RYNDA_DATABASE_AUTH"] == "secret:${local.owner_secret}" && aws_lambda_function.migrate.environment[0].variables["RYNDA_DATABASE_ROLES"] == "true"
    error_message = "migrate is the owner, by the secret that RDS keeps, and makes the roles."
  }
  assert {
    condition     = aws_lambda_invocation.migrate.triggers["package"] == aws_lambda_function.migrate.source_code_hash
    error_message = "A new package migrates."
  }
  assert {
    condition     = !anytrue(flatten([for f in concat(values(aws_lambda_function.serving), [aws_lambda_function.migrate]) : [for k, v in f.environment[0].variables : can(regex("PASSWORD|SECRET$|TOKEN", k)) || can(regex("://[^/]*:[^/]*@|^ry[is]_", v))]]))
    error_message = "No secret in the environment of a function."
  }
}

run "rights" {
  assert {
    condition = !anytrue([for p in concat(
      [for p in aws_iam_role_policy.function : p.policy], [for p in aws_iam_role_policy.relay : p.policy],
      [aws_iam_role_policy.scheduler.policy, aws_vpc_endpoint.secrets.policy],
    ) : anytrue([for s in jsondecode(p).Statement : contains(flatten([s.Resource]), "*") || anytrue([for a in flatten([s.Action]) : strcontains(a, "*")])])])
    error_message = "No policy of ours has every resource or every action."
  }
  assert {
    condition     = alltrue([for name in keys(aws_lambda_function.serving) : [for s in jsondecode(aws_iam_role_policy.function[name].policy).Statement : s.Resource if contains(s.Action, "rds-db:connect")] == ["arn:aws:rds-db:${var.region}:123456789012:dbuser:${local.database.resource_id}/${local.functions[name].database_role}"]])
    error_message = "Each function may connect as its own database role and no other."
  }
  assert {
    condition     = length(distinct([for name, f in aws_iam_role_policy.function : f.policy])) == length(local.deployed)
    error_message = "No two functions have the same rights."
  }
  assert {
    condition     = [for name, p in aws_iam_role_policy.function : name if strcontains(p.policy, local.owner_secret)] == ["migrate"]
    error_message = "Only migrate reads the password of the owner."
  }
  assert {
    condition     = [for s in jsondecode(aws_iam_role_policy.function["migrate"].policy).Statement : s.Action[0] if s.Sid != "Logs"] == ["secretsmanager:GetSecretValue"]
    error_message = "migrate reads one secret, and nothing else."
  }
}

run "database" {
  assert {
    condition     = alltrue([for d in concat(aws_db_instance.this, aws_rds_cluster.this) : d.storage_encrypted && d.deletion_protection && d.iam_database_authentication_enabled && d.manage_master_user_password && !d.skip_final_snapshot && d.backup_retention_period >= 7])
    error_message = "The database is encrypted, protected, backed up for a week, and lets IAM sign in."
  }
  assert {
    condition     = length(concat(aws_db_instance.this, aws_rds_cluster.this)) == 1 && alltrue([for d in concat(aws_db_instance.this, aws_rds_cluster_instance.this) : d.publicly_accessible == false])
    error_message = "There is one database, and nobody outside reaches it."
  }
  assert {
    condition     = alltrue([for g in concat(aws_db_parameter_group.this, aws_rds_cluster_parameter_group.this) : { for p in g.parameter : p.name => p.value }["rds.force_ssl"] == "1"])
    error_message = "The database refuses connections without TLS."
  }
  assert {
    condition     = alltrue([for g in concat(aws_db_parameter_group.this, aws_rds_cluster_parameter_group.this) : tonumber({ for p in g.parameter : p.name => p.value }["max_connections"]) >= output.database_connections.most])
    error_message = "Functions, relays in a rollout and people fit into max_connections."
  }
  assert {
    condition     = output.database_connections.most >= sum([for f in concat(values(aws_lambda_function.serving), [aws_lambda_function.migrate]) : f.reserved_concurrent_executions]) + (var.relay == "fargate" ? 2 * var.relay_tasks * (var.relay_connections + 4) : 0)
    error_message = "The sum of connections has all functions and all relays."
  }
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.database) == (var.relay == "fargate" ? 2 : 1) && alltrue([for r in aws_vpc_security_group_ingress_rule.database : r.cidr_ipv4 == null && r.cidr_ipv6 == null && r.from_port == 5432 && r.to_port == 5432])
    error_message = "Postgres is reached from functions and relays only, by their groups."
  }
}

run "network" {
  assert {
    condition     = length(aws_nat_gateway.this) == (var.internet == "nat" ? 1 : 0) && length(aws_eip.nat) == length(aws_nat_gateway.this)
    error_message = "There is no NAT gateway that was not asked for."
  }
  assert {
    condition     = alltrue([for f in aws_lambda_function.serving : toset(f.vpc_config[0].subnet_ids) == toset([for s in aws_subnet.private : s.id])])
    error_message = "Functions are in the private subnets."
  }
  assert {
    condition     = length(aws_vpc_endpoint.secrets.subnet_ids) == 1
    error_message = "One endpoint in one zone: each costs."
  }
}

run "front" {
  assert {
    condition     = toset(keys(aws_apigatewayv2_route.function)) == toset(flatten([for name, f in local.functions : f.routes if !f.streaming && can(f.routes)]))
    error_message = "The routes of the API are those of the manifest."
  }
  assert {
    condition     = [for k, r in aws_apigatewayv2_route.function : k if r.authorization_type != "NONE"] == ["GET /metrics"]
    error_message = "The metrics, which ask for no token, are not public; the rest looks at its tokens itself."
  }
  assert {
    condition     = alltrue([for name, i in aws_apigatewayv2_integration.function : i.timeout_milliseconds >= local.functions[name].timeout_s * 1000 && i.timeout_milliseconds <= 30000 && i.payload_format_version == "2.0"])
    error_message = "The API waits as long as the function may take."
  }
  assert {
    condition     = alltrue([for u in aws_lambda_function_url.stream : u.authorization_type == "AWS_IAM" && u.invoke_mode == "RESPONSE_STREAM"]) && length(aws_lambda_function_url.stream) == (var.relay == "lambda" ? 1 : 0)
    error_message = "No function has a public address; the one that streams has one that only CloudFront may invoke."
  }
  assert {
    condition     = alltrue([for p in concat(values(aws_lambda_permission.api), values(aws_lambda_permission.stream)) : p.source_arn != null && contains(["apigateway.amazonaws.com", "cloudfront.amazonaws.com"], p.principal)])
    error_message = "Functions are invoked by this API and this front only."
  }
  assert {
    condition     = alltrue([for o in aws_cloudfront_distribution.this.origin : alltrue([for c in concat(o.custom_origin_config, o.vpc_origin_config) : c.origin_read_timeout > 3 * local.heartbeat_s])])
    error_message = "The front waits for more than three heartbeats."
  }
  assert {
    condition     = join(",", [for b in aws_cloudfront_distribution.this.ordered_cache_behavior : b.cache_policy_id if b.path_pattern == "/v1/events/stream"]) == (var.relay == "none" ? "" : local.no_cache) && aws_cloudfront_distribution.this.default_cache_behavior[0].cache_policy_id == local.no_cache
    error_message = "Neither streams nor answers are cached."
  }
  assert {
    condition     = alltrue([for b in concat(aws_cloudfront_distribution.this.default_cache_behavior, aws_cloudfront_distribution.this.ordered_cache_behavior) : b.viewer_protocol_policy != "allow-all"])
    error_message = "Viewers come by https."
  }
}

run "relay" {
  assert {
    condition     = length(aws_ecs_service.relay) == (var.relay == "fargate" ? 1 : 0) && length(aws_lb.relay) == length(aws_ecs_service.relay) && length(aws_cloudfront_vpc_origin.relay) == length(aws_ecs_service.relay)
    error_message = "There is a process, with a balancer, where it was chosen."
  }
  assert {
    condition     = alltrue([for lb in aws_lb.relay : lb.internal && lb.idle_timeout > 3 * local.heartbeat_s && lb.idle_timeout < 120])
    error_message = "The balancer is private and waits for more than three heartbeats, and less than the process does."
  }
  assert {
    condition     = alltrue([for g in aws_lb_target_group.relay : tonumber(g.deregistration_delay) == 30])
    error_message = "A relay that ends has 30 s to send its streams away."
  }
  assert {
    condition = alltrue([for t in aws_ecs_task_definition.relay : alltrue([for c in jsondecode(t.container_definitions) :
    c.stopTimeout > tonumber(trimsuffix({ for e in c.environment : e.name => e.value }["RYNDA_SHUTDOWN_WITHIN"], "s")) + 2 && c.stopTimeout <= 120])])
    error_message = "The process has more time to end than it takes."
  }
  assert {
    condition = alltrue([for t in aws_ecs_task_definition.relay : t.runtime_platform[0].cpu_architecture == "ARM64" && alltrue([for c in jsondecode(t.container_definitions) :
      c.readonlyRootFilesystem && can(regex("@sha256:", c.image)) && !can(c.secrets) && !anytrue([for e in c.environment : can(regex("PASSWORD|SECRET$|TOKEN", e.name)) || can(regex("://[^/]*:[^/]*@", e.value))])
    ])])
    error_message = "The process is for arm64, an image by its digest, and has no secret in its environment."
  }
  assert {
    condition     = alltrue([for s in aws_ecs_service.relay : s.deployment_circuit_breaker[0].enable && s.deployment_circuit_breaker[0].rollback && s.deployment_minimum_healthy_percent == 100 && s.desired_count == var.relay_tasks])
    error_message = "A rollout that fails is taken back, and no relay is missing meanwhile."
  }
  assert {
    condition     = alltrue([for r in aws_vpc_security_group_ingress_rule.relay : r.cidr_ipv4 == null]) && alltrue([for r in aws_vpc_security_group_ingress_rule.balancer : r.cidr_ipv4 == null && r.prefix_list_id == "pl-0123456789abcdef0"])
    error_message = "CloudFront alone reaches the balancer, and the balancer alone the relay."
  }
  assert {
    condition     = alltrue([for name, f in aws_lambda_function.serving : tonumber(trimsuffix(f.environment[0].variables["RYNDA_RELAY_SESSION"], "s")) < f.timeout if local.functions[name].streaming])
    error_message = "A stream of a function says bye before its end."
  }
  assert {
    condition     = alltrue([for g in aws_cloudwatch_log_group.relay : g.retention_in_days > 0])
    error_message = "The log of the relay ends."
  }
}

run "clock_and_alarms" {
  assert {
    condition     = toset(keys(aws_scheduler_schedule.function)) == toset(["sweep"]) && aws_scheduler_schedule.function["sweep"].schedule_expression == "rate(1 minute)" && aws_scheduler_schedule.function["sweep"].flexible_time_window[0].mode == "OFF"
    error_message = "The sweep is invoked each minute."
  }
  assert {
    condition     = alltrue([for s in aws_scheduler_schedule.function : s.target[0].retry_policy[0].maximum_retry_attempts == 3 && s.target[0].dead_letter_config[0].arn == aws_sqs_queue.unscheduled.arn]) && aws_sqs_queue.unscheduled.sqs_managed_sse_enabled
    error_message = "What cannot be invoked is tried three times more and then kept."
  }
  assert {
    condition = length(setsubtract(
      concat(["sweep-late", "unscheduled", "api-5xx", "database-connections", "database-cpu"],
        [for name in keys(local.deployed) : "${name}-errors"], [for name in keys(local.deployed) : "${name}-throttles"],
    var.database == "rds" ? ["database-storage"] : [], var.relay == "fargate" ? ["balancer-5xx", "relay-5xx", "relay-gone"] : []), keys(aws_cloudwatch_metric_alarm.this))) == 0
    error_message = "An alarm is missing."
  }
  assert {
    condition     = alltrue([for a in aws_cloudwatch_metric_alarm.this : a.alarm_actions == toset([aws_sns_topic.alarms.arn])]) && aws_cloudwatch_metric_alarm.this["sweep-late"].treat_missing_data == "breaching"
    error_message = "Alarms are told, and a clock that stands is one."
  }
}

# The three ways to be live and both databases, whatever the example chose.

run "without_a_relay" {
  variables {
    relay = "none"
  }
  assert {
    condition     = length(aws_lb.relay) + length(aws_lambda_function_url.stream) + length(aws_subnet.public) == 0 && length(aws_cloudfront_distribution.this.origin) == 1
    error_message = "Without a relay there is only the API."
  }
}

run "on_aurora" {
  variables {
    database          = "aurora"
    database_multi_az = true
  }
  assert {
    condition     = length(aws_db_instance.this) == 0 && length(aws_rds_cluster_instance.this) == 2 && aws_rds_cluster.this[0].storage_encrypted && aws_rds_cluster.this[0].deletion_protection && aws_rds_cluster.this[0].iam_database_authentication_enabled && aws_rds_cluster.this[0].manage_master_user_password
    error_message = "Aurora has two instances, and is as protected as RDS."
  }
  assert {
    condition     = { for p in aws_rds_cluster_parameter_group.this[0].parameter : p.name => p.value }["rds.force_ssl"] == "1"
    error_message = "Aurora refuses connections without TLS."
  }
  assert {
    condition     = strcontains(aws_iam_role_policy.function["feed"].policy, "dbuser:cluster-MOCK/rynda_feed")
    error_message = "Rights to connect name the cluster."
  }
}

run "with_logins" {
  variables {
    internet    = "ipv6"
    secrets_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rynda-AbCdEf"
    public_url  = "https://rynda.example.com"
    settings    = { RYNDA_OIDC_ISSUER = "https://login.example.com", RYNDA_OIDC_CLIENT_ID = "rynda" }
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 0 && alltrue([for f in aws_lambda_function.serving : f.vpc_config[0].ipv6_allowed_for_dual_stack])
    error_message = "Functions reach the provider by IPv6, without a NAT gateway."
  }
  assert {
    condition     = alltrue([for name, f in aws_lambda_function.serving : f.environment[0].variables["RYNDA_SECRETS_FROM"] == var.secrets_arn && strcontains(aws_iam_role_policy.function[name].policy, var.secrets_arn)])
    error_message = "Functions read the secret of settings, and may."
  }
  assert {
    condition     = !strcontains(aws_iam_role_policy.function["migrate"].policy, var.secrets_arn)
    error_message = "migrate does not."
  }
}

run "logins_need_a_way_out" {
  command = plan
  variables {
    internet = "none"
    settings = { RYNDA_OIDC_ISSUER = "https://login.example.com" }
  }
  expect_failures = [var.internet]
}

run "secrets_are_not_settings" {
  command = plan
  variables {
    settings = { RYNDA_OIDC_CLIENT_SECRET = "x" }
    internet = "nat"
  }
  expect_failures = [var.settings]
}

run "images_by_digest" {
  command = plan
  variables {
    relay       = "fargate"
    relay_image = "rynda-relay:latest"
  }
  expect_failures = [var.relay_image]
}

run "too_many_connections" {
  command = plan
  variables {
    database             = "rds"
    database_connections = 100
    relay                = "lambda"
  }
  expect_failures = [aws_db_instance.this]
}
