# The programs that both the shell and the checks use.
{ pkgs }:
{
  # Prometheus' own: promtool has an output to itself.
  inherit (pkgs) prometheus;
  promtool = pkgs.prometheus.cli;
  # alertmanager and amtool.
  alertmanager = pkgs.prometheus-alertmanager;
  helm = pkgs.kubernetes-helm;
  # With its providers beside it: `terraform init` fetches nothing.
  terraform = pkgs.terraform.withPlugins (providers: [
    providers.hashicorp_helm
    providers.hashicorp_kubernetes
  ]);
}
