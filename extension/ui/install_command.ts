// The command that puts the program in place for this copy of the extension.

/** The ids of Portside's own builds, which every installation lets in (manifest/manifest.go). */
const ownIds = ["mchpniendjnegpciibfkjhhoiecglnaj", "portside@portside.dev"];

/** The command for the extension with this id. `named`: it names the id in any case, for a manifest that somehow lacks it. */
export function installCommand(id: string, named = false): string {
  return ownIds.includes(id) && !named ? "make install" : `make install EXTENSION_ID=${id}`;
}
