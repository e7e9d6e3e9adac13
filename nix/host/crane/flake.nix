{
  description = "A machine's own cargo in crane's place";

  outputs = { self }: { mkLib = import ./lib.nix; };
}
