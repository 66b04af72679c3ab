# The way to be live. fargate: processes behind a private balancer, which only
# CloudFront reaches. lambda: a function for each open stream, at an address that
# only CloudFront may invoke. none: neither; pages poll.

locals {
  fargate      = var.relay == "fargate" ? 1 : 0
  port         = 8700
  relay_role   = local.functions["relay"].database_role
  drain_s      = 20
  stop_s       = 60
  idle_s       = 90 # more than three heartbeats; less than the 120 s that the process keeps a quiet connection
  deregister_s = 30
}

# As a function.

resource "aws_lambda_function_url" "stream" {
  for_each = local.streaming

  function_name      = aws_lambda_function.serving[each.key].function_name
  authorization_type = "AWS_IAM"
  invoke_mode        = "RESPONSE_STREAM"
}

resource "aws_cloudfront_origin_access_control" "stream" {
  count = var.relay == "lambda" ? 1 : 0

  name                              = "${var.name}-stream"
  origin_access_control_origin_type = "lambda"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

# Addresses made since October 2025 need both.
resource "aws_lambda_permission" "stream" {
  for_each = { for pair in setproduct(keys(local.streaming), ["InvokeFunctionUrl", "InvokeFunction"]) : "${pair[0]}-${pair[1]}" => pair }

  statement_id  = each.value[1]
  action        = "lambda:${each.value[1]}"
  function_name = aws_lambda_function.serving[each.value[0]].function_name
  principal     = "cloudfront.amazonaws.com"
  source_arn    = aws_cloudfront_distribution.this.arn
}

# As processes.

data "aws_ec2_managed_prefix_list" "cloudfront" {
  count = local.fargate

  name = "com.amazonaws.global.cloudfront.origin-facing"
}

resource "aws_security_group" "balancer" {
  count = local.fargate

  name        = "${var.name}-balancer"
  description = "The balancer, from CloudFront only"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "relay" {
  count = local.fargate

  name        = "${var.name}-relay"
  description = "Relays, from the balancer only"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  count = local.fargate

  security_group_id = aws_security_group.balancer[0].id
  description       = "HTTP from CloudFront, within AWS"
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront[0].id
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  count = local.fargate

  security_group_id            = aws_security_group.balancer[0].id
  description                  = "Relays"
  referenced_security_group_id = aws_security_group.relay[0].id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_vpc_security_group_ingress_rule" "relay" {
  count = local.fargate

  security_group_id            = aws_security_group.relay[0].id
  description                  = "HTTP from the balancer"
  referenced_security_group_id = aws_security_group.balancer[0].id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_vpc_security_group_egress_rule" "relay" {
  for_each = local.fargate == 0 ? {} : { https = 443, database = 5432 }

  security_group_id            = aws_security_group.relay[0].id
  description                  = each.key == "database" ? "Postgres" : "Images, logs and keys"
  referenced_security_group_id = each.key == "database" ? aws_security_group.database.id : null
  cidr_ipv4                    = each.key == "database" ? null : "0.0.0.0/0"
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_lb" "relay" {
  count = local.fargate

  name                       = "${var.name}-relay"
  internal                   = true
  load_balancer_type         = "application"
  subnets                    = [for s in aws_subnet.private : s.id]
  security_groups            = [aws_security_group.balancer[0].id]
  idle_timeout               = local.idle_s
  drop_invalid_header_fields = true
}

resource "aws_lb_target_group" "relay" {
  count = local.fargate

  name                 = "${var.name}-relay"
  port                 = local.port
  protocol             = "HTTP"
  target_type          = "ip"
  vpc_id               = aws_vpc.this.id
  deregistration_delay = local.deregister_s

  health_check {
    path                = "/readyz"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

# Nothing but streams is answered here.
resource "aws_lb_listener" "relay" {
  count = local.fargate

  load_balancer_arn = aws_lb.relay[0].arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener_rule" "relay" {
  count = local.fargate

  listener_arn = aws_lb_listener.relay[0].arn
  priority     = 1

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.relay[0].arn
  }

  condition {
    path_pattern {
      values = [local.stream]
    }
  }
}

resource "aws_cloudfront_vpc_origin" "relay" {
  count = local.fargate

  vpc_origin_endpoint_config {
    name                   = "${var.name}-relay"
    arn                    = aws_lb.relay[0].arn
    http_port              = 80
    https_port             = 443
    origin_protocol_policy = "http-only"

    origin_ssl_protocols {
      items    = ["TLSv1.2"]
      quantity = 1
    }
  }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_cloudwatch_log_group" "relay" {
  count = local.fargate

  name              = "/ecs/${var.name}-relay"
  retention_in_days = var.log_days
}

resource "aws_iam_role" "relay" {
  for_each = local.fargate == 0 ? toset([]) : toset(["start", "task"])

  name = "${var.name}-relay-${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

# Fetches the image and writes the log; AWS's own policy, as one action cannot be narrowed.
resource "aws_iam_role_policy_attachment" "relay" {
  count = local.fargate

  role       = aws_iam_role.relay["start"].name
  policy_arn = "${local.arn_prefix}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "relay" {
  count = local.fargate

  name = "works-with"
  role = aws_iam_role.relay["task"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "Database"
        Effect   = "Allow"
        Action   = ["rds-db:connect"]
        Resource = "${local.db_user}/${local.relay_role}"
      }],
      [for arn in compact([var.secrets_arn]) : {
        Sid      = "Secret"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = arn
      }],
    )
  })
}

