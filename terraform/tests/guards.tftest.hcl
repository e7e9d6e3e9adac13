# Values that are rejected before anything is changed. Each message names the variable, the value and what is allowed.

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

# --- the cluster -----------------------------------------------------------------------------------------------------

run "a_missing_kubeconfig" {
  command = plan

  variables {
    config_path = "tests/fixtures/no-such-file"
  }

  expect_failures = [var.config_path]
}

run "an_unknown_context" {
  command = plan

  variables {
    config_context = "stale"
  }

  expect_failures = [var.config_context]
}

run "a_namespace_of_the_cluster" {
  command = plan

  variables {
    namespace = "kube-system"
  }

  expect_failures = [var.namespace]
}

run "the_default_namespace" {
  command = plan

  variables {
    namespace = "default"
  }

  expect_failures = [var.namespace]
}

run "an_invalid_namespace" {
  command = plan

  variables {
    namespace = "Uptime_Pulse"
  }

  expect_failures = [var.namespace]
}

# --- images ----------------------------------------------------------------------------------------------------------

run "missing_tags" {
  command = plan

  variables {
    image_tags = {}
  }

  expect_failures = [helm_release.uptimepulse]
}

run "a_missing_tag" {
  command = plan

  variables {
    image_tags = {
      alert-logger = "t1", alertmanager = "t1", api-gateway = "t1", config-reloader = "t1", dashboard-ui = "t1", demo-target = "t1"
      grafana      = "t1", lab = "t1", prometheus = "t1"
    }
  }

  expect_failures = [helm_release.uptimepulse]
}

# The result of nix run .#load-images on a platform without Grafana.
run "a_missing_grafana_image" {
  command = plan

  variables {
    image_tags = {
      alert-logger = "t1", alertmanager = "t1", api-gateway = "t1", config-reloader = "t1", dashboard-ui = "t1", demo-target = "t1"
      lab          = "t1", ping-agent = "t1", prometheus = "t1"
    }
  }

  assert {
    condition     = strcontains(local.grafana_hint, "grafana_enabled = false")
    error_message = "The message does not say that the stack runs without Grafana."
  }
  expect_failures = [helm_release.uptimepulse]
}

run "the_tag_latest" {
  command = plan

  variables {
    image_tags = { ping-agent = "latest" }
  }

  expect_failures = [var.image_tags]
}

run "an_invalid_tag" {
  command = plan

  variables {
    image_tags = { ping-agent = "a:b" }
  }

  expect_failures = [var.image_tags]
}

run "a_registry_with_a_scheme" {
  command = plan

  variables {
    image_registry = "https://registry.example.org"
  }

  expect_failures = [var.image_registry]
}

run "a_registry_with_a_trailing_slash" {
  command = plan

  variables {
    image_registry = "registry.example.org/"
  }

  expect_failures = [var.image_registry]
}

# --- targets ---------------------------------------------------------------------------------------------------------

run "a_missing_targets_file" {
  command = plan

  variables {
    targets_file = "tests/fixtures/no-such-file"
  }

  expect_failures = [var.targets_file]
}

