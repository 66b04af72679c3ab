# What somebody has to look at. Each alarm says so to one topic.

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = null # AWS's key would refuse what CloudWatch sends; the messages hold names and numbers
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

locals {
  alarm = { statistic = "Sum", comparison = "GreaterThanThreshold", threshold = 0, period = 60, periods = 1, missing = "notBreaching" }

  alarms = merge(
    { for name, f in local.deployed : "${name}-errors" => merge(local.alarm, {
      about = "${name} failed: look at its log", namespace = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = "${var.name}-${name}" }
    }) },
    { for name, f in local.deployed : "${name}-throttles" => merge(local.alarm, {
      about = "${name} was at its limit of ${f.concurrency} at once", namespace = "AWS/Lambda", metric = "Throttles", dimensions = { FunctionName = "${var.name}-${name}" }, periods = 3
    }) },
    { for name, f in local.scheduled : "${name}-late" => merge(local.alarm, {
      about     = "${name} was not invoked by the clock for five times its period", namespace = "AWS/Lambda", metric = "Invocations", dimensions = { FunctionName = "${var.name}-${name}" }
      threshold = 1, comparison = "LessThanThreshold", period = 5 * f.schedule_s, missing = "breaching"
    }) },
    { "unscheduled" = merge(local.alarm, {
      about     = "Invocations by the clock were given up", namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = aws_sqs_queue.unscheduled.name }
      statistic = "Maximum"
    }) },
    { "api-5xx" = merge(local.alarm, {
      about     = "The API answers 5xx", namespace = "AWS/ApiGateway", metric = "5xx", dimensions = { ApiId = aws_apigatewayv2_api.this.id }
      threshold = 5, periods = 3
    }) },
    { "database-connections" = merge(local.alarm, {
      about     = "Four fifths of the connections are taken", namespace = "AWS/RDS", metric = "DatabaseConnections", dimensions = local.database.dimension
      statistic = "Maximum", threshold = floor(var.database_connections * 0.8), periods = 3
    }) },
    { "database-cpu" = merge(local.alarm, {
      about     = "The database is busy", namespace = "AWS/RDS", metric = "CPUUtilization", dimensions = local.database.dimension
      statistic = "Average", threshold = 80, periods = 15
    }) },
    var.database == "aurora" ? {} : { "database-storage" = merge(local.alarm, {
      about     = "Less than a fifth of the first disk is free", namespace = "AWS/RDS", metric = "FreeStorageSpace", dimensions = local.database.dimension
      statistic = "Minimum", comparison = "LessThanThreshold", threshold = var.database_storage_gb * 1073741824 / 5, period = 300
    }) },
    local.fargate == 0 ? {} : { "balancer-5xx" = merge(local.alarm, {
      about     = "Streams are answered 5xx", namespace = "AWS/ApplicationELB", metric = "HTTPCode_ELB_5XX_Count", dimensions = { LoadBalancer = aws_lb.relay[0].arn_suffix }
      threshold = 5, periods = 3
    }) },
    local.fargate == 0 ? {} : { "relay-5xx" = merge(local.alarm, {
      about     = "Relays answer 5xx", namespace = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", dimensions = { LoadBalancer = aws_lb.relay[0].arn_suffix }
      threshold = 5, periods = 3
    }) },
    local.fargate == 0 ? {} : { "relay-gone" = merge(local.alarm, {
      about      = "Fewer relays are ready than wanted", namespace = "AWS/ApplicationELB", metric = "HealthyHostCount"
      dimensions = { LoadBalancer = aws_lb.relay[0].arn_suffix, TargetGroup = aws_lb_target_group.relay[0].arn_suffix }
      statistic  = "Minimum", comparison = "LessThanThreshold", threshold = var.relay_tasks, periods = 5, missing = "breaching"
    }) },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.about
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
