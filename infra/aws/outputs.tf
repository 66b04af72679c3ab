output "url" {
  description = "Where Rynda is found: what rynda smoke wants."
  value       = var.public_url != null ? var.public_url : "https://${var.domain != null ? var.domain.name : aws_cloudfront_distribution.this.domain_name}"
}

output "front_name" {
  description = "Name of the front, for the record of your own domain."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "database_host" {
  description = "Host of the database, reached from within the network only."
  value       = local.database.host
}

output "database_connections" {
  description = "Connections that functions, relays and people take at most, of those that the database has."
  value       = { most = local.connections, of = var.database_connections }
}

output "alarms_topic" {
  description = "ARN of the topic that alarms are told to."
  value       = aws_sns_topic.alarms.arn
}

output "migrated" {
  description = "What the function migrate answered."
  value       = aws_lambda_invocation.migrate.result
}
