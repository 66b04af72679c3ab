# Secrets are named here and never read: neither state nor environment has one.
# RDS makes and renews the password of the owner of the tables; functions sign in
# by IAM and have none.

locals {
  account_root = "arn:${data.aws_partition.this.partition}:iam::${data.aws_caller_identity.this.account_id}:root"
  owner_secret = local.database.secret_arn
  secrets      = compact([local.owner_secret, var.secrets_arn])
}
