# A role for each function, with what it works with and no more. What Lambda needs
# to put a function into a network cannot be narrowed, and is AWS's own policy.

locals {
  arn_prefix = "arn:${data.aws_partition.this.partition}"
  account    = "${var.region}:${data.aws_caller_identity.this.account_id}"
  db_user    = "${local.arn_prefix}:rds-db:${local.account}:dbuser:${local.database.resource_id}"
}

resource "aws_iam_role" "function" {
  for_each = local.deployed

  name = "${var.name}-${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "network" {
  for_each = aws_iam_role.function

  role       = each.value.name
  policy_arn = "${local.arn_prefix}:iam::aws:policy/service-role/AWSLambdaENIManagementAccess"
}

resource "aws_iam_role_policy" "function" {
  for_each = local.deployed

  name = "works-with"
  role = aws_iam_role.function[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${local.arn_prefix}:logs:${local.account}:log-group:/aws/lambda/${var.name}-${each.key}:*"
      }],
      # migrate signs in as the owner, by the password that RDS keeps.
      each.key == "migrate" ? [] : [{
        Sid      = "Database"
        Effect   = "Allow"
        Action   = ["rds-db:connect"]
        Resource = "${local.db_user}/${each.value.database_role}"
      }],
      [for arn in(each.key == "migrate" ? [local.owner_secret] : compact([var.secrets_arn])) : {
        Sid      = "Secret"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = arn
      }],
    )
  })
}
