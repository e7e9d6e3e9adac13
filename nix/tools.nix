# The tools that both the shell and the checks use.
{ pkgs }:
{
  # promtool is in an output of its own.
  inherit (pkgs) prometheus;
  promtool = pkgs.prometheus.cli;
  # Contains alertmanager and amtool.
  alertmanager = pkgs.prometheus-alertmanager;
  helm = pkgs.kubernetes-helm;
  # With its providers, so that `terraform init` downloads nothing.
  terraform = pkgs.terraform.withPlugins (providers: [
    providers.hashicorp_helm
    providers.hashicorp_kubernetes
  ]);
}
