# The Helm release: everything that can be deleted and created again.

locals {
  image_names = toset(concat(
    [
      "alert-logger", "alertmanager", "api-gateway", "config-reloader", "dashboard-ui", "lab", "ping-agent", "prometheus",
    ],
    var.demo_enabled ? ["demo-target"] : [],
    var.grafana_enabled ? ["grafana"] : [],
  ))
  images_missing = setsubtract(local.image_names, keys(var.image_tags))
  # nixpkgs has no Grafana for some platforms; load-images then loads none.
  grafana_hint = contains(local.images_missing, "grafana") ? " If it loads no Grafana, set grafana_enabled = false; the stack runs without it." : ""

  chart      = "${path.module}/chart"
  chart_hash = sha256(join("", [for path in sort(fileset(local.chart, "**")) : "${path}\n${filesha256("${local.chart}/${path}")}\n"]))

  # The port of the address, or the default port of its scheme.
  smtp_port = var.smtp == null ? null : tonumber(regex("[0-9]+$", var.smtp.smarthost))
  remote_write_port = var.remote_write == null ? null : tonumber(try(
    regex("^https?://[^/]*:([0-9]+)(?:/|$)", var.remote_write.url)[0],
    startswith(var.remote_write.url, "https:") ? 443 : 80,
  ))
}

resource "helm_release" "uptimepulse" {
  name      = "uptimepulse"
  namespace = local.namespace
  chart     = local.chart

  # Without the hash, an edit in a local chart would not change the plan. It also distinguishes the revisions in `helm history`.
  description = "chart ${substr(local.chart_hash, 0, 12)}"

  # Apply ends when every pod is Ready. If one does not become Ready, the release stays as it is, so that the cause can be
  # found; atomic would remove it. The next apply tries again.
  wait    = true
  timeout = 300
  atomic  = false

  max_history = 10

  # Later values are merged into the first.
  values = concat(
    [yamlencode({
      images = {
        registry = var.image_registry
        tags     = { for name, tag in var.image_tags : name => tag if contains(local.image_names, name) }
      }
      pingAgent = { shards = var.ping_agent_shards }
      prometheus = {
        retention   = { time = var.retention, size = local.prometheus_retention_size }
        remoteWrite = { ports = local.remote_write_port[*], password = local.remote_write_has_username }
      }
      alertmanager = { smtpPorts = local.smtp_port[*] }
      demo         = { enabled = var.demo_enabled }
      grafana = {
        enabled = var.grafana_enabled
        # Grafana reads its provisioning only at its start, so a change must cause a rollout.
        provisioningHash = sha256(jsonencode(local.grafana_provisioning))
      }
      resources = {
        for part, memory in var.memory_limits : part => { requests = { memory = memory }, limits = { memory = memory } }
      }
    })],
    var.gateway_autoscaling == null ? [] : [yamlencode({
      apiGateway = {
        autoscaling = {
          enabled     = true
          maxReplicas = var.gateway_autoscaling.max_replicas
          cpuPercent  = var.gateway_autoscaling.cpu_percent
        }
      }
    })],
    var.ingress == null ? [] : [yamlencode({
      ingress = {
        enabled             = true
        host                = var.ingress.host
        tlsSecret           = var.ingress.tls_secret == null ? "" : var.ingress.tls_secret
        basicAuth           = local.ingress_has_basic_auth
        controllerNamespace = var.ingress.controller_namespace
      }
    })],
  )

  # The objects that the pods mount. They are destroyed after the release.
  depends_on = [
    kubernetes_config_map_v1.alertmanager_config,
    kubernetes_config_map_v1.grafana_dashboards,
    kubernetes_config_map_v1.grafana_provisioning,
    kubernetes_config_map_v1.prometheus_config,
    kubernetes_config_map_v1.prometheus_discovery,
    kubernetes_config_map_v1.prometheus_rules,
    kubernetes_config_map_v1.targets,
    kubernetes_persistent_volume_claim_v1.data,
    kubernetes_secret_v1.alertmanager_smtp,
    kubernetes_secret_v1.grafana_admin,
    kubernetes_secret_v1.ingress_basic_auth,
    kubernetes_secret_v1.prometheus_remote_write,
  ]

  lifecycle {
    precondition {
      condition     = length(local.images_missing) == 0
      error_message = "image_tags has no tag for ${join(", ", local.images_missing)}. Run `nix run .#load-images` in the repository: it builds the images, loads them into the cluster and writes their tags to terraform/images.auto.tfvars.json.${local.grafana_hint}"
    }
  }
}
