#!/usr/bin/env bash
# Puts the program in place for whoever runs this, or takes it away again. Usage: scripts/install.sh install | uninstall
#
# BINDIR is where it goes, ~/.local/bin unless it is set. EXTENSION_ID names a further copy of the extension that may start it. Run again, it
# renews and repairs. Nothing needs root, and nothing is done for others: docs/INSTALL.md says how to serve everybody on the machine.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${BINDIR:-$HOME/.local/bin}
program=$folder/portside

say() { printf '%s\n' "$*"; }
fail() {
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

if [ "$(id -u)" -eq 0 ] && [ -n "${SUDO_USER:-}" ] && [ "${SUDO_USER:-}" != root ]; then
  fail "sudo would do this for root, not for $SUDO_USER" "leave out sudo; docs/INSTALL.md says how to serve everybody on the machine"
fi

# The same without sudo: su -m, doas, run0, or a container with somebody's home in it.
owner=$(stat -c %u "$HOME" 2>/dev/null || stat -f %u "$HOME")
if [ "$(id -u)" -eq 0 ] && [ "$owner" -ne 0 ]; then
  fail "root would do this in $HOME, which belongs to user $owner" "run it as that user; docs/INSTALL.md says how to serve everybody on the machine"
fi

case "${1:-}" in
  install)
    if cmp -s build/portside "$program"; then
      say "The program is already in place: $program"
    else
      install -d "$folder"
      install -m 755 build/portside "$program"
      say "Put the program in place: $program"
    fi
    "$program" install ${EXTENSION_ID:+--extension-id "$EXTENSION_ID"}
    case ":$PATH:" in
      *":$folder:"*) ;;
      *) say "To look at it later: $program status  ($folder is not in your PATH)" ;;
    esac
    ;;
  uninstall)
    if [ -x "$program" ]; then
      "$program" uninstall
      rm "$program"
      say "Removed $program"
    else
      say "There is no program at $program."
    fi
    ;;
  *) fail "unknown argument ${1:-}" "install or uninstall" ;;
esac
