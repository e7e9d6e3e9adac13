# monitoring/ in the cluster: what is deployed is what the files say, rendered where a format needs it.

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

run "the_files_are_deployed_as_they_are" {
  command = plan

  assert {
    condition     = kubernetes_config_map_v1.targets.data == tomap({ "targets.toml" = file("../monitoring/targets.toml") })
    error_message = "What is watched is not what monitoring/targets.toml says."
  }
  assert {
    condition = kubernetes_config_map_v1.prometheus_rules.data == tomap({
      for name in fileset("../monitoring/prometheus/rules", "*") : name => file("../monitoring/prometheus/rules/${name}")
    })
    error_message = "A rule file of monitoring/ is not in the cluster as it is."
  }
  assert {
    condition = kubernetes_config_map_v1.grafana_dashboards[0].data == tomap({
      for name in fileset("../monitoring/grafana/dashboards", "*") : name => file("../monitoring/grafana/dashboards/${name}")
    })
    error_message = "A dashboard of monitoring/ is not in the cluster as it is."
  }
  assert {
    condition = { for folder, map in kubernetes_config_map_v1.grafana_provisioning : folder => map.data } == {
      for folder in ["dashboards", "datasources"] : folder => tomap({
        for name in fileset("../monitoring/grafana/provisioning/${folder}", "*") :
        name => file("../monitoring/grafana/provisioning/${folder}/${name}")
      })
    }
    error_message = "Grafana's provisioning is not what monitoring/ says."
  }
  assert {
    condition     = kubernetes_config_map_v1.alertmanager_config.data["alertmanager.yml"] == file("../monitoring/alertmanager/alertmanager.yml")
    error_message = "Without mail, alertmanager.yml has to be used as it is: the webhook in it is the cluster's."
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
    error_message = "api-gateway is scraped through its Service, or not at all: its replicas' counters would mix."
  }
  assert {
    condition = [
      for job in yamldecode(kubernetes_config_map_v1.prometheus_config.data["prometheus.yml"]).scrape_configs : job if job.job_name != "api-gateway"
      ] == [
      for job in yamldecode(file("../monitoring/prometheus/prometheus.yml")).scrape_configs : job if job.job_name != "api-gateway"
    ]
    error_message = "Another job than api-gateway's is not as monitoring/ has it."
  }
}

run "every_job_finds_its_part" {
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
    error_message = "The discovery files are not what is deployed: up{job=...} would be missing or 0."
  }
}

run "what_does_not_run_is_not_scraped" {
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
    error_message = "A part that does not run is scraped, and would show as down."
  }
  assert {
    condition = flatten(jsondecode(kubernetes_config_map_v1.prometheus_discovery.data["ping-agent.json"])[*].targets) == [
      "ping-agent-0.ping-agent:8080", "ping-agent-1.ping-agent:8080", "ping-agent-2.ping-agent:8080",
    ]
    error_message = "A shard of ping-agent is not scraped: its targets' history would have holes."
  }
  assert {
    condition     = kubernetes_config_map_v1.targets.data["targets.toml"] == file("tests/fixtures/targets.toml")
    error_message = "targets_file is not what is watched."
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
    error_message = "The mail receiver is not what smtp says, or a value became configuration."
  }
  assert {
    condition     = [for route in yamldecode(kubernetes_config_map_v1.alertmanager_config.data["alertmanager.yml"]).route.routes : route.receiver] == ["stdout", "email", "stdout"]
    error_message = "Alerts no longer go to both the mailbox and alert-logger, the Watchdog to alert-logger alone."
  }
  assert {
    condition     = yamldecode(helm_release.uptimepulse.values[0]).alertmanager.smtpPorts == [587]
    error_message = "The mail server's port is not open to Alertmanager."
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
    error_message = "Prometheus does not send what it stores to remote_write.url."
  }
  assert {
    condition     = yamldecode(helm_release.uptimepulse.values[0]).prometheus.remoteWrite == { ports = [9443], password = true }
    error_message = "The port of remote_write.url is not open to Prometheus, or its password is not mounted."
  }
}

run "remote_write_without_a_user_has_the_port_of_its_scheme" {
  command = plan

  variables {
    remote_write = { url = "http://mimir.example.org/api:1/push" }
  }

  assert {
    condition     = yamldecode(kubernetes_config_map_v1.prometheus_config.data["prometheus.yml"]).remote_write == [{ url = "http://mimir.example.org/api:1/push" }]
    error_message = "Without a username there is to be no password either."
  }
  assert {
    condition     = yamldecode(helm_release.uptimepulse.values[0]).prometheus.remoteWrite == { ports = [80], password = false }
    error_message = "The port of an http URL without one is 80."
  }
}
