# What connects the lab with the world outside it: browsers, mail, another store of metrics. All of it is off by default.

# --- passwords -------------------------------------------------------------------------------------------------------
#
# Ephemeral: Terraform hands them on and keeps none. They are given for each plan and apply, best as environment
# variables (TF_VAR_NAME).

variable "grafana_admin_password" {
  description = "The password of Grafana's user admin. Grafana takes it over when it starts on an empty volume; later it is changed in Grafana itself."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.grafana_admin_password == null ? true : lower(var.grafana_admin_password) != "admin" && length(var.grafana_admin_password) >= 8
    error_message = "grafana_admin_password has to have 8 characters or more, and to be another word than admin: `openssl rand -base64 24` makes one."
  }
}

variable "smtp_auth_password" {
  description = "The password for smtp.username."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.smtp_auth_password != ""
    error_message = "smtp_auth_password is empty. Set it to the password of smtp.username."
  }
}

variable "remote_write_password" {
  description = "The password for remote_write.username."
  type        = string
  default     = null
  ephemeral   = true

  validation {
    condition     = var.remote_write_password != ""
    error_message = "remote_write_password is empty. Set it to the password of remote_write.username."
  }
}

variable "ingress_basic_auth_password" {
  description = "The password for ingress.basic_auth_user."
  type        = string
  default     = null
  ephemeral   = true

  # bcrypt reads no more than 72 bytes.
  validation {
    condition     = var.ingress_basic_auth_password == null ? true : length(var.ingress_basic_auth_password) >= 8 && length(base64encode(var.ingress_basic_auth_password)) <= 96
    error_message = "ingress_basic_auth_password has to have 8 characters or more, and at most 72 bytes: `openssl rand -base64 24` makes one."
  }
}

variable "secrets_revision" {
  description = "Raise it to send the passwords again: Terraform can't see that one has changed."
  type        = number
  default     = 1
  nullable    = false

  # With 0 the provider sends nothing at all, and the Secrets would be empty.
  validation {
    condition     = var.secrets_revision >= 1 && floor(var.secrets_revision) == var.secrets_revision
    error_message = "secrets_revision is ${var.secrets_revision}; it has to be a whole number, 1 or more."
  }
}

# --- browsers --------------------------------------------------------------------------------------------------------

variable "ingress" {
  description = "Serves the status page and the gateway's API at host through ingress-nginx: with TLS where tls_secret names a Secret of type kubernetes.io/tls in the namespace, behind a password where basic_auth_user is set. controller_namespace is where ingress-nginx runs."
  type = object({
    host                 = string
    tls_secret           = optional(string)
    basic_auth_user      = optional(string)
    controller_namespace = optional(string, "ingress-nginx")
  })
  default = null

  validation {
    condition     = var.ingress == null ? true : can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", var.ingress.host))
    error_message = "ingress.host is ${jsonencode(try(var.ingress.host, null))}; it has to be a name without scheme and port, such as status.example.org."
  }
  validation {
    condition     = try(var.ingress.basic_auth_user, null) == null ? true : can(regex("^[^:\\s]+$", var.ingress.basic_auth_user))
    error_message = "ingress.basic_auth_user is ${jsonencode(try(var.ingress.basic_auth_user, null))}; it has to be a name without colons and spaces."
  }
  validation {
    condition     = try(var.ingress.basic_auth_user, null) == null || try(var.ingress.tls_secret, null) != null
    error_message = "ingress.basic_auth_user is ${jsonencode(try(var.ingress.basic_auth_user, null))} without ingress.tls_secret: the password would cross the network readable. Set both, or neither."
  }
}

# --- mail ------------------------------------------------------------------------------------------------------------

variable "smtp" {
  description = "Sends every alert but the Watchdog by mail as well. It needs smtp_auth_password."
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
    error_message = "smtp.smarthost is ${jsonencode(try(var.smtp.smarthost, null))}; it has to be host:port, such as mail.example.org:587."
  }
  validation {
    condition     = var.smtp == null ? true : alltrue([for value in [var.smtp.from, var.smtp.to, var.smtp.username] : try(length(value) > 0, false)])
    error_message = "smtp.from, smtp.to and smtp.username have to be set, and one of them is empty."
  }
}

# --- another store of metrics ----------------------------------------------------------------------------------------

variable "remote_write" {
  description = "Where Prometheus sends a copy of all that it stores, such as Mimir or Thanos. With a username it needs remote_write_password."
  type = object({
    url      = string
    username = optional(string)
  })
  default = null

  validation {
    condition     = var.remote_write == null ? true : can(regex("^https?://[^/\\s@]+(/\\S*)?$", var.remote_write.url))
    error_message = "remote_write.url has to be an http or https URL without a password in it, such as https://mimir.example.org/api/v1/push. Name the user in remote_write.username, and the password in remote_write_password."
  }
  validation {
    condition     = try(var.remote_write.username, null) != ""
    error_message = "remote_write.username is empty. Name the user, or leave it out where none is needed."
  }
}
