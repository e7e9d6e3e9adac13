# Variables of the cluster, images, workloads and volumes. The defaults are for minikube. A missing value without a default
# is reported when it is needed.

# --- cluster ---------------------------------------------------------------------------------------------------------

variable "config_path" {
  description = "The kubeconfig file. The environment variable KUBECONFIG is ignored."
  type        = string
  default     = "~/.kube/config"
  nullable    = false

  validation {
    condition     = fileexists(pathexpand(var.config_path))
    error_message = "config_path is \"${var.config_path}\", but this file does not exist. Start the cluster (`minikube start` writes the default file), or set config_path to your kubeconfig file."
  }
}

variable "config_context" {
  description = "The context in that file to which Terraform applies. The current context is ignored."
  type        = string
  default     = "minikube"
  nullable    = false

  # If the file can't be read here, the providers report it.
  validation {
    condition     = try(contains(yamldecode(file(pathexpand(var.config_path))).contexts[*].name, var.config_context), true)
    error_message = "config_context is \"${var.config_context}\", which is not in ${var.config_path}. Contexts in it: ${try(join(", ", yamldecode(file(pathexpand(var.config_path))).contexts[*].name), "none")}. Start the cluster (`minikube start`), or choose one of these."
  }
}

variable "namespace" {
  description = "The namespace of all objects. Terraform creates it; a destroy removes it and everything in it."
  type        = string
  default     = "uptimepulse"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace is \"${var.namespace}\"; it must be 1 to 63 characters of a-z, 0-9 and -, and must not begin or end with -."
  }
  validation {
    condition     = var.namespace != "default" && !startswith(var.namespace, "kube-")
    error_message = "namespace is \"${var.namespace}\", which belongs to the cluster; a destroy would remove it. Choose a name that does not exist yet."
  }
}

# --- images ----------------------------------------------------------------------------------------------------------

variable "image_registry" {
  description = "The registry from which images are pulled (HOST/PATH, without uptimepulse/NAME). If it is empty, the images must already be in the cluster and are never pulled."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*)?$", var.image_registry))
    error_message = "image_registry is \"${var.image_registry}\"; it must be empty, or a host with an optional path, such as registry.example.org/team, without a scheme and without a / at the end."
  }
}

variable "image_tags" {
  description = "The tag of each image, by its name. `nix run .#load-images` writes it to images.auto.tfvars.json."
  type        = map(string)
  default     = {}
  nullable    = false

  # The tag is also a label, which has at most 63 characters.
  validation {
    condition     = alltrue([for tag in values(var.image_tags) : can(regex("^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$", tag))])
    error_message = "image_tags has a tag that is not 1 to 63 letters, digits, dots, dashes and underscores: ${join(", ", values(var.image_tags))}. `nix run .#load-images` writes valid tags."
  }
  validation {
    condition     = !contains(values(var.image_tags), "latest")
    error_message = "image_tags has the tag latest, with which a rebuilt image would never be rolled out. Run `nix run .#load-images`: its tags change with the content of the images."
  }
}

# --- workloads -------------------------------------------------------------------------------------------------------

variable "targets_file" {
  description = "The target list: a file like monitoring/targets.toml, which is the default."
  type        = string
  default     = null

  validation {
    condition     = var.targets_file == null ? true : fileexists(pathexpand(var.targets_file))
    error_message = "targets_file is ${jsonencode(var.targets_file)}, but this file does not exist. Set it to a file like monitoring/targets.toml, or leave it out to use that one."
  }
}

variable "ping_agent_shards" {
  description = "The number of agents that share the targets. One agent can probe 10,000 targets at 10 s."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.ping_agent_shards >= 1 && var.ping_agent_shards <= 100 && floor(var.ping_agent_shards) == var.ping_agent_shards
    error_message = "ping_agent_shards is ${var.ping_agent_shards}; it must be a whole number from 1 to 100."
  }
}

variable "gateway_autoscaling" {
  description = "Runs 2 to max_replicas replicas of api-gateway, so that they use about cpu_percent of their requested CPU. Without it, there are two replicas. The cluster needs a metrics server."
  type = object({
    max_replicas = number
    cpu_percent  = optional(number, 70)
  })
  default = null

  validation {
    condition     = var.gateway_autoscaling == null ? true : try(var.gateway_autoscaling.max_replicas >= 2 && floor(var.gateway_autoscaling.max_replicas) == var.gateway_autoscaling.max_replicas, false)
    error_message = "gateway_autoscaling.max_replicas is ${jsonencode(try(var.gateway_autoscaling.max_replicas, null))}; it must be a whole number, 2 or more, because there are never fewer than two replicas."
  }
  validation {
    condition     = var.gateway_autoscaling == null ? true : try(var.gateway_autoscaling.cpu_percent >= 1 && floor(var.gateway_autoscaling.cpu_percent) == var.gateway_autoscaling.cpu_percent, false)
    error_message = "gateway_autoscaling.cpu_percent is ${jsonencode(try(var.gateway_autoscaling.cpu_percent, null))}; it must be a whole number, 1 or more: percent of the CPU that a replica requests."
  }
}

