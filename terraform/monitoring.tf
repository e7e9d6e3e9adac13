# Makes ConfigMaps from the files of monitoring/, so an edit there is a diff here. Every ConfigMap is mounted as a whole folder,
# because Kubernetes never updates a single mounted file. The servers then use an edit without a restart.
#
# prometheus.tf and alertmanager.tf render the formats that need it; monitoring/README.md explains why.

locals {
  # Relative to the module, so that an apply from another folder finds the same files.
  monitoring = "${path.module}/../monitoring"

  targets_file = var.targets_file == null ? "${local.monitoring}/targets.toml" : pathexpand(var.targets_file)
  targets      = file(local.targets_file)

  # HCL can't parse TOML, so the preconditions below check text: TOML's escapes of @ : / and \ are undone, and lines that end with
  # a \ are joined. They reject too much rather than too little; `./lab cluster up` and ping-agent check the file as TOML.
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

# The target list. ping-agent and api-gateway reread it themselves.
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
      error_message = "${local.targets_file} has no [[target]]; at least one is required. ${local.monitoring}/targets.toml explains the keys."
    }
    precondition {
      condition     = length(base64encode(local.targets)) * 3 / 4 <= 1000000
      error_message = "${local.targets_file} has more than 1,000,000 bytes, the limit of a ConfigMap. Remove its comments, or shorten the names."
    }
    # The rule of the services: a `:` in the authority, followed by an `@`. Comments are checked, because they would be readable, too.
    precondition {
      condition     = !can(regex(":[/\\\\]{2,}[^/?#\\n]*:[^\\n]*@", local.targets_text))
      error_message = "${local.targets_file} has a URL with a password, or a line that may contain one (SCHEME://USER:PASSWORD@HOST). It would be readable in Terraform's state and in a ConfigMap. Use an address without a password. If the line contains no password, move the @ to another line than a URL with a port."
    }
    precondition {
      condition     = var.demo_enabled || !anytrue([for line in local.target_lines : strcontains(line, "//demo-target")])
      error_message = "demo_enabled is false, but ${local.targets_file} contains demo-target, which would always be down. Set targets_file to a list without it, or set demo_enabled = true."
    }
  }
}

# Grafana's datasource and the folder of its dashboards, one ConfigMap for each folder. Grafana reads them only at its start; see
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
      error_message = "${local.grafana}/provisioning has a folder without a ConfigMap: add it to grafana_provisioning in monitoring.tf, and mount it in chart/templates/grafana.yaml."
    }
  }
}

# Grafana rereads the dashboards itself, every few seconds.
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
