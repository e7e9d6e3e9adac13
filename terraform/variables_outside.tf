# Variables of the connections to the outside: browsers, mail, a remote store of metrics. All are off by default.

# --- passwords -------------------------------------------------------------------------------------------------------
#
# They are ephemeral: Terraform passes them on and stores none. Set them for each plan and apply, best as environment variables
# (TF_VAR_NAME).

variable "grafana_admin_password" {
  description = "The password of Grafana's user admin. Grafana reads it when it starts with an empty volume. Later, change it in Grafana itself."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.grafana_admin_password == null ? true : lower(var.grafana_admin_password) != "admin" && length(var.grafana_admin_password) >= 8
    error_message = "grafana_admin_password must have at least 8 characters and must not be admin. `openssl rand -base64 24` generates one."
  }
}

variable "smtp_auth_password" {
  description = "The password of smtp.username."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.smtp_auth_password != ""
    error_message = "smtp_auth_password is empty. Set it to the password of smtp.username."
  }
}

variable "remote_write_password" {
  description = "The password of remote_write.username."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.remote_write_password != ""
    error_message = "remote_write_password is empty. Set it to the password of remote_write.username."
  }
}

variable "ingress_basic_auth_password" {
  description = "The password of ingress.basic_auth_user."
  type        = string
  default     = null
  ephemeral   = true

  # bcrypt ignores everything after 72 bytes.
  validation {
    condition     = var.ingress_basic_auth_password == null ? true : length(var.ingress_basic_auth_password) >= 8 && length(base64encode(var.ingress_basic_auth_password)) <= 96
    error_message = "ingress_basic_auth_password must have at least 8 characters and at most 72 bytes. `openssl rand -base64 24` generates one."
  }
}

variable "secrets_revision" {
  description = "Increase it to send the passwords again, because Terraform can't detect that one has changed."
  type        = number
  default     = 1
  nullable    = false

  # With 0 the provider sends nothing, and the Secrets would be empty.
  validation {
    condition     = var.secrets_revision >= 1 && floor(var.secrets_revision) == var.secrets_revision
    error_message = "secrets_revision is ${var.secrets_revision}; it must be a whole number, 1 or more."
  }
}

# --- browsers --------------------------------------------------------------------------------------------------------

variable "ingress" {
  description = "Serves the status page and the gateway's API at host through ingress-nginx. tls_secret enables TLS; it names a Secret of type kubernetes.io/tls in the namespace. basic_auth_user enables a password. controller_namespace is the namespace of ingress-nginx."
  type = object({
    host                 = string
    tls_secret           = optional(string)
    basic_auth_user      = optional(string)
    controller_namespace = optional(string, "ingress-nginx")
  })
  default = null

  validation {
    condition     = var.ingress == null ? true : can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", var.ingress.host))
    error_message = "ingress.host is ${jsonencode(try(var.ingress.host, null))}; it must be a name without scheme and port, such as status.example.org."
  }
  validation {
    condition     = try(var.ingress.basic_auth_user, null) == null ? true : can(regex("^[^:\\s]+$", var.ingress.basic_auth_user))
    error_message = "ingress.basic_auth_user is ${jsonencode(try(var.ingress.basic_auth_user, null))}; it must be a name without colons and spaces."
  }
  validation {
    condition     = try(var.ingress.basic_auth_user, null) == null || try(var.ingress.tls_secret, null) != null
    error_message = "ingress.basic_auth_user is ${jsonencode(try(var.ingress.basic_auth_user, null))} without ingress.tls_secret: the password would cross the network unencrypted. Set both or neither."
  }
}

# --- mail ------------------------------------------------------------------------------------------------------------

variable "smtp" {
  description = "Also sends every alert except the Watchdog by mail. It needs smtp_auth_password."
  type = object({
    smarthost   = string
    from        = string
    to          = string
    username    = string
    require_tls = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.smtp == null ? true : can(regex("^.+:[1-9][0-9]{0,4}$", var.smtp.smarthost))
    error_message = "smtp.smarthost is ${jsonencode(try(var.smtp.smarthost, null))}; it must be host:port, such as mail.example.org:587."
  }
  validation {
    condition     = var.smtp == null ? true : alltrue([for value in [var.smtp.from, var.smtp.to, var.smtp.username] : try(length(value) > 0, false)])
    error_message = "smtp.from, smtp.to and smtp.username must be set, but one of them is empty."
  }
}

# --- remote store of metrics -----------------------------------------------------------------------------------------

variable "remote_write" {
  description = "The remote store, such as Mimir or Thanos, to which Prometheus sends a copy of all samples. With a username it needs remote_write_password."
  type = object({
    url      = string
    username = optional(string)
  })
  default = null

  validation {
    condition     = var.remote_write == null ? true : can(regex("^https?://[^/\\s@]+(/\\S*)?$", var.remote_write.url))
    error_message = "remote_write.url must be an http or https URL without a password, such as https://mimir.example.org/api/v1/push. Set the user in remote_write.username and the password in remote_write_password."
  }
  validation {
    condition     = try(var.remote_write.username, null) != ""
    error_message = "remote_write.username is empty. Set it, or leave it out if the store needs none."
  }
}
