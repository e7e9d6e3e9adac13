# The passwords. They are ephemeral variables, passed to write-only attributes, so neither the state nor a plan contains one.
# Therefore Terraform can't detect a changed password: increase secrets_revision to send them again.

locals {
  remote_write_has_username = try(var.remote_write.username, null) != null
  ingress_has_basic_auth    = try(var.ingress.basic_auth_user, null) != null
}

resource "kubernetes_secret_v1" "alertmanager_smtp" {
  count = var.smtp == null ? 0 : 1

  metadata {
    name      = "alertmanager-smtp"
    namespace = local.namespace
    labels    = local.labels
  }

  data_wo          = { password = var.smtp_auth_password }
  data_wo_revision = var.secrets_revision

  lifecycle {
    precondition {
      condition     = var.smtp_auth_password != null
      error_message = "smtp is set but smtp_auth_password is not, so no mail could be sent. Set it for each plan and apply, for example as the environment variable TF_VAR_smtp_auth_password, or leave smtp out."
    }
  }
}

resource "kubernetes_secret_v1" "grafana_admin" {
  count = var.grafana_enabled ? 1 : 0

  metadata {
    name      = "grafana-admin"
    namespace = local.namespace
    labels    = local.labels
  }

  data_wo          = { password = var.grafana_admin_password }
  data_wo_revision = var.secrets_revision

  lifecycle {
    precondition {
      condition     = var.grafana_admin_password != null
      error_message = "grafana_enabled is true but grafana_admin_password is not set; it has no default. Set it for each plan and apply, for example as the environment variable TF_VAR_grafana_admin_password, or set grafana_enabled = false."
    }
  }
}

resource "kubernetes_secret_v1" "prometheus_remote_write" {
  count = local.remote_write_has_username ? 1 : 0

  metadata {
    name      = "prometheus-remote-write"
    namespace = local.namespace
    labels    = local.labels
  }

  data_wo          = { password = var.remote_write_password }
  data_wo_revision = var.secrets_revision

  lifecycle {
    precondition {
      condition     = var.remote_write_password != null
      error_message = "remote_write.username is set but remote_write_password is not. Set it for each plan and apply, for example as the environment variable TF_VAR_remote_write_password, or leave the username out."
    }
  }
}

# The htpasswd line for ingress-nginx. Its hash gets a new salt each time; because it is write-only, that causes no diff.
resource "kubernetes_secret_v1" "ingress_basic_auth" {
  count = local.ingress_has_basic_auth ? 1 : 0

  metadata {
    name      = "ingress-basic-auth"
    namespace = local.namespace
    labels    = local.labels
  }

  data_wo          = { auth = "${var.ingress.basic_auth_user}:${bcrypt(var.ingress_basic_auth_password)}" }
  data_wo_revision = var.secrets_revision

  lifecycle {
    precondition {
      condition     = var.ingress_basic_auth_password != null
      error_message = "ingress.basic_auth_user is set but ingress_basic_auth_password is not. Set it for each plan and apply, for example as the environment variable TF_VAR_ingress_basic_auth_password, or leave the user out."
    }
  }
}