variable "demo_enabled" {
  description = "Whether demo-target runs: endpoints that fail on demand."
  type        = bool
  default     = true
  nullable    = false
}

variable "grafana_enabled" {
  description = "Whether Grafana runs. It needs grafana_admin_password."
  type        = bool
  default     = true
  nullable    = false
}

variable "memory_limits" {
  description = "The memory limit of a part, by its name, instead of the chart's default: { prometheus = \"4Gi\" } for many targets."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = length(setsubtract(keys(var.memory_limits), [
      "alert-logger", "alertmanager", "api-gateway", "config-reloader", "dashboard-ui", "demo-target", "grafana", "ping-agent",
      "prometheus",
    ])) == 0
    error_message = "memory_limits names ${join(", ", keys(var.memory_limits))}; the parts are alert-logger, alertmanager, api-gateway, config-reloader, dashboard-ui, demo-target, grafana, ping-agent and prometheus."
  }
  validation {
    condition     = alltrue([for memory in values(var.memory_limits) : can(regex("^[1-9][0-9]*[MG]i$", memory))])
    error_message = "memory_limits has ${join(", ", values(var.memory_limits))}; each must be a whole number with Mi or Gi, such as 512Mi."
  }
}

# --- storage ---------------------------------------------------------------------------------------------------------

variable "retention" {
  description = "How long Prometheus keeps its data, and how far back api-gateway and the status page answer. It keeps less if that does not fit into 80 % of its volume."
  type        = string
  default     = "14d"
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]*[hdwy]$", var.retention))
    error_message = "retention is \"${var.retention}\"; it must be a whole number with h, d, w or y, such as 14d."
  }
  # Below 14 days, the rules would record an error budget of fewer days than its label says. api-gateway has the same bounds.
  validation {
    condition = try(alltrue([
      for hours in [tonumber(regex("^[0-9]+", var.retention)) * { h = 1, d = 24, w = 168, y = 8760 }[regex("[hdwy]$", var.retention)]] :
      hours >= 336 && hours <= 876000
    ]), true)
    error_message = "retention is \"${var.retention}\"; it must be from 14d (the window of the error budgets) to 100y."
  }
}

variable "volume_sizes" {
  description = "The size of each volume. A volume can grow if its storage class allows it. An existing volume can't shrink: the apply fails and names it."
  type = object({
    prometheus   = optional(string, "5Gi")
    alertmanager = optional(string, "5Gi")
    alert_logger = optional(string, "5Gi")
    grafana      = optional(string, "5Gi")
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for size in values(var.volume_sizes) : can(regex("^[1-9][0-9]*([MGT]i?)$", size))])
    error_message = "volume_sizes has ${jsonencode(var.volume_sizes)}; each must be a whole number with Mi, Gi, Ti, M, G or T, such as 5Gi."
  }
  # Prometheus' write-ahead log has segments of 128 MiB, which its size limit does not remove. alert-logger needs 64 MiB
  # free, besides a log that it rewrites at 16 MiB.
  validation {
    condition     = try(!can(regex("^[0-9]{1,3}(M|Mi)$", var.volume_sizes.prometheus)), true)
    error_message = "volume_sizes.prometheus is ${jsonencode(var.volume_sizes.prometheus)}; it must be at least 1000Mi. 5Gi hold two weeks of a small lab."
  }
  validation {
    condition     = try(!can(regex("^([0-9]{1,2}|1[0-4][0-9])(M|Mi)$", var.volume_sizes.alert_logger)), true)
    error_message = "volume_sizes.alert_logger is ${jsonencode(var.volume_sizes.alert_logger)}; it must be at least 150Mi: alert-logger rejects alerts when less than 64 MiB are free."
  }
}

variable "storage_class" {
  description = "The storage class of the volumes. Default: the cluster's default class. It can't be changed for existing volumes: the apply fails and names them."
  type        = string
  default     = null

  validation {
    condition     = var.storage_class != ""
    error_message = "storage_class is \"\", with which no volume is created. Choose one of `kubectl get storageclass`, or leave it out to use the default class."
  }
}
