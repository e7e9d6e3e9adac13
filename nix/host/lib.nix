# The functions of nixpkgs' lib that the flake uses, with the same names and results.
let
  inherit (builtins)
    attrNames
    concatLists
    concatStringsSep
    elem
    filter
    foldl'
    listToAttrs
    map
    match
    pathExists
    stringLength
    substring
    ;
in
rec {
  inherit (builtins)
    all
    concatMap
    concatStringsSep
    elem
    filter
    attrNames
    attrValues
    mapAttrs
    pathExists
    readFile
    ;

  genAttrs =
    names: f:
    listToAttrs (
      map (name: {
        inherit name;
        value = f name;
      }) names
    );
  nameValuePair = name: value: { inherit name value; };
  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
  filterAttrs =
    keep: set:
    listToAttrs (
      map (name: nameValuePair name set.${name}) (filter (name: keep name set.${name}) (attrNames set))
    );
  optionalString = condition: text: if condition then text else "";
  optionalAttrs = condition: set: if condition then set else { };
  unique = foldl' (known: x: if elem x known then known else known ++ [ x ]) [ ];
  concatStrings = concatStringsSep "";
  concatMapStrings = f: list: concatStrings (map f list);
  makeBinPath = packages: concatStringsSep ":" (map (package: "${package}/bin") packages);
  importTOML = path: builtins.fromTOML (builtins.readFile path);
  getName = package: package.pname or (builtins.parseDrvName package.name).name;
  getVersion = package: package.version or (builtins.parseDrvName package.name).version;
  getExe = package: "${package}/bin/${package.meta.mainProgram or (getName package)}";

  # A file set is a pair: the included paths, and the excluded paths within them.
  fileset =
    let
      coerce =
        set:
        if set ? plus then
          set
        else if pathExists set then
          {
            plus = [ (toString set) ];
            minus = [ ];
          }
        else
          throw "file set: ${toString set} does not exist";
      within = folder: path: path == folder || substring 0 (stringLength folder + 1) path == folder + "/";
    in
    {
      unions = sets: {
        plus = concatLists (map (set: (coerce set).plus) sets);
        minus = concatLists (map (set: (coerce set).minus) sets);
      };
      difference = a: b: (coerce a) // { minus = (coerce a).minus ++ (coerce b).plus; };
      maybeMissing =
        path:
        if pathExists path then
          coerce path
        else
          {
            plus = [ ];
            minus = [ ];
          };
      toSource =
        { root, fileset }:
        builtins.path {
          path = root;
          name = "source";
          filter =
            path: _:
            let
              set = coerce fileset;
            in
            !builtins.any (folder: within folder path) set.minus
            && builtins.any (folder: within folder path || within path folder) set.plus;
        };
    };
}
