# What runs this configuration. Nix supplies both providers, so no lock file of the registry lies beside it.

terraform {
  # 1.11 has write-only attributes: the only way to hand a password on without keeping it.
  required_version = ">= 1.11"

  # From the lowest versions that it is tested with, which are in tests/terraform/schema-provider/schemas/versions.
  required_providers {
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 3.1.0, < 4.0.0"
    }
    helm = {
      source  = "hashicorp/helm"
      version = ">= 3.1.1, < 4.0.0"
    }
  }
}
