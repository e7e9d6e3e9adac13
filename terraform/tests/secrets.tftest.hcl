# Passwords reach only their Secrets, neither the state nor the release.

mock_provider "kubernetes" {}
mock_provider "helm" {}

variables {
  config_path    = "tests/fixtures/kubeconfig.yaml"
  config_context = "minikube"
  image_tags = {
    alert-logger = "t1", alertmanager = "t1", api-gateway = "t1", config-reloader = "t1", dashboard-ui = "t1", demo-target = "t1"
    grafana      = "t1", lab = "t1", ping-agent = "t1", prometheus = "t1"
  }
  grafana_admin_password      = "secret of grafana"
  smtp_auth_password          = "secret of smtp"
  remote_write_password       = "secret of remote write"
  ingress_basic_auth_password = "secret of ingress"

  smtp         = { smarthost = "mail.example.org:587", from = "lab@example.org", to = "you@example.org", username = "lab" }
  remote_write = { url = "https://mimir.example.org/api/v1/push", username = "lab" }
  ingress      = { host = "status.example.org", tls_secret = "status-tls", basic_auth_user = "viewer" }
}

run "passwords_are_not_stored" {
  # Applied, so that the checked values are those of the state.
  command = apply

  assert {
    condition = alltrue([
      for secret in [
        kubernetes_secret_v1.alertmanager_smtp[0], kubernetes_secret_v1.grafana_admin[0], kubernetes_secret_v1.ingress_basic_auth[0],
        kubernetes_secret_v1.prometheus_remote_write[0],
      ] : !strcontains(nonsensitive(jsonencode(secret)), "secret of") && secret.data_wo == null && try(length(nonsensitive(secret.data)), 0) == 0
    ])
    error_message = "A password is in the state."
  }
  assert {
    condition     = !strcontains(jsonencode(helm_release.uptimepulse), "secret of")
    error_message = "A password is in the values of the release, which Helm stores in the cluster."
  }
  assert {
    condition     = !strcontains(jsonencode([kubernetes_config_map_v1.alertmanager_config.data, kubernetes_config_map_v1.prometheus_config.data]), "secret of")
    error_message = "A password is in a ConfigMap."
  }
}

run "passwords_are_in_their_secrets" {
  command = plan

  # With a revision below 1 the provider sends nothing, so the Secret would be empty.
  assert {
    condition = alltrue([
      for secret in [
        kubernetes_secret_v1.alertmanager_smtp[0], kubernetes_secret_v1.grafana_admin[0], kubernetes_secret_v1.ingress_basic_auth[0],
        kubernetes_secret_v1.prometheus_remote_write[0],
      ] : secret.data_wo_revision == 1
    ])
    error_message = "A Secret has no data_wo_revision, so it would be empty."
  }
}

run "a_higher_revision_sends_the_passwords_again" {
  command = plan

  variables {
    secrets_revision = 2
  }

  assert {
    condition = alltrue([
      for secret in [
        kubernetes_secret_v1.alertmanager_smtp[0], kubernetes_secret_v1.grafana_admin[0], kubernetes_secret_v1.ingress_basic_auth[0],
        kubernetes_secret_v1.prometheus_remote_write[0],
      ] : secret.data_wo_revision == 2
    ])
    error_message = "A changed password would not be sent."
  }
}

run "disabled_features_have_no_secret" {
  command = plan

  variables {
    grafana_enabled             = false
    grafana_admin_password      = null
    smtp                        = null
    smtp_auth_password          = null
    remote_write                = { url = "https://mimir.example.org/api/v1/push" }
    remote_write_password       = null
    ingress                     = { host = "status.example.org" }
    ingress_basic_auth_password = null
  }

  assert {
    condition = 0 == (
      length(kubernetes_secret_v1.alertmanager_smtp) + length(kubernetes_secret_v1.grafana_admin) +
      length(kubernetes_secret_v1.ingress_basic_auth) + length(kubernetes_secret_v1.prometheus_remote_write)
    )
    error_message = "There is a Secret for a feature that is off."
  }
}