resource "aws_ecs_cluster" "this" {
  count = local.fargate

  name = var.name
}

resource "aws_ecs_task_definition" "relay" {
  count = local.fargate

  family                   = "${var.name}-relay"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "256"
  memory                   = "512"
  execution_role_arn       = aws_iam_role.relay["start"].arn
  task_role_arn            = aws_iam_role.relay["task"].arn

  runtime_platform {
    cpu_architecture        = "ARM64"
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode([{
    name                   = "relay"
    image                  = var.relay_image
    command                = ["serve"]
    essential              = true
    stopTimeout            = local.stop_s
    readonlyRootFilesystem = true
    portMappings           = [{ containerPort = local.port, protocol = "tcp" }]
    environment = [for name, value in merge(local.common, {
      AWS_REGION            = var.region
      DATABASE_URL          = "postgres://${local.relay_role}@${local.database.host}:5432/${local.dbname}?sslmode=verify-full&sslrootcert=/database-ca.pem"
      RYNDA_DATABASE_AUTH   = "iam"
      RYNDA_SWEEP           = "false" # the function does, as the owner of the tables
      RYNDA_CONNECTIONS     = tostring(var.relay_connections)
      RYNDA_LISTEN          = "0.0.0.0:${local.port}"
      RYNDA_SHUTDOWN_WITHIN = "${local.drain_s}s"
      RYNDA_TRUSTED_PROXIES = var.cidr
    }) : { name = name, value = value }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.relay[0].name
        awslogs-region        = var.region
        awslogs-stream-prefix = "relay"
      }
    }
  }])
}

resource "aws_ecs_service" "relay" {
  count = local.fargate

  name                               = "relay"
  cluster                            = aws_ecs_cluster.this[0].id
  task_definition                    = aws_ecs_task_definition.relay[0].arn
  desired_count                      = var.relay_tasks
  launch_type                        = "FARGATE"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 30

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = [for s in aws_subnet.public : s.id]
    security_groups  = [aws_security_group.relay[0].id]
    assign_public_ip = true
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.relay[0].arn
    container_name   = "relay"
    container_port   = local.port
  }

  depends_on = [aws_lambda_invocation.migrate, aws_lb_listener_rule.relay, aws_iam_role_policy.relay]
}
