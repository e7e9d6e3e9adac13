# Addresses and commands. The parts are reachable from outside the cluster only through a port-forward or the ingress.

locals {
  kubectl = "kubectl --kubeconfig ${var.config_path} --context ${var.config_context} --namespace ${var.namespace}"

  # The port of each part, and the local port of its port-forward, which is that of `./lab up`.
  browsable = merge(
    {
      dashboard-ui = { port = 8080, local_port = 8081 }
      api-gateway  = { port = 8080, local_port = 8080 }
      alert-logger = { port = 8080, local_port = 8082 }
      prometheus   = { port = 9090, local_port = 9090 }
      alertmanager = { port = 9093, local_port = 9093 }
      ping-agent   = { port = 8080, local_port = 18080 }
    },
    var.demo_enabled ? { demo-target = { port = 8080, local_port = 8083 } } : {},
    var.grafana_enabled ? { grafana = { port = 3000, local_port = 3000 } } : {},
  )
}

output "namespace" {
  description = "The namespace of all objects."
  value       = local.namespace
}

output "status_page" {
  description = "The address of the status page: the ingress if there is one, otherwise the port-forward."
  value = (var.ingress == null
    ? "http://127.0.0.1:${local.browsable.dashboard-ui.local_port}"
    : "${var.ingress.tls_secret == null ? "http" : "https"}://${var.ingress.host}"
  )
}

output "addresses" {
  description = "The addresses of the parts within the cluster."
  value       = { for part, ports in local.browsable : part => "http://${part}.${var.namespace}:${ports.port}" }
}

output "port_forwards" {
  description = "The port-forward command of each part. While it runs, the part is at http://127.0.0.1 and the first of the two ports."
  value = {
    for part, ports in local.browsable :
    part => "${local.kubectl} port-forward service/${part} ${ports.local_port}:${ports.port}"
  }
}

output "checks" {
  description = "Commands that show why an apply failed, and whether data flows."
  value = {
    pods      = "${local.kubectl} get pods"
    events    = "${local.kubectl} get events --sort-by=.lastTimestamp"
    data_path = "helm --kubeconfig ${var.config_path} --kube-context ${var.config_context} --namespace ${var.namespace} test uptimepulse"
  }
}
