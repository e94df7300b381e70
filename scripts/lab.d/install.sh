# shellcheck shell=bash
# Fetches what the lab needs: packages for this machine, and the kernels of
# other Debian releases, unpacked into the cache. Sourced by scripts/lab.

readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Packages, and the command or file that tells that one is there. Those from
# iproute2 on are for what runs in the guests.
readonly -A HOST_PACKAGES=(
  [qemu-system-x86]=qemu-system-x86_64
  [debian-archive-keyring]=$KEYRING
  [kmod]=modprobe
  [util-linux]=setpriv
  [xz-utils]=xz
  [zstd]=zstd
  [iproute2]=ip
  [iputils-ping]=ping
  [nftables]=nft
  [iptables]=iptables-legacy
  [python3]=/usr/bin/python3
  [tmux]=tmux
  [rsyslog]=rsyslogd
  [busybox-static]=busybox
  [systemd]=journalctl
)

install_host_packages() {
  [[ $(dpkg --print-architecture 2>/dev/null) == amd64 ]] ||
    die 69 'expected a Debian machine of architecture amd64' 'the guests run on the files of this machine'
  local package missing=()
  for package in "${!HOST_PACKAGES[@]}"; do
    has "${HOST_PACKAGES[$package]}" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  local command="apt-get install --no-install-recommends ${missing[*]}"
  ((EUID == 0)) || die 69 "missing packages: ${missing[*]}" "run as root: $command"
  say "installing ${missing[*]}"
  {
    apt-get update -qq &&
      DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"
  } >&2 || die 69 'apt-get could not install these packages' "by hand: apt-get update && $command"
}

