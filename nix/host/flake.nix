{
  description = "A machine's own tools in nixpkgs' place: nothing is reproducible this way";

  outputs =
    { self }:
    {
      lib = import ./lib.nix;
      # `nix develop` gets its shell from here.
      legacyPackages.x86_64-linux = import ./. { system = "x86_64-linux"; };
      legacyPackages.aarch64-linux = import ./. { system = "aarch64-linux"; };
    };
}
