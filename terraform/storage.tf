# The volumes. Terraform owns them, not the release, so the history survives an upgrade, a rollback and even an uninstall of
# the release. Only `terraform destroy` removes them.

locals {
  volume_sizes = merge(
    {
      prometheus-data   = var.volume_sizes.prometheus
      alertmanager-data = var.volume_sizes.alertmanager
      alert-logger-data = var.volume_sizes.alert_logger
    },
    var.grafana_enabled ? { grafana-data = var.volume_sizes.grafana } : {},
  )

  unit_bytes = {
    Mi = pow(1024, 2), Gi = pow(1024, 3), Ti = pow(1024, 4)
    M  = pow(1000, 2), G = pow(1000, 3), T = pow(1000, 4)
  }
  volume_bytes = {
    for part, size in var.volume_sizes :
    part => tonumber(regex("^[0-9]+", size)) * local.unit_bytes[regex("[A-Za-z]+$", size)]
  }

  # Prometheus deletes its oldest blocks above this size. The remaining 20 % are for data that it does not count: a block that
  # is being compacted exists twice. Its MB is 1024 * 1024 bytes.
  prometheus_retention_size = "${floor(local.volume_bytes.prometheus * 0.8 / pow(1024, 2))}MB"
}

resource "kubernetes_persistent_volume_claim_v1" "data" {
  for_each = local.volume_sizes

  metadata {
    name      = each.key
    namespace = local.namespace
    labels    = local.labels
  }

  spec {
    access_modes       = ["ReadWriteOnce"]
    storage_class_name = var.storage_class

    resources {
      requests = { storage = each.value }
    }
  }

  # Many storage classes bind a claim only when a pod uses it, and the pods are created after the claims.
  wait_until_bound = false

  lifecycle {
    # To shrink a claim or change its class, the provider replaces it by an empty one. With this order the replacement fails
    # because the old claim still has the name, and no data is lost. An unneeded claim is deleted only after the pod that
    # uses it.
    create_before_destroy = true
  }
}
