#!/usr/bin/env bash
# Sets up what a build or a test needs, and says what it installs. Usage: scripts/setup.sh build | test | demo | bench
#
# Go and Node are the two things it does not install: no Debian release has versions that are new enough.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n==> %s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$1" >&2
  [ $# -gt 1 ] && printf 'hint: %s\n' "$2" >&2
  exit 1
}

need_tools() {
  command -v go >/dev/null || fail "Go is not installed" "Portside needs Go 1.26 or newer: https://go.dev/dl/"
  command -v node >/dev/null || fail "Node.js is not installed" "Portside needs Node.js 20.19 or newer: https://nodejs.org/"
  command -v npm >/dev/null || fail "npm is not installed" "it comes with Node.js: https://nodejs.org/"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node.js $(node --version) is too old" "Portside needs Node.js 20.19 or newer: https://nodejs.org/"
  case "$(go env GOVERSION)" in
    go1.2[6-9]* | go1.[3-9][0-9]* | go[2-9]*) ;;
    *) fail "$(go env GOVERSION) is too old" "Portside needs Go 1.26 or newer: https://go.dev/dl/" ;;
  esac
}

# Packages of a folder's package-lock.json, into its node_modules. The stamp says which lock file that was.
npm_packages() {
  local stamp=$1/node_modules/.portside-lock
  if ! cmp -s "$1/package-lock.json" "$stamp"; then
    say "Installing npm packages into ${1#./}/node_modules (see package-lock.json there)"
    npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
    cp "$1/package-lock.json" "$stamp"
  fi
}

# Debian packages, listed one to a line with the reason, as "name  # why".
debian_packages() {
  local missing=() name
  while read -r name; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done < <(sed 's/#.*//' "$@" | awk 'NF { print $1 }' | sort -u)
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || fail "these programs are missing, and there is no apt-get to install them: ${missing[*]}" \
    "install them with your system's package manager"
  say "Installing Debian packages: ${missing[*]}"
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "root is needed to install: ${missing[*]}" "as root: apt-get install ${missing[*]}"
    sudo=(sudo)
  fi
  # Some of these packages start a service when they are installed. The tests start their own copies, so none is wanted:
  # invoke-rc.d asks this file, which says no. It is taken away again, and an administrator's own file is left alone.
  local guard=/usr/sbin/policy-rc.d guarded=
  if [ ! -e $guard ]; then
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee $guard >/dev/null
    "${sudo[@]}" chmod 755 $guard
    guarded=yes
  fi
  local status=0
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null' sh "${missing[@]}" || status=$?
  [ -n "$guarded" ] && "${sudo[@]}" rm -f $guard
  [ $status -eq 0 ] || fail "apt-get could not install: ${missing[*]}" "its messages above say why"
}

need_tools
npm_packages .
case "${1:-build}" in
  build) ;;
  test) debian_packages scripts/packages.txt e2e/packages.txt ;;
  demo) debian_packages examples/packages.txt ;;
  bench)
    npm_packages bench
    debian_packages bench/packages.txt
    ;;
  *) fail "unknown argument $1" "build, test, demo or bench" ;;
esac
