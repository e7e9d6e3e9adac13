# monitoring/ becomes ConfigMaps, straight from its files: an edit there is a diff here. Every ConfigMap is mounted as a
# whole folder, since Kubernetes never updates a single mounted file, and the servers use an edit without a restart.
#
# The rendering steps that a format needs are in prometheus.tf and alertmanager.tf; why they exist is said in
# monitoring/README.md.

locals {
  # Not the working directory's: an apply from another folder finds the same files.
  monitoring = "${path.module}/../monitoring"

  targets_file = var.targets_file == null ? "${local.monitoring}/targets.toml" : pathexpand(var.targets_file)
  targets      = file(local.targets_file)

  # HCL can't parse TOML, so the guards below read text: TOML's escapes of @ : / and \ are undone, and lines that a \ continues
  # are joined. They refuse too much rather than too little; `./lab cluster up` and ping-agent check the file as TOML.
  targets_unescaped = replace(replace(replace(replace(local.targets,
    "/\\\\(u00|U000000|x)40/", "@"),
    "/\\\\(u00|U000000|x)3[aA]/", ":"),
    "/\\\\(u00|U000000|x)2[fF]/", "/"),
    "/\\\\(u00|U000000|x)5[cC]/", "\\\\"
  )
  targets_text = replace(local.targets_unescaped, "/\\\\[ \\t]*\\r?\\n\\s*/", "")
  target_lines = [for line in split("\n", local.targets_text) : line if !startswith(trimspace(line), "#")]

  grafana = "${local.monitoring}/grafana"
  grafana_provisioning = {
    for folder in ["dashboards", "datasources"] : folder => {
      for name in fileset("${local.grafana}/provisioning/${folder}", "*.yml") :
      name => file("${local.grafana}/provisioning/${folder}/${name}")
    }
  }
}

# Read by ping-agent and api-gateway, which reread it themselves.
resource "kubernetes_config_map_v1" "targets" {
  metadata {
    name      = "targets"
    namespace = local.namespace
    labels    = local.labels
  }

  data = { "targets.toml" = local.targets }

  lifecycle {
    precondition {
      condition     = strcontains(local.targets, "[[target]]")
      error_message = "${local.targets_file} has no [[target]], and there is nothing to watch without one. ${local.monitoring}/targets.toml explains its keys."
    }
    precondition {
      condition     = length(base64encode(local.targets)) * 3 / 4 <= 1000000
      error_message = "${local.targets_file} has more than 1,000,000 bytes, and a ConfigMap holds no more. Leave its comments out, or shorten the names."
    }
    # By the rule of the services: a `:` in the authority and an `@` behind it. Comments would be readable, too.
    precondition {
      condition     = !can(regex(":[/\\\\]{2,}[^/?#\\n]*:[^\\n]*@", local.targets_text))
      error_message = "${local.targets_file} has a URL with a password, or a line that may hold one (SCHEME://USER:PASSWORD@HOST), which would be readable in Terraform's state and in a ConfigMap. Watch an address that needs none, and write an @ of anything else on another line than a URL with a port."
    }
    precondition {
      condition     = var.demo_enabled || !anytrue([for line in local.target_lines : strcontains(line, "//demo-target")])
      error_message = "demo_enabled is false, and ${local.targets_file} still watches demo-target, which would be down forever. Set targets_file to a list of your own, or leave the demo on."
    }
  }
}

# Grafana's datasource and where it finds dashboards, a ConfigMap a folder. It reads them at its start only: see
# release.tf.
resource "kubernetes_config_map_v1" "grafana_provisioning" {
  for_each = { for folder, files in local.grafana_provisioning : folder => files if var.grafana_enabled }

  metadata {
    name      = "grafana-provisioning-${each.key}"
    namespace = local.namespace
    labels    = local.labels
  }

  data = each.value

  lifecycle {
    precondition {
      condition     = toset(keys(local.grafana_provisioning)) == toset([for path in fileset("${local.grafana}/provisioning", "**") : dirname(path)])
      error_message = "${local.grafana}/provisioning has a folder that no ConfigMap is made of: add it to grafana_provisioning in monitoring.tf, and mount it in chart/templates/grafana.yaml."
    }
  }
}

# Grafana looks for changed dashboards itself, every few seconds.
resource "kubernetes_config_map_v1" "grafana_dashboards" {
  count = var.grafana_enabled ? 1 : 0

  metadata {
    name      = "grafana-dashboards"
    namespace = local.namespace
    labels    = local.labels
  }

  data = {
    for name in fileset("${local.grafana}/dashboards", "*.json") : name => file("${local.grafana}/dashboards/${name}")
  }
}
