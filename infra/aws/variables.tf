variable "name" {
  description = "Name of the deployment; it begins the name of everything that is made."
  type        = string
  default     = "rynda"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.name))
    error_message = "Small letters, digits and dashes, a letter first, 2 to 21 in all."
  }
}

variable "region" {
  description = "Region of AWS."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "A region, such as eu-central-1."
  }
}

variable "zones" {
  description = "Availability zones of the region, two or three; RDS wants two even where it uses one."
  type        = list(string)

  validation {
    condition     = length(distinct(var.zones)) == length(var.zones) && contains([2, 3], length(var.zones))
    error_message = "Two or three different zones."
  }
}

variable "cidr" {
  description = "Addresses of the network, a /16 to /20 in private space."
  type        = string
  default     = "10.87.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 15)) && can(regex("/(16|17|18|19|20)$", var.cidr))
    error_message = "An IPv4 network from /16 to /20."
  }
}

variable "internet" {
  description = "How functions reach the internet, which only signing in needs: none; ipv6 (free, the provider must have IPv6); nat (about $33 a month)."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "ipv6", "nat"], var.internet)
    error_message = "none, ipv6 or nat."
  }

  validation {
    condition     = var.internet != "none" || !anytrue([for k in keys(var.settings) : can(regex("^RYNDA_(OIDC|JWT)_", k))])
    error_message = "The functions ask the OIDC provider, or the address of JWT keys, over the internet: choose ipv6 or nat."
  }
}

variable "packages" {
  description = "Folder with the zips of the functions for arm64, as rynda package -database-ca makes them."
  type        = string
}

variable "relay" {
  description = "How pages are kept live: fargate (a process), lambda (a function for each stream) or none (they poll)."
  type        = string
  default     = "fargate"

  validation {
    condition     = contains(["fargate", "lambda", "none"], var.relay)
    error_message = "fargate, lambda or none."
  }
}

variable "relay_image" {
  description = "Image of the relay, by digest. Needed with relay = fargate."
  type        = string
  default     = null

  validation {
    condition     = var.relay != "fargate" || can(regex("@sha256:[0-9a-f]{64}$", var.relay_image))
    error_message = "With relay = fargate, an image by its digest: repository@sha256:…"
  }
}

variable "relay_tasks" {
  description = "Relay processes with relay = fargate; each holds about 5,000 streams in 0.25 vCPU and 0.5 GB."
  type        = number
  default     = 1

  validation {
    condition     = var.relay_tasks >= 1 && var.relay_tasks <= 50 && floor(var.relay_tasks) == var.relay_tasks
    error_message = "A whole number from 1 to 50."
  }
}

variable "relay_connections" {
  description = "Connections for reads of one relay process; it has four more of its own."
  type        = number
  default     = 8

  validation {
    condition     = var.relay_connections >= 4 && var.relay_connections <= 100
    error_message = "From 4 to 100."
  }
}

variable "database" {
  description = "rds (PostgreSQL on one instance) or aurora (Aurora PostgreSQL, serverless capacity)."
  type        = string
  default     = "rds"

  validation {
    condition     = contains(["rds", "aurora"], var.database)
    error_message = "rds or aurora."
  }
}

variable "database_class" {
  description = "Instance class of RDS, arm."
  type        = string
  default     = "db.t4g.small"

  validation {
    condition     = can(regex("^db\\.(t4g|m[6-8]g|r[6-8]g)d?\\.[a-z0-9]+$", var.database_class))
    error_message = "A class with arm processors, such as db.t4g.small or db.m7g.large."
  }
}

variable "database_connections" {
  description = "max_connections of Postgres. 200 suits the 2 GB of db.t4g.small."
  type        = number
  default     = 200

  validation {
    condition     = var.database_connections >= 100 && var.database_connections <= 5000
    error_message = "From 100 to 5,000."
  }
}

variable "database_multi_az" {
  description = "A second database in another zone that takes over by itself."
  type        = bool
  default     = false
}

variable "database_storage_gb" {
  description = "Disk of RDS at first, in GB; it grows to five times that by itself."
  type        = number
  default     = 20

  validation {
    condition     = var.database_storage_gb >= 20
    error_message = "At least 20."
  }
}

variable "aurora_capacity" {
  description = "Least and most capacity units of Aurora. It does not pause: a tailing relay holds it awake."
  type        = object({ min = number, max = number })
  default     = { min = 0.5, max = 4 }

  validation {
    condition     = var.aurora_capacity.min >= 0.5 && var.aurora_capacity.max >= var.aurora_capacity.min && var.aurora_capacity.max <= 256
    error_message = "From 0.5 to 256, the least first."
  }
}

variable "backup_days" {
  description = "Days that backups of the database are kept, for a restore to any moment in them."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "From 1 to 35."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the database. Switch it off in an apply of its own before a destroy."
  type        = bool
  default     = true
}

variable "public_url" {
  description = "Where people find Rynda, without a final slash; needed for signing in. Without a domain of your own: the output url, in a second apply."
  type        = string
  default     = null

  validation {
    condition     = var.public_url == null || can(regex("^https://[a-z0-9.-]+$", var.public_url))
    error_message = "https:// and a name, without a final slash."
  }
}

variable "domain" {
  description = "A name of your own for the front, with its certificate; null is a name of CloudFront."
  type        = object({ name = string, certificate_arn = string })
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^arn:[a-z-]+:acm:us-east-1:", var.domain.certificate_arn))
    error_message = "CloudFront takes certificates of us-east-1."
  }
}

variable "secrets_arn" {
  description = "ARN of a secret of Secrets Manager: a JSON object of settings that are secret, such as RYNDA_OIDC_CLIENT_SECRET. It is made beforehand, so that its text is not in the state."
  type        = string
  default     = null

  validation {
    condition     = var.secrets_arn == null || can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", var.secrets_arn))
    error_message = "The ARN of a secret of Secrets Manager."
  }
}

variable "settings" {
  description = "Further settings that are not secret, by the names that rynda help config lists."
  type        = map(string)
  default     = {}

  validation {
    condition = alltrue([for k in keys(var.settings) : startswith(k, "RYNDA_") && !can(regex("SECRET|PASSWORD|TOKEN|DATABASE", k))])
    # A name alone: a value here may be what must not be shown.
    error_message = "Names that begin with RYNDA_; what is secret belongs into the secret of secrets_arn, and the database is set here already."
  }
}

variable "log_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], var.log_days)
    error_message = "One of the numbers that CloudWatch knows, a year at most."
  }
}

variable "alarm_emails" {
  description = "Who is told of alarms; each confirms once by a letter from AWS."
  type        = set(string)
  default     = []
}

variable "tags" {
  description = "Further tags of everything."
  type        = map(string)
  default     = {}
}
