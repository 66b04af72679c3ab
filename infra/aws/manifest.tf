# What there is to deploy. The functions, the emulator and this read one file.
locals {
  manifest  = jsondecode(file("${path.module}/../../functions/manifest.json"))
  functions = local.manifest.functions

  # The functions that a deployment has: all but the one that streams, unless streams are functions.
  deployed = { for name, f in local.functions : name => f if !f.streaming || var.relay == "lambda" }
  # migrate is invoked before the others are switched, so it stands alone.
  serving   = { for name, f in local.deployed : name => f if name != "migrate" }
  answering = { for name, f in local.serving : name => f if !f.streaming && length(try(f.routes, [])) > 0 }
  scheduled = { for name, f in local.serving : name => f if try(f.schedule_s, 0) > 0 }
  streaming = { for name, f in local.serving : name => f if f.streaming }
}
