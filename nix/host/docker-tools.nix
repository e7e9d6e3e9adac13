# Images with one layer: the contents, and the libraries that ldd finds for their programs.
{
  lib,
  pkgs,
  runCommand,
  system,
  writeText,
}:
let
  architecture = if system == "aarch64-linux" then "arm64" else "amd64";
in
{
  fakeNss = runCommand "fake-nss" { } ''
    mkdir -p $out/etc
    echo 'nobody:x:65534:65534:nobody:/var/empty:/noshell' >$out/etc/passwd
    echo 'nobody:x:65534:' >$out/etc/group
    echo 'hosts: files dns' >$out/etc/nsswitch.conf
  '';

  streamLayeredImage =
    {
      name,
      tag,
      contents,
      config,
      created,
      extraCommands,
    }:
    let
      layer =
        runCommand "layer"
          {
            contents = map toString contents;
          }
          ''
            mkdir root
            for folder in $contents; do
              cp -rL --no-preserve=mode,ownership,timestamps $folder/. root/
            done
            cd root
            ${extraCommands}
            if [ -d bin ]; then
              chmod 555 bin/*
              for program in bin/*; do
                # A statically linked program has no libraries.
                { bash ${pkgs.libc}/bin/ldd "$program" || true; } | grep -oE '/[^ ]+' | while read -r library; do
                  mkdir -p ".$(dirname "$library")"
                  [ -e ".$library" ] || cp -L "$library" ".$library"
                done
              done
            fi
            # Debian's Alertmanager has its templates beside it.
            if [ -e bin/alertmanager ] && [ -e ${pkgs.prometheus-alertmanager}/usr ]; then
              cp -r ${pkgs.prometheus-alertmanager}/usr .
              chmod -R u+w usr
            fi
            chmod -R u+w,go-w,a+rX .
            tar --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner --format=gnu -cf $out .
          '';
      hash = builtins.hashString "sha256" (
        builtins.unsafeDiscardStringContext (
          builtins.toJSON [
            layer.outPath
            config
          ]
        )
      );
      imageTag = if tag != null then tag else builtins.substring 0 32 hash;
      settings = writeText "settings.json" (builtins.toJSON { inherit architecture config created; });
      archive = runCommand "image.tar" { nativeBuildInputs = [ pkgs.jq ]; } ''
        mkdir image
        cp ${layer} image/layer.tar
        digest=$(sha256sum <image/layer.tar | cut -d' ' -f1)
        jq -cS --arg digest "sha256:$digest" \
          '. + {os: "linux", rootfs: {type: "layers", diff_ids: [$digest]}}' ${settings} >config
        config=$(sha256sum <config | cut -d' ' -f1).json
        mv config "image/$config"
        jq -n --arg config "$config" --arg name "${name}:${imageTag}" \
          '[{Config: $config, RepoTags: [$name], Layers: ["layer.tar"]}]' >image/manifest.json
        tar --sort=name --mtime=@1 --owner=0 --group=0 --numeric-owner --format=gnu -C image -cf $out $(ls image)
      '';
    in
    runCommand "stream-${baseNameOf name}" { } ''
      printf '#!/bin/sh\nexec cat ${archive}\n' >$out
      chmod +x $out
    ''
    // {
      inherit imageTag;
      imageName = name;
    };
}
