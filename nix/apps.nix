# The apps of `nix run`.
{
  lib,
  pkgs,
  packages,
  linux,
  ...
}:
let
  app = program: {
    type = "app";
    inherit program;
  };

  lab = app (lib.getExe packages.public.lab);

  # A program that writes the image to stdout. On Linux the image is such a program; a Mac gets the output of its Linux builder.
  stream =
    image:
    if pkgs.stdenv.hostPlatform.isLinux then
      image
    else
      let
        archive = linux.pkgs.runCommand "${lib.getName image}-archive" { } "${image} >$out";
      in
      lib.getExe (
        pkgs.writeShellApplication {
          name = "stream";
          text = "exec cat ${archive}";
        }
      );

  # One line for each image: NAME, IMAGE:TAG and the program that writes it.
  list = pkgs.writeText "images" (
    lib.concatStrings (
      lib.mapAttrsToList (
        name: image: "${name} ${image.imageName}:${image.imageTag} ${stream image}\n"
      ) linux.images.all
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
  load-images = app (lib.getExe load-images);
}
