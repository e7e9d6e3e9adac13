# What can be set. The defaults are for minikube; what has none is asked for by a sentence when it is needed.

# --- where -----------------------------------------------------------------------------------------------------------

variable "config_path" {
  description = "The kubeconfig file. KUBECONFIG is not read."
  type        = string
  default     = "~/.kube/config"
  nullable    = false

  validation {
    condition     = fileexists(pathexpand(var.config_path))
    error_message = "config_path is \"${var.config_path}\", and there is no such file. Start the cluster (`minikube start` writes the default one), or name the kubeconfig that knows it."
  }
}

variable "config_context" {
  description = "The context of that file to apply to, whatever its current one is."
  type        = string
  default     = "minikube"
  nullable    = false

  # A file that can't be read here is left to the providers to complain about.
  validation {
    condition     = try(contains(yamldecode(file(pathexpand(var.config_path))).contexts[*].name, var.config_context), true)
    error_message = "config_context is \"${var.config_context}\", which ${var.config_path} does not know. It knows: ${try(join(", ", yamldecode(file(pathexpand(var.config_path))).contexts[*].name), "none")}. Start the cluster (`minikube start`), or name one of these."
  }
}

variable "namespace" {
  description = "The namespace for everything. It is made here, and removed with all it holds by a destroy."
  type        = string
  default     = "uptimepulse"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace is \"${var.namespace}\"; it has to be 1 to 63 of a-z, 0-9 and -, with no - at either end."
  }
  validation {
    condition     = var.namespace != "default" && !startswith(var.namespace, "kube-")
    error_message = "namespace is \"${var.namespace}\", which belongs to the cluster, and a destroy would remove it. Choose one that does not exist yet."
  }
}

# --- images ----------------------------------------------------------------------------------------------------------

variable "image_registry" {
  description = "Where images are pulled from (HOST/PATH, without uptimepulse/NAME). Left empty, they have to be in the cluster already and are never pulled."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*)?$", var.image_registry))
    error_message = "image_registry is \"${var.image_registry}\"; it has to be a host with or without a path, such as registry.example.org/team, with no scheme in front and no / at the end, or empty."
  }
}

variable "image_tags" {
  description = "The tag of each image, by its name. `nix run .#load-images` writes it to images.auto.tfvars.json."
  type        = map(string)
  default     = {}
  nullable    = false

  # It becomes a label too, and those hold at most 63 characters.
  validation {
    condition     = alltrue([for tag in values(var.image_tags) : can(regex("^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$", tag))])
    error_message = "image_tags has a tag that is not 1 to 63 letters, digits, dots, dashes and underscores: ${join(", ", values(var.image_tags))}. Run `nix run .#load-images` to have it written anew."
  }
  validation {
    condition     = !contains(values(var.image_tags), "latest")
    error_message = "image_tags has the tag latest, with which a rebuilt image would never be rolled out. Run `nix run .#load-images`: its tags change with what is in the images."
  }
}

# --- what runs -------------------------------------------------------------------------------------------------------

variable "targets_file" {
  description = "What is watched: a file like monitoring/targets.toml, which is the default."
  type        = string
  default     = null

  validation {
    condition     = var.targets_file == null ? true : fileexists(pathexpand(var.targets_file))
    error_message = "targets_file is ${jsonencode(var.targets_file)}, and there is no such file. Name a file like monitoring/targets.toml, or leave it out to use that one."
  }
}

variable "ping_agent_shards" {
  description = "How many agents share the targets. One is good for 10,000 targets at 10 s."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.ping_agent_shards >= 1 && var.ping_agent_shards <= 100 && floor(var.ping_agent_shards) == var.ping_agent_shards
    error_message = "ping_agent_shards is ${var.ping_agent_shards}; it has to be a whole number from 1 to 100."
  }
}

