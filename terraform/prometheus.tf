# Prometheus' configuration, rules and discovery files.

locals {
  prometheus_template = file("${local.monitoring}/prometheus/prometheus.yml")

  # Where each job of prometheus.yml finds its part. A part that doesn't run has an empty list. ping-agent's shards hold
  # different targets, so each is scraped by its own stable name.
  discovery = {
    ping-agent    = [for shard in range(var.ping_agent_shards) : "ping-agent-${shard}.ping-agent:8080"]
    alert-logger  = ["alert-logger:8080"]
    dashboard-ui  = ["dashboard-ui:8080"]
    demo-target   = var.demo_enabled ? ["demo-target:8080"] : []
    prometheus    = ["localhost:9090"]
    alertmanager  = ["alertmanager:9093"]
    alertmanagers = ["alertmanager:9093"]
    grafana       = var.grafana_enabled ? ["grafana:3000"] : []
  }

  # api-gateway has replicas, and a scrape of its Service would reach one or the other: its counters would jump. Their
  # addresses come from a headless Service, which no discovery file can say.
  gateway_files = <<-YAML
    file_sd_configs:
          - files: [discovery/api-gateway.json]
  YAML
  gateway_dns   = <<-YAML
    dns_sd_configs:
          - names: [api-gateway-pods]
            type: A
            port: 8080
  YAML

  remote_write = var.remote_write == null ? "" : "\n${yamlencode({
    remote_write = [merge(
      { url = var.remote_write.url },
      local.remote_write_has_username ? {
        basic_auth = {
          username      = var.remote_write.username
          password_file = "/etc/prometheus/remote-write/password"
        }
      } : {},
    )]
  })}"

  prometheus_config = "${replace(local.prometheus_template, local.gateway_files, local.gateway_dns)}${local.remote_write}"
}

resource "kubernetes_config_map_v1" "prometheus_config" {
  metadata {
    name      = "prometheus-config"
    namespace = local.namespace
    labels    = local.labels
  }

  data = { "prometheus.yml" = local.prometheus_config }

  lifecycle {
    precondition {
      condition     = length(split(local.gateway_files, local.prometheus_template)) == 2
      error_message = "monitoring/prometheus/prometheus.yml has to read discovery/api-gateway.json exactly once, in the lines that prometheus.tf replaces by a look-up of api-gateway-pods:\n${local.gateway_files}"
    }
    precondition {
      condition     = !can(regex("(?m)^remote_write:", local.prometheus_template))
      error_message = "monitoring/prometheus/prometheus.yml has a remote_write of its own, which prometheus.tf would repeat: set the variable remote_write in its place."
    }
    precondition {
      condition = length(setsubtract(
        flatten(regexall("discovery/([a-z0-9-]+)\\.json", local.prometheus_config)), keys(local.discovery)
      )) == 0
      error_message = "monitoring/prometheus/prometheus.yml reads a discovery file that is not made: add its job to discovery in prometheus.tf."
    }
  }
}

resource "kubernetes_config_map_v1" "prometheus_rules" {
  metadata {
    name      = "prometheus-rules"
    namespace = local.namespace
    labels    = local.labels
  }

  data = {
    for name in fileset("${local.monitoring}/prometheus/rules", "*.yml") :
    name => file("${local.monitoring}/prometheus/rules/${name}")
  }
}

# Prometheus rereads them itself.
resource "kubernetes_config_map_v1" "prometheus_discovery" {
  metadata {
    name      = "prometheus-discovery"
    namespace = local.namespace
    labels    = local.labels
  }

  data = {
    for job, addresses in local.discovery :
    "${job}.json" => jsonencode([for address in addresses : { targets = [address] }])
  }
}
