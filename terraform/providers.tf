# Both providers talk to the one cluster that is named. Neither reads KUBECONFIG or the current context, so a context
# that was left behind by other work is never applied to.

provider "kubernetes" {
  config_path    = pathexpand(var.config_path)
  config_context = var.config_context
}

provider "helm" {
  kubernetes = {
    config_path    = pathexpand(var.config_path)
    config_context = var.config_context
  }
}