variable "gateway_autoscaling" {
  description = "Between 2 and max_replicas of api-gateway, so that they use about cpu_percent of the CPU they request. Left out, there are two. The cluster needs a metrics server."
  type = object({
    max_replicas = number
    cpu_percent  = optional(number, 70)
  })
  default = null

  validation {
    condition     = var.gateway_autoscaling == null ? true : try(var.gateway_autoscaling.max_replicas >= 2 && floor(var.gateway_autoscaling.max_replicas) == var.gateway_autoscaling.max_replicas, false)
    error_message = "gateway_autoscaling.max_replicas is ${jsonencode(try(var.gateway_autoscaling.max_replicas, null))}; it has to be a whole number, 2 or more, since there are never fewer than two."
  }
  validation {
    condition     = var.gateway_autoscaling == null ? true : try(var.gateway_autoscaling.cpu_percent >= 1 && floor(var.gateway_autoscaling.cpu_percent) == var.gateway_autoscaling.cpu_percent, false)
    error_message = "gateway_autoscaling.cpu_percent is ${jsonencode(try(var.gateway_autoscaling.cpu_percent, null))}; it has to be a whole number, 1 or more: percent of the CPU that a replica requests."
  }
}

variable "demo_enabled" {
  description = "Whether demo-target runs: endpoints that misbehave on demand."
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
  description = "What a part may use in place of the chart's default, by the name of the part: { prometheus = \"4Gi\" } for many targets."
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
    error_message = "memory_limits has ${join(", ", values(var.memory_limits))}; each has to be a whole number with Mi or Gi, such as 512Mi."
  }
}

# --- what is kept ----------------------------------------------------------------------------------------------------

variable "retention" {
  description = "How long Prometheus keeps its data, and how far back api-gateway and the status page answer. It keeps less where 80 % of its volume would not hold it."
  type        = string
  default     = "14d"
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]*[hdwy]$", var.retention))
    error_message = "retention is \"${var.retention}\"; it has to be a whole number with h, d, w or y, such as 14d."
  }
  # Below it, the rules would record an error budget of fewer days than they say; api-gateway refuses both as well.
  validation {
    condition = try(alltrue([
      for hours in [tonumber(regex("^[0-9]+", var.retention)) * { h = 1, d = 24, w = 168, y = 8760 }[regex("[hdwy]$", var.retention)]] :
      hours >= 336 && hours <= 876000
    ]), true)
    error_message = "retention is \"${var.retention}\"; it has to be 14d or more, the window of the error budgets, and at most 100y."
  }
}

variable "volume_sizes" {
  description = "The size of each volume. It can grow where the storage class allows it. One that exists can't shrink: the apply fails, and names it."
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
    error_message = "volume_sizes has ${jsonencode(var.volume_sizes)}; each has to be a whole number with Mi, Gi, Ti, M, G or T, such as 5Gi."
  }
  # Prometheus' write-ahead log comes in pieces of 128 MiB that no limit of its removes; alert-logger wants 64 MiB free
  # beside a log that it writes anew at 16 MiB.
  validation {
    condition     = try(!can(regex("^[0-9]{1,3}(M|Mi)$", var.volume_sizes.prometheus)), true)
    error_message = "volume_sizes.prometheus is ${jsonencode(var.volume_sizes.prometheus)}; Prometheus needs 1000Mi or more to work at all, 5Gi to keep two weeks of a small lab."
  }
  validation {
    condition     = try(!can(regex("^([0-9]{1,2}|1[0-4][0-9])(M|Mi)$", var.volume_sizes.alert_logger)), true)
    error_message = "volume_sizes.alert_logger is ${jsonencode(var.volume_sizes.alert_logger)}; it has to be 150Mi or more: alert-logger stops taking alerts when less than 64 MiB are free."
  }
}

variable "storage_class" {
  description = "The storage class of the volumes; left out, the cluster's default one. For volumes that exist it can't be changed: the apply fails, and names them."
  type        = string
  default     = null

  validation {
    condition     = var.storage_class != ""
    error_message = "storage_class is \"\", with which no volume is ever made. Name one of `kubectl get storageclass`, or leave it out to use the default one."
  }
}
