# Required versions. Nix supplies both providers, so there is no lock file of the registry.

terraform {
  # 1.11 introduced write-only attributes, the only way to pass a password on without storing it.
  required_version = ">= 1.11"

  # The lowest tested versions; they are listed in tests/terraform/schema-provider/schemas/versions.
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
