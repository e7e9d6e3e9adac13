# Everything lives in one namespace, which enforces the restricted Pod Security profile: a pod that wants more is
# refused by the API server, whoever makes it.

locals {
  namespace = kubernetes_namespace_v1.uptimepulse.metadata[0].name

  # On all that Terraform owns itself; the chart labels its own objects.
  labels = {
    "app.kubernetes.io/part-of"    = "uptimepulse"
    "app.kubernetes.io/managed-by" = "terraform"
  }
}

resource "kubernetes_namespace_v1" "uptimepulse" {
  metadata {
    name = var.namespace
    labels = merge(local.labels, {
      for mode in ["enforce", "audit", "warn"] : "pod-security.kubernetes.io/${mode}" => "restricted"
    })
  }
}
