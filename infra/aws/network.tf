# Functions, balancer and database are in private subnets. They talk to the
# database, and to Secrets Manager by one endpoint in one zone (about $7 a month),
# so nothing needs a NAT gateway. Relay processes are in public subnets, since
# fetching an image by four endpoints costs more than an address; nobody but the
# balancer reaches them.

locals {
  public = var.relay == "fargate" || var.internet == "nat" ? toset(var.zones) : toset([])
}

resource "aws_vpc" "this" {
  cidr_block                       = var.cidr
  enable_dns_support               = true
  enable_dns_hostnames             = true
  assign_generated_ipv6_cidr_block = var.internet == "ipv6"
  tags                             = { Name = var.name }
}

# The default group of the network lets nothing through.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "private" {
  for_each = toset(var.zones)

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr, 4, index(var.zones, each.key))
  ipv6_cidr_block   = var.internet == "ipv6" ? cidrsubnet(aws_vpc.this.ipv6_cidr_block, 8, index(var.zones, each.key)) : null
  tags              = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

resource "aws_subnet" "public" {
  for_each = local.public

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = cidrsubnet(var.cidr, 4, 8 + index(var.zones, each.key))
  tags              = { Name = "${var.name}-public-${each.key}" }
}

# CloudFront reaches a private balancer only in a network that has one of these.
resource "aws_internet_gateway" "this" {
  count = length(local.public) > 0 ? 1 : 0

  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_route_table" "public" {
  count = length(local.public) > 0 ? 1 : 0

  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-public" }
}

resource "aws_route" "public" {
  count = length(local.public) > 0 ? 1 : 0

  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this[0].id
}

resource "aws_route_table_association" "public" {
  for_each = aws_subnet.public

  subnet_id      = each.value.id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_egress_only_internet_gateway" "this" {
  count = var.internet == "ipv6" ? 1 : 0

  vpc_id = aws_vpc.this.id
}

resource "aws_route" "ipv6" {
  count = var.internet == "ipv6" ? 1 : 0

  route_table_id              = aws_route_table.private.id
  destination_ipv6_cidr_block = "::/0"
  egress_only_gateway_id      = aws_egress_only_internet_gateway.this[0].id
}

resource "aws_eip" "nat" {
  count = var.internet == "nat" ? 1 : 0

  domain = "vpc"
}

resource "aws_nat_gateway" "this" {
  count = var.internet == "nat" ? 1 : 0

  allocation_id = aws_eip.nat[0].id
  subnet_id     = aws_subnet.public[var.zones[0]].id
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_route" "nat" {
  count = var.internet == "nat" ? 1 : 0

  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[0].id
}

resource "aws_security_group" "functions" {
  name        = "${var.name}-functions"
  description = "Functions: nothing comes in"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "Postgres, from functions and relays only"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "secrets" {
  name        = "${var.name}-secrets"
  description = "The endpoint of Secrets Manager, from functions and relays only"
  vpc_id      = aws_vpc.this.id
}

locals {
  callers = merge({ functions = aws_security_group.functions.id }, { for g in aws_security_group.relay : "relay" => g.id })
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = local.callers

  security_group_id            = aws_security_group.database.id
  description                  = "Postgres from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "secrets" {
  for_each = local.callers

  security_group_id            = aws_security_group.secrets.id
  description                  = "HTTPS from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "functions_database" {
  security_group_id            = aws_security_group.functions.id
  description                  = "Postgres"
  referenced_security_group_id = aws_security_group.database.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "functions_secrets" {
  security_group_id            = aws_security_group.functions.id
  description                  = "Secrets Manager"
  referenced_security_group_id = aws_security_group.secrets.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_egress_rule" "functions_internet" {
  count = var.internet == "none" ? 0 : 1

  security_group_id = aws_security_group.functions.id
  description       = "Providers of logins"
  cidr_ipv4         = var.internet == "nat" ? "0.0.0.0/0" : null
  cidr_ipv6         = var.internet == "ipv6" ? "::/0" : null
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# migrate reads the password that RDS keeps, the others what secrets_arn holds.
resource "aws_vpc_endpoint" "secrets" {
  vpc_id              = aws_vpc.this.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${var.region}.secretsmanager"
  subnet_ids          = [aws_subnet.private[var.zones[0]].id]
  security_group_ids  = [aws_security_group.secrets.id]
  private_dns_enabled = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = local.account_root }
      Action    = "secretsmanager:GetSecretValue"
      Resource  = local.secrets
    }]
  })
}
