# What `nix run` runs.
{
  lib,
  pkgs,
  packages,
  images,
  ...
}:
let
  app = program: {
    type = "app";
    inherit program;
  };

  lab = app (lib.getExe packages.public.lab);

  # NAME, IMAGE:TAG and the script that writes the image, a line each.
  list = pkgs.writeText "images" (
    lib.concatStrings (
      lib.mapAttrsToList (
        name: image: "${name} ${image.imageName}:${image.imageTag} ${image}\n"
      ) images.all
    )
  );

  load-images = pkgs.writeShellApplication {
    name = "load-images";
    runtimeInputs = [
      pkgs.jq
      pkgs.minikube
    ];
    text = ''
      IMAGES=${list}
      ${lib.readFile ./load-images.sh}
    '';
  };
in
{
  inherit lab;
  default = lab;
}
// lib.optionalAttrs (images.all != { }) { load-images = app (lib.getExe load-images); }
