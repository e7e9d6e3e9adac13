# Prometheus' configuration, rules and discovery files.

locals {
  prometheus_template = file("${local.monitoring}/prometheus/prometheus.yml")

  # The addresses of each job in prometheus.yml. A part that does not run has an empty list. ping-agent's shards have different
  # targets, so each shard is scraped by its own stable name.
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

  # api-gateway has replicas. A scrape of its Service would reach one or the other, and its counters would jump. So each replica
  # is found by DNS through a headless Service, which a discovery file can't express.
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
      error_message = "monitoring/prometheus/prometheus.yml must contain these lines exactly once; prometheus.tf replaces them by a look-up of api-gateway-pods:\n${local.gateway_files}"
    }
    precondition {
      condition     = !can(regex("(?m)^remote_write:", local.prometheus_template))
      error_message = "monitoring/prometheus/prometheus.yml contains remote_write, which prometheus.tf would add a second time: set the variable remote_write instead."
    }
    precondition {
      condition = length(setsubtract(
        flatten(regexall("discovery/([a-z0-9-]+)\\.json", local.prometheus_config)), keys(local.discovery)
      )) == 0
      error_message = "monitoring/prometheus/prometheus.yml reads a discovery file that Terraform does not create: add its job to discovery in prometheus.tf."
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

# Prometheus rereads these files itself.
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
