#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the real Home Assistant outside of the repository. Home Assistant 2026.2 asks for Python >=
# 3.13.2: where the machine's own is older, a Debian 13 system is unpacked for it (debootstrap, root).
# A compiler and Python's headers must be there too: not every dependency comes ready made.
#
#   setup.sh            installs when needed, takes about 2 minutes; progress on stderr
#   setup.sh run CMD... becomes CMD with Home Assistant's programs in its PATH
#
# WATTBUS_CACHE  where everything is kept between runs (default /var/cache/wattbus-ci)
# WATTBUS_HA     version to install (default 2026.2.3)
# WATTBUS_HA_SHARE  a directory that CMD sees under the same name (default $WATTBUS_CACHE/share)
set -eu
cache=${WATTBUS_CACHE:-/var/cache/wattbus-ci}
version=${WATTBUS_HA:-2026.2.3}
suite=trixie
root=$cache/$suite
say() { echo "home_assistant: $*" >&2; }

own_python() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 13, 2))' 2>/dev/null &&
        python3 -c 'import venv, ensurepip' 2>/dev/null
}

# Runs a command inside the Debian 13 system, with its own mounts that end with it.
enter() {
    exec_root=$root exec unshare --mount --fork --kill-child sh -eu -c '
        mount --rbind /dev "$exec_root/dev"
        mount -t proc proc "$exec_root/proc"
        mkdir -p "$exec_root$WATTBUS_HA_SHARE"
        mount --bind "$WATTBUS_HA_SHARE" "$exec_root$WATTBUS_HA_SHARE"
        exec chroot "$exec_root" /usr/bin/env -u PIP_FIND_LINKS HOME=/root LANG=C.UTF-8 \
            PATH=/opt/ha/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' enter "$@"
}
export WATTBUS_HA_SHARE="${WATTBUS_HA_SHARE:-$cache/share}"
mkdir -p "$WATTBUS_HA_SHARE"

if own_python; then
    home=$cache/ha
    inside() { exec env PATH="$home/bin:$PATH" "$@"; }
else
    home=/opt/ha
    inside() { enter "$@"; }
fi
if [ "${1:-}" = run ]; then
    shift
    inside "$@"
fi

if ! own_python && [ ! -e "$root/.complete" ]; then
    say "unpacking Debian 13 into $root"
    mirror=$(sed -n 's/^URIs: *//p;s/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\) .*/\2/p' \
        /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=python3-venv,python3-dev,gcc,libc6-dev,ca-certificates \
        "$suite" "$root" "${mirror:-http://deb.debian.org/debian}" >&2
    # What this machine was told about its network holds inside too.
    for f in /etc/hosts /etc/resolv.conf /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
        if [ -e "$f" ]; then cp -L "$f" "$root$f"; fi
    done
    touch "$root/.complete"
fi
have=$(inside "$home/bin/hass" --version 2>/dev/null) || have=
if [ "$have" != "$version" ]; then
    say "installing Home Assistant $version"
    (inside python3 -m venv --clear "$home")
    (inside "$home/bin/pip" install --quiet --no-compile "homeassistant==$version") >&2
    # What the integrations of our test need at run time; Home Assistant would fetch it at its start.
    (inside "$home/bin/python" -) >"$WATTBUS_HA_SHARE/requirements.txt" <<'PY'
import ast, json, pathlib, homeassistant
core = pathlib.Path(homeassistant.__file__).parent
parts, done, need = core / "components", set(), set()
todo = ["mqtt", "http", "api", "config", "recorder", "energy", "onboarding", "history"]
# Home Assistant starts in recovery mode when one of those that it always loads is missing.
for node in ast.parse((core / "bootstrap.py").read_text()).body:
    if isinstance(node, ast.Assign) and node.targets[0].id == "DEFAULT_INTEGRATIONS":
        todo += [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
while todo:
    name = todo.pop()
    if name in done or not (parts / name / "manifest.json").exists():
        continue
    done.add(name)
    m = json.loads((parts / name / "manifest.json").read_text())
    need.update(m.get("requirements", []))
    todo += m.get("dependencies", [])
print("\n".join(sorted(need)))
PY
    constraints=$(inside "$home/bin/python" -c 'import homeassistant, pathlib
print(pathlib.Path(homeassistant.__file__).parent / "package_constraints.txt")')
    (inside "$home/bin/pip" install --quiet --no-compile -c "$constraints" \
        -r "$WATTBUS_HA_SHARE/requirements.txt") >&2
fi
say "Home Assistant $version is ready"
