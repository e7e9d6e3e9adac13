# The sizes of the volumes. An apply must not hang on a volume, and a mistake must not empty one.

mock_provider "kubernetes" {}
mock_provider "helm" {}

variables {
  config_path    = "tests/fixtures/kubeconfig.yaml"
  config_context = "minikube"
  image_tags = {
    alert-logger = "t1", alertmanager = "t1", api-gateway = "t1", config-reloader = "t1", dashboard-ui = "t1", demo-target = "t1"
    grafana      = "t1", lab = "t1", ping-agent = "t1", prometheus = "t1"
  }
  grafana_admin_password = "correct horse"
}

run "every_part_with_a_history_has_a_volume" {
  command = plan

  assert {
    condition = ({ for name, claim in kubernetes_persistent_volume_claim_v1.data : name => claim.spec[0].resources[0].requests.storage } == {
      alert-logger-data = "5Gi", alertmanager-data = "5Gi", grafana-data = "5Gi", prometheus-data = "5Gi"
    })
    error_message = "The volumes or their sizes differ. Without a volume, a part loses its history with its pod."
  }
  assert {
    condition     = alltrue([for claim in kubernetes_persistent_volume_claim_v1.data : claim.wait_until_bound == false])
    error_message = "Terraform waits until a claim is bound. If volumes are bound with their pod, the apply would hang forever."
  }
  assert {
    condition     = alltrue([for claim in kubernetes_persistent_volume_claim_v1.data : claim.spec[0].access_modes == toset(["ReadWriteOnce"])])
    error_message = "A volume is not ReadWriteOnce, the only mode of most storage classes."
  }
  assert {
    condition     = yamldecode(helm_release.uptimepulse.values[0]).prometheus.retention == { time = "14d", size = "4096MB" }
    error_message = "Prometheus' retention is not 14d and 80 % of its 5Gi, so its volume would fill up."
  }
}

run "each_size_can_be_set" {
  command = plan

  variables {
    volume_sizes  = { prometheus = "10G", alert_logger = "512Mi" }
    storage_class = "fast"
    retention     = "30d"
  }

  assert {
    condition = ({ for name, claim in kubernetes_persistent_volume_claim_v1.data : name => claim.spec[0].resources[0].requests.storage } == {
      alert-logger-data = "512Mi", alertmanager-data = "5Gi", grafana-data = "5Gi", prometheus-data = "10G"
    })
    error_message = "A volume does not have its configured size, or without one the default size."
  }
  assert {
    condition     = alltrue([for claim in kubernetes_persistent_volume_claim_v1.data : claim.spec[0].storage_class_name == "fast"])
    error_message = "A volume does not have the configured storage class."
  }
  # 10 * 10^9 * 0.8 / 2^20, because Prometheus' MB is a MiB.
  assert {
    condition     = yamldecode(helm_release.uptimepulse.values[0]).prometheus.retention == { time = "30d", size = "7629MB" }
    error_message = "Prometheus' retention does not depend on the size of its volume."
  }
}

run "the_smallest_valid_volumes" {
  command = plan

  variables {
    volume_sizes = { prometheus = "1000Mi", alert_logger = "150Mi" }
  }

  assert {
    condition     = yamldecode(helm_release.uptimepulse.values[0]).prometheus.retention.size == "800MB"
    error_message = "Prometheus' retention does not depend on the size of its volume."
  }
}

run "without_grafana_there_is_no_volume_for_it" {
  command = plan

  variables {
    grafana_enabled        = false
    grafana_admin_password = null
  }

  assert {
    condition     = !contains(keys(kubernetes_persistent_volume_claim_v1.data), "grafana-data")
    error_message = "Grafana is off but has a volume."
  }
}
