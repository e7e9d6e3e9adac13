# Both providers use the configured cluster. Neither reads KUBECONFIG or the current context, so an apply never goes to a
# context that was left over from other work.

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
