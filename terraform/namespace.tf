# All objects are in one namespace, which enforces the restricted Pod Security profile: the API server rejects every pod that
# needs more.

locals {
  namespace = kubernetes_namespace_v1.uptimepulse.metadata[0].name

  # Labels of the objects that Terraform owns; the chart labels its own objects.
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
