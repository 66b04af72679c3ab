# What the manifest wants invoked by the clock. At least once is enough: one sweep
# at a time works, the others return.

resource "aws_sqs_queue" "unscheduled" {
  name                      = "${var.name}-unscheduled"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_iam_role" "scheduler" {
  name = "${var.name}-scheduler"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.this.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "invokes"
  role = aws_iam_role.scheduler.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = [for name in keys(local.scheduled) : aws_lambda_function.serving[name].arn] },
      { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = aws_sqs_queue.unscheduled.arn },
    ]
  })
}

resource "aws_scheduler_schedule" "function" {
  for_each = local.scheduled

  name                = "${var.name}-${each.key}"
  schedule_expression = each.value.schedule_s == 60 ? "rate(1 minute)" : "rate(${floor(each.value.schedule_s / 60)} minutes)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.serving[each.key].arn
    role_arn = aws_iam_role.scheduler.arn

    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 300
    }

    dead_letter_config {
      arn = aws_sqs_queue.unscheduled.arn
    }
  }
}