has() {
  if [[ $1 == /* ]]; then [[ -e $1 ]]; else command -v "$1" >/dev/null; fi
}

# Unpacks the newest kernel of a Debian release. All happens in a folder of its
# own, renamed at the end: an interrupted install leaves no half kernel.
install_kernel() {
  local kernel=$1 suite work package release
  suite=$(suite_of "$kernel")
  work=$(mktemp -d "$CACHE/.install.XXXXXX")
  CLEANUP+=("$work")
  private_apt "$suite" "$work"
  package=$(dependencies "$work" linux-image-amd64 | grep -m1 '^linux-image-') ||
    die 69 "the Debian mirror has no linux-image-amd64 for $suite" \
      'check the mirror in /etc/apt, or name another in KWHO_LAB_MIRROR'
  release=${package#linux-image-}
  if [[ $(release_of "$kernel") != "$release" ]]; then
    [[ $release == "$kernel".* ]] || say "note: $suite has moved on, its kernel is $release now"
    say "fetching $release"
    fetch_packages "$work" "$package" "$release"
    lay_out_kernel "$work/tree" "$work/new" "$release"
    rm -rf "${CACHE:?}/$kernel"
    mv "$work/new" "$CACHE/$kernel"
  fi
  rm -rf "$work"
}

# An apt of our own beside the machine's: its settings (proxies, credentials)
# apply, its sources and its idea of what is installed do not.
private_apt() {
  local suite=$1 work=$2 main security
  main=$(mirror Debian "${KWHO_LAB_MIRROR:-}")
  security=$(mirror Debian-Security "${KWHO_LAB_SECURITY_MIRROR:-}")
  [[ -n $main ]] || die 69 "found no Debian mirror in this machine's apt sources" \
    'run apt-get update, or name one in KWHO_LAB_MIRROR (and KWHO_LAB_SECURITY_MIRROR)'
  mkdir -p "$work"/{lists/partial,archives/partial}
  : >"$work/status"
  {
    # Old and moving suites may be past the date their index is valid until.
    local options="[signed-by=$KEYRING check-valid-until=no]"
    printf '%s\n' "deb $options $main $suite main"
    [[ -z $security || $suite == sid ]] || printf '%s\n' "deb $options $security $suite-security main"
  } >"$work/sources.list"
  cat >"$work/apt.conf" <<-CONF
	Dir::State "$work";
	Dir::State::status "$work/status";
	Dir::Cache "$work";
	Dir::Etc::sourcelist "$work/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	APT::Sandbox::User "root";
	CONF
  say "reading Debian's $suite index"
  APT_CONFIG=$work/apt.conf apt-get update -qq >&2 ||
    die 69 "cannot read Debian's $suite index" 'check that apt-get update works on this machine'
}

# Prints the address of the archive with a label ("Debian", "Debian-Security")
# among this machine's apt sources, of either format; one that was given wins.
mirror() {
  local label=$1 address=$2
  [[ -n $address ]] || address=$(apt_targets | sed -n "s/^Debian|$label|//p")
  # apt knows an archive's label only once it has read its index.
  if [[ -z $address ]] && ((EUID == 0)); then
    apt-get update -qq >&2 || true
    address=$(apt_targets | sed -n "s/^Debian|$label|//p")
  fi
  printf '%s\n' "${address%%$'\n'*}"
}

apt_targets() {
  # shellcheck disable=SC2016 # apt fills these in
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages'
}

dependencies() {
  local work=$1 package=$2
  APT_CONFIG=$work/apt.conf apt-cache depends "$package" | sed -n 's/^ *|\?\(Pre\)\?Depends: //p'
}

# Downloads and unpacks the kernel's package, those of its dependencies that
# are parts of the same kernel, and a static busybox.
fetch_packages() {
  local work=$1 image=$2 release=$3 parts deb
  mapfile -t parts < <(dependencies "$work" "$image" | grep -- "^linux-.*-$release\$" | sort -u)
  (cd "$work/archives" && APT_CONFIG=$work/apt.conf apt-get download -qq "$image" "${parts[@]}" busybox-static >&2) ||
    die 69 "cannot download $image" 'run the same command again: what was there is as it was'
  for deb in "$work"/archives/*.deb; do
    dpkg-deb -x "$deb" "$work/tree"
  done
}

# Makes one kernel's folder of the cache from its unpacked packages. Newer
# releases have everything below /usr, and the kernel beside its modules.
lay_out_kernel() {
  local tree=$1 new=$2 release=$3 modules=$2/lib/modules/$3
  mkdir -p "$new/lib/modules"
  move_first "$modules" "$tree"/{,usr/}"lib/modules/$release"
  move_first "$new/vmlinuz" "$tree/boot/vmlinuz-$release" "$modules/vmlinuz"
  [[ -e $modules/config ]] || move_first "$modules/config" "$tree/boot/config-$release"
  move_first "$new/busybox" "$tree"/{,usr/}bin/busybox
  rm -f "$modules"/{build,source} # links into packages that are not here
  depmod -b "$new" "$release"
  unpack_kernel "$new/vmlinuz" "$new/vmlinux"
  printf '%s\n' "$release" >"$new/release"
}

# move_first TARGET PATH…: moves the first of these that is there.
move_first() {
  local target=$1 path
  shift
  for path in "$@"; do
    [[ -e $path ]] || continue
    mv "$path" "$target"
    return
  done
  die 70 "the kernel's packages hold none of: $*" 'they are laid out in a new way: see lay_out_kernel in lab.d/install.sh'
}

# Takes the kernel proper out of its self-extracting image, where the "setup
# header" tells its place (Documentation/arch/x86/boot.rst), so that not every
# guest has to: emulated, that alone takes up to 5 s.
unpack_kernel() {
  local image=$1 target=$2 sectors offset length
  sectors=$(od -An -tu1 -j 0x1f1 -N 1 "$image")
  read -r offset length < <(od -An -tu4 -j 0x248 -N 8 "$image")
  # Its last four bytes are the size of what is packed.
  length=$((length - 4))
  head -c "$(((sectors + 1) * 512 + offset + length))" "$image" | tail -c "$length" >"$target.packed"
  case $(od -An -tx1 -N 4 "$target.packed") in
    *'fd 37 7a 58') xz -dc "$target.packed" ;;
    *'28 b5 2f fd') zstd -qdc "$target.packed" ;;
    *) die 70 "$image is packed in an unknown way" 'see unpack_kernel in lab.d/install.sh' ;;
  esac >"$target"
  rm "$target.packed"
}
