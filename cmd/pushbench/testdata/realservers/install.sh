#!/bin/sh
# Fetches what the servers here need: npm's packages into node_modules, and, if nginx with Nchan is not installed, Debian's packages of both, only
# unpacked, into unpacked. It needs no root, installs nothing on the machine and starts nothing. What it cannot have it says; the tests then skip it.
cd "$(dirname "$0")" || exit

# nothing NAME REASON: what is not there, and why.
nothing() { echo "without $1: $2"; }

if [ ! -e /usr/lib/nginx/modules/ngx_nchan_module.so ] && [ ! -e unpacked ]; then
  mkdir -p packages unpacked
  if ! command -v apt-get >/dev/null; then
    nothing 'nginx and Nchan' 'there is no apt-get; install nginx with its module nchan'
  elif ! (cd packages && apt-get download -qq nginx libnginx-mod-nchan); then
    nothing 'nginx and Nchan' 'apt-get could not download them; perhaps apt-get update helps'
  else
    for package in packages/*.deb; do dpkg -x "$package" unpacked; done
    unpacked/usr/sbin/nginx -v || { rm -rf unpacked; nothing 'nginx and Nchan' 'the unpacked nginx does not run here'; }
  fi
  rm -rf packages
  rmdir unpacked 2>/dev/null
fi

if ! command -v npm >/dev/null; then
  nothing 'Node servers' 'there is no npm; install Node 18 or later'
elif ! cmp -s package-lock.json node_modules/installed-lock.json; then
  if npm ci --prefer-offline --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000; then
    cp package-lock.json node_modules/installed-lock.json
  else
    rm -rf node_modules
    nothing 'Node servers' 'npm could not install what package.json asks for'
  fi
fi
exit 0
