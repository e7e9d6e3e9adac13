# The deployed configuration equals the files of monitoring/, rendered if a format needs it.

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

run "the_files_are_deployed_unchanged" {
  command = plan

  assert {
    condition     = kubernetes_config_map_v1.targets.data == tomap({ "targets.toml" = file("../monitoring/targets.toml") })
    error_message = "The deployed target list differs from monitoring/targets.toml."
  }
  assert {
    condition = kubernetes_config_map_v1.prometheus_rules.data == tomap({
      for name in fileset("../monitoring/prometheus/rules", "*") : name => file("../monitoring/prometheus/rules/${name}")
    })
    error_message = "A deployed rule file differs from monitoring/."
  }
  assert {
    condition = kubernetes_config_map_v1.grafana_dashboards[0].data == tomap({
      for name in fileset("../monitoring/grafana/dashboards", "*") : name => file("../monitoring/grafana/dashboards/${name}")
    })
    error_message = "A deployed dashboard differs from monitoring/."
  }
  assert {
    condition = { for folder, map in kubernetes_config_map_v1.grafana_provisioning : folder => map.data } == {
      for folder in ["dashboards", "datasources"] : folder => tomap({
        for name in fileset("../monitoring/grafana/provisioning/${folder}", "*") :
        name => file("../monitoring/grafana/provisioning/${folder}/${name}")
      })
    }
    error_message = "Grafana's deployed provisioning differs from monitoring/."
  }
  assert {
    condition     = kubernetes_config_map_v1.alertmanager_config.data["alertmanager.yml"] == file("../monitoring/alertmanager/alertmanager.yml")
    error_message = "Without mail, alertmanager.yml must be deployed unchanged, because its webhook is that of the cluster."
  }
}

run "every_replica_of_the_gateway_is_scraped" {
  command = plan

  assert {
    condition = [
      for job in yamldecode(kubernetes_config_map_v1.prometheus_config.data["prometheus.yml"]).scrape_configs : job if job.job_name == "api-gateway"
      ] == [{
        job_name       = "api-gateway"
        dns_sd_configs = [{ names = ["api-gateway-pods"], type = "A", port = 8080 }]
    }]
    error_message = "api-gateway is scraped through its Service, which mixes the counters of its replicas, or not at all."
  }
  assert {
    condition = [
      for job in yamldecode(kubernetes_config_map_v1.prometheus_config.data["prometheus.yml"]).scrape_configs : job if job.job_name != "api-gateway"
      ] == [
      for job in yamldecode(file("../monitoring/prometheus/prometheus.yml")).scrape_configs : job if job.job_name != "api-gateway"
    ]
    error_message = "A job other than api-gateway differs from monitoring/."
  }
}

run "every_job_discovers_its_part" {
  command = plan

  assert {
    condition = { for file, json in kubernetes_config_map_v1.prometheus_discovery.data : file => flatten(jsondecode(json)[*].targets) } == {
      "alert-logger.json"  = ["alert-logger:8080"]
      "alertmanager.json"  = ["alertmanager:9093"]
      "alertmanagers.json" = ["alertmanager:9093"]
      "dashboard-ui.json"  = ["dashboard-ui:8080"]
      "demo-target.json"   = ["demo-target:8080"]
      "grafana.json"       = ["grafana:3000"]
      "ping-agent.json"    = ["ping-agent-0.ping-agent:8080"]
      "prometheus.json"    = ["localhost:9090"]
    }
    error_message = "The discovery files do not match the deployed parts: up{job=...} would be missing or 0."
  }
}

run "disabled_parts_are_not_scraped" {
  command = plan

  variables {
    grafana_enabled        = false
    grafana_admin_password = null
    demo_enabled           = false
    targets_file           = "tests/fixtures/targets.toml"
    ping_agent_shards      = 3
  }

  assert {
    condition = alltrue([
      for job in ["grafana", "demo-target"] : kubernetes_config_map_v1.prometheus_discovery.data["${job}.json"] == "[]"
    ])
    error_message = "A part that does not run is scraped, so it would be shown as down."
  }
  assert {
    condition = flatten(jsondecode(kubernetes_config_map_v1.prometheus_discovery.data["ping-agent.json"])[*].targets) == [
      "ping-agent-0.ping-agent:8080", "ping-agent-1.ping-agent:8080", "ping-agent-2.ping-agent:8080",
    ]
    error_message = "A shard of ping-agent is not scraped, so the history of its targets would have gaps."
  }
  assert {
    condition     = kubernetes_config_map_v1.targets.data["targets.toml"] == file("tests/fixtures/targets.toml")
    error_message = "The deployed target list differs from targets_file."
  }
}

run "mail_is_a_second_receiver" {
  command = plan

  variables {
    smtp_auth_password = "correct horse"
    smtp = {
      smarthost   = "mail.example.org:587"
      from        = "the \"lab\" <lab@example.org>"
      to          = "# $${you}$1@example.org"
      username    = "a\nb: c"
      require_tls = false
    }
  }

  assert {
    condition = [
      for receiver in yamldecode(kubernetes_config_map_v1.alertmanager_config.data["alertmanager.yml"]).receivers : {
        for key in ["smarthost", "from", "to", "auth_username", "auth_password_file", "require_tls"] : key => receiver.email_configs[0][key]
      } if receiver.name == "email"
      ] == [{
        smarthost          = "mail.example.org:587"
        from               = "the \"lab\" <lab@example.org>"
        to                 = "# $${you}$1@example.org"
        auth_username      = "a\nb: c"
        auth_password_file = "/etc/alertmanager/smtp/password"
        require_tls        = false
    }]
    error_message = "The mail receiver differs from the variable smtp, or a value was interpreted as configuration."
  }
  assert {
    condition     = [for route in yamldecode(kubernetes_config_map_v1.alertmanager_config.data["alertmanager.yml"]).route.routes : route.receiver] == ["stdout", "email", "stdout"]
    error_message = "Alerts must go to both the mailbox and alert-logger, and the Watchdog only to alert-logger."
  }
  assert {
    condition     = yamldecode(helm_release.uptimepulse.values[0]).alertmanager.smtpPorts == [587]
    error_message = "Alertmanager may not connect to the mail server's port."
  }
}

run "remote_write_is_added" {
  command = plan

  variables {
    remote_write          = { url = "https://mimir.example.org:9443/api/v1/push", username = "lab" }
    remote_write_password = "correct horse"
  }

  assert {
    condition = yamldecode(kubernetes_config_map_v1.prometheus_config.data["prometheus.yml"]).remote_write == [{
      url        = "https://mimir.example.org:9443/api/v1/push"
      basic_auth = { username = "lab", password_file = "/etc/prometheus/remote-write/password" }
    }]
    error_message = "Prometheus does not send its samples to remote_write.url."
  }
  assert {
    condition     = yamldecode(helm_release.uptimepulse.values[0]).prometheus.remoteWrite == { ports = [9443], password = true }
    error_message = "Prometheus may not connect to the port of remote_write.url, or the password is not mounted."
  }
}

run "remote_write_without_a_port_uses_that_of_its_scheme" {
  command = plan

  variables {
    remote_write = { url = "http://mimir.example.org/api:1/push" }
  }

  assert {
    condition     = yamldecode(kubernetes_config_map_v1.prometheus_config.data["prometheus.yml"]).remote_write == [{ url = "http://mimir.example.org/api:1/push" }]
    error_message = "Without a username there must be no password."
  }
  assert {
    condition     = yamldecode(helm_release.uptimepulse.values[0]).prometheus.remoteWrite == { ports = [80], password = false }
    error_message = "The port of an http URL without a port must be 80."
  }
}
