# The values of the release.

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

run "an_edit_changes_the_plan" {
  command = plan

  assert {
    condition = helm_release.uptimepulse.description == "chart ${substr(sha256(join("", [
      for path in sort(fileset("chart", "**")) : "${path}\n${filesha256("chart/${path}")}\n"
    ])), 0, 12)}"
    error_message = "The hash of the chart's files is not in the release's description, so an edit in a template would not change the plan."
  }
  assert {
    condition = yamldecode(helm_release.uptimepulse.values[0]).grafana.provisioningHash == sha256(jsonencode({
      for folder in ["dashboards", "datasources"] : folder => {
        for name in fileset("../monitoring/grafana/provisioning/${folder}", "*") :
        name => file("../monitoring/grafana/provisioning/${folder}/${name}")
      }
    }))
    error_message = "The hash of Grafana's provisioning is not in the release's values, so an edit would not reach the running Grafana."
  }
}

run "apply_waits_for_the_pods_and_keeps_a_failed_release" {
  command = plan

  assert {
    condition     = helm_release.uptimepulse.wait && helm_release.uptimepulse.timeout == 300 && !helm_release.uptimepulse.atomic
    error_message = "Apply must wait for the pods, for a limited time, and must leave a failed release in place."
  }
}

run "the_namespace_enforces_the_restricted_profile" {
  command = plan

  variables {
    namespace = "lab-2"
  }

  assert {
    condition = alltrue([
      for mode in ["enforce", "audit", "warn"] :
      kubernetes_namespace_v1.uptimepulse.metadata[0].labels["pod-security.kubernetes.io/${mode}"] == "restricted"
    ])
    error_message = "The namespace accepts pods with more privileges than they need."
  }
  assert {
    condition = alltrue([
      for object in concat(
        [helm_release.uptimepulse.namespace],
        [for claim in kubernetes_persistent_volume_claim_v1.data : claim.metadata[0].namespace],
        [for map in [
          kubernetes_config_map_v1.alertmanager_config, kubernetes_config_map_v1.prometheus_config, kubernetes_config_map_v1.prometheus_rules,
          kubernetes_config_map_v1.prometheus_discovery, kubernetes_config_map_v1.targets, kubernetes_config_map_v1.grafana_dashboards[0],
          kubernetes_secret_v1.grafana_admin[0],
        ] : map.metadata[0].namespace],
      ) : object == "lab-2"
    ])
    error_message = "An object is outside the namespace, so its pods would not find it."
  }
}

run "without_a_registry_images_are_not_pulled" {
  command = plan

  assert {
    condition     = yamldecode(helm_release.uptimepulse.values[0]).images == { registry = "", tags = { for name, tag in var.image_tags : name => tag } }
    error_message = "The images differ from the loaded ones."
  }
}

run "a_registry_and_only_the_used_images" {
  command = plan

  variables {
    image_registry         = "registry.example.org:5000/team"
    grafana_enabled        = false
    grafana_admin_password = null
    demo_enabled           = false
    targets_file           = "tests/fixtures/targets.toml"
    image_tags = {
      alert-logger = "t1", alertmanager = "t1", api-gateway = "t1", config-reloader = "t1", dashboard-ui = "t1", lab = "t1"
      ping-agent   = "t1", prometheus = "t1", something-else = "t1"
    }
  }

  assert {
    condition = yamldecode(helm_release.uptimepulse.values[0]).images == {
      registry = "registry.example.org:5000/team"
      tags     = { for name, tag in var.image_tags : name => tag if name != "something-else" }
    }
    error_message = "The registry is not passed to the chart, or an unknown tag is."
  }
}

run "without_ingress_nothing_is_served_to_the_outside" {
  command = plan

  assert {
    condition     = length(helm_release.uptimepulse.values) == 1 && !can(yamldecode(helm_release.uptimepulse.values[0]).ingress)
    error_message = "Without the variables ingress and gateway_autoscaling there must be no ingress and no autoscaling."
  }
  assert {
    condition     = output.status_page == "http://127.0.0.1:8081" && endswith(output.port_forwards.dashboard-ui, " port-forward service/dashboard-ui 8081:8080")
    error_message = "The output status_page is not the address of the port-forward."
  }
}

run "ingress_and_autoscaling" {
  command = plan

  variables {
    ingress                     = { host = "status.example.org", tls_secret = "status-tls", basic_auth_user = "viewer" }
    ingress_basic_auth_password = "correct horse"
    gateway_autoscaling         = { max_replicas = 5 }
    ping_agent_shards           = 3
    memory_limits               = { prometheus = "4Gi" }
  }

  assert {
    condition = merge(yamldecode(helm_release.uptimepulse.values[1]), yamldecode(helm_release.uptimepulse.values[2])) == {
      apiGateway = { autoscaling = { enabled = true, maxReplicas = 5, cpuPercent = 70 } }
      ingress = {
        enabled = true, host = "status.example.org", tlsSecret = "status-tls", basicAuth = true, controllerNamespace = "ingress-nginx"
      }
    }
    error_message = "The ingress or the autoscaling is not passed to the chart."
  }
  assert {
    condition = yamldecode(helm_release.uptimepulse.values[0]).pingAgent.shards == 3 && yamldecode(helm_release.uptimepulse.values[0]).resources == {
      prometheus = { requests = { memory = "4Gi" }, limits = { memory = "4Gi" } }
    }
    error_message = "The number of shards or the memory is not passed to the chart."
  }
  assert {
    condition     = output.status_page == "https://status.example.org"
    error_message = "The output status_page is not the address of the ingress."
  }
}
