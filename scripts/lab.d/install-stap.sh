# shellcheck shell=bash
# Fetches a SystemTap that compiles for every kernel of the lab, or that of a
# kernel's own Debian release: a small Debian in the cache, with the kernels'
# headers and lists of functions in it. Sourced by scripts/lab, after
# install.sh.

install_stap() {
  local kernel=$1 own=$2 root
  root=$(stap_root "$kernel" "$own")
  install_stap_root "$(basename "$root" -stap)" "$root"
  install_headers "$kernel" "$root"
  link_tools "$kernel" "$root"
  install_functions "$kernel" "$root"
}

install_stap_root() {
  local suite=$1 root=$2 work
  [[ ! -x $root/usr/bin/stap ]] || return 0
  ((EUID == 0)) || die 69 'a root file system can be made by root only' 'run as root: scripts/lab install-stap'
  has debootstrap || apt-get install -qq -y --no-install-recommends debootstrap >&2
  work=$(mktemp -d "$CACHE/.install.XXXXXX")
  CLEANUP+=("$work")
  say "making a Debian $suite with SystemTap"
  debootstrap --variant=minbase --keyring="$KEYRING" --include=systemtap,make,gcc,binutils "$suite" "$work/root" \
    "$(mirror Debian "${KWHO_LAB_MIRROR:-}")" >&2 ||
    die 69 'debootstrap did not come to its end' "its log: $work/root/debootstrap/debootstrap.log"
  rm -rf "$work/root/var/cache/apt"/*
  mv "$work/root" "$root"
}

# Headers as the kernel's own Debian release has them, unpacked beside the
# others.
install_headers() {
  local kernel=$1 root=$2 release work deb parts
  release=$(release_of "$kernel")
  [[ ! -e $root/usr/src/linux-headers-$release/Makefile ]] || return 0
  work=$(mktemp -d "$CACHE/.install.XXXXXX")
  CLEANUP+=("$work")
  private_apt "$(suite_of "$kernel")" "$work"
  say "fetching the headers of $release"
  mapfile -t parts < <(dependencies "$work" "linux-headers-$release" | grep -E '^linux-(headers|kbuild)-')
  (cd "$work/archives" && APT_CONFIG=$work/apt.conf apt-get download -qq "linux-headers-$release" "${parts[@]}" >&2) ||
    die 69 "cannot download the headers of $release" "scripts/lab install --newest $kernel takes the kernel that the mirror has"
  for deb in "$work"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$root"
  done
  rm -rf "$work"
}

# The headers name the compiler of their own release, and older ones binutils
# without a prefix: here they are the root's.
link_tools() {
  local root=$2 release name compiler
  release=$(release_of "$1")
  compiler=$(cd "$root/usr/bin" && printf '%s\n' x86_64-linux-gnu-gcc-[0-9]* | tail -n 1)
  for name in gcc $(grep -oE '\bgcc-[0-9]+' "$root/usr/src/linux-headers-$release/.kernelvariables" | sort -u); do
    link_tool "$root/usr/bin/$name" "$compiler"
    link_tool "$root/usr/bin/x86_64-linux-gnu-$name" "$compiler"
  done
  for name in ar as ld nm objcopy objdump readelf strip; do
    link_tool "$root/usr/bin/$name" "x86_64-linux-gnu-$name"
  done
}

link_tool() {
  [[ -e $1 ]] || ln -s "$2" "$1"
}

# Debian's System.map says nothing; what stap needs of it are the names of the
# functions, and the kernel itself knows them best.
install_functions() {
  local kernel=$1 root=$2 release work
  release=$(release_of "$kernel")
  [[ ! -s $root/boot/System.map-$release ]] || return 0
  work=$(mktemp -d "$CACHE/.install.XXXXXX")
  CLEANUP+=("$work")
  say "asking $release for its functions"
  "$0" run "$kernel" --timeout 120 --share "$work" -- cp /proc/kallsyms /lab/kallsyms
  mv "$work/kallsyms" "$root/boot/System.map-$release"
  rm -rf "$work"
}
