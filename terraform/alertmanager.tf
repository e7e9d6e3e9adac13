# Renders Alertmanager's configuration, because Alertmanager expands no variables. `./lab up` does the same in
# services/lab/src/plan/layout/render.rs. Here the webhook's address is already the one in the file.

locals {
  alertmanager_template = file("${local.monitoring}/alertmanager/alertmanager.yml")
  alertmanager_webhook  = "http://alert-logger:8080/webhook"

  email_receiver = "${local.monitoring}/alertmanager/email-receiver.yml"
  # JSON values are valid YAML, whatever characters they contain.
  email_settings = var.smtp == null ? {} : {
    smtp_smarthost          = jsonencode(var.smtp.smarthost)
    smtp_from               = jsonencode(var.smtp.from)
    smtp_to                 = jsonencode(var.smtp.to)
    smtp_auth_username      = jsonencode(var.smtp.username)
    smtp_auth_password_file = jsonencode("/etc/alertmanager/smtp/password")
    smtp_require_tls        = jsonencode(var.smtp.require_tls)
  }

  # The text that replaces each marker line.
  email_fragments = var.smtp == null ? {} : {
    "# uptimepulse:email-route"    = file("${local.monitoring}/alertmanager/email-route.yml")
    "# uptimepulse:email-receiver" = templatefile(local.email_receiver, local.email_settings)
  }

  alertmanager_config = join("\n", [
    for line in split("\n", local.alertmanager_template) :
    trimsuffix(lookup(local.email_fragments, trimspace(line), line), "\n")
  ])
}

resource "kubernetes_config_map_v1" "alertmanager_config" {
  metadata {
    name      = "alertmanager-config"
    namespace = local.namespace
    labels    = local.labels
  }

  data = { "alertmanager.yml" = local.alertmanager_config }

  lifecycle {
    precondition {
      condition     = length(split(local.alertmanager_webhook, local.alertmanager_template)) == 2
      error_message = "monitoring/alertmanager/alertmanager.yml must contain ${local.alertmanager_webhook}, the address of alert-logger, exactly once."
    }
    precondition {
      condition = alltrue([
        for marker in keys(local.email_fragments) :
        length([for line in split("\n", local.alertmanager_template) : line if trimspace(line) == marker]) == 1
      ])
      error_message = "monitoring/alertmanager/alertmanager.yml must contain each of these lines exactly once, otherwise no mail is sent: ${join(", ", keys(local.email_fragments))}."
    }
    # templatefile itself rejects an unknown placeholder.
    precondition {
      condition     = alltrue([for name in keys(local.email_settings) : strcontains(file(local.email_receiver), "$${${name}}")])
      error_message = "monitoring/alertmanager/email-receiver.yml must use each of ${join(", ", keys(local.email_settings))}; one is missing, so its setting would have no effect."
    }
  }
}
