# One name for everything, so that one cookie works: CloudFront.
#
#   /v1/events/stream  -> the relay: a private balancer, or the function that streams
#   everything else    -> an HTTP API, whose routes are those of the manifest
#
# Reports are posted by curl and by jobs that cannot sign a body for AWS, so they
# go through an HTTP API, which asks for no signature; the functions look at the
# tokens. It has no streams, therefore the other origin. That one is reached by
# GET only: CloudFront signs for a function, nothing is public but CloudFront.

locals {
  # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide: managed policies
  no_cache       = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" # CachingDisabled
  cache_as_told  = "83da9c7e-98b4-4e11-a168-04f0df8e2c65" # UseOriginCacheControlHeaders
  all_but_host   = "b689b0a8-53d0-40ab-baf2-68738e2966ac" # AllViewerExceptHostHeader
  heartbeat_s    = 15                                     # RYNDA_RELAY_HEARTBEAT
  origin_read_s  = 60                                     # more than three heartbeats
  stream         = "/v1/events/stream"
  routes         = merge([for name, f in local.answering : { for route in f.routes : route => name }]...)
  private_routes = toset(["GET /metrics"])
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  description   = "Rynda, all but streams"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "function" {
  for_each = local.answering

  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.serving[each.key].invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = min(30000, each.value.timeout_s * 1000 + 500)
}

resource "aws_apigatewayv2_route" "function" {
  for_each = local.routes

  api_id    = aws_apigatewayv2_api.this.id
  route_key = each.key
  target    = "integrations/${aws_apigatewayv2_integration.function[each.value].id}"
  # Rynda asks for no token there, so AWS asks for a signature.
  authorization_type = contains(local.private_routes, each.key) ? "AWS_IAM" : "NONE"
}

# What is nobody's: a problem, and the page.
resource "aws_apigatewayv2_route" "default" {
  api_id    = aws_apigatewayv2_api.this.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.function[local.manifest.default].id}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = 1000
    throttling_burst_limit = 2000
  }
}

resource "aws_lambda_permission" "api" {
  for_each = local.answering

  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.serving[each.key].function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
}

resource "aws_cloudfront_distribution" "this" {
  comment         = var.name
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  aliases         = var.domain == null ? [] : [var.domain.name]

  origin {
    origin_id   = "api"
    domain_name = trimprefix(aws_apigatewayv2_api.this.api_endpoint, "https://")

    custom_origin_config {
      http_port                = 80
      https_port               = 443
      origin_protocol_policy   = "https-only"
      origin_ssl_protocols     = ["TLSv1.2"]
      origin_read_timeout      = local.origin_read_s
      origin_keepalive_timeout = 60
    }
  }

  dynamic "origin" {
    for_each = aws_cloudfront_vpc_origin.relay
    content {
      origin_id   = "relay"
      domain_name = aws_lb.relay[0].dns_name

      vpc_origin_config {
        vpc_origin_id            = origin.value.id
        origin_read_timeout      = local.origin_read_s
        origin_keepalive_timeout = 60
      }
    }
  }

  dynamic "origin" {
    for_each = aws_lambda_function_url.stream
    content {
      origin_id                = "relay"
      domain_name              = trimsuffix(trimprefix(origin.value.function_url, "https://"), "/")
      origin_access_control_id = aws_cloudfront_origin_access_control.stream[0].id

      custom_origin_config {
        http_port                = 80
        https_port               = 443
        origin_protocol_policy   = "https-only"
        origin_ssl_protocols     = ["TLSv1.2"]
        origin_read_timeout      = local.origin_read_s
        origin_keepalive_timeout = 60
      }
    }
  }

  # Without a relay the API answers 404 there, and pages poll.
  dynamic "ordered_cache_behavior" {
    for_each = var.relay == "none" ? [] : [local.stream]
    content {
      path_pattern             = ordered_cache_behavior.value
      target_origin_id         = "relay"
      viewer_protocol_policy   = "https-only"
      allowed_methods          = ["GET", "HEAD", "OPTIONS"]
      cached_methods           = ["GET", "HEAD"]
      cache_policy_id          = local.no_cache
      origin_request_policy_id = local.all_but_host
      compress                 = false
    }
  }

  # Names with a hash, the same for everybody: nothing of the viewer is sent on.
  ordered_cache_behavior {
    path_pattern           = "/assets/*"
    target_origin_id       = "api"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    cache_policy_id        = local.cache_as_told
    compress               = true
  }

  default_cache_behavior {
    target_origin_id         = "api"
    viewer_protocol_policy   = "redirect-to-https"
    allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = local.no_cache
    origin_request_policy_id = local.all_but_host
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = var.domain == null ? null : var.domain.certificate_arn
    ssl_support_method             = var.domain == null ? null : "sni-only"
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
  }
}