run "a_targets_file_without_targets" {
  command = plan

  variables {
    targets_file = "tests/fixtures/targets-none.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

# The same password in each spelling that TOML allows. The tests of services/targets read the same files.

run "a_password_plain" {
  command = plan

  variables {
    targets_file = "tests/fixtures/targets-password-plain.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

run "a_password_comment" {
  command = plan

  variables {
    targets_file = "tests/fixtures/targets-password-comment.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

run "a_password_continued" {
  command = plan

  variables {
    targets_file = "tests/fixtures/targets-password-continued.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

run "a_password_dotted_key" {
  command = plan

  variables {
    targets_file = "tests/fixtures/targets-password-dotted-key.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

run "a_password_escaped" {
  command = plan

  variables {
    targets_file = "tests/fixtures/targets-password-escaped.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

run "a_password_inline_table" {
  command = plan

  variables {
    targets_file = "tests/fixtures/targets-password-inline-table.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

run "a_password_literal" {
  command = plan

  variables {
    targets_file = "tests/fixtures/targets-password-literal.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

run "a_password_quoted_key" {
  command = plan

  variables {
    targets_file = "tests/fixtures/targets-password-quoted-key.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

run "a_password_quotes_inside" {
  command = plan

  variables {
    targets_file = "tests/fixtures/targets-password-quotes-inside.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

run "targets_in_the_disabled_demo" {
  command = plan

  variables {
    demo_enabled = false
    targets_file = "tests/fixtures/targets-demo.toml"
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

run "the_default_targets_with_the_demo_disabled" {
  command = plan

  variables {
    demo_enabled = false
  }

  expect_failures = [kubernetes_config_map_v1.targets]
}

# --- sizes -----------------------------------------------------------------------------------------------------------

run "zero_shards" {
  command = plan

  variables {
    ping_agent_shards = 0
  }

  expect_failures = [var.ping_agent_shards]
}

run "a_fraction_of_a_shard" {
  command = plan

  variables {
    ping_agent_shards = 1.5
  }

  expect_failures = [var.ping_agent_shards]
}

run "fewer_than_two_replicas" {
  command = plan

  variables {
    gateway_autoscaling = { max_replicas = 1 }
  }

  expect_failures = [var.gateway_autoscaling]
}

run "zero_cpu_percent" {
  command = plan

  variables {
    gateway_autoscaling = { max_replicas = 3, cpu_percent = 0 }
  }

  expect_failures = [var.gateway_autoscaling]
}

run "a_retention_without_a_unit" {
  command = plan

  variables {
    retention = "14"
  }

  expect_failures = [var.retention]
}

run "a_retention_of_zero" {
  command = plan

  variables {
    retention = "0d"
  }

  expect_failures = [var.retention]
}

run "a_retention_below_the_window_of_the_error_budgets" {
  command = plan

  variables {
    retention = "13d"
  }

  expect_failures = [var.retention]
}

run "a_retention_above_100_years" {
  command = plan

  variables {
    retention = "101y"
  }

  expect_failures = [var.retention]
}

run "a_size_without_a_unit" {
  command = plan

  variables {
    volume_sizes = { grafana = "5" }
  }

  expect_failures = [var.volume_sizes]
}

run "a_size_with_an_invalid_unit" {
  command = plan

  variables {
    volume_sizes = { grafana = "5GB" }
  }

  expect_failures = [var.volume_sizes]
}

run "a_small_volume_for_prometheus" {
  command = plan

  variables {
    volume_sizes = { prometheus = "999Mi" }
  }

  expect_failures = [var.volume_sizes]
}

run "a_small_volume_for_alert_logger" {
  command = plan

  variables {
    volume_sizes = { alert_logger = "149Mi" }
  }

  expect_failures = [var.volume_sizes]
}

run "an_empty_storage_class" {
  command = plan

  variables {
    storage_class = ""
  }

  expect_failures = [var.storage_class]
}

run "memory_of_an_unknown_part" {
  command = plan

  variables {
    memory_limits = { promtheus = "1Gi" }
  }

  expect_failures = [var.memory_limits]
}

run "memory_without_a_unit" {
  command = plan

  variables {
    memory_limits = { prometheus = "1" }
  }

  expect_failures = [var.memory_limits]
}

# --- passwords -------------------------------------------------------------------------------------------------------

run "grafana_without_a_password" {
  command = plan

  variables {
    grafana_admin_password = null
  }

  expect_failures = [kubernetes_secret_v1.grafana_admin]
}

run "the_default_password_of_grafana" {
  command = plan

  variables {
    grafana_admin_password = "admin"
  }

  expect_failures = [var.grafana_admin_password]
}

run "the_default_password_in_capitals" {
  command = plan

  variables {
    grafana_admin_password = "ADMIN"
  }

  expect_failures = [var.grafana_admin_password]
}

run "a_short_password" {
  command = plan

  variables {
    grafana_admin_password = "1234567"
  }

  expect_failures = [var.grafana_admin_password]
}

run "mail_without_a_password" {
  command = plan

  variables {
    smtp = { smarthost = "mail.example.org:587", from = "a@example.org", to = "b@example.org", username = "lab" }
  }

  expect_failures = [kubernetes_secret_v1.alertmanager_smtp]
}

run "an_empty_password_for_mail" {
  command = plan

  variables {
    smtp_auth_password = ""
  }

  expect_failures = [var.smtp_auth_password]
}

run "remote_write_without_a_password" {
  command = plan

  variables {
    remote_write = { url = "https://mimir.example.org/", username = "lab" }
  }

  expect_failures = [kubernetes_secret_v1.prometheus_remote_write]
}

run "an_empty_password_for_remote_write" {
  command = plan

  variables {
    remote_write_password = ""
  }

  expect_failures = [var.remote_write_password]
}

run "basic_auth_without_a_password" {
  command = plan

  variables {
    ingress = { host = "status.example.org", tls_secret = "status-tls", basic_auth_user = "viewer" }
  }

  expect_failures = [kubernetes_secret_v1.ingress_basic_auth]
}

run "a_short_password_for_the_ingress" {
  command = plan

  variables {
    ingress_basic_auth_password = "1234567"
  }

  expect_failures = [var.ingress_basic_auth_password]
}

run "a_revision_of_zero" {
  command = plan

  variables {
    secrets_revision = 0
  }

  expect_failures = [var.secrets_revision]
}

# --- connections to the outside --------------------------------------------------------------------------------------

run "a_host_with_a_scheme" {
  command = plan

  variables {
    ingress = { host = "https://status.example.org" }
  }

  expect_failures = [var.ingress]
}

run "basic_auth_without_tls" {
  command = plan

  variables {
    ingress                     = { host = "status.example.org", basic_auth_user = "viewer" }
    ingress_basic_auth_password = "correct horse"
  }

  expect_failures = [var.ingress]
}

run "a_user_with_a_colon" {
  command = plan

  variables {
    ingress                     = { host = "status.example.org", tls_secret = "status-tls", basic_auth_user = "a:b" }
    ingress_basic_auth_password = "correct horse"
  }

  expect_failures = [var.ingress]
}

run "a_mail_server_without_a_port" {
  command = plan

  variables {
    smtp               = { smarthost = "mail.example.org", from = "a@example.org", to = "b@example.org", username = "lab" }
    smtp_auth_password = "correct horse"
  }

  expect_failures = [var.smtp]
}

run "mail_without_a_recipient" {
  command = plan

  variables {
    smtp               = { smarthost = "mail.example.org:587", from = "a@example.org", to = "", username = "lab" }
    smtp_auth_password = "correct horse"
  }

  expect_failures = [var.smtp]
}

run "an_invalid_remote_write_url" {
  command = plan

  variables {
    remote_write = { url = "mimir.example.org" }
  }

  expect_failures = [var.remote_write]
}

run "a_password_in_the_remote_write_url" {
  command = plan

  variables {
    remote_write = { url = "https://lab:secret@mimir.example.org/" }
  }

  expect_failures = [var.remote_write]
}

run "an_empty_user_for_remote_write" {
  command = plan

  variables {
    remote_write = { url = "https://mimir.example.org/", username = "" }
  }

  expect_failures = [var.remote_write]
}
