{
  description = "UptimePulse: a reproducible SRE lab";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    crane.url = "github:ipetkov/crane";
  };

  # The inputs, and the list of files in nix/ that define the outputs.
  outputs =
    {
      self,
      nixpkgs,
      crane,
    }:
    let
      inherit (nixpkgs) lib;

      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];

      project =
        system:
        let
          pkgs = import nixpkgs {
            inherit system;
            # Only Terraform is not free software.
            config.allowUnfreePredicate = package: lib.getName package == "terraform";
          };
          context = {
            inherit self lib pkgs;
            craneLib = crane.mkLib pkgs;
            source = import ./nix/source.nix { inherit lib; };
            tools = import ./nix/tools.nix { inherit pkgs; };
          };
          packages = import ./nix/packages.nix context;
          images = import ./nix/images.nix (context // { inherit packages; });
        in
        {
          packages = packages.public // images.public;
          apps = import ./nix/apps.nix (
            context
            // {
              inherit packages;
              # Images are built on Linux, also for a Mac.
              linux = projects.${builtins.replaceStrings [ "darwin" ] [ "linux" ] system};
            }
          );
          checks = import ./nix/checks.nix (context // { inherit packages images; });
          devShells.default = import ./nix/shell.nix context;
          formatter = pkgs.nixfmt;
          inherit images pkgs;
        };

      projects = lib.genAttrs systems project;
      output = name: lib.mapAttrs (_: project: project.${name}) projects;
    in
    {
      packages = output "packages";
      apps = output "apps";
      checks = output "checks";
      devShells = output "devShells";
      formatter = output "formatter";
    };
}
